"""Whether a fit is more than surrogates have it, and where that is not to be trusted."""

import numpy as np
from jaxtyping import Float

from lfads.checks import many


def p_of(value: float, chance: Float[np.ndarray, " surrogate"]) -> float:
    """(1 + number of surrogates with at least as much) / (1 + their number); NaN without any."""
    if not len(chance) or not np.isfinite(value):
        return np.nan
    return float((1 + (chance >= value).sum()) / (1 + len(chance)))


def too_few_in_words(num_components: int, num_conditions: int) -> str:
    """That p does not hold, if there are as many components as conditions or more; nothing otherwise.

    Few points in many dimensions look like sequences; surrogates, whose covariances are right in the mean
    alone, do so less.

    >>> too_few_in_words(4, 8)
    ''
    """
    if num_components < num_conditions:
        return ""
    return (
        f" With {num_components} components of {many(num_conditions, 'condition')}, p is too small, "
        "also of noise: choose fewer components."
    )
