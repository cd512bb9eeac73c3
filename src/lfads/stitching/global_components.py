"""Alignment by regression on global principal components, as users of lfads-run-manager know it.

Condition averages of all sessions, side by side, have principal components Z. A session's matrix W
predicts them from its own channels, least squares or ridge, W = argmin |(X - m) W - Z|² + penalty |W|².
Averages are neither smoothed nor cut to training trials; `align_by_conditions` is our own rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Real

from lfads.checks import Problems, UserError, many, require_whole
from lfads.numerics.components import principal_components
from lfads.numerics.means import (
    groups_of_labels,
    mean_of_known,
    means_of_groups,
    on_same_bins,
    std_of_known,
)
from lfads.numerics.regression import ridge_weights

NUM_FOLDS = 10
RELATIVE_PENALTIES = tuple(float(10.0**exponent) for exponent in np.arange(-6, 1.5, 0.5))
"""Of the mean sum of squares of a channel; what ridge regression chooses from."""

Averages = Float[np.ndarray, "condition time channel"]
OfSession = Float[np.ndarray, "_ _ _"]
"""Averages of one among several sessions, of a size of its own."""


class SessionMatrix(NamedTuple):
    """What leads from a session's counts per bin to components, `(counts - bias) @ matrix`.

    Parameters
    ----------
    matrix
        0 for components beyond those that there are.
    bias
        Mean of each channel over what is known of its averages.
    penalty
        That ridge regression chose; 0 for least squares.
    """

    matrix: Float[np.ndarray, "channel component"]
    bias: Float[np.ndarray, " channel"]
    penalty: float

    def project(self, averages: Averages) -> Float[np.ndarray, "condition time component"]:
        """Averages in the space of the components; NaN where a channel is not known."""
        return (averages - self.bias) @ self.matrix


@dataclass(frozen=True, eq=False, kw_only=True)
class GlobalComponents:
    """Sessions and the components that they share.

    Parameters
    ----------
    scores
        Of all sessions together; NaN where not every session knows the condition and bin.
    variance_fraction
        Share of each component in the variance of all channels.
    sessions
        A matrix a session, in their order.
    """

    scores: Float[np.ndarray, "condition time component"]
    variance_fraction: Float[np.ndarray, " component"]
    sessions: tuple[SessionMatrix, ...]


def averages_of(
    counts: Real[np.ndarray, "trial time channel"],
    condition: np.ndarray,
    conditions: Sequence[object] | np.ndarray,
) -> Averages:
    """Mean counts of each condition's trials, NaN for conditions without one.

    Parameters
    ----------
    counts
        Per bin, of all trials.
    condition
        Label of each trial; those that are not among `conditions` are left out.
    conditions
        Labels, in the order of the result; compared as text.
    """
    return means_of_groups(counts, groups_of_labels(condition, conditions), len(conditions))


def regress_on_global_components(
    averages: Sequence[OfSession],
    num_components: int,
    *,
    ridge: bool = False,
    z_score: bool = False,
) -> GlobalComponents:
    """Bring sessions into the space of the principal components of all their channels.

    Each channel is centred by its own mean over conditions and bins. Components are those of the rows
    (a condition and a bin) that every session knows. The regression of each session is on rows that it
    knows and that have scores, both sides centred over these. One session alone is not regressed: its
    matrix holds the loadings of its components.

    Parameters
    ----------
    averages
        An array a session, on the same conditions; NaN where a session has none. Sessions with fewer bins
        count as not known behind their last.
    num_components
        Columns of the matrices; those beyond the rank are 0.
    ridge
        Choose the penalty of each session by ten-fold cross-validation, row i in fold i mod 10, from
        `RELATIVE_PENALTIES`.
    z_score
        Divide channels by their standard deviations first; matrices are for counts all the same.

    Raises
    ------
    UserError
        If no condition and bin is known in every session, or a number is out of range.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = regress_on_global_components([rng.random((4, 9, 6)), rng.random((4, 9, 5))], 3)
    >>> [one.matrix.shape for one in found.sessions]
    [(6, 3), (5, 3)]
    """
    require_whole("alignment", "num_components", num_components, 1)
    _check(averages)
    own = on_same_bins(averages)
    num_conditions, num_bins = own[0].shape[:2]
    rows = [one.reshape(-1, one.shape[2]) for one in own]
    bias = [np.nan_to_num(mean_of_known(one, 0)) for one in rows]
    size = [_scales(one) if z_score else np.ones(one.shape[1]) for one in rows]
    scaled = [(one - m) / s for one, m, s in zip(rows, bias, size, strict=True)]
    table = np.concatenate(scaled, axis=1)
    table[np.isnan(table).any(1)] = np.nan
    found = principal_components(table, num_components)
    if len(rows) == 1:
        sessions = [SessionMatrix(found.loadings / size[0][:, None], bias[0], 0.0)]
    else:
        sessions = [
            _regressed(one, found.scores, m, s, ridge)
            for one, m, s in zip(scaled, bias, size, strict=True)
        ]
    return GlobalComponents(
        scores=found.scores.reshape(num_conditions, num_bins, num_components),
        variance_fraction=found.variance_fraction,
        sessions=tuple(sessions),
    )


def _check(averages: Sequence[OfSession]) -> None:
    problems = Problems("alignment")
    problems.require(len(averages) > 0, "expected condition averages of sessions; got none")
    numbers = sorted({len(one) for one in averages})
    problems.require(
        len(numbers) < 2,
        f"averages must be on the same conditions in all sessions; got {numbers} conditions",
    )
    problems.raise_if_any()
    known = [~np.isnan(one).any(2) for one in on_same_bins(averages)]
    if np.all(known, axis=0).sum() < 2:
        raise UserError(
            f"alignment: expected conditions that all {many(len(averages), 'session')} have; there is "
            "none. Name the same conditions alike in all datasets, or align fewer of them"
        )


def _scales(rows: np.ndarray) -> np.ndarray:
    """Standard deviations; 1 for channels that do not vary."""
    found = np.nan_to_num(std_of_known(rows, 0))
    return np.where(found > 0, found, 1.0)


def _regressed(
    rows: np.ndarray, scores: np.ndarray, bias: np.ndarray, size: np.ndarray, ridge: bool
) -> SessionMatrix:
    used = ~(np.isnan(rows).any(1) | np.isnan(scores).any(1))
    x, y = rows[used], scores[used]
    penalty = _best_penalty(x, y) if ridge else 0.0
    weights = ridge_weights(x - x.mean(0), y - y.mean(0), penalty)
    return SessionMatrix(weights / size[:, None], bias, penalty)


def _best_penalty(x: np.ndarray, y: np.ndarray) -> float:
    """The penalty with the least squared error on left-out rows; the larger of two that do alike."""
    fold = np.arange(len(x)) % min(NUM_FOLDS, len(x))
    unit = float(((x - x.mean(0)) ** 2).sum(0).mean()) or 1.0
    penalties = [unit * relative for relative in RELATIVE_PENALTIES]
    errors = [sum(_error(x, y, fold == f, p) for f in range(fold.max() + 1)) for p in penalties]
    return max(p for p, error in zip(penalties, errors, strict=True) if error <= min(errors))


def _error(x: np.ndarray, y: np.ndarray, left_out: np.ndarray, penalty: float) -> float:
    """Squared error on left-out rows."""
    mean_x, mean_y = x[~left_out].mean(0), y[~left_out].mean(0)
    weights = ridge_weights(x[~left_out] - mean_x, y[~left_out] - mean_y, penalty)
    return float(((y[left_out] - mean_y - (x[left_out] - mean_x) @ weights) ** 2).sum())
