"""Versions of the files that are written here: which one a file has, and whether it can be read.

A version is raised when what older files say would be read wrongly, and then they are still read: files of
0.2.0 and later by every later version (`tests/corpus`). What is merely added raises none.
"""

from collections.abc import Mapping
from typing import Any

from lfads.checks import UserError

NAME = "format_version"
UPDATE = "Update it with `pip install --upgrade lfads`"


def check_version(where: str, found: Any, known: int, again: str) -> None:
    """A UserError unless a file has the version of its format that is known here.

    Parameters
    ----------
    where
        The file, as the message begins.
    found
        What it says.
    known
        The version that is written and read here.
    again
        What to do about a file that is not newer, such as "Infer again".

    Examples
    --------
    >>> check_version("a.h5", 1, 1, "Write the file again")
    >>> check_version("a.h5", "x", 1, "Write the file again")
    Traceback (most recent call last):
        ...
    lfads.checks.UserError: a.h5 has version x of its format; this is lfads ..., which reads version 1. ...
    """
    if is_version(found) and found == known:
        return
    from importlib.metadata import version

    found = int(found) if is_version(found) else found  # MATLAB knows no whole numbers
    advice = f"A newer lfads wrote it. {UPDATE}" if is_newer(found, known) else again
    raise UserError(
        f"{where} has version {found} of its format; this is lfads {version('lfads')}, which reads "
        f"version {known}. {advice}"
    )


def refuse_newer(where: str, found: Any, known: int) -> None:
    """A UserError if a newer version of `lfads` wrote a file."""
    if is_newer(found, known):
        check_version(where, found, known, "")


def versioned(values: Mapping[str, Any], known: int) -> dict[str, Any]:
    """What a file of JSON holds, with the version of its format in front."""
    return {NAME: known, **values}


def unversioned(where: str, values: Mapping[str, Any], known: int) -> dict[str, Any]:
    """The same as it was given to `versioned`; a UserError if a newer version of `lfads` wrote it.

    What has no version was written before there was one.
    """
    refuse_newer(where, values.get(NAME, known), known)
    return {name: value for name, value in values.items() if name != NAME}


def is_newer(found: Any, known: int) -> bool:
    """Whether a version is a whole number above the one that is known."""
    return is_version(found) and int(found) > known


def is_version(found: Any) -> bool:
    """Whether this is one whole number, of Python or NumPy."""
    try:
        return not isinstance(found, bool) and bool(int(found) == found)
    except (TypeError, ValueError, OverflowError):
        return False
