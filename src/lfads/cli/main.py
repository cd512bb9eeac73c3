"""`lfads`: parses the command line, runs a command, and turns mistakes into one message.

Exit status: 0 success, 2 a user's mistake; `lfads.cli.entry` adds 130, interrupted.
"""

import json
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import cyclopts

from lfads.checks import MOST_CHARACTERS, UserError, printed, reason_of
from lfads.cli import (
    analyse_runs,
    browse_psths,
    calibrate_runs,
    compare_runs,
    export_results,
    fit_models,
    list_parts,
    null_runs,
    prepare_data,
    reproduce_paper,
    use_runs,
)
from lfads.cli.answer import Answer
from lfads.cli.wording import in_flags
from lfads.parts import Kind, parts

HELP = """Single-trial neural dynamics from spikes: latent factor analysis via dynamical systems.

Every command also takes --json (one JSON object on stdout) and --debug (a traceback on errors).
"""

COMPLETION = (
    "Let the shell complete commands and flags: add --shell bash, zsh or fish if it is not found."
)

MISTAKE = 2

GROUPS: dict[str, tuple[Callable[..., Answer], ...]] = {
    "Data": (
        prepare_data.simulate,
        prepare_data.prepare,
        prepare_data.preview,
        prepare_data.show,
    ),
    "Training": (
        fit_models.train,
        fit_models.search,
        fit_models.adapt,
        fit_models.leave_one_out,
        fit_models.baseline,
    ),
    "Results": (
        use_runs.infer,
        use_runs.evaluate,
        use_runs.report,
        analyse_runs.analyse,
        compare_runs.compare,
        browse_psths.psths,
        null_runs.null,
        calibrate_runs.calibrate,
        export_results.export,
        use_runs.sample,
    ),
    "About lfads": (list_parts.parts, reproduce_paper.reproduce),
}
"""The commands, in the order of work."""

COMMANDS = tuple(command for commands in GROUPS.values() for command in commands)
BY_NAME = {command.__name__.replace("_", "-"): command for command in COMMANDS}


PARTS_OF: dict[str, tuple[Kind, ...]] = {
    "simulate": ("simulations",),
    "train": ("observations", "generators", "priors", "augmentations", "trackers"),
    "search": ("observations", "generators", "priors", "augmentations"),
    "baseline": ("baselines",),
    "analyse": ("analyses",),
    "export": ("formats",),
}
"""Kinds of parts that a command takes by name: its help lists what is there."""


def make_app(helped: str = "") -> cyclopts.App:
    """The commands under one name; the help of one lists the parts that it takes."""
    panels = [cyclopts.Group(title, sort_key=place) for place, title in enumerate(GROUPS)]
    app = cyclopts.App(
        name="lfads",
        help=HELP,
        version=lambda: version("lfads"),
        result_action="return_value",
        suppress_keyboard_interrupt=False,
        group_commands=panels[-1],
        default_parameter=cyclopts.Parameter(negative_iterable=""),
    )
    for panel, commands in zip(panels, GROUPS.values(), strict=True):
        for number, command in enumerate(commands):
            name = command.__name__.replace("_", "-")
            names = names_of(PARTS_OF.get(name, ())) if name == helped else None
            app.command(command, help_epilogue=names, group=panel, sort_key=number)
    app.register_install_completion_command(help=COMPLETION, help_flags=[], version_flags=[])
    return app


def names_of(kinds: Sequence[Kind]) -> str:
    """The parts that there are, by kind; nothing is imported for it."""
    return "\n\n".join(f"**{kind}**: {', '.join(parts(kind)) or 'none'}" for kind in kinds)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; returns the exit status."""
    words = [word for word in arguments if word not in ("--json", "--debug")]
    as_json, debug = "--json" in arguments, "--debug" in arguments
    command = words[0] if words else ""

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
    if command not in BY_NAME:
        return message
    arguments = make_app()[command].assemble_argument_collection()
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
