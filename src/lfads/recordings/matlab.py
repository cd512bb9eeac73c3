"""Recordings in MATLAB files: of named variables."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lfads.formats.matlab import read_matlab, variables_of
from lfads.formats.matlab_objects import not_used, require_readable
from lfads.formats.matlab_values import Unreadable, Variable, readable, unreadable_in
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording
from lfads.recordings.variables import WANTED, from_variables


def opened_matlab(path: Path, reading: Reading) -> Recording:
    """The recording in a MATLAB file of any version.

    Raises
    ------
    UserError
        If it holds none, or the file is damaged.
    """
    variables = variables_of(path)
    values = read_matlab(path, WANTED)
    left_out = unread(values, path) + others(variables, WANTED)
    names = [variable.name for variable in variables]
    found = from_variables({k: readable(v) for k, v in values.items()}, path, names, reading)
    return replace(found, left_out=(*found.left_out, *left_out))


def unread(values: Mapping[str, Any], path: Path) -> list[str]:
    """What could not be read within tables, for `Recording.left_out`; a UserError for whole variables."""
    require_readable((v for v in values.values() if isinstance(v, list | Unreadable)), path)
    return [not_used(one) for value in values.values() for one in unreadable_in(value)]


def others(variables: Sequence[Variable], used: Sequence[str]) -> list[str]:
    """Variables that are not used, for `Recording.left_out`."""
    return [variable.described for variable in variables if variable.name not in used]
