"""Time courses of trials, cut out around an event of each trial by whole bins."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.numerics.means import mean_of_known
from lfads.numerics.separation import balanced_folds

NUM_BLOCKS = 6
"""Of the window after the event: the discriminant sees the mean input of each."""


class Aligned(NamedTuple):
    """Inputs around each trial's event; NaN outside the trial.

    `trials` are those that are aligned, of all.
    """

    values: Float[np.ndarray, "trial time input"]
    time_s: Float[np.ndarray, " time"]
    trials: Int[np.ndarray, " trial"]


def aligned_to(
    values: Float[np.ndarray, "trial time input"],
    when_s: Float[np.ndarray, " trial"],
    start_s: float,
    bin_width_s: float,
    window_s: Sequence[float],
) -> Aligned:
    """Values around an event, by whole bins; trials whose event lies outside the trial are left out.

    Examples
    --------
    >>> found = aligned_to(np.arange(8.0).reshape(1, 8, 1), np.array([0.31]), 0.0, 0.1, (-0.1, 0.2))
    >>> found.values.ravel().tolist(), found.time_s.round(2).tolist()
    ([2.0, 3.0, 4.0], [-0.1, 0.0, 0.1])
    """
    num_bins = values.shape[1]
    first, stop = (round(edge / bin_width_s) for edge in window_s)
    place = np.floor((np.nan_to_num(when_s, nan=-np.inf) - start_s) / bin_width_s + 1e-6)
    inside = (place >= 0) & (place < num_bins)
    trials = np.flatnonzero(inside)
    trials = trials[np.isfinite(values[trials, place[trials].astype(int)]).all(1)]
    offsets = np.arange(first, max(stop, first + 1))
    bins = place[trials].astype(int)[:, None] + offsets
    there: Bool[np.ndarray, "trial time"] = (bins >= 0) & (bins < num_bins)
    cut = values[trials[:, None], np.clip(bins, 0, num_bins - 1)]
    cut = np.where(there[:, :, None], cut, np.nan)
    return Aligned(cut, offsets * bin_width_s, trials)


def in_blocks(
    values: Float[np.ndarray, "trial time input"],
) -> tuple[Float[np.ndarray, "trial feature"], Bool[np.ndarray, " trial"]]:
    """Means over a few blocks of bins, as features, and the trials in which all bins are known."""
    whole = np.asarray(np.isfinite(values).all((1, 2)))
    blocks = np.array_split(np.arange(values.shape[1]), min(NUM_BLOCKS, max(values.shape[1], 1)))
    means = [values[:, block].mean(1) for block in blocks if len(block)]
    features = np.concatenate(means, axis=1) if means else np.zeros((len(values), 0))
    return np.where(whole[:, None], features, 0.0), whole


def along_difference(
    u: Float[np.ndarray, "trial time input"],
    group: Int[np.ndarray, " trial"],
    level: Int[np.ndarray, " trial"],
    scored: Bool[np.ndarray, " time"],
) -> Float[np.ndarray, "trial time"]:
    """Inputs along the difference of two groups of their level, in the window, that other folds give.

    (u - m_l) · d_l / ‖d_l‖, d_l = m_l1 - m_l0 over the window; NaN where other folds lack a group.
    """
    fold = balanced_folds(level * 2 + group, 5)
    mean_input = mean_of_known(u[:, scored], 1)
    found = np.full(u.shape[:2], np.nan)
    for left_out in range(int(fold.max()) + 1):
        for one in np.unique(level):
            others = (fold != left_out) & (level == one)
            if len(np.unique(group[others])) < 2:
                continue
            low, high = (mean_of_known(mean_input[others & (group == g)], 0) for g in (0, 1))
            axis = np.nan_to_num(high - low)
            axis = axis / max(float(np.linalg.norm(axis)), 1e-12)
            asked = (fold == left_out) & (level == one)
            found[asked] = (u[asked] - (low + high) / 2) @ axis
    return found


def cells_outside(values: np.ndarray) -> int:
    """Bins of trials in which something is missing."""
    return int((~np.isfinite(values).all(2)).sum())


def reached_by_half(values: Float[np.ndarray, "trial time input"]) -> Bool[np.ndarray, " time"]:
    """Bins around the event that lie within half of the trials or more."""
    return np.isfinite(values).all(2).mean(0) >= 0.5
