"""Formats that a posterior is written in: those of this library, and those that packages add."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

import xarray as xr

from lfads.checks import UserError
from lfads.parts import load, parts


@runtime_checkable
class Format(Protocol):
    """A form in which a posterior is written to a file."""

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


def format_named(name: str) -> Format:
    """The format of a name; a UserError that lists those that there are if there is none."""
    found = load("formats", name)
    return found() if isinstance(found, type) else found


def format_of_suffix(path: Path) -> Format | None:
    """The format of a path's suffix; None if there is none."""
    known = map(format_named, parts("formats"))
    return next((each for each in known if path.suffix.lower() in each.suffixes), None)


def format_for(path: Path, name: str | None = None) -> Format:
    """The format of a name, or, without one, of the path's suffix.

    Raises
    ------
    UserError
        If there is none, naming those that there are.
    """
    found = format_of_suffix(path) if name is None else format_named(name)
    if found is None:
        suffixes = {n: format_named(n).suffixes for n in parts("formats")}
        known = ", ".join(f"`{one}` ({n})" for n, several in suffixes.items() for one in several)
        raise UserError(
            f"{path}: no format of results has the suffix `{path.suffix}`; there are {known}. Choose one "
            "of them, or name a format with `format=`"
        )
    return found
