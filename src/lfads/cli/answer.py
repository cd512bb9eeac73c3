"""What a command gives back to be printed."""

from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What a command prints: `values` under --json, else `text`; nothing if that is empty."""

    values: dict[str, Any]
    text: str
    status: int = 0
