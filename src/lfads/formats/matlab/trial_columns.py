"""Columns of tables and series over time from values of MATLAB, one a trial or in one vector."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lfads.formats.matlab.finds import is_vector, shape_of
from lfads.formats.matlab.values import Cell, StructArray, Unreadable


def as_column(items: Sequence[Any]) -> np.ndarray | None:
    """One number or text a trial; None for anything else."""
    if all(isinstance(item, str) for item in items):
        return np.array(items, dtype=str)
    values: list[float] = []
    for item in items:
        if isinstance(item, str | Mapping | Cell | StructArray | Unreadable) or np.size(item) > 1:
            return None
        array = np.asarray(item)
        if array.dtype.kind not in "biuf":
            return None
        values.append(float(array.reshape(-1)[0]) if array.size else np.nan)
    column = np.array(values)
    whole = np.isfinite(column).all() and (column == np.round(column)).all()
    fits = whole and np.abs(column).max(initial=0) < 2**53
    return column.astype(np.int64) if fits else column


def one_a_row(value: Any, number: int) -> np.ndarray | None:
    """A vector or a cell with so many values, one number or text each; None for anything else."""
    if isinstance(value, Cell):
        return as_column(list(value)) if value.is_vector and len(value) == number else None
    shape = shape_of(value)
    return np.asarray(value).ravel() if is_vector(shape) and max(shape) == number else None


def as_series(items: Sequence[Any], lengths: np.ndarray) -> np.ndarray | None:
    """A value or several for each bin, NaN behind the end of each trial; None for anything else."""
    shapes = [shape_of(item) for item in items]
    if any(len(shape) != 2 for shape in shapes):
        return None
    for axis in (0, 1):
        wide = {shape[1 - axis] for shape in shapes}
        if [shape[axis] for shape in shapes] == lengths.tolist() and len(wide) == 1:
            break
    else:
        return None
    series = np.full((len(items), int(lengths.max()), wide.pop()), np.nan)
    for trial, item in enumerate(items):
        array = np.asarray(item)
        if array.dtype.kind not in "biuf":
            return None
        series[trial, : lengths[trial]] = array if axis == 0 else array.T
    return series
