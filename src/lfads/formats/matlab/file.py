"""MATLAB files of all versions: their numbers, text, cells, structs and tables.

Version 7.3 is HDF5, earlier ones are walked through in Python. Strings, tables and dates are objects, which
mat-io decodes where it is installed.
"""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py

from lfads.checks import UserError
from lfads.formats.matlab.objects import decoded
from lfads.formats.matlab.values import Variable
from lfads.guarded.messages import one_message
from lfads.paths import printable

_HEADER_4, _LONGEST_4 = 20, 64
_TYPES_4 = {
    f"{order}0{stored}{kind}" for order in "01234" for stored in "012345" for kind in "012"
}  # order of bytes, type of numbers, and whether they are a matrix, text or sparse

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
        If the file is damaged, of version 4, or larger than memory, or a cell leads back to itself.
    """
    return decoded(_read(path, names), path)


def glimpse(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """The beginnings of variables: few items of cells and struct arrays, a `Glimpse` of numbers."""
    return _read(path, names, MOST_LOOKED_AT)


def _read(path: Path, names: Sequence[str] | None, most: int | None = None) -> dict[str, Any]:
    _refuse_version_4(path)
    with one_message(printable(path), "MATLAB", (Exception,)):  # h5py raises what it meets
        if h5py.is_hdf5(path):
            from lfads.formats.matlab.newer import read_hdf5

            return read_hdf5(path, names, most)
        from lfads.formats.matlab.older import read_older

        return read_older(path, names, most)


def variables_of(path: Path) -> list[Variable]:
    """Names, classes and shapes of the variables of a file; errors as in `read_matlab`."""
    _refuse_version_4(path)
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
    """Whether a file is MATLAB's, of version 4 too, which is refused by what reads it."""
    start = _start_of(path)
    return start.startswith(b"MATLAB") or is_version_4(start)


def is_version_4(start: bytes) -> bool:
    """Whether a file begins as version 4 does: with the type, shape and name of a first matrix."""
    for order in "<>":
        if len(start) < _HEADER_4:
            return False
        kind, rows, columns, is_complex, length = struct.unpack(f"{order}5i", start[:_HEADER_4])
        name = start[_HEADER_4 : _HEADER_4 + length]
        if (
            f"{kind:04d}" in _TYPES_4
            and min(rows, columns) >= 0
            and is_complex in (0, 1)
            and 1 < length <= _LONGEST_4
            and name.endswith(b"\0")
            and name[:-1].decode("ascii", "replace").isidentifier()
        ):
            return True
    return False


def _start_of(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe would be waited for
            return b""
        with path.open("rb") as file:
            return file.read(_HEADER_4 + _LONGEST_4)
    except (OSError, ValueError):
        return b""


def _refuse_version_4(path: Path) -> None:
    if is_version_4(_start_of(path)):
        raise UserError(
            f"{printable(path)}: is MATLAB of version 4: load it in MATLAB and save it again with "
            f"`save('{printable(path.name)}', '-v7')`"
        )
