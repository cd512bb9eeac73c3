"""Angles told from features by regression on the circle, cross-validated."""

import numpy as np
from jaxtyping import Float, Int

from lfads.numerics.regression import fit_linear_map

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
"""Of standardised features, relative to the number of samples; the best on inner folds is taken."""

NUM_SHUFFLES = 50
"""Of angles, whose median errors say what chance gives."""


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
    return angles_told_of_each(features, angle[None], fold)[0]


def angles_told_of_each(
    features: Float[np.ndarray, "trial feature"],
    angles: Float[np.ndarray, "set trial"],
    fold: Int[np.ndarray, " trial"],
) -> Float[np.ndarray, "set trial"]:
    """Several sets of angles told from the same features, each with a penalty of its own."""
    scale = features.std(0)
    x = (features - features.mean(0)) / np.where(scale > 0, scale, 1.0)
    told = np.full(angles.shape, np.nan)
    num_folds = int(fold.max()) + 1
    for left_out in range(num_folds):
        test, inner = fold == left_out, fold == (left_out + 1) % num_folds
        rest = ~test & ~inner
        errors = [
            np.median(
                errors_rad(_told(x[rest], angles[:, rest], x[inner], each), angles[:, inner]), 1
            )
            for each in PENALTIES
        ]
        best = np.argmin(errors, axis=0)
        for number, each in enumerate(PENALTIES):
            if (sets := best == number).any():
                told[np.ix_(sets, test)] = _told(
                    x[~test], angles[np.ix_(sets, ~test)], x[test], each
                )
    return told


def median_errors_of_shuffled(
    features: Float[np.ndarray, "trial feature"],
    angle: Float[np.ndarray, " trial"],
    fold: Int[np.ndarray, " trial"],
    num_shuffles: int = NUM_SHUFFLES,
    seed: int = 0,
) -> Float[np.ndarray, " shuffle"]:
    """Median errors in radians of angles told as in `angles_told`, of trials in another order: chance.

    Angles that are not spread evenly over the circle are guessed better than by π / 2.

    Examples
    --------
    >>> features = np.random.default_rng(0).normal(size=(60, 2))
    >>> found = median_errors_of_shuffled(features, np.arange(60) * 0.01, np.arange(60) % 5)
    >>> bool(found.max() < 0.3)
    True
    """
    rng = np.random.default_rng(seed)
    shuffled = np.stack([rng.permutation(angle) for _ in range(num_shuffles)])
    return np.median(errors_rad(angles_told_of_each(features, shuffled, fold), shuffled), axis=1)


def errors_rad(
    told: Float[np.ndarray, "*axes"], angle: Float[np.ndarray, "*axes"]
) -> Float[np.ndarray, "*axes"]:
    """Size of the differences of angles, in [0, π].

    >>> errors_rad(np.array([0.1]), np.array([2 * np.pi - 0.1])).round(3).tolist()
    [0.2]
    """
    return np.abs(np.mod(told - angle + np.pi, 2 * np.pi) - np.pi)


def _told(x: np.ndarray, angles: np.ndarray, asked: np.ndarray, penalty: float) -> np.ndarray:
    """Of each set; one fit for all."""
    y = np.concatenate([np.cos(angles), np.sin(angles)]).T
    cosine, sine = np.split(fit_linear_map(x, y, penalty * len(x))(asked).T, 2)
    return np.arctan2(sine, cosine)
