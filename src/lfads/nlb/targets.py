"""What validation trials of a data set are scored with, in the layout of the benchmark's file of targets.

Those of test trials were made alike by the benchmark, and are a file of its own (`eval_data_test.h5`).
"""

from typing import Any

import h5py
import numpy as np

from lfads.nlb.behavior import BinnedBehavior
from lfads.nlb.psth import condition_averages
from lfads.nlb.recorded import TRAIN, VALID, Recorded
from lfads.nlb.tensors import TrialCounts, num_window_bins, scored_part

Targets = dict[str, Any]
"""Arrays by name; lists of indices of unequal length as a list."""


def validation_targets(
    recorded: Recorded,
    counts: TrialCounts,
    behavior: BinnedBehavior | None,
    bin_width_s: float,
) -> Targets:
    """Targets of the trials that validate, decoders fitted on those that train.

    Parameters
    ----------
    recorded
        The file of training trials.
    counts
        Its trials.
    behavior
        What is decoded, on the bins of the session; None where columns are compared.
    bin_width_s
        Of the bins.
    """
    about, split = recorded.about, recorded.split[counts.rows]
    places = {"train": np.flatnonzero(split == TRAIN), "eval": np.flatnonzero(split == VALID)}
    window, held_in = num_window_bins(about, bin_width_s), len(recorded.held_in)
    valid, after = places["eval"], slice(window, None)
    found: Targets = {
        "eval_spikes_heldout": scored_part(recorded, counts, bin_width_s)[valid],
        "eval_spikes_heldin_forward": counts.masked(valid, after, slice(held_in)),
        "eval_spikes_heldout_forward": counts.masked(valid, after, slice(held_in, None)),
    }
    for part, own in places.items():
        rows = counts.rows[own]
        if behavior is None:
            found[f"{part}_behavior"] = compared_columns(recorded, rows)
        else:
            found[f"{part}_behavior"] = behavior.of_trials(about, counts.events_s[own], window)
        if about.decoders:
            alike = recorded.numbers(about.decoders)[rows]
            found[f"{part}_decode_mask"] = np.stack([alike == 0, alike == 1], axis=1)
        if about.scored_from:
            found[f"{part}_jitter"] = counts.jitter[own]
    averages = condition_averages(recorded, counts.rows, bin_width_s)
    if averages is not None:
        found["psth"] = averages.psth
        for part, own in places.items():
            found[f"{part}_cond_idx"] = [
                np.flatnonzero(np.isin(own, trials)) for trials in averages.trials
            ]
    return found


def compared_columns(recorded: Recorded, rows: np.ndarray) -> np.ndarray:
    """Columns of trials that are compared; NaN for trials whose interval is an outlier."""
    columns = [recorded.numbers(name)[rows] for name in recorded.about.behavior_columns]
    found = np.stack(columns, axis=1)
    found[recorded.numbers("is_outlier")[rows] != 0] = np.nan
    return found


def write_targets(targets: Targets, group: h5py.Group) -> None:
    """Put targets into a group, as the benchmark's file of targets has them."""
    for name, values in targets.items():
        if isinstance(values, list):
            kind = h5py.vlen_dtype(np.int64)
            dataset = group.create_dataset(name, (len(values),), dtype=kind)
            for place, one in enumerate(values):
                dataset[place] = one
        else:
            group.create_dataset(name, data=values, compression="gzip")
