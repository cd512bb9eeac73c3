"""Angles told from features by regression on the circle, cross-validated."""

import numpy as np
from jaxtyping import Float, Int

from lfads.numerics.regression import fit_linear_map

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
"""Of standardised features, relative to the number of samples; the best on inner folds is taken."""


def angles_told(
    features: Float[np.ndarray, "trial feature"],
    angle: Float[np.ndarray, " trial"],
    fold: Int[np.ndarray, " trial"],
) -> Float[np.ndarray, " trial"]:
    """Angles in radians of each fold's trials, from ridge regression of cosine and sine on the other folds.

    The angle of (cos, sin) = W x + b. The penalty of W is chosen by the median error on one of the other
    folds after fitting the rest.

    Examples
    --------
    >>> angle = np.arange(20) * 2 * np.pi / 20
    >>> features = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    >>> told = angles_told(features, angle, np.arange(20) % 5)
    >>> bool(np.median(errors_rad(told, angle)) < 0.01)
    True
    """
    scale = features.std(0)
    x = (features - features.mean(0)) / np.where(scale > 0, scale, 1.0)
    y = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    told = np.full(len(angle), np.nan)
    num_folds = int(fold.max()) + 1
    for left_out in range(num_folds):
        test, inner = fold == left_out, fold == (left_out + 1) % num_folds
        rest = ~test & ~inner
        errors = [
            np.median(errors_rad(_fitted(x[rest], y[rest], x[inner], each), angle[inner]))
            for each in PENALTIES
        ]
        best = PENALTIES[int(np.argmin(errors))]
        told[test] = _fitted(x[~test], y[~test], x[test], best)
    return told


def errors_rad(
    told: Float[np.ndarray, " trial"], angle: Float[np.ndarray, " trial"]
) -> Float[np.ndarray, " trial"]:
    """Size of the differences of angles, in [0, π]; π / 2 is chance.

    >>> errors_rad(np.array([0.1]), np.array([2 * np.pi - 0.1])).round(3).tolist()
    [0.2]
    """
    return np.abs(np.mod(told - angle + np.pi, 2 * np.pi) - np.pi)


def _fitted(x: np.ndarray, y: np.ndarray, asked: np.ndarray, penalty: float) -> np.ndarray:
    found = fit_linear_map(x, y, penalty * len(x))(asked)
    return np.arctan2(found[:, 1], found[:, 0])
