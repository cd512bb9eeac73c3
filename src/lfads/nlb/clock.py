"""The clock of the benchmark: bins of a whole session, counted from its zero.

A trial begins with the first bin of the session at or after the start of its window, up to one bin later
than the window itself. Times are compared in whole nanoseconds, so that no rounding moves a bin.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.recordings.binning import TrialBins
from lfads.recordings.recording import Intervals

NS = 1_000_000_000
MICROSECOND_NS = 1000
"""By which the end of a window is drawn in, so that a bin that begins there is behind it."""


def in_ns(seconds: Any) -> Any:
    """A time or times in whole nanoseconds; NaN must not be among them."""
    return np.round(np.asarray(seconds, np.float64) * NS).astype(np.int64)[()]


def first_bins(
    events_s: Float[np.ndarray, " trial"], offset_s: float, bin_width_s: float
) -> Int[np.ndarray, " trial"]:
    """The first bin of the session at or after each event and an offset.

    >>> first_bins(np.array([1.0, 1.0013]), -0.25, 0.005).tolist()
    [150, 151]
    """
    return -(-(in_ns(events_s) + in_ns(offset_s)) // in_ns(bin_width_s))


def last_bins(ends_ns: Int[np.ndarray, " trial"], bin_width_s: float) -> Int[np.ndarray, " trial"]:
    """The last bin that begins before each end."""
    return (ends_ns - MICROSECOND_NS) // in_ns(bin_width_s)


def bins_from(
    first: Int[np.ndarray, " trial"], num_bins: int, bin_width_s: float, offset_s: float = 0.0
) -> TrialBins:
    """So many bins of each trial, as spikes are counted in."""
    length = np.full(len(first), num_bins, np.int64)
    return TrialBins(first * bin_width_s, length, bin_width_s, offset_s)


def known_bins(
    first: Int[np.ndarray, " trial"], num_bins: int, bin_width_s: float, observed_s: Intervals
) -> Bool[np.ndarray, "trial time"]:
    """True for bins whose first millisecond was observed; all if it is not known what was.

    Parameters
    ----------
    first
        Bin of each trial.
    num_bins, bin_width_s
        Of each trial.
    observed_s
        When it was recorded.
    """
    if not observed_s:
        return np.ones((len(first), num_bins), bool)
    factor = round(bin_width_s * 1000)
    milliseconds = (first[:, None] + np.arange(num_bins)) * factor
    begins, ends = in_ms(observed_s)
    place = np.searchsorted(begins, milliseconds, side="right") - 1
    return (place >= 0) & (milliseconds < ends[np.maximum(place, 0)])


def in_ms(intervals_s: Sequence[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """The first millisecond wholly in each interval, and the first one that is not any more."""
    begins, ends = np.round(np.array(intervals_s, np.float64).T * 1000, 6)
    return np.ceil(begins).astype(np.int64), np.floor(ends).astype(np.int64)
