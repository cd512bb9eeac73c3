"""How far trajectories are rotations: a skew-symmetric linear system, beside an unconstrained one.

Churchland, Cunningham et al. 2012, Nature 487:51-56 (jPCA). Planes and their angles are not found here.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class RotationFit(NamedTuple):
    """Share of the squared change from bin to bin that a linear system explains; NaN if nothing moves.

    Parameters
    ----------
    skew_r2
        Of dx = x M with M = -M': rotations, which neither grow nor shrink.
    linear_r2
        Of any M, which is at least as much.
    """

    skew_r2: float
    linear_r2: float


def rotation_fit(
    trajectories: Float[np.ndarray, "trajectory time component"],
) -> RotationFit:
    """Least squares of the change between bins on the state halfway between them.

    dx(t) = x(t + 1) - x(t) = (x(t) + x(t + 1)) / 2 · M. Of a rotation by any angle below half a turn a bin
    this M is skew-symmetric, exactly. With A = X'X and B = X'dX, the best skew-symmetric M solves
    A M + M A = B - B', in the axes of A element by element.

    Parameters
    ----------
    trajectories
        Centred on what they turn about. A bin with NaN is left out with both its steps.

    Examples
    --------
    >>> time = np.arange(20) / 10
    >>> circle = np.stack([np.cos(time), np.sin(time)], axis=1)[None]
    >>> np.round(rotation_fit(circle), 6).tolist()
    [1.0, 1.0]
    """
    before, after = trajectories[:, :-1], trajectories[:, 1:]
    size = trajectories.shape[2]
    x = ((before + after) / 2).reshape(-1, size).astype(np.float64)
    dx = (after - before).reshape(-1, size).astype(np.float64)
    known = np.isfinite(dx).all(1)
    x, dx = x[known], dx[known]
    total = float((dx**2).sum())
    if not total > 0:
        return RotationFit(np.nan, np.nan)
    skew = _skew_symmetric(x.T @ x, x.T @ dx)
    free = np.linalg.lstsq(x, dx)[0]
    return RotationFit(*(1 - float(((dx - x @ m) ** 2).sum()) / total for m in (skew, free)))


def _skew_symmetric(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The skew-symmetric M of A M + M A = B - B'; 0 where A says nothing."""
    size, axes = np.linalg.eigh(a)
    sums = np.add.outer(size, size)
    turned = axes.T @ (b - b.T) @ axes
    there = sums > 1e-12 * max(float(sums.max()), 1e-300)
    return axes @ np.where(there, turned / np.where(there, sums, 1), 0) @ axes.T
