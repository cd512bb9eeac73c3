"""Signals and events brought onto the bins of trials, without a look into the future.

A bin holds the mean of the samples that fall into it: nothing later than its own end. Where no sample
does, as for signals slower than the bins, it holds the last sample before.
"""

import numpy as np
from jaxtyping import Float

from lfads.checks import UserError
from lfads.data.binning import TrialBins
from lfads.data.recordings.recording import Series

LONGEST_HOLD = 5.0
"""Typical steps between samples, after which the last one is too old."""


def onto_bins(series: Series, bins: TrialBins) -> Float[np.ndarray, "trial time channel"]:
    """A signal on the bins of trials; NaN where it has a gap, and behind the end of a trial.

    Parameters
    ----------
    series
        Of any rate, regular or not.
    bins
        Of the trials.

    Returns
    -------
    np.ndarray
        In the unit of the series.

    Raises
    ------
    UserError
        If the clock of the series runs backwards.
    """
    clock = _Clock(series)
    binned = np.full((len(bins.starts_s), bins.num_bins, series.num_channels), np.nan)
    for trial, (all_edges, length) in enumerate(zip(bins.edges_s, bins.length, strict=True)):
        edges = all_edges[: length + 1]
        last = clock.index(edges[-1])
        # Held until the first sample of the trial: missing ones may lie in between.
        before = max(0, clock.index(edges[0] - clock.hold_s) - 1)
        values = series.values(before, last)
        times = series.times(before, last)
        binned[trial, :length] = _averaged(times, values, edges, clock.hold_s)
    return binned


def events_onto_bins(
    times_s: Float[np.ndarray, " event"], bins: TrialBins
) -> Float[np.ndarray, "trial time channel"]:
    """How many events fall into each bin, as one channel."""
    counts = np.diff(np.searchsorted(np.sort(times_s), bins.edges_s), axis=1).astype(np.float64)
    counts[bins.behind] = 0
    return counts[:, :, None]


class _Clock:
    """Finds samples by time, without loading the times of a regular series."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.times: np.ndarray | None = None
        if series.rate_hz is not None:
            self.start = float(series.times(0, 1)[0]) if series.num_samples else 0.0
            self.hold_s = LONGEST_HOLD / series.rate_hz
            return
        self.times = series.times(0, series.num_samples)
        steps = np.diff(self.times)
        if not np.isfinite(self.times).all():
            raise UserError(f"series `{series.name}`: its times must be finite; got NaN or inf")
        if (steps < 0).any():
            sample = int(np.argmax(~(steps >= 0)))
            raise UserError(
                f"series `{series.name}`: its clock must run forwards; sample {sample + 1} is at "
                f"{self.times[sample + 1]:g} s after one at {self.times[sample]:g} s"
            )
        self.hold_s = LONGEST_HOLD * float(np.median(steps)) if steps.size else np.inf

    def index(self, time_s: float) -> int:
        """The first sample at or after a time."""
        if self.times is not None:
            return int(np.searchsorted(self.times, time_s))
        found = int(np.ceil((time_s - self.start) * (self.series.rate_hz or 1.0)))
        return min(max(found, 0), self.series.num_samples)


def _averaged(
    times: np.ndarray, values: np.ndarray, edges: np.ndarray, hold_s: float
) -> np.ndarray:
    """Mean of the samples in each bin, else the last one before if it is not too old."""
    num_bins, channels = len(edges) - 1, values.shape[1]
    binned = np.full((num_bins, channels), np.nan)
    if not len(times):
        return binned
    place = np.searchsorted(edges, times, side="right") - 1
    inside = (place >= 0) & (place < num_bins)
    for channel in range(channels):
        known = np.isfinite(values[:, channel])
        counted = inside & known
        number = np.bincount(place[counted], minlength=num_bins)
        total = np.bincount(place[counted], weights=values[counted, channel], minlength=num_bins)
        filled = number > 0
        binned[filled, channel] = total[filled] / number[filled]
        last = np.searchsorted(times[known], edges[:-1], side="right") - 1
        held = ~filled & (last >= 0)
        age = edges[:-1] - times[known][np.maximum(last, 0)] if known.any() else np.inf
        held &= age <= hold_s
        binned[held, channel] = values[known, channel][last[held]]
    return binned
