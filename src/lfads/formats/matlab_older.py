"""MATLAB files of version 5 to 7.2, read by SciPy."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfads.formats.guarded import Budget
from lfads.formats.matlab_sizes import unpacked_bytes
from lfads.paths import printable

_GROWTH = 8  # numbers are stored in as few bytes as they fit into, doubles in one at times


def read_older(path: Path, names: Sequence[str] | None) -> tuple[dict[str, Any], list[str]]:
    """Variables of a file, all of them or those that are named; and what was left out."""
    from scipy.io import loadmat, whosmat

    present = [(name, shape) for name, shape, _ in whosmat(path)]
    wanted = [name for name, _ in present if name[:2] != "__" and (names is None or name in names)]
    budget = Budget(printable(path), "leave out of the file what is not needed")
    for (name, shape), num_bytes in zip(present, unpacked_bytes(path), strict=False):
        if name in wanted:
            budget.spend(_GROWTH * num_bytes, name, shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of objects, which are left out
        loaded = loadmat(
            path, squeeze_me=False, struct_as_record=True, chars_as_strings=True, mat_dtype=True,
            variable_names=wanted,
        )  # fmt: skip
    left_out: list[str] = []
    found = {name: _plain(loaded[name], name, left_out) for name in wanted if name in loaded}
    return {name: value for name, value in found.items() if value is not None}, left_out


def _plain(value: Any, name: str, left_out: list[str]) -> Any:
    """A value of `loadmat` as an array, text, list or dict; None for what is none of these."""
    from scipy.io.matlab import MatlabFunction, MatlabObject, MatlabOpaque

    if isinstance(value, MatlabFunction | MatlabObject | MatlabOpaque):
        left_out.append(name)
        return None
    if not isinstance(value, np.ndarray):
        return value if isinstance(value, str | bool | int | float | np.generic) else None
    if value.dtype.names:
        fields = {
            key: [
                _plain(record[key], f"{name}.{key}", left_out) for record in value.ravel(order="F")
            ]
            for key in value.dtype.names
        }
        read = {k: rows for k, rows in fields.items() if any(row is not None for row in rows)}
        return {key: rows[0] for key, rows in read.items()} if value.size == 1 else read
    if value.dtype.kind == "O":
        return [
            _plain(one, f"{name}{{{place + 1}}}", left_out)
            for place, one in enumerate(value.ravel(order="F"))
        ]
    if value.dtype.kind == "U":
        rows = [str(row).rstrip(" \0") for row in value.ravel()]
        return rows[0] if value.size == 1 else rows if value.size else ""
    return value if value.dtype.kind in "biuf" else None
