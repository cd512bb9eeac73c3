"""A posterior as a MATLAB file of version 7.3, for large arrays; `mat_contents` says what it holds.

Such files are HDF5 behind 512 bytes that name MATLAB. An array has its axes the other way round and names
its class; text is numbers of UTF-16; a cell array holds references to what lies in `#refs#`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

from lfads.results.mat_contents import FORMAT, ROOT, contents_of
from lfads.streams import raised_at_end

_BEFORE = 512  # bytes that MATLAB keeps before HDF5 begins
_TEXT = "MATLAB 7.3 MAT-file, written by lfads HDF5 schema 1.00 ."
_CLASSES = {"f8": "double", "f4": "single", "b1": "logical"}
_REFERENCES = "#refs#"


class Mat73:
    """MATLAB file of version 7.3 (HDF5): as `mat`, for arrays of more than 2 GiB."""

    suffixes = (".mat",)
    by_name_alone = True

    def files(self, sessions: Mapping[str, xr.Dataset]) -> dict[str, Mapping[str, xr.Dataset]]:
        """One for all."""
        return {"posterior73.mat": sessions}

    def write(self, sessions: Mapping[str, xr.Dataset], path: Path) -> None:
        """Write the file."""
        write_version_73({ROOT: contents_of(sessions)}, path)

    def is_own(self, path: Path) -> bool:
        """Whether the file holds such a struct."""
        try:
            with h5py.File(path, "r") as opened:
                file: Any = opened
                codes = np.ravel(file[ROOT]["format"][()])
        except (OSError, KeyError, TypeError, ValueError):
            return False
        return codes.dtype.kind == "u" and codes.astype("<u2").tobytes() == _units(FORMAT).tobytes()


def write_version_73(variables: Mapping[str, Any], path: Path) -> None:
    """Write structs, lists of text, text and arrays."""
    with raised_at_end(path, "w+b") as stream:
        with h5py.File(stream, "w", userblock_size=_BEFORE) as file:
            for name, value in variables.items():
                _put(file, name, value)
        stream.seek(0)
        stream.write(_TEXT.encode().ljust(116) + bytes(8) + b"\x00\x02IM")


def _put(group: h5py.Group, name: str, value: Any) -> h5py.Group | h5py.Dataset:
    """A value under a name, with its class."""
    if isinstance(value, Mapping):
        made = group.create_group(name)
        for key, inside in value.items():
            _put(made, key, inside)
        return _of_class(made, "struct")
    if isinstance(value, list):
        return _cell(group, name, value)
    if isinstance(value, str):
        return _of_class(_array(group, name, _units(value)[None]), "char", MATLAB_int_decode=2)
    array = np.asarray(value)
    kind = _CLASSES.get(f"{array.dtype.kind}{array.dtype.itemsize}", array.dtype.name)
    if array.dtype.kind == "b":
        return _of_class(_array(group, name, array.astype(np.uint8)), kind, MATLAB_int_decode=1)
    return _of_class(_array(group, name, array), kind)


def _array(group: h5py.Group, name: str, values: np.ndarray) -> h5py.Dataset:
    """An array as MATLAB keeps it: at least two axes, a vector as a column, the last axis first."""
    whole = (
        values.reshape(-1, 1)
        if values.ndim == 1
        else values.reshape(1, 1)
        if not values.ndim
        else values
    )
    if not whole.size:
        empty = group.create_dataset(name, data=np.array(whole.shape, np.uint64))
        empty.attrs["MATLAB_empty"] = np.uint8(1)
        return empty
    packed = {"compression": "gzip", "compression_opts": 1} if whole.size > 1024 else {}
    return group.create_dataset(name, data=whole.T, **packed)


def _cell(group: h5py.Group, name: str, items: list[Any]) -> h5py.Dataset:
    """A column of cells, each a reference to its item."""
    if not items:
        return _of_class(_array(group, name, np.zeros((0, 0))), "cell")
    inside = group.file.require_group(_REFERENCES)
    references = np.empty((1, len(items)), h5py.ref_dtype)
    for place, item in enumerate(items):
        references[0, place] = _put(inside, f"r{len(inside)}", item).ref
    return _of_class(group.create_dataset(name, data=references), "cell")


def _of_class(made: Any, kind: str, **more: int) -> Any:
    made.attrs["MATLAB_class"] = np.bytes_(kind)
    for name, value in more.items():
        made.attrs[name] = np.int32(value)
    return made


def _units(text: str) -> np.ndarray:
    """Characters as MATLAB counts them."""
    return np.frombuffer(text.encode("utf-16-le"), "<u2")
