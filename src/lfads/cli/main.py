"""`lfads`: parses the command line, runs a command, and turns mistakes into one message.

Exit status: 0 success, 2 a user's mistake; `lfads.cli.entry` adds 130, interrupted.
"""

import json
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cyclopts

from lfads.checks import MOST_CHARACTERS, UserError, printed, reason_of
from lfads.cli import run_jobs, run_neurocaas, run_neurocaas_client
from lfads.cli.answer import Answer
from lfads.cli.commands import BY_NAME, COMMANDS, app_of_commands
from lfads.cli.wording import in_flags

GROUPED: dict[str, tuple[str, Mapping[str, Callable[..., Answer]]]] = {
    "jobs": (run_jobs.HELP, run_jobs.COMMANDS),
    "neurocaas": (run_neurocaas.HELP, {**run_neurocaas.COMMANDS, **run_neurocaas_client.COMMANDS}),
}
"""Commands of two words, by the first one, with its help."""

__all__ = ["BY_NAME", "COMMANDS", "make_app", "run"]

MISTAKE = 2


def make_app(helped: str = "") -> cyclopts.App:
    """All commands, those of two words too; the help of one lists the parts that it takes."""
    app = app_of_commands(helped)
    for group, (help_, commands) in GROUPED.items():
        grouped = cyclopts.App(name=group, help=help_, group=app.group_commands)
        for place, (name, command) in enumerate(commands.items()):
            grouped.command(command, name=name, sort_key=place)
        app.command(grouped)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run a command line; returns the exit status."""
    words = [word for word in arguments if word not in ("--json", "--debug")]
    if words[:2] == ["jobs", "submit"]:  # what follows the command is the command's
        begin = run_jobs.begin_of_command(words, BY_NAME)
        words.insert(begin, "--")
    as_json, debug = "--json" in arguments, "--debug" in arguments
    command = " ".join(words[: 2 if {*words[:1]} & {*GROUPED} else 1])

    def show_warning(message: Any, *_: Any) -> None:
        text = printed(said(str(message), command), MOST_CHARACTERS)
        sys.stderr.write(f"lfads: warning: {text}\n")

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
            print(
                json.dumps(answer.values, default=str) if as_json else printed(answer.text),
                flush=True,
            )
    except BrokenPipeError:
        raise
    except OSError as error:
        return _complain(f"cannot write the answer: {error.strerror}")
    return answer.status


def said(message: str, command: str) -> str:
    """A message of the library in the words of a command."""
    group, _, name = command.partition(" ")
    if group in GROUPED and name in GROUPED[group][1]:
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
    sys.stderr.write(f"lfads: error: {printed(message, MOST_CHARACTERS)}\n")
    return MISTAKE


def show_cursor() -> None:
    """Show the cursor of a terminal again: progress that was broken off had hidden it."""
    if sys.stderr.isatty():
        sys.stderr.write("\x1b[?25h")
