"""MATLAB files of all versions: their numbers, text, cells and structs, and trials of counts in them.

Version 7.3 is HDF5, earlier ones are walked through in Python. Strings, tables and dates are objects, which
mat-io decodes where it is installed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lfads.checks import UserError
from lfads.data.session import FIELDS
from lfads.formats.contents import FileContents
from lfads.formats.guarded import one_message
from lfads.formats.matlab_objects import decoded, require_readable
from lfads.formats.matlab_values import Variable, in_words
from lfads.formats.npz import BY_NAME, contents_of, wanted
from lfads.paths import printable

VECTORS = {f.name for f in FIELDS if len(f.axes) == 1}
"""Keys of vectors, which MATLAB keeps as rows or columns of a matrix."""

MOST_LOOKED_AT = 16
"""Items of a cell or struct array that tell what it holds."""


def read_matlab(path: Path, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Variables of a file, as `lfads.formats.matlab_values` says what they become.

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
            from lfads.formats.matlab_hdf5 import read_hdf5

            return read_hdf5(path, names, most)
        from lfads.formats.matlab_older import read_older

        return read_older(path, names, most)


def variables_of(path: Path) -> list[Variable]:
    """Names, classes and shapes of the variables of a file; errors as in `read_matlab`."""
    with one_message(printable(path), "MATLAB", (Exception,)):
        if h5py.is_hdf5(path):
            from lfads.formats.matlab_hdf5 import variables_of_hdf5

            return variables_of_hdf5(path)
        from lfads.formats import matlab_older

        return matlab_older.variables_of(path)


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


def read_mat(path: Path) -> FileContents:
    """Contents of a MATLAB file with `spikes` (trial, time, neuron); other keys as in `read_npz`.

    Text for each trial is a cell of text; behaviour and tables are structs of arrays.

    Raises
    ------
    UserError
        If `spikes` is missing, or the file is damaged.
    """
    variables = variables_of(path)
    structs = glimpse(path, [v.name for v in variables if v.kind == "struct"])
    flat: dict[str, tuple[str, ...]] = {}
    for variable in variables:
        inside = structs.get(variable.name)
        if isinstance(inside, Mapping):
            flat |= {f"{variable.name}/{key}": (variable.name, key) for key in inside}
        else:
            flat[variable.name] = (variable.name,)
    chosen = wanted(list(flat), path, "a .mat file")
    values = read_matlab(path, sorted({flat[name][0] for name in chosen.values()}))
    found: dict[str, Any] = {}
    for key, name in chosen.items():
        value = _inside(values, flat[name])
        # A table that is an object becomes a struct when it is decoded.
        found |= (
            {f"{key}/{column}": inside for column, inside in value.items()}
            if isinstance(value, Mapping) and key in BY_NAME
            else {key: value}
        )
    require_readable(found.values(), path)
    return contents_of({k: _array(k, v, path) for k, v in found.items()}, path, "MATLAB")


def _inside(values: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    """The value at a place: a variable, or a field of one."""
    found: Any = values
    for key in place:
        found = found[key]
    return found


def _array(key: str, value: Any, path: Path) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "biufU":
        raise UserError(f"{printable(path)}: `{key}` must hold numbers, or a cell of text")
    if key.partition("/")[0] not in VECTORS:
        return array
    if array.size != max(array.shape, default=1):
        raise UserError(
            f"{printable(path)}: `{key}` must hold one value a row; got {in_words(array.shape)}"
        )
    return array.ravel()
