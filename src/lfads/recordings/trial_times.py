"""When trials start and how long they last, from what a user gives beside spike times."""

import warnings
from typing import Any

import numpy as np

from lfads.checks import UserError, describe, many
from lfads.data.companions import as_array
from lfads.recordings.libraries.units_of_time import without_unit

ROUNDING_S = 1e-9  # what is this little before an edge lies on it: 0.1 + 0.2 is not 0.3
_LONGEST_WINDOW_S = 60.0  # beyond, windows are likely in milliseconds
SLACK_BINS = 0.01  # by which seconds may miss a whole number of bins: 1 s is 30 bins of 0.03333 s


def as_events(name: str, times: Any) -> np.ndarray:
    """One time in seconds for each trial."""
    if times is None:
        raise UserError(
            f"`{name}` is needed: when each trial starts, in seconds on the clock of the spikes"
        )
    array = as_array(name, without_unit(name, times))
    if array.ndim != 1 or not array.size or array.dtype.kind not in "iuf":
        raise UserError(f"`{name}` must be a list of times in seconds; got {describe(array)}")
    if not np.isfinite(array).all():
        raise UserError(f"`{name}` must be finite; got NaN or inf")
    return array.astype(np.float64)


def as_interval(name: str, interval: Any) -> tuple[float, float]:
    """Start and end in seconds, the start before the end."""
    array = as_array(name, without_unit(name, interval))
    if array.shape != (2,) or array.dtype.kind not in "iuf" or not array[0] < array[1]:
        raise UserError(f"`{name}` must be (start, end) with start before end; got {interval!r}")
    if not np.isfinite(array).all():
        raise UserError(f"`{name}` must be finite; got {interval!r}")
    return float(array[0]), float(array[1])


def durations(
    starts: np.ndarray, stops_s: Any, window_s: Any, bin_width_s: float
) -> tuple[float, np.ndarray]:
    """Start of the first bin relative to the event, and the duration of each trial."""
    if window_s is not None:
        offset, duration = _window(window_s, bin_width_s)
        return offset, np.full(len(starts), duration)
    stops = as_events("trial_stops_s", stops_s)
    if stops.shape != starts.shape:
        raise UserError(
            f"`trial_stops_s` must have one time for each of {many(len(starts), 'trial')}; got "
            f"{stops.size}"
        )
    with np.errstate(over="ignore"):
        return 0.0, stops - starts


def _window(window_s: Any, bin_width_s: float) -> tuple[float, float]:
    """Start and duration of a window that holds a whole number of bins."""
    start, end = as_interval("window_s=", window_s)
    if end - start > _LONGEST_WINDOW_S:
        raise UserError(
            "`window_s=` must be in seconds, not milliseconds, and last at most "
            f"{_LONGEST_WINDOW_S:g}; got ({start:g}, {end:g}): if these are milliseconds, "
            f"give `window_s=({start / 1000:g}, {end / 1000:g})`; for longer trials, say when each ends "
            "(`trial_stops_s=`; to `lfads.prepare` `stop=`, without `align_to=`)"
        )
    num_bins = (end - start) / bin_width_s
    whole = max(2, round(num_bins))
    if abs(num_bins - whole) > SLACK_BINS:
        raise UserError(
            f"`window_s=` must hold a whole number of bins of {bin_width_s:g} s, at least 2; got "
            f"({start:g}, {end:g}), which holds {num_bins:g}: the nearest that fits is "
            f"({start:g}, {start + whole * bin_width_s:g})"
        )
    return start, whole * bin_width_s


def span_of(spikes_s: Any) -> tuple[float, float]:
    """First and last of sorted times, read one neuron at a time; (inf, -inf) if there are none."""
    ends = [(times[0], times[-1]) for times in spikes_s if len(times)]
    first, last = np.array([(np.inf, -np.inf), *ends]).T
    return float(first.min()), float(last.max())


def warn_of_trials_outside(
    starts: np.ndarray, stops: np.ndarray, recording_s: tuple[float, float] | None, spikes_s: Any
) -> None:
    """Warn of trials that reach outside the recording, where zeros are no silence.

    Where the recording's start and end are not known, only trials before the first spike of all
    neurons or behind the last can be suspected.
    """
    if recording_s is None:
        first, last = span_of(spikes_s)
        outside = (stops <= first) | (starts > last)
        said = (
            f"outside the spikes, of which the first is at {first:g} s and the last at {last:g} s"
        )
        advice = "were they recorded? Leave out those that were not"
    else:
        first, last = recording_s
        outside = (starts < first - ROUNDING_S) | (stops > last + ROUNDING_S)
        said = f"at least in part outside the recording, {first:g} to {last:g} s"
        advice = "zeros there are no silence. Leave those trials out"
    if outside.any():
        trial = int(np.argmax(outside))
        warnings.warn(
            f"spike times: {int(outside.sum())} of {many(len(starts), 'trial')} "
            f"{'lies' if outside.sum() == 1 else 'lie'} {said}; first trial {trial}, "
            f"{starts[trial]:g} to {stops[trial]:g} s: {advice}",
            stacklevel=4,
        )
