"""Formats that a posterior is written in: those of this library, and those that packages add."""

import contextlib
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import xarray as xr

from lfads.checks import UserError
from lfads.files import written_beside
from lfads.parts import load, made, parts
from lfads.paths import printable


@runtime_checkable
class Format(Protocol):
    """A form in which a posterior is written to a file.

    A class whose attribute `by_name_alone` is true shares its suffixes with others, and is taken by its
    name only. What else a format needs, such as a `source`, are parameters of its constructor.

    Examples
    --------
    >>> from pathlib import Path
    >>> class MeanRates:
    ...     suffixes = (".txt",)
    ...     def write(self, sessions, path):
    ...         means = [f"{name} {float(one.rates.mean()):.1f}" for name, one in sessions.items()]
    ...         Path(path).write_text(", ".join(means))
    ...     def is_own(self, path): return True
    >>> isinstance(MeanRates(), lfads.Format)
    True
    >>> posterior.save(folder / "rates.txt", format=MeanRates()).name
    'rates.txt'
    """

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Of the files, such as `.mat`; the first is that of files that are named by the library."""
        ...

    def write(self, sessions: Mapping[str, xr.Dataset], path: Path) -> None:
        """Write a new file at `path`; what lies there is replaced, since it is a file beside the place."""
        ...

    def is_own(self, path: Path) -> bool:
        """Whether a file is a posterior that this format wrote: no other file is ever replaced."""
        ...


@runtime_checkable
class FormatOfFiles(Format, Protocol):
    """A form that keeps results in several files, one for each session, say."""

    def files(self, sessions: Mapping[str, xr.Dataset]) -> Mapping[str, Mapping[str, xr.Dataset]]:
        """Names of the files, as the tool calls them, and what `write` is given for each."""
        ...


def format_named(name: str, choices: Mapping[str, Any] | None = None) -> Format:
    """The format of a name, with what it needs; a UserError if there is none, or something is missing."""
    found = load("formats", name)
    if not isinstance(found, type):
        return found
    missing = [one for one in needed_by(name) if one not in (choices or {})]
    if missing:
        raise UserError(
            f"the format `{name}` needs `{missing[0]}`: `lfads.results.writers.format_named({name!r}, "
            f"{{{missing[0]!r}: …}})` makes one for `save`, `lfads export` on the command line"
        )
    return made("formats", name, choices or {})


def choices_of(name: str) -> list[str]:
    """Parameters that a format takes, such as `source`."""
    return [one.name for one in _parameters(name)]


def needed_by(name: str) -> list[str]:
    """Parameters that a format cannot be made without."""
    return [one.name for one in _parameters(name) if one.default is one.empty]


def _parameters(name: str) -> list[inspect.Parameter]:
    found = load("formats", name)
    if not isinstance(found, type) or found.__init__ is object.__init__:
        return []
    return list(inspect.signature(found).parameters.values())


def format_of_suffix(path: Path) -> Format | None:
    """The format that a path's suffix tells; None if there is none."""
    for name in parts("formats"):
        found = load("formats", name)
        if path.suffix.lower() in found.suffixes and not getattr(found, "by_name_alone", False):
            return format_named(name)
    return None


def format_for(path: Path, format: str | Format | None = None) -> Format:
    """The format of a name, or, without one, of the path's suffix.

    Raises
    ------
    UserError
        If there is none, naming those that there are.
    """
    if format is not None:
        return format_named(format) if isinstance(format, str) else format
    found = format_of_suffix(path)
    if found is None:
        classes = {name: load("formats", name) for name in parts("formats")}
        known = ", ".join(
            f"`{one}` ({name}{', by its name' if getattr(of, 'by_name_alone', False) else ''})"
            for name, of in classes.items()
            for one in of.suffixes
        )
        raise UserError(
            f"{path}: no format of results has the suffix `{path.suffix}` alone; there are {known}. Choose "
            "one of them, or name a format with `format=`"
        )
    return found


def places_of(
    writer: Format, sessions: Mapping[str, xr.Dataset], path: Path
) -> dict[Path, Mapping[str, xr.Dataset]]:
    """The files that a format writes, with what goes into each; `path` is a folder if there are several.

    Raises
    ------
    UserError
        If several files are to be written, and `path` is a file.
    """
    several = writer.files(sessions) if isinstance(writer, FormatOfFiles) else {}
    if len(several) < 2:
        return {path: sessions}
    if path.is_file():
        raise UserError(
            f"{printable(path)} exists already and is not a posterior: choose another name, of a folder, "
            f"since this format keeps these results in {len(several)} files"
        )
    return {path / name: own for name, own in several.items()}


def write_files(writer: Format, places: Mapping[Path, Mapping[str, xr.Dataset]]) -> None:
    """Write all files, each in one piece; none takes its place before all are written."""
    with contextlib.ExitStack() as stack:
        for path, own in places.items():
            writer.write(own, stack.enter_context(written_beside(path)))
