"""MATLAB files of all versions: their numbers, text, cells, structs and tables.

Version 7.3 is HDF5, earlier ones are walked through in Python. Strings, tables and dates are objects, which
mat-io decodes where it is installed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py

from lfads.formats.guarded import one_message
from lfads.formats.matlab.objects import decoded
from lfads.formats.matlab.values import Variable
from lfads.paths import printable

MOST_LOOKED_AT = 64
"""Items of a cell or struct array that tell what it holds."""


def read_matlab(path: Path, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Variables of a file, as `lfads.formats.matlab.values` says what they become.

    Rows of a matrix of characters are texts without the blanks behind; logicals are True and False; sparse
    matrices are full.

    Parameters
    ----------
    path
        Of the file.
    names
        Variables to read, of those that are there; others stay in the file.

    Raises
    ------
    UserError
        If the file is damaged, or larger than memory, or a cell leads back to itself.
    """
    return decoded(_read(path, names), path)


def glimpse(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """The beginnings of variables: few items of cells and struct arrays, a `Glimpse` of numbers."""
    return _read(path, names, MOST_LOOKED_AT)


def _read(path: Path, names: Sequence[str] | None, most: int | None = None) -> dict[str, Any]:
    with one_message(printable(path), "MATLAB", (Exception,)):  # h5py raises what it meets
        if h5py.is_hdf5(path):
            from lfads.formats.matlab.newer import read_hdf5

            return read_hdf5(path, names, most)
        from lfads.formats.matlab.older import read_older

        return read_older(path, names, most)


def variables_of(path: Path) -> list[Variable]:
    """Names, classes and shapes of the variables of a file; errors as in `read_matlab`."""
    with one_message(printable(path), "MATLAB", (Exception,)):
        if h5py.is_hdf5(path):
            from lfads.formats.matlab.newer import variables_of_hdf5

            return variables_of_hdf5(path)
        from lfads.formats.matlab import older

        return older.variables_of(path)


def variable_names(path: Path) -> list[str]:
    """Names of the variables of a file."""
    return [variable.name for variable in variables_of(path)]


def is_matlab(path: Path) -> bool:
    """Whether a file says that it is MATLAB's, version 5 or later."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            return file.read(6) == b"MATLAB"
    except (OSError, ValueError):
        return False
