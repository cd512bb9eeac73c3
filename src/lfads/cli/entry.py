"""Where the `lfads` command begins: interruptions and closed pipes end it quietly."""

import _thread
import os
import signal
import sys
import threading
from types import FrameType

INTERRUPTED = 130
SOON_S = 0.01


def main() -> None:
    """Run the command line of this process and exit with its status."""
    signal.signal(signal.SIGTERM, _interrupt)  # so that half-written files are removed
    sys.unraisablehook = _interrupt_again
    try:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue]
        from lfads.cli.main import run

        status = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except KeyboardInterrupt:
        from lfads.cli.main import show_cursor

        show_cursor()
        sys.stderr.write("lfads: interrupted\n")
        sys.stderr.flush()
        # JAX may still be compiling in threads that an orderly exit would crash.
        os._exit(INTERRUPTED)
    sys.exit(status)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _interrupt_main() -> None:
    """By a signal that is ours, since that of Ctrl-C is ignored in jobs of the background."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    else:
        _thread.interrupt_main()


def _interrupt_again(dropped: "sys.UnraisableHookArgs") -> None:
    """Interrupt once more where Python has dropped an interruption.

    It does so in callbacks of the garbage collector, of which JAX has one, and collecting takes long while
    JAX compiles. A thread does it, since this may run within such a callback.
    """
    if issubclass(dropped.exc_type, KeyboardInterrupt):
        threading.Timer(SOON_S, _interrupt_main).start()
    else:
        sys.__unraisablehook__(dropped)
