"""Answers one request of MATLAB: reads it, does what it asks for, writes the reply.

Whatever happens, a reply is written, but where the process is ended from outside. A file `stop` in the
folder ends it as Ctrl-C does: MATLAB may end without ending what it started.
"""

import contextlib
import os
import shutil
import signal
import threading
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from lfads.checks import UserError
from lfads.ending import INTERRUPTED, do_at_sudden_end
from lfads.matlab.functions import FUNCTIONS, function_named
from lfads.matlab.reply import REPLY, Failure, Reply, write_failure, write_reply
from lfads.matlab.request import Request, read_request
from lfads.matlab.staging import staged
from lfads.matlab.wording import in_matlab
from lfads.matlab.words import words_of

STARTED, STOP = "started", "stop"
LOOK_S = 0.5
RESUME = "resume"
BROKEN = 1
MISTAKE = 2


@runtime_checkable
class CommandLine(Protocol):
    """The commands, as the command line has them."""

    def parameters(self, command: str) -> tuple[Callable[..., Any], Collection[str]]:
        """The function behind a command, and its flags; a UserError if there is none."""
        ...

    def answer(self, words: Sequence[str], said: Callable[[str], str]) -> Reply:
        """Run a command, whose warnings are told as `said` puts them."""
        ...

    def message(self, error: Exception) -> str | None:
        """What a user's mistake is called; None for what is no mistake of a user."""
        ...


class _Kinds(NamedTuple):
    identifier: str
    error: type[BaseException]


KINDS = (
    _Kinds("lfads:mistake", UserError),
    _Kinds("lfads:file", OSError),
    _Kinds("lfads:memory", MemoryError),
)
"""Identifiers of MATLAB's errors by kinds of ours; others are `lfads:mistake` if a message is there."""


def call(folder: Path, commands: CommandLine, functions: Collection[str] = ()) -> int:
    """Answer the request in a folder; returns the exit status.

    Parameters
    ----------
    folder
        That holds `request.json`, and will hold `reply.json`.
    commands
        What the command line offers.
    functions
        Names of the toolbox's functions, for messages.
    """

    def said(text: str) -> str:
        # Arrays lie in a file of the folder while they are read, which nobody knows but us.
        return in_matlab(text.replace(f"{folder}{os.sep}", ""), functions)

    (folder / STARTED).touch()
    take_back = do_at_sudden_end(lambda: _leave(folder))
    _watch(folder / STOP)
    try:
        request = read_request(folder)
        reply = _answered(request, folder, commands, said)
        write_reply(folder, reply, bytes_as_text=request.bytes_as_text)
        status = reply.status
    except Exception as error:  # all of them are told to MATLAB, which has no other way to know
        failure = _failure(error, commands.message(error), said)
        write_failure(folder, failure)
        status = failure.status
    finally:
        take_back()
    if (folder / STOP).exists():
        _leave(folder)
    return status


def _answered(
    request: Request, folder: Path, commands: CommandLine, said: Callable[[str], str]
) -> Reply:
    if request.command == RESUME:
        from lfads.matlab.resuming import resumed

        request = resumed(request)
    if request.arrays and request.command not in FUNCTIONS:
        request = staged(request, folder)
    arguments = request.arguments
    if request.command in FUNCTIONS:
        named: Mapping[str, Any] = arguments if isinstance(arguments, dict) else {}
        return function_named(request.command)(named, request.arrays)
    function, flags = commands.parameters(request.command)
    if isinstance(arguments, dict):
        arguments = words_of(function, flags, arguments)
    reply = commands.answer([*request.command.split(" "), *map(str, arguments)], said)
    return reply._replace(text=said(reply.text))


def _failure(error: Exception, message: str | None, said: Callable[[str], str]) -> Failure:
    if message is None:
        text = "".join(traceback.format_exception(error))
        broken = f"something went wrong within lfads, which is not your mistake: {error!r}"
        return Failure("lfads:internal", broken, BROKEN, text)
    kinds = [kind.identifier for kind in KINDS if isinstance(error, kind.error)]
    identifier = kinds[0] if kinds else "lfads:mistake"
    return Failure(identifier, said(message), MISTAKE)


def _watch(stop: Path) -> None:
    """End this process as Ctrl-C does once `stop` is there."""

    def look() -> None:
        waited = threading.Event()
        while not waited.wait(LOOK_S):
            if stop.exists():
                _interrupt()
                return
            if not stop.parent.exists() or (stop.parent / REPLY).exists():
                return

    threading.Thread(target=look, daemon=True).start()


def _interrupt() -> None:
    """Ctrl-C for the thread that works, also while it waits within the system."""
    if os.name == "nt":
        signal.raise_signal(signal.SIGINT)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _leave(folder: Path) -> None:
    """At an end from outside: where nobody waits for a reply any more, nothing is left."""
    if (folder / STOP).exists():
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
    else:
        write_failure(folder, Failure("lfads:interrupted", "interrupted", INTERRUPTED))
