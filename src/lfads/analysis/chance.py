"""Whether a fit is more than surrogates have it, and where that is not to be trusted."""

import numpy as np
from jaxtyping import Float

from lfads.checks import UserError, is_whole, many

USUAL_COMPONENTS = 6


def usual_components(num_conditions: int, num_dimensions: int) -> int:
    """As many as there can be for p to hold, six at most, an even number.

    >>> [usual_components(num, 50) for num in (4, 5, 6, 8, 24)], usual_components(24, 3)
    ([2, 2, 4, 6, 6], 2)
    """
    most = min(USUAL_COMPONENTS, num_conditions - 2, num_dimensions)
    return max(2, most // 2 * 2)


def check_components(number: int | None, who: str) -> None:
    """A UserError unless a number of components is even and 2 or more, or None."""
    if number is not None and (not is_whole(number) or number < 2 or number % 2):
        raise UserError(f"{who}: `num_components=` must be even and 2 or more; got {number!r}")


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
