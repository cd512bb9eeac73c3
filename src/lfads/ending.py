"""Signals that ask a process to end, and an end at once that leaves nothing half-made behind.

An exception that is raised where a signal comes can get lost: in callbacks of the garbage collector, of
which JAX has one, in modules that are being imported, in libraries that catch everything. So the command
line ends the process where it stands, unless a loop looks for requests (`lfads.training.stopping`). What
must not stay behind is noted here as it is made; that is a matter of the process, as signals are.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType

INTERRUPTED = 130
"""Exit status after any of the signals."""

WARNINGS = ("SIGHUP", "SIGUSR1", "SIGUSR2")
"""Of a terminal that closes, and of schedulers before the time is up."""

_TO_DO: dict[object, Callable[[], object]] = {}


def do_at_sudden_end(action: Callable[[], object]) -> Callable[[], None]:
    """Note what is done first if a signal ends the process; returns what takes it back."""
    key = object()
    _TO_DO[key] = action

    def take_back() -> None:
        _TO_DO.pop(key, None)

    return take_back


@contextlib.contextmanager
def at_sudden_end(action: Callable[[], object]) -> Iterator[None]:
    """Within the block, `action` is what is done first if a signal ends the process."""
    take_back = do_at_sudden_end(action)
    try:
        yield
    finally:
        take_back()


def end_at_once(number: int, frame: FrameType | None) -> None:
    """End the process, as a handler of signals; nothing can catch it."""
    for action in reversed(list(_TO_DO.values())):
        with contextlib.suppress(Exception):
            action()
    show = b"\x1b[?25h" if _is_terminal() else b""  # the cursor that progress had hidden
    with contextlib.suppress(OSError):
        # Not by sys.stderr: this may run while that is being written to.
        os.write(2, show + b"lfads: interrupted\n")
    # JAX may still be compiling in threads that an orderly exit would crash.
    os._exit(INTERRUPTED)


def end_on_signals() -> None:
    """Let the signals end the process at once, except for those that its parent wants ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, *warnings_there_are()):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, end_at_once)


def warnings_there_are() -> list[signal.Signals]:
    """Those of `WARNINGS` that this system has."""
    return [found for name in WARNINGS if (found := getattr(signal, name, None)) is not None]


def _is_terminal() -> bool:
    try:
        return os.isatty(2)
    except OSError:
        return False
