"""Sends back what came, so that a toolbox can see that nothing changes on the way."""

from collections.abc import Mapping
from typing import Any

from lfads.matlab.reply import Reply


def echo(arguments: Mapping[str, Any], arrays: Mapping[str, Any]) -> Reply:
    """The same arguments and arrays."""
    return Reply({"arguments": dict(arguments)}, dict(arrays))
