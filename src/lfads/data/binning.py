"""Trials cut into bins, and spikes counted in them, one neuron at a time."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from lfads.checks import Problems, UserError, describe, many
from lfads.data.companions import as_array
from lfads.data.trial_times import ROUNDING_S, as_events, durations
from lfads.data.validation import check_bin_width

_MOST_BINS = 100_000  # beyond, times are likely in milliseconds or samples


@runtime_checkable
class SpikeTimes(Protocol):
    """Sorted spike times of neurons, in seconds, given one neuron at a time."""

    def __len__(self) -> int: ...

    def __getitem__(self, neuron: int, /) -> Float[np.ndarray, " spike"]: ...


class TrialBins(NamedTuple):
    """The bins of trials: bin k of a trial is [start + k width, start + (k + 1) width)."""

    starts_s: np.ndarray
    length: np.ndarray
    width_s: float
    offset_s: float

    @property
    def num_bins(self) -> int:
        """Of the longest trial."""
        return int(self.length.max())

    @property
    def stops_s(self) -> np.ndarray:
        """When each trial ends."""
        return self.starts_s + self.length * self.width_s

    @property
    def edges_s(self) -> np.ndarray:
        """Edges of the bins of each trial, a little early: what lies just before an edge is on it."""
        bins = np.arange(self.num_bins + 1)
        return self.starts_s[:, None] + bins * self.width_s - ROUNDING_S

    @property
    def behind(self) -> np.ndarray:
        """True for bins behind the end of a trial, `trial time`."""
        return np.arange(self.num_bins)[None, :] >= self.length[:, None]


def trial_bins(
    bin_width_s: float, trial_starts_s: Any, trial_stops_s: Any = None, window_s: Any = None
) -> TrialBins:
    """Bins of trials from starts and stops, or of windows around events.

    Arguments and errors are those of `SpikeTrains.bin`.
    """
    problems = Problems("spike times")
    check_bin_width(bin_width_s, problems)
    starts = as_events("trial_starts_s", trial_starts_s, problems)
    if (trial_stops_s is None) == (window_s is None):
        problems.add("give either `trial_stops_s`, or `window_s` around `trial_starts_s`")
    problems.raise_if_any()
    offset, lasting = durations(starts, trial_stops_s, window_s, bin_width_s, problems)
    problems.raise_if_any()
    with np.errstate(over="ignore"):  # inf is more than _MOST_BINS
        length = np.floor((lasting + ROUNDING_S) / bin_width_s)
    if length.min() < 2:
        raise UserError(
            f"spike times: trials must hold at least 2 bins of {bin_width_s:g} s; trial "
            f"{int(length.argmin())} lasts {lasting[length.argmin()]:g} s"
        )
    if length.max() > _MOST_BINS:
        raise UserError(
            f"spike times: trials must hold at most {_MOST_BINS} bins; trial "
            f"{int(length.argmax())} lasts {lasting.max():g} s: are times in seconds?"
        )
    return TrialBins(starts + offset, length.astype(np.int64), bin_width_s, offset)


def counts_in(bins: TrialBins, times_s: SpikeTimes) -> np.ndarray:
    """Counts of sorted spike times, (trial, bin, neuron), as u8 or, where that is too small, u32.

    Times are asked for one neuron at a time. Bins behind the end of a trial hold 0.
    """
    edges, behind = bins.edges_s, bins.behind
    counts = np.zeros((*behind.shape, len(times_s)), np.uint8)
    for neuron in range(len(times_s)):
        found = np.diff(np.searchsorted(times_s[neuron], edges), axis=1)
        found[behind] = 0
        if found.max(initial=0) > np.iinfo(counts.dtype).max:
            counts = counts.astype(np.uint32)
        counts[:, :, neuron] = found
    return counts


def require_spikes(counts: np.ndarray, bins: TrialBins) -> None:
    """A UserError if no spike falls into any bin."""
    if not counts.any():
        raise UserError(
            f"spike times: no spike falls into any trial; trials start at {bins.starts_s.min():g} to "
            f"{bins.starts_s.max():g} s: are spikes and trials in seconds on one clock?"
        )


def sorted_times(times_s: Any, problems: Problems | None = None) -> tuple[np.ndarray, ...]:
    """One sorted array of times for each neuron.

    Raises
    ------
    UserError
        If times are not finite numbers, one list for each neuron; with what `problems` holds already.
    """
    problems = problems or Problems("spike times")
    if not isinstance(times_s, Iterable) or isinstance(times_s, str | bytes | Mapping):
        raise UserError(
            f"spike times: expected one list of times for each neuron; got {type(times_s).__name__}"
        )
    given = list(times_s)
    if given and all(isinstance(time, int | float | np.number) for time in given):
        raise UserError(
            "spike times: expected one list of times for each neuron; got one array of "
            f"{many(len(given), 'time')}: for one neuron give `[times]`"
        )
    trains = [_train(times, neuron, problems) for neuron, times in enumerate(given)]
    problems.require(bool(trains), "expected times of at least one neuron; got none")
    problems.raise_if_any()
    return tuple(trains)


def _train(times: Any, neuron: int, problems: Problems) -> np.ndarray:
    array = as_array(f"times_s[{neuron}]", times, problems)
    if array is None:
        return np.empty(0)
    if not array.size and array.ndim <= 1:
        return np.empty(0)
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        problems.add(f"neuron {neuron}: expected a list of times; got {describe(array)}")
    elif not np.isfinite(array).all():
        problems.add(f"neuron {neuron}: times must be finite; got NaN or inf")
    else:
        return np.sort(array.astype(np.float64))
    return np.empty(0)
