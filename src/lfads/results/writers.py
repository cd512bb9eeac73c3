"""Formats that a posterior is written in: those of this library, and those that packages add."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

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


def has_format(path: Path) -> bool:
    """Whether there is a format of the path's suffix."""
    return any(path.suffix.lower() in format_named(name).suffixes for name in parts("formats"))


def format_for(path: Path, name: str | None = None) -> Format:
    """The format of a name, or, without one, of the path's suffix.

    Raises
    ------
    UserError
        If there is none, naming those that there are.
    """
    if name is not None:
        return format_named(name)
    suffixes: dict[str, Any] = {}
    for each in parts("formats"):
        found = format_named(each)
        if path.suffix.lower() in found.suffixes:
            return found
        suffixes |= dict.fromkeys(found.suffixes, each)
    known = ", ".join(f"`{suffix}` ({each})" for suffix, each in suffixes.items())
    raise UserError(
        f"{path}: no format of results has the suffix `{path.suffix}`; there are {known}. Choose one of "
        "them, or name a format with `format=`"
    )
