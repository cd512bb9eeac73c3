"""Whether groups of trials can be told apart: a regularised discriminant, against shuffled labels.

Trials may be compared within levels of something else, such as sides of a perturbation within the direction
of a reach: means are each level's own, the covariance about them is that of all.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lfads.numerics.means import mean_of_known

SHRINKAGE = 0.1
"""Share of the covariance that is replaced by a multiple of the identity of the same trace."""


class Separation(NamedTuple):
    """How well the group of a trial is told by a discriminant that was fitted on other trials.

    Parameters
    ----------
    accuracy
        Share of the trials whose group is told, each group counting the same.
    chance
        The same, mean over shuffled labels.
    chance_high
        95th percentile over shuffled labels.
    p
        Share of labels, the true ones included, whose accuracy is no lower than the true one's.
    """

    accuracy: float
    chance: float
    chance_high: float
    p: float


def balanced_folds(
    group: Int[np.ndarray, " trial"], num_folds: int, seed: int = 0
) -> Int[np.ndarray, " trial"]:
    """A fold for each trial; trials of each group are spread evenly, in random order.

    >>> np.bincount(balanced_folds(np.array([0] * 4 + [1] * 4), 2)).tolist()
    [4, 4]
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(group))
    order = order[np.argsort(group[order], kind="stable")]
    fold = np.empty(len(group), np.int64)
    fold[order] = np.arange(len(group)) % num_folds
    return fold


def separation(
    values: Float[np.ndarray, "trial feature"],
    group: Int[np.ndarray, " trial"],
    level: Int[np.ndarray, " trial"] | None = None,
    *,
    num_folds: int = 5,
    num_shuffles: int = 100,
    seed: int = 0,
) -> Separation:
    """Accuracy of a discriminant on trials that it was not fitted on, and of one with shuffled labels.

    A trial x of level l is told to be of the group g with the largest
    -(x - m_lg)' S⁻¹ (x - m_lg), where m_lg are means of the other folds' trials and S is their pooled
    covariance about these, shrunk towards a multiple of the identity.

    Parameters
    ----------
    values
        Finite features of each trial.
    group
        Numbers of the groups, from 0.
    level
        Trials are compared, and labels shuffled, within levels; by default all are of one.
    num_folds, num_shuffles, seed
        Of trials; of labels; same seed, same folds and shuffles.

    Examples
    --------
    >>> side = np.arange(40) % 2
    >>> separation(side[:, None] + 0.1 * np.sin(np.arange(40.0))[:, None], side).accuracy
    1.0
    """
    level = np.zeros(len(group), np.int64) if level is None else level
    num_groups = int(group.max()) + 1

    def accuracy(of: np.ndarray) -> float:
        # Folds are balanced anew for shuffled labels: else these alone are told from unbalanced ones.
        fold = balanced_folds(level * num_groups + of, num_folds, seed)
        return _accuracy(x, of, level, fold)

    scale = values.std(0)
    x = (values - values.mean(0)) / np.where(scale > 0, scale, 1.0)
    found = accuracy(group)
    rng = np.random.default_rng(seed)
    shuffled = np.empty(num_shuffles)
    for number in range(num_shuffles):
        shuffled[number] = accuracy(shuffled_within(rng, group, level))
    high = float(np.quantile(shuffled, 0.95))
    p = (1 + int((shuffled >= found - 1e-12).sum())) / (1 + num_shuffles)
    return Separation(found, float(shuffled.mean()), high, p)


def shuffled_within(
    rng: np.random.Generator, group: Int[np.ndarray, " trial"], level: Int[np.ndarray, " trial"]
) -> Int[np.ndarray, " trial"]:
    """The groups in another order, within each level."""
    found = group.copy()
    for one in np.unique(level):
        here = np.flatnonzero(level == one)
        found[here] = group[rng.permutation(here)]
    return found


def explained_by_groups(
    values: Float[np.ndarray, "trial time feature"],
    group: Int[np.ndarray, " trial"],
    level: Int[np.ndarray, " trial"] | None = None,
) -> Float[np.ndarray, " time"]:
    """Share of the variance about means of levels that means of groups in them explain, in each bin.

    B / (B + W), B = Σ_lg n_lg ‖m_lg - m_l‖², W = Σ_i ‖x_i - m_lg(i)‖², over features; 0 where nothing
    varies. Missing values are left out.
    """
    level = np.zeros(len(group), np.int64) if level is None else level
    num_groups = int(group.max()) + 1
    cells = np.eye(num_groups * (int(level.max()) + 1))[level * num_groups + group]
    levels = np.eye(int(level.max()) + 1)[level]
    known = np.isfinite(values)
    filled = np.where(known, values - mean_of_known(values, 0), 0.0)
    squares = np.einsum("rtk,rtk->t", filled, filled)
    of_levels = _explained(levels, filled, known)
    total = squares - of_levels
    varies = total > 1e-9 * max(float(squares.max(initial=0.0)), 1e-300)
    between = np.maximum(_explained(cells, filled, known) - of_levels, 0.0)
    return np.where(varies, between / np.where(varies, total, 1.0), 0.0)


def _explained(
    members: Float[np.ndarray, "trial cell"], filled: np.ndarray, known: np.ndarray
) -> Float[np.ndarray, " time"]:
    """Sum over cells of (sum of values)² / number of values."""
    total = np.tensordot(members.T, filled, 1)
    number = np.tensordot(members.T, known.astype(np.float64), 1)
    return (total**2 / np.maximum(number, 1.0)).sum((0, 2))


def _accuracy(
    x: Float[np.ndarray, "trial feature"], group: np.ndarray, level: np.ndarray, fold: np.ndarray
) -> float:
    told = np.full(len(x), -1)
    for left_out in range(int(fold.max()) + 1):
        test = fold == left_out
        told[test] = _told(x[~test], group[~test], level[~test], x[test], level[test])
    right = [float((told[group == g] == g).mean()) for g in np.unique(group)]
    return float(np.mean(right))


def _told(
    x: np.ndarray, group: np.ndarray, level: np.ndarray, asked: np.ndarray, asked_level: np.ndarray
) -> Int[np.ndarray, " trial"]:
    """The group of trials asked for; of those that their level has trials of."""
    num_groups, num_features = int(group.max()) + 1, x.shape[1]
    cell, num_cells = level * num_groups + group, (int(level.max()) + 1) * num_groups
    number = np.bincount(cell, minlength=num_cells)
    members = np.eye(num_cells)[cell]
    mean = (members.T @ x) / np.maximum(number, 1)[:, None]
    about = x - mean[cell]
    covariance = about.T @ about / max(len(x) - int((number > 0).sum()), 1)
    size = max(float(np.trace(covariance)) / num_features, 1e-9)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * size * np.eye(num_features)
    weights = np.linalg.solve(shrunk, mean.T)
    score = asked @ weights - 0.5 * (mean * weights.T).sum(1)
    score = np.where(number > 0, score, -np.inf).reshape(len(asked), -1, num_groups)
    known = np.minimum(asked_level, score.shape[1] - 1)
    return score[np.arange(len(asked)), known].argmax(1)
