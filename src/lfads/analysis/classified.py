"""Conditions of trials told by a discriminant, with its shrinkage chosen within the other folds."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lfads.numerics.discriminant import SHRINKAGES, fit_discriminant


class Classified(NamedTuple):
    """The kind that each trial was told to be, and the shrinkage chosen for each fold."""

    told: Int[np.ndarray, " trial"]
    shrinkage: list[float]


def classified(
    features: Float[np.ndarray, "trial feature"],
    kind: Int[np.ndarray, " trial"],
    fold: Int[np.ndarray, " trial"],
) -> Classified:
    """Each fold told by a fit to the others; of equal shrinkages the strongest is taken.

    Examples
    --------
    >>> kind = np.arange(30) % 3
    >>> classified(np.eye(3)[kind], kind, np.arange(30) // 10).told.tolist() == kind.tolist()
    True
    """
    told, picked = np.zeros(len(kind), np.int64), []
    num = int(fold.max()) + 1
    for left_out in range(num):
        rest = fold != left_out
        right = np.zeros(len(SHRINKAGES))
        for inner in range(num):
            if inner == left_out:
                continue
            fitted_on, scored = rest & (fold != inner), fold == inner
            for place, shrinkage in enumerate(SHRINKAGES):
                guess = _told(features, kind, fitted_on, scored, shrinkage)
                right[place] += (guess == kind[scored]).sum()
        best = SHRINKAGES[int(np.flatnonzero(right == right.max())[-1])]
        picked.append(best)
        told[~rest] = _told(features, kind, rest, ~rest, best)
    return Classified(told, picked)


def highest_by_chance(chance: float, num_trials: int, level: float = 0.95) -> float:
    """The share of trials told right that so many guesses stay below: a quantile of the binomial.

    >>> round(highest_by_chance(0.125, 200), 3)
    0.165
    """
    from scipy.stats import binom  # takes a while to load

    return float(binom.ppf(level, num_trials, chance)) / num_trials


def _told(
    features: np.ndarray,
    kind: np.ndarray,
    fitted_on: np.ndarray,
    told: np.ndarray,
    shrinkage: float,
) -> np.ndarray:
    values = features[fitted_on]
    mean, deviation = values.mean(0), values.std(0)
    scale = np.where(deviation > 0, deviation, 1.0)
    fit = fit_discriminant((values - mean) / scale, kind[fitted_on], shrinkage)
    return fit((features[told] - mean) / scale)
