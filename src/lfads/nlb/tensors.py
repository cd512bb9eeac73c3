"""Counts of trials of the benchmark: the encoded window, and the bins after it that are predicted."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.nlb.clock import bins_from, first_bins, in_ns, known_bins, last_bins
from lfads.nlb.datasets import FORWARD_S, NLBDataset
from lfads.nlb.recorded import TEST, Recorded
from lfads.recordings.binning import counts_in, require_room

JITTER_S = 0.3
LONGEST_S = 1.5
"""Training windows of `dmfc_rsg` end up to so much after Go, as far as 1.5 s reach back to Set."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TrialCounts:
    """Trials of one file.

    Parameters
    ----------
    rows
        In the table of trials.
    spikes
        Held-in neurons first, bins after the window last.
    known
        Which of them were observed.
    jitter
        Bins by which each window is shifted later.
    events_s
        What it is aligned to, shift included.
    """

    rows: Int[np.ndarray, " trial"]
    spikes: np.ndarray
    known: Bool[np.ndarray, "trial time neuron"]
    jitter: Int[np.ndarray, " trial"]
    events_s: Float[np.ndarray, " trial"]

    def masked(self, trials: slice | np.ndarray, bins: slice, neurons: slice) -> np.ndarray:
        """A part as floats, NaN where it was not observed."""
        part = self.spikes[trials, bins, neurons].astype(np.float64)
        return np.where(self.known[trials, bins, neurons], part, np.nan)


def num_window_bins(about: NLBDataset, bin_width_s: float) -> int:
    """Bins that are encoded."""
    return round((about.window_s[1] - about.window_s[0]) / bin_width_s)


def num_forward_bins(bin_width_s: float) -> int:
    """Bins after them that are predicted."""
    return round(FORWARD_S / bin_width_s)


def trial_counts(
    recorded: Recorded, rows: Int[np.ndarray, " trial"], bin_width_s: float
) -> TrialCounts:
    """Counts of these trials.

    Raises
    ------
    UserError
        If they need more than memory.
    """
    about = recorded.about
    jitter = jittered(recorded, rows, bin_width_s)
    events = recorded.times_s(about.align_to)[rows] + jitter * bin_width_s
    first = first_bins(events, about.window_s[0], bin_width_s)
    num_bins = num_window_bins(about, bin_width_s) + num_forward_bins(bin_width_s)
    bins = bins_from(first, num_bins, bin_width_s, about.window_s[0])
    require_room(bins, len(recorded.held_in) + len(recorded.held_out))
    spikes, known = [], []
    for units in (recorded.held_in, recorded.held_out):
        counts = counts_in(bins, recorded.spikes_of(units))
        seen = known_bins(first, num_bins, bin_width_s, recorded.observed_s(units))
        counts[~seen] = 0
        spikes.append(counts)
        known.append(np.broadcast_to(seen[:, :, None], counts.shape))
    return TrialCounts(
        rows=rows, spikes=np.concatenate(spikes, axis=2), known=np.concatenate(known, axis=2),
        jitter=jitter, events_s=events,
    )  # fmt: skip


def jittered(
    recorded: Recorded, rows: Int[np.ndarray, " trial"], bin_width_s: float
) -> Int[np.ndarray, " trial"]:
    """Bins by which training and validation windows of `dmfc_rsg` are shifted at random; 0 elsewhere.

    So a network cannot learn that the end of a window is Go. Drawn from the seed 0 for the trials of each
    split by itself.
    """
    found = np.zeros(len(rows), np.int64)
    if not recorded.about.scored_from:
        return found
    split = recorded.split[rows]
    for one in np.unique(split[split != TEST]):
        own = split == one
        produced_s = recorded.numbers("tp")[rows[own]] / 1000
        most = np.clip(LONGEST_S - np.nan_to_num(produced_s, nan=np.inf), 0.0, JITTER_S)
        bins = np.floor(np.round(most / bin_width_s, 4))
        found[own] = np.round(np.random.RandomState(0).random(own.sum()) * bins).astype(np.int64)
    return found


def scored_part(recorded: Recorded, counts: TrialCounts, bin_width_s: float) -> np.ndarray:
    """Held-out spikes as they are scored: of `dmfc_rsg` from Set to Go, NaN before and after."""
    about = recorded.about
    num_bins, held_in = num_window_bins(about, bin_width_s), len(recorded.held_in)
    found = counts.masked(slice(None), slice(num_bins), slice(held_in, None))
    if not about.scored_from:
        return found
    rows = counts.rows
    begin = first_bins(recorded.times_s(about.scored_from)[rows], 0.0, bin_width_s)
    end = last_bins(in_ns(recorded.times_s(about.align_to)[rows]), bin_width_s)
    first = first_bins(counts.events_s, about.window_s[0], bin_width_s)
    places = first[:, None] + np.arange(num_bins)
    scored = (places >= begin[:, None]) & (places <= end[:, None])
    return np.where(scored[:, :, None], found, np.nan)
