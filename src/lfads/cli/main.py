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
from lfads.cli import run_jobs, run_matlab, run_neurocaas, run_neurocaas_client, run_studio_people
from lfads.cli.answer import Answer, as_plain
from lfads.cli.commands import BY_NAME, COMMANDS, app_of_commands
from lfads.cli.wording import in_flags

GROUPED: dict[str, tuple[str, Mapping[str, Callable[..., Answer]]]] = {
    "jobs": (run_jobs.HELP, run_jobs.COMMANDS),
    "neurocaas": (run_neurocaas.HELP, {**run_neurocaas.COMMANDS, **run_neurocaas_client.COMMANDS}),
    "matlab": (run_matlab.HELP, run_matlab.COMMANDS),
}
"""Commands of two words, by the first one, with its help."""

NESTED = run_studio_people.BELOW
"""Commands below one that is a command itself."""

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
    for words, (help_, commands) in NESTED.items():
        above, _, name = words.partition(" ")
        within = cyclopts.App(name=name, help=help_) if name else app[above]
        for place, (word, command) in enumerate(commands.items()):
            within.command(command, name=word, sort_key=place)
        if name:
            app[above].command(within)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run a command line; returns the exit status."""
    words = [word for word in arguments if word not in ("--json", "--debug")]
    as_json, debug = "--json" in arguments, "--debug" in arguments
    try:
        answer = answer_of(words)
    except (cyclopts.CycloptsError, ValueError, OSError, MemoryError, RuntimeError) as error:
        message = None if debug else mistake(error, command_of(words))
        if message is None:
            raise
        return _complain(message)
    try:
        if answer.text:
            print(
                json.dumps(answer.values, default=as_plain) if as_json else printed(answer.text),
                flush=True,
            )
    except BrokenPipeError:
        raise
    except OSError as error:
        return _complain(f"cannot write the answer: {error.strerror}")
    return answer.status


def answer_of(words: Sequence[str], said_by: Callable[[str, str], str] | None = None) -> Answer:
    """What a command answers; its warnings go to stderr, and its mistakes are raised."""
    words = [*words]
    if words[:2] == ["jobs", "submit"]:  # what follows the command is the command's
        begin = run_jobs.begin_of_command(words, BY_NAME)
        words.insert(begin, "--")
    command = command_of(words)

    def show_warning(message: Any, *_: Any) -> None:
        text = printed((said_by or said)(str(message), command), MOST_CHARACTERS)
        sys.stderr.write(f"lfads: warning: {text}\n")

    with warnings.catch_warnings():
        warnings.filterwarnings("default", category=UserWarning)
        warnings.showwarning = show_warning
        answer = make_app(command if {"--help", "-h"} & {*words} else "")(
            words, exit_on_error=False, print_error=False
        )
    return answer if isinstance(answer, Answer) else Answer({}, "")


def command_of(words: Sequence[str]) -> str:
    """The command that words begin with."""
    for number in (3, 2):
        *above, last = words[:number] or [""]
        if last in NESTED.get(" ".join(above), ("", {}))[1]:
            return " ".join(words[:number])
    return " ".join(words[: 2 if words and words[0] in GROUPED else 1])


def mistake(
    error: BaseException, command: str, said_by: Callable[[str, str], str] | None = None
) -> str | None:
    """What a user's mistake is called; None for an error of another kind.

    Parameters
    ----------
    error
        That a command raised.
    command
        Its name.
    said_by
        Puts a message of the library into words; by default those of the command line.
    """
    if isinstance(error, cyclopts.CycloptsError):
        known = f"{command} " if command in BY_NAME else ""
        return f"{error}\n`lfads {known}--help` lists what there is"
    if isinstance(error, UserError | OSError):
        return (said_by or said)(str(error), command)
    if _out_of_memory(error):
        return (
            f"memory ran out: {reason_of(error)}. Ask for less at once: fewer trials or samples, "
            "a smaller batch or a smaller model"
        )
    return None


def flags_of(command: str) -> set[str]:
    """The flags of a command, and the names of what stands without one."""
    app = make_app()
    for word in command.split():
        app = app[word]
    return {name for one in app.assemble_argument_collection() for name in one.names}


def said(message: str, command: str) -> str:
    """A message of the library in the words of a command."""
    group, _, name = command.rpartition(" ")
    if command in BY_NAME or name in (GROUPED | NESTED).get(group, ("", {}))[1]:
        return in_flags(message, flags_of(command), BY_NAME)
    return message


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
