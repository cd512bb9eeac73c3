"""How far trajectories are rotations: a skew-symmetric linear system, beside an unconstrained one.

Churchland, Cunningham et al. 2012, Nature 487:51-56 (jPCA): the planes in which it turns, and how fast.
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


class LinearFlow(NamedTuple):
    """The two linear systems dx = x M that fit the change of a bin best, and how well they do."""

    skew: Float[np.ndarray, "component component"]
    free: Float[np.ndarray, "component component"]
    fit: RotationFit


class Planes(NamedTuple):
    """Orthogonal planes in which a skew-symmetric system turns, the fastest first.

    Parameters
    ----------
    axes
        Two orthonormal axes of each plane; turning from the first to the second is the way of the system.
    turn
        Angle by which states turn in a bin, in radians.
    """

    axes: Float[np.ndarray, "component plane 2"]
    turn: Float[np.ndarray, " plane"]


def rotation_fit(
    trajectories: Float[np.ndarray, "trajectory time component"],
) -> RotationFit:
    """How well linear systems, skew-symmetric and any, explain changes from bin to bin (`linear_flow`).

    Examples
    --------
    >>> time = np.arange(20) / 10
    >>> circle = np.stack([np.cos(time), np.sin(time)], axis=1)[None]
    >>> np.round(rotation_fit(circle), 6).tolist()
    [1.0, 1.0]
    """
    return linear_flow(trajectories).fit


def linear_flow(
    trajectories: Float[np.ndarray, "trajectory time component"],
) -> LinearFlow:
    """Least squares of the change between bins on the state halfway between them.

    dx(t) = x(t + 1) - x(t) = (x(t) + x(t + 1)) / 2 · M. Of a rotation by any angle below half a turn a bin
    this M is skew-symmetric, exactly. With A = X'X and B = X'dX, the best skew-symmetric M solves
    A M + M A = B - B', in the axes of A element by element.

    Parameters
    ----------
    trajectories
        Centred on what they turn about. A bin with NaN is left out with both its steps.
    """
    before, after = trajectories[:, :-1], trajectories[:, 1:]
    size = trajectories.shape[2]
    x = ((before + after) / 2).reshape(-1, size).astype(np.float64)
    dx = (after - before).reshape(-1, size).astype(np.float64)
    known = np.isfinite(dx).all(1)
    x, dx = x[known], dx[known]
    total = float((dx**2).sum())
    if not total > 0:
        return LinearFlow(
            np.zeros((size, size)), np.zeros((size, size)), RotationFit(np.nan, np.nan)
        )
    skew = _skew_symmetric(x.T @ x, x.T @ dx)
    free = np.linalg.lstsq(x, dx)[0]
    r2 = (1 - float(((dx - x @ m) ** 2).sum()) / total for m in (skew, free))
    return LinearFlow(skew, free, RotationFit(*r2))


def rotation_planes(skew: Float[np.ndarray, "component component"]) -> Planes:
    """Planes of the conjugate pairs of eigenvectors of a system dx = x M, M = -M'.

    For M as `linear_flow` fits it, on states halfway between bins, a pair of eigenvalues ± i w turns by
    2 atan(w / 2) a bin. An odd dimension that rests is in no plane.

    Examples
    --------
    >>> planes = rotation_planes(np.array([[0.0, 0.2], [-0.2, 0.0]]))
    >>> planes.turn.round(3).tolist(), np.abs(planes.axes[:, 0]).round(3).tolist()
    ([0.199], [[1.0, 0.0], [0.0, 1.0]])
    """
    size = len(skew)
    values, vectors = np.linalg.eigh(1j * skew)
    pairs = np.arange(size)[::-1][: size // 2]
    of_pairs = np.sqrt(2) * vectors[:, pairs]
    first, second = np.real(of_pairs), np.imag(of_pairs)
    # Within a plane every pair of axes is as good: these have 0 in the first row of the second.
    angle = np.arctan2(second[0], first[0])
    first, second = (
        first * np.cos(angle) + second * np.sin(angle),
        second * np.cos(angle) - first * np.sin(angle),
    )
    along = np.einsum("ip,ij,jp->p", first, skew, second)
    axes = np.stack([first, second * np.where(along < 0, -1.0, 1.0)], axis=-1)
    return Planes(axes, 2 * np.arctan(np.maximum(values[pairs], 0.0) / 2))


def _skew_symmetric(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The skew-symmetric M of A M + M A = B - B'; 0 where A says nothing."""
    size, axes = np.linalg.eigh(a)
    sums = np.add.outer(size, size)
    turned = axes.T @ (b - b.T) @ axes
    there = sums > 1e-12 * max(float(sums.max()), 1e-300)
    return axes @ np.where(there, turned / np.where(there, sums, 1), 0) @ axes.T
