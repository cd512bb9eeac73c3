"""Averages over the trials of a condition: which trials and bins they rest on, and how sure they are."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from lfads.numerics.means import mean_of_known, std_of_known
from lfads.plots.conditions import Conditions
from lfads.quality.measures import FEWEST_OF_A_GROUP

FEWEST_TRIALS = 3
"""Trials that reach a bin, below which its average is not drawn."""


class AveragedTrials(NamedTuple):
    """Trials that averages are over; `untrained` if none of them was trained on."""

    trials: Bool[np.ndarray, " trial"]
    untrained: bool


def averaged_trials(posterior: xr.Dataset, conditions: Conditions) -> AveragedTrials:
    """Validation and test trials, if every condition that is drawn has five; else all trials."""
    every = np.ones(posterior.sizes["trial"], bool)
    if "split" not in posterior.coords:
        return AveragedTrials(every, False)
    unseen = posterior["split"].to_numpy().astype(str) != "train"
    count = np.bincount(conditions.group[unseen], minlength=conditions.num)
    if (count[conditions.chosen] >= FEWEST_OF_A_GROUP).all():
        return AveragedTrials(unseen, True)
    return AveragedTrials(every, bool(unseen.all()))


def reached_by_few(
    within: Bool[np.ndarray, "trial time"], group: Int[np.ndarray, " trial"], num_groups: int
) -> Bool[np.ndarray, "group time"]:
    """True for bins that fewer than three trials of a group reach, or not all where it has fewer."""
    chosen = [group == g for g in range(num_groups)]
    return np.stack([
        within[trials].sum(0) < max(1, min(FEWEST_TRIALS, int(trials.sum()))) for trials in chosen
    ])  # fmt: skip


def mean_and_error(
    values: Float[np.ndarray, "trial time"],
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]:
    """Mean over trials and its standard error, s / sqrt(n); NaN in bins that few trials reach."""
    known = np.isfinite(values)
    count = known.sum(0)
    (few,) = reached_by_few(known, np.zeros(len(values), np.int64), 1)
    spread = std_of_known(values, 0) * np.sqrt(count / np.maximum(count - 1, 1))
    error = np.where(count > 1, spread / np.sqrt(np.maximum(count, 1)), np.nan)
    return np.where(few, np.nan, mean_of_known(values, 0)), np.where(few, np.nan, error)
