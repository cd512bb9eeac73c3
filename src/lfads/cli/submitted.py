"""The words of a command as a job: its inputs, its settings, and what else was said."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cyclopts

from lfads.checks import UserError
from lfads.cli.answer import Answer
from lfads.cli.commands import BY_NAME, app_of_commands
from lfads.cli.flags import Settings, given_fields
from lfads.config import merge
from lfads.files import address_of

OURS = ("out", "resume")
SHORT = ("population", "method", "max_hours")
"""Flags of a search that are short for settings."""


NOWHERE = "in-the-folder-of-the-job"
"""In the place of `--out`, which some commands need."""


class Submitted(NamedTuple):
    """What `Jobs.submit` takes."""

    command: str
    inputs: list[str]
    settings: dict[str, Any]
    options: list[str]
    out: str


def parsed(words: Sequence[str]) -> tuple[str, Callable[..., Answer], dict[str, Any]]:
    """A command line as its command and the arguments that were given, without running it.

    Raises
    ------
    UserError
        If it is none.
    """
    name = words[0] if words else ""
    if name not in BY_NAME:
        raise UserError(f"expected a command of lfads, such as train; got {name!r}")
    function = BY_NAME[name]
    nowhere = ["--out", NOWHERE]
    needs_out = "out" in inspect.signature(function).parameters and "--out" not in words
    try:
        command, bound, _ = app_of_commands().parse_args(
            [*words, *(nowhere if needs_out else [])], exit_on_error=False, print_error=False
        )
    except cyclopts.CycloptsError as error:
        raise UserError(f"{error}\n`lfads {name} --help` lists what there is") from error
    return name, command, dict(bound.arguments)


def submitted(name: str, command: Callable[..., Any], given: Mapping[str, Any]) -> Submitted:
    """A command that was parsed, as a job.

    Parameters
    ----------
    name
        Of the command.
    command
        The function behind it.
    given
        Arguments that were given, by parameter.

    Raises
    ------
    UserError
        If it says that it resumes, or writes to a path of this machine.
    """
    if given.get("resume"):
        raise UserError("a job resumes by itself: leave out `--resume`")
    inputs: list[str] = []
    tables: dict[str, Any] = {}
    options: list[str] = []
    for parameter in inspect.signature(command).parameters.values():
        value = given.get(parameter.name)
        if value is None or parameter.name in OURS:
            continue
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
            inputs += map(str, value if isinstance(value, list | tuple) else [value])
        elif isinstance(value, Settings):
            tables = merge(value.read()[1], tables)  # flags of the search win over a preset
        elif name == "search" and parameter.name in SHORT:
            tables = merge(tables, {"search": {parameter.name: value}})
        elif parameter.name in ("search", "training", "hyperparameters"):
            tables = merge(tables, {parameter.name: given_fields(value)})
        else:
            options += _words(parameter.name, value)
    return Submitted(name, inputs, tables, options, _address(given.get("out")))


def _address(out: Path | None) -> str:
    if out is None or str(out) == NOWHERE:
        return ""
    address = address_of(out)
    if address is None:
        raise UserError(
            f"a job writes into its own folder, or to an address such as s3://bucket/run; got --out {out}"
        )
    return address


def _words(name: str, value: Any) -> Iterator[str]:
    flag = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        yield flag if value else f"--no-{name.replace('_', '-')}"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from (flag, _absolute(each))
    else:
        yield from (flag, _absolute(value))


def _absolute(value: Any) -> str:
    """A file by its absolute path: a job runs in another folder."""
    if isinstance(value, Path) and address_of(value) is None:
        return str(value.absolute())
    return str(value)
