"""What MATLAB files hold, of all versions: numbers, text, cells and structs.

Version 7.3 is HDF5, earlier ones are read by SciPy. Objects, function handles and tables are left out:
save a table as a struct, `table2struct(trials, 'ToScalar', true)`.
"""

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py

from lfads.checks import UserError, reason_of
from lfads.formats.guarded import listed
from lfads.paths import printable


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
    with _one_message(path):
        if h5py.is_hdf5(path):
            from lfads.formats.matlab_hdf5 import read_hdf5

            found, left_out = read_hdf5(path, names)
        else:
            from lfads.formats.matlab_older import read_older

            found, left_out = read_older(path, names)
    if left_out and names is not None:
        warnings.warn(
            f"{printable(path)}: {listed(left_out)} left out: only MATLAB reads its objects. Save strings "
            "as `cellstr(…)`, tables as `table2struct(…, 'ToScalar', true)`",
            UserWarning,
            stacklevel=3,
        )
    return found


def variable_names(path: Path) -> list[str]:
    """Names of the variables of a file, without reading them; errors as in `read_matlab`."""
    with _one_message(path):
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                return [str(name) for name in file if not str(name).startswith("#")]
        from scipy.io import whosmat

        return [name for name, _, _ in whosmat(path)]


@contextlib.contextmanager
def _one_message(path: Path) -> Iterator[None]:
    try:
        yield
    except UserError as error:
        where = printable(path)
        if str(error).startswith(where):
            raise
        raise UserError(f"{where}: {error}") from error
    except MemoryError as error:
        raise UserError(f"{printable(path)}: does not fit into memory: {error}") from error
    except Exception as error:  # SciPy and h5py raise what they meet
        raise UserError(
            f"{printable(path)}: cannot be read as MATLAB: {reason_of(error)}. Copy or save the file again"
        ) from error


def is_matlab(path: Path) -> bool:
    """Whether a file says that it is MATLAB's, version 5 or later."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            return file.read(6) == b"MATLAB"
    except (OSError, ValueError):
        return False
