"""What MATLAB files hold, of all versions: numbers, text, cells and structs.

Version 7.3 is HDF5, earlier ones are read by SciPy. Objects, function handles and tables are left out:
save a table as a struct, `table2struct(trials, 'ToScalar', true)`.
"""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lfads.checks import UserError, reason_of
from lfads.config.paths import printable
from lfads.data.guarded import Budget, memory_limit_bytes

DEEPEST = 20
"""Structs within structs."""


def read_matlab(path: Path) -> dict[str, Any]:
    """Variables of a file: arrays with their axes as MATLAB has them, text, lists (cells), dicts (structs).

    Raises
    ------
    UserError
        If the file is damaged, or larger than memory.
    """
    with _one_message(path):
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                return _Hdf5(file, printable(path)).variables()
        return _read_older(path)


def variable_names(path: Path) -> list[str]:
    """Names of the variables of a file, without reading them; errors as in `read_matlab`."""
    with _one_message(path):
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                return [str(name) for name in file]
        from scipy.io import whosmat

        return [name for name, _, _ in whosmat(path)]


@contextlib.contextmanager
def _one_message(path: Path) -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # SciPy and h5py raise what they meet
        raise UserError(
            f"{printable(path)}: cannot be read as MATLAB: {reason_of(error)}"
        ) from error


def is_matlab(path: Path) -> bool:
    """Whether a file says that it is MATLAB's, version 5 or later."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            return file.read(6) == b"MATLAB"
    except OSError:
        return False


def _read_older(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat

    if path.stat().st_size > memory_limit_bytes():
        raise UserError(f"{printable(path)}: is larger than the memory that is available")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of objects, which are left out
        loaded = loadmat(path, squeeze_me=False, struct_as_record=True, chars_as_strings=True)
    found = {name: _plain(value, 0) for name, value in loaded.items() if name[:2] != "__"}
    return {name: value for name, value in found.items() if value is not None}


def _plain(value: Any, depth: int) -> Any:
    """A value of `loadmat` as an array, text, list or dict; None for what is none of these."""
    if depth > DEEPEST or not isinstance(value, np.ndarray):
        return value if isinstance(value, str | int | float | np.number) else None
    if value.dtype.names:
        if value.size != 1:
            return [_plain(one.reshape(1, 1), depth + 1) for one in value.ravel()]
        record = value.ravel()[0]
        return {name: _plain(record[name], depth + 1) for name in value.dtype.names}
    if value.dtype.kind == "O":
        return [_plain(one, depth + 1) for one in value.ravel(order="F")]
    if value.dtype.kind == "U":
        return str(value.ravel()[0]) if value.size == 1 else value.ravel().tolist()
    return value if value.dtype.kind in "biuf" else None


class _Hdf5:
    """Reads version 7.3."""

    def __init__(self, file: h5py.File, where: str) -> None:
        self.file, self.where, self.budget = file, where, Budget(where)

    def variables(self) -> dict[str, Any]:
        """All variables."""
        names = [str(name) for name in self.file if not str(name).startswith("#")]
        found = {name: self._value(self._member(self.file, name), 0) for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def _member(self, group: Any, name: str) -> Any:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise UserError(f"{self.where}: `{name}` leads out of the file; this is refused")
        return group[name]

    def _value(self, item: Any, depth: int) -> Any:
        if depth > DEEPEST:
            return None
        if isinstance(item, h5py.Group):
            names = [str(name) for name in item]
            return {name: self._value(self._member(item, name), depth + 1) for name in names}
        kind = item.attrs.get("MATLAB_class", b"")
        kind = kind.decode() if isinstance(kind, bytes) else str(kind)
        if item.is_virtual or item.external:
            raise UserError(f"{self.where}: `{item.name}` is stored in another file; refused")
        self.budget.spend(item.size * item.dtype.itemsize, str(item.name), item.shape)
        if "MATLAB_empty" in item.attrs:
            return "" if kind == "char" else [] if kind == "cell" else np.empty(0)
        if h5py.check_ref_dtype(item.dtype) is not None:
            # References run along MATLAB's first axis last: the transpose has its order.
            return [self._value(self.file[one], depth + 1) for one in item[()].ravel()]
        if kind == "char":
            return "".join(chr(code) for code in item[()].T.ravel())
        if item.dtype.kind not in "biuf":
            return None
        values = item[()].T
        return values.astype(bool) if kind == "logical" else values
