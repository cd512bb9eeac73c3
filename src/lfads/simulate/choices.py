"""What the choices of every simulation must be."""

from collections.abc import Mapping

import numpy as np

from lfads.checks import Problems
from lfads.data.validation import check_bin_width


def check_choices(
    problems: Problems, sizes: Mapping[str, int], *, seed: int, gain: float, bin_width_s: float
) -> None:
    """Note sizes below 1, and numbers out of range."""
    for name, size in sizes.items():
        problems.require(size >= 1, f"`{name}` must be at least 1; got {size}")
    problems.require(0 <= gain < np.inf, f"`gain` must be 0 or more; got {gain}")
    problems.require(seed >= 0, f"`seed` must be 0 or more; got {seed}")
    check_bin_width(bin_width_s, problems)
