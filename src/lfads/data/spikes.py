"""Spike times of sorted units, and their counts in bins around trials."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lfads.checks import Problems, UserError, describe, many, suggests_keywords
from lfads.data.companions import as_array
from lfads.data.dataset import Dataset
from lfads.data.trial_times import (
    ROUNDING_S,
    as_events,
    as_interval,
    durations,
    warn_of_trials_outside,
)
from lfads.data.validation import check_bin_width

_MOST_BINS = 100_000  # beyond, times are likely in milliseconds or samples


class SpikeTrains:
    """Times at which neurons fired, in seconds on one clock.

    Parameters
    ----------
    times_s
        One list or 1-D array of times for each neuron, in any order.
    name
        Name of the session.
    recording_s
        Start and end of the recording, to be told of trials that reach outside it.

    Raises
    ------
    UserError
        If times are not finite numbers, one list for each neuron.

    Examples
    --------
    >>> trains = SpikeTrains([[0.01, 0.02, 1.03], [0.06, 1.01]])
    >>> dataset = trains.bin(
    ...     0.05, trial_starts_s=[0.0, 1.0], window_s=(0.0, 0.1), split=["train", "train"]
    ... )
    >>> dataset.session.spikes[0].tolist()
    [[2, 0], [0, 1]]
    """

    def __init__(
        self, times_s: Any, *, name: str = "session", recording_s: Sequence[float] | None = None
    ) -> None:
        problems = Problems("spike times")
        if not isinstance(times_s, Iterable) or isinstance(times_s, str | bytes | Mapping):
            raise UserError(
                "spike times: expected one list of times for each neuron; got "
                f"{type(times_s).__name__}"
            )
        given = list(times_s)
        if given and all(isinstance(time, int | float | np.number) for time in given):
            raise UserError(
                "spike times: expected one list of times for each neuron; got one array of "
                f"{many(len(given), 'time')}: for one neuron give `[times]`"
            )
        trains = [_train(times, neuron, problems) for neuron, times in enumerate(given)]
        problems.require(bool(trains), "expected times of at least one neuron; got none")
        span = None if recording_s is None else as_interval("recording_s", recording_s, problems)
        problems.raise_if_any()
        self.times_s = tuple(trains)
        self.name = name
        self.recording_s = span

    @suggests_keywords
    def bin(
        self,
        bin_width_s: float,
        *,
        trial_starts_s: Any = None,
        trial_stops_s: Any = None,
        window_s: Sequence[float] | None = None,
        split: Any = None,
        condition: Any = None,
        held_out_neurons: Any = None,
    ) -> Dataset:
        """Counts in bins of equal width, each from its start up to but not including its end.

        Bin k of a trial counts the spikes in [start + k w, start + (k + 1) w), where a nanosecond
        before an edge is on it. With `trial_stops_s`, a bin that a trial does not fill is left out.
        Trials may overlap.

        Parameters
        ----------
        bin_width_s
            Width w of a bin in seconds.
        trial_starts_s
            Start of each trial, or with `window_s` the event that each trial is aligned to.
        trial_stops_s
            End of each trial; trials of unequal length get their own `trial_length`.
        window_s
            Start and end of every trial relative to its event, such as (-0.2, 0.6): a whole number
            of bins.
        split, condition, held_out_neurons
            As in `Dataset.from_arrays`.

        Raises
        ------
        UserError
            If the trials are not given, are shorter than two bins, or hold no spike; if the window
            is longer than a minute or no whole number of bins.
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
        length = length.astype(np.int64)
        spikes = self._counts(starts + offset, length, bin_width_s)
        if not spikes.any():
            raise UserError(
                f"spike times: no spike falls into any trial; trials start at {starts.min():g} to "
                f"{starts.max():g} s: are spikes and trials in seconds on one clock?"
            )
        first = starts + offset
        warn_of_trials_outside(first, first + length * bin_width_s, self.recording_s, self.times_s)
        return Dataset.from_arrays(
            spikes, bin_width_s=bin_width_s, trial_length=length, split=split, condition=condition,
            held_out_neurons=held_out_neurons, start_s=offset, name=self.name, source="spike times",
        )  # fmt: skip

    def _counts(self, starts: np.ndarray, length: np.ndarray, bin_width_s: float) -> np.ndarray:
        edges = starts[:, None] + np.arange(length.max() + 1) * bin_width_s
        behind = np.arange(length.max())[None, :] >= length[:, None]
        counts = np.zeros((*behind.shape, len(self.times_s)), np.uint32)
        for neuron, times in enumerate(self.times_s):
            counts[:, :, neuron] = np.diff(np.searchsorted(times, edges - ROUNDING_S), axis=1)
        counts[behind] = 0
        return counts


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
