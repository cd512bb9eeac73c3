"""Where the `lfads` command begins: signals end it quietly, and broken streams do not."""

import os
import sys
from typing import TextIO

from lfads.ending import INTERRUPTED, end_on_signals
from lfads.terminal.unfailing import Unfailing


def main() -> None:
    """Run the command line of this process and exit with its status."""
    end_on_signals()
    _open_streams()
    stderr = sys.stderr
    sys.stderr = shown = Unfailing(stderr)
    try:
        from lfads.cli.main import run

        status = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _discard(sys.stdout)
        status = 0
    except KeyboardInterrupt:  # a training that was stopped in a command of several
        from lfads.cli.main import show_cursor

        show_cursor()
        sys.stderr.write("lfads: interrupted\n")
        # JAX may still be compiling in threads that an orderly exit would crash.
        os._exit(INTERRUPTED)
    finally:
        if shown.stream is None:
            _discard(stderr)
    sys.exit(status)


def _open_streams() -> None:
    """Standard streams, if the process was started without: a checkpoint must not become number 2."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue]


def _discard(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere, so that the end of Python does not fail on it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
