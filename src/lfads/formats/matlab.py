"""MATLAB files of all versions: their numbers, text, cells and structs, and trials of counts in them.

Version 7.3 is HDF5, earlier ones are read by SciPy. Objects, function handles and tables are left out:
save a table as a struct, `table2struct(trials, 'ToScalar', true)`.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lfads.checks import UserError
from lfads.data.session import FIELDS
from lfads.formats.contents import FileContents
from lfads.formats.guarded import one_message, quoted
from lfads.formats.npz import contents_of, wanted
from lfads.paths import printable

VECTORS = {f.name for f in FIELDS if len(f.axes) == 1}
"""Keys of vectors, which MATLAB keeps as rows or columns of a matrix."""


def read_matlab(path: Path, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Variables of a file: arrays with their axes as MATLAB has them, text, lists (cells), dicts (structs).

    Rows of a matrix of characters are a list of text without the blanks behind; logicals are True and
    False; an array of structs is one struct of lists.

    Parameters
    ----------
    path
        Of the file.
    names
        Variables to read, of those that are there; others stay in the file. What of these cannot be
        read (objects, such as tables and string arrays) is left out with a warning.

    Raises
    ------
    UserError
        If the file is damaged, or larger than memory, or a cell leads back to itself.
    """
    with one_message(printable(path), "MATLAB", (Exception,)):  # SciPy raises what it meets
        if h5py.is_hdf5(path):
            from lfads.formats.matlab_hdf5 import read_hdf5

            found, left_out = read_hdf5(path, names)
        else:
            from lfads.formats.matlab_older import read_older

            found, left_out = read_older(path, names)
    if left_out and names is not None:
        warnings.warn(
            f"{printable(path)}: {quoted(left_out)} left out: only MATLAB reads its objects. Save strings "
            "as `cellstr(…)`, tables as `table2struct(…, 'ToScalar', true)`",
            UserWarning,
            stacklevel=3,
        )
    return {name: value for name, value in found.items() if value is not None}


def variable_names(path: Path) -> list[str]:
    """Names of the variables of a file, without reading them; errors as in `read_matlab`."""
    with one_message(printable(path), "MATLAB", (Exception,)):
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                return [str(name) for name in file if not str(name).startswith("#")]
        from scipy.io import whosmat

        return [name for name, _, _ in whosmat(path)]


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
    flat: dict[str, Any] = {}
    for name, value in read_matlab(path).items():
        if isinstance(value, Mapping):
            flat |= {f"{name}/{key}": inside for key, inside in value.items()}
        else:
            flat[name] = value
    chosen = wanted(list(flat), path, "a .mat file")
    arrays = {key: _array(key, flat[name], path) for key, name in chosen.items()}
    return contents_of(arrays, path, "MATLAB")


def _array(key: str, value: Any, path: Path) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "biufU":
        raise UserError(f"{printable(path)}: `{key}` must hold numbers, or a cell of text")
    return array.ravel() if key.partition("/")[0] in VECTORS else array
