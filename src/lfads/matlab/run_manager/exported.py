"""Arrays of MATLAB as HDF5: a dataset a field, a group a struct, axes reversed as MATLAB itself does it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lfads.checks import UserError
from lfads.files import written_beside
from lfads.formats.matlab.values import Cell
from lfads.streams import packed, raised_at_end


def write_hdf5(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write numbers, text, cells of text, and structs of these, in one piece.

    Raises
    ------
    UserError
        If a field is of another class, or the file cannot be written.
    """
    with (
        written_beside(path) as beside,
        raised_at_end(beside, "w+b") as stream,
        h5py.File(stream, "w") as file,
    ):
        _put(file, arrays)


def _put(group: h5py.Group, arrays: Mapping[str, Any]) -> None:
    for name, value in arrays.items():
        if isinstance(value, Mapping):
            _put(group.create_group(name), value)
        elif isinstance(value, str) or (
            isinstance(value, Cell) and all(isinstance(one, str) for one in value)
        ):
            texts = value if isinstance(value, str) else np.array(list(value), object)
            group.create_dataset(name, data=texts, dtype=h5py.string_dtype())
        elif isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            group.create_dataset(name, data=value.T, **packed(value))
        else:
            raise UserError(
                f"`{name}` is neither numbers nor text, and stays out of HDF5: remove it"
            )
