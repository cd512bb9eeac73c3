"""`lfads`: parses the command line, runs a command, and turns mistakes into one message.

Exit status: 0 success, 2 a user's mistake; `lfads.cli.entry` adds 130, interrupted.
"""

import json
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import cyclopts

from lfads.checks import UserError, reason_of
from lfads.cli import run_jobs
from lfads.cli.answer import Answer
from lfads.cli.commands import BY_NAME, COMMANDS, app_of_commands
from lfads.cli.wording import in_flags

JOBS_HELP = "A queue of commands that survives: what runs them may be killed, and loses nothing."

__all__ = ["BY_NAME", "COMMANDS", "make_app", "run"]

MISTAKE = 2


def make_app(helped: str = "") -> cyclopts.App:
    """All commands under one name, the queue among them; the help of one lists the parts that it takes."""
    app = app_of_commands(helped)
    queue = cyclopts.App(name="jobs", help=JOBS_HELP, group=app.group_commands)
    for place, (name, command) in enumerate(run_jobs.COMMANDS.items()):
        queue.command(command, name=name, sort_key=place)
    app.command(queue)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run a command line; returns the exit status."""
    words = [word for word in arguments if word not in ("--json", "--debug")]
    if words[:2] == ["jobs", "submit"]:  # what follows the command is the command's
        begin = run_jobs.begin_of_command(words, BY_NAME)
        words.insert(begin, "--")
    as_json, debug = "--json" in arguments, "--debug" in arguments
    command = " ".join(words[: 2 if words[:1] == ["jobs"] else 1])

    def show_warning(message: Any, *_: Any) -> None:
        sys.stderr.write(f"lfads: warning: {said(str(message), command)}\n")

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("default", category=UserWarning)
            warnings.showwarning = show_warning
            answer = make_app(command if {"--help", "-h"} & {*words} else "")(
                words, exit_on_error=False, print_error=False
            )
    except cyclopts.CycloptsError as error:
        if debug:
            raise
        known = f"{command} " if command in BY_NAME else ""
        return _complain(f"{error}\n`lfads {known}--help` lists what there is")
    except (UserError, OSError) as error:
        if debug:
            raise
        return _complain(said(str(error), command))
    except (MemoryError, RuntimeError) as error:
        if debug or not _out_of_memory(error):
            raise
        return _complain(
            f"memory ran out: {reason_of(error)}. Ask for less at once: fewer trials or samples, "
            "a smaller batch or a smaller model"
        )
    if not isinstance(answer, Answer):
        return 0
    try:
        if answer.text:
            print(json.dumps(answer.values, default=str) if as_json else answer.text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _complain(f"cannot write the answer: {error.strerror}")
    return answer.status


def said(message: str, command: str) -> str:
    """A message of the library in the words of a command."""
    group, _, name = command.partition(" ")
    if name in run_jobs.COMMANDS and group == "jobs":
        app = make_app()[group][name]
    elif command in BY_NAME:
        app = make_app()[command]
    else:
        return message
    arguments = app.assemble_argument_collection()
    return in_flags(message, {name for one in arguments for name in one.names}, BY_NAME)


def _out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)


def _complain(message: str) -> int:
    show_cursor()
    sys.stderr.write(f"lfads: error: {message}\n")
    return MISTAKE


def show_cursor() -> None:
    """Show the cursor of a terminal again: progress that was broken off had hidden it."""
    if sys.stderr.isatty():
        sys.stderr.write("\x1b[?25h")
