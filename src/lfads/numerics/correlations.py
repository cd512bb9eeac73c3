"""Pearson correlations along an axis, over what is known in both."""

import numpy as np
from jaxtyping import Float

_FEWEST = 3


def correlations(
    one: Float[np.ndarray, "*axes"], other: Float[np.ndarray, "*axes"], axis: int
) -> Float[np.ndarray, "..."]:
    """Correlation along an axis; NaN where fewer than three are known in both, or one does not vary.

    >>> correlations(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 4.0, 6.5]]), 1).round(3).tolist()
    [0.998]
    """
    known = np.isfinite(one) & np.isfinite(other)
    number = np.maximum(known.sum(axis, keepdims=True), 1)
    about = []
    for values in (one, other):
        filled = np.where(known, values, 0.0)
        mean = filled.sum(axis, keepdims=True) / number
        about.append(np.where(known, filled - mean, 0.0))
    product = (about[0] * about[1]).sum(axis)
    squares = [(each**2).sum(axis) for each in about]
    # Rounding leaves a little variance where nothing varies.
    size = [np.where(known, each, 0.0) for each in (one, other)]
    varies = [s > 1e-12 * (v**2).sum(axis) for s, v in zip(squares, size, strict=True)]
    defined = varies[0] & varies[1] & (known.sum(axis) >= _FEWEST)
    scale = np.sqrt(squares[0] * squares[1])
    return np.where(defined, product / np.where(defined, scale, 1.0), np.nan)
