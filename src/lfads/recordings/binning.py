"""Trials cut into bins, and spikes counted in them, one neuron at a time."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from lfads.checks import Problems, UserError, describe, many
from lfads.data.companions import as_array
from lfads.data.validation import check_bin_width
from lfads.guarded.memory import require_memory
from lfads.recordings.grouped import is_sorted
from lfads.recordings.libraries.units_of_time import without_unit
from lfads.recordings.trial_times import ROUNDING_S, as_events, durations

MOST_BINS = 100_000  # beyond, times are likely in milliseconds or samples
_BYTES_A_COUNT = 4  # counts, their mask, and copies while they are checked
_BYTES_A_VALUE = 17  # a signal, a copy, and a mask
BYTES_AN_EDGE = 40  # of the bins, where each spike falls, and differences


@runtime_checkable
class SpikeTimes(Protocol):
    """Sorted spike times of neurons, in seconds, given one neuron at a time.

    Examples
    --------
    >>> isinstance(lfads.SpikeTrains([[0.1, 0.2], [0.15]]).times_s, lfads.SpikeTimes)
    True
    """

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

    def of(self, kept: np.ndarray) -> "TrialBins":
        """Bins of the trials that are kept."""
        return self._replace(starts_s=self.starts_s[kept], length=self.length[kept])

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
    starts = problems.attempt(as_events, "trial_starts_s", trial_starts_s)
    if (trial_stops_s is None) == (window_s is None):
        problems.add("give either `trial_stops_s`, or `window_s` around `trial_starts_s`")
    if starts is None or problems.found:
        raise UserError(problems.message())
    found = problems.attempt(durations, starts, trial_stops_s, window_s, bin_width_s)
    if found is None:
        raise UserError(problems.message())
    offset, lasting = found
    with np.errstate(over="ignore"):  # inf is more than MOST_BINS
        length = np.floor((lasting + ROUNDING_S) / bin_width_s)
    if length.min() < 2:
        raise UserError(
            f"spike times: trials must hold at least 2 bins of {bin_width_s:g} s; trial "
            f"{int(length.argmin())} lasts {lasting[length.argmin()]:g} s"
        )
    if length.max() > MOST_BINS:
        raise UserError(
            f"spike times: trials must hold at most {MOST_BINS} bins; trial "
            f"{int(length.argmax())} lasts {lasting.max():g} s: are times in seconds? If they are, give "
            f"wider bins than {bin_width_s:g} s"
        )
    return TrialBins(starts + offset, length.astype(np.int64), bin_width_s, offset)


def bytes_of(num_samples: float, num_neurons: int, num_channels: int) -> float:
    """Memory that counts, and signals of so many channels, take on so many bins."""
    return num_samples * (_BYTES_A_COUNT * num_neurons + _BYTES_A_VALUE * num_channels)


def require_room(bins: TrialBins, num_neurons: int, num_channels: int = 0) -> None:
    """A UserError if counts, and signals of so many channels, on these bins need more than memory."""
    num_trials, longest = len(bins.starts_s), bins.num_bins
    samples = float(num_trials) * (longest + 1)  # a float: products of three numbers may overflow
    beside = f" and {many(num_channels, 'channel')} of signals" if num_channels else ""
    require_memory(
        bytes_of(samples, num_neurons, num_channels) + BYTES_AN_EDGE * samples,
        f"spike times: {many(num_trials, 'trial')} of up to {longest:,} bins of {bins.width_s:g} s, for "
        f"{many(num_neurons, 'neuron')}{beside},",
        "give wider bins (`bin_width_s=`), shorter or fewer trials (`window_s=`, `trials=`), or fewer "
        "neurons (`units=`)",
    )


def counts_in(bins: TrialBins, times_s: SpikeTimes) -> np.ndarray:
    """Counts of sorted spike times, (trial, bin, neuron), as u8 or, where that is too small, u32.

    Times are asked for one neuron at a time. Bins behind the end of a trial hold 0.
    """
    require_room(bins, len(times_s))
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
    """One sorted array of times for each neuron; those that are sorted already are not copied.

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
    trains = [problems.attempt(_train, times, neuron) for neuron, times in enumerate(given)]
    problems.require(bool(trains), "expected times of at least one neuron; got none")
    problems.raise_if_any()
    return tuple(train for train in trains if train is not None)


def _train(times: Any, neuron: int) -> np.ndarray:
    array = as_array(f"times_s[{neuron}]", without_unit(f"times_s[{neuron}]", times))
    if not array.size and array.ndim <= 1:
        return np.empty(0)
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        raise UserError(f"neuron {neuron}: expected a list of times; got {describe(array)}")
    if not np.isfinite(array).all():
        raise UserError(f"neuron {neuron}: times must be finite; got NaN or inf")
    array = array.astype(np.float64, copy=False)
    return array if is_sorted(array) else np.sort(array)
