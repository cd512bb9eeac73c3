"""Rows without a value, among numbers or texts."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def without_gaps(values: Sequence[Any]) -> list[Any]:
    """Values with NaN for None among numbers, and no text for it among texts.

    >>> without_gaps([0.5, None]), without_gaps(["left", None])
    ([0.5, nan], ['left', ''])
    """
    missing = "" if any(isinstance(value, str) for value in values) else np.nan
    return [missing if value is None else value for value in values]


def of_rows(column: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Values of rows; NaN or no text for row -1."""
    missing = rows < 0
    if not len(column):
        return np.full(len(rows), "")
    values = column[rows]
    if not missing.any():
        return values
    if column.dtype.kind in "biuf":
        return np.where(missing, np.nan, values.astype(np.float64))
    return np.where(missing, "", values)
