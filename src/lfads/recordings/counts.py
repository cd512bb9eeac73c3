"""Recordings whose spikes are known as counts only: new bins are sums of those that were counted."""

import warnings

import numpy as np

from lfads.checks import Problems, many
from lfads.recordings.binning import TrialBins
from lfads.recordings.choices import Choices
from lfads.recordings.recording import Recording
from lfads.recordings.trial_times import SLACK_BINS


def check_counted(recording: Recording, choices: Choices, problems: Problems) -> None:
    """Widths and windows that are no whole number of the bins that were counted."""
    counted_in = recording.counted_in_s
    if counted_in is None:
        return
    its_bins = f"counts in bins of {1000 * counted_in:g} ms"
    problems.require(
        bool(_is_whole(choices.bin_width_s / counted_in)),
        f"`bin_width_s=`: {its_bins} can be summed to multiples of it, such as "
        f"{_nearest(choices.bin_width_s, counted_in):g}; got {choices.bin_width_s:g}",
    )
    if choices.window_s is not None:
        near = [float(f"{round(one / counted_in) * counted_in:.9g}") for one in choices.window_s]
        problems.require(
            all(_is_whole(one / counted_in) for one in choices.window_s),
            f"`window_s=`: {its_bins} begin and end at multiples of it, such as "
            f"`window_s=({near[0]:g}, {near[1]:g})`; got "
            f"({choices.window_s[0]:g}, {choices.window_s[1]:g})",
        )


def say_where_bins_lie(recording: Recording, bins: TrialBins) -> None:
    """Warn of trials that begin within a bin that was counted, and so at the nearest edge."""
    counted_in = recording.counted_in_s
    if counted_in is None:
        return
    starts = np.sort(recording.times_of_trials("start_time"))
    before = np.searchsorted(starts, bins.starts_s + SLACK_BINS * counted_in, side="right") - 1
    within = bins.starts_s - starts[np.maximum(before, 0)]
    between = int((~_is_whole(within / counted_in)).sum())
    if between:
        warnings.warn(
            f"{recording.source}: {between} of {many(len(bins.starts_s), 'trial')} begin within a bin of "
            f"the counts, which are known to {1000 * counted_in:g} ms only: they are cut at the nearest "
            f"edge, up to {500 * counted_in:g} ms away",
            UserWarning,
            stacklevel=4,
        )


def _is_whole(bins: np.ndarray | float) -> np.ndarray:
    """Whether numbers of bins are whole, 0 among them."""
    return np.asarray(np.abs(bins - np.round(bins)) <= SLACK_BINS)


def _nearest(width_s: float, counted_in: float) -> float:
    """The multiple next to a width."""
    return float(f"{max(1, round(width_s / counted_in)) * counted_in:.9g}")
