"""Lines on stderr; nothing heavy is imported for them."""

import sys
from typing import IO, cast

from rich.console import Console

from lfads.checks import printed
from lfads.terminal.unfailing import Unfailing


def error_console() -> Console:
    """A console on stderr that never cuts plain output to a width, and that never fails."""
    shown = Unfailing(sys.stderr)
    width = None if shown.isatty() else 120
    return Console(file=cast(IO[str], shown), width=width, highlight=False)


def say(text: str) -> None:
    """A line on stderr; what users named may stand in it, and acts on no terminal."""
    error_console().print(printed(text), markup=False, soft_wrap=True)
