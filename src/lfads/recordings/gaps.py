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
