"""Signals and events brought onto the bins of trials, without a look into the future.

A bin holds the mean of the samples that fall into it: nothing later than its own end. Where no sample
does, as for signals slower than the bins, it holds the last sample before.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lfads.checks import UserError, many
from lfads.guarded.memory import require_memory
from lfads.recordings.binning import TrialBins, counts_in
from lfads.recordings.choices import Choices
from lfads.recordings.events import on_clock
from lfads.recordings.recording import Recording
from lfads.recordings.series import Series, stored_name

MOST_VALUES = 2**24
"""Samples times channels that are read at once."""

_BYTES_A_VALUE = 64  # a value, its time, its bin, and masks while they are averaged

LONGEST_HOLD = 5.0
"""Typical steps between samples, after which the last one is too old."""


def onto_bins(
    series: Series, bins: TrialBins, *, hold: bool = True
) -> Float[np.ndarray, "trial time channel"]:
    """A signal on the bins of trials; NaN where it has a gap, and behind the end of a trial.

    Parameters
    ----------
    series
        Of any rate, regular or not.
    bins
        Of the trials.
    hold
        Whether a bin without a sample holds the last one before; else it is NaN.

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
    if not hold:
        clock.hold_s = 0.0
    binned = np.full((len(bins.starts_s), bins.num_bins, series.num_channels), np.nan)
    for trial, (edges, length) in enumerate(zip(bins.edges_s, bins.length, strict=True)):
        _fill(binned[trial, :length], edges[: length + 1], clock)
    return binned


def _fill(binned: np.ndarray, edges: np.ndarray, clock: "_Clock") -> None:
    """Bins between edges, by halves where their samples are too many to be read at once."""
    series, num_bins = clock.series, len(binned)
    delays = np.zeros(1) if series.delays_s is None else series.delays_s
    last = clock.index(edges[-1] - delays.min())
    # Held until the first sample of the trial: missing ones may lie in between.
    before = max(0, clock.index(edges[0] - clock.hold_s - delays.max()) - 1)
    if (last - before) * series.num_channels > MOST_VALUES and num_bins > 1:
        half = num_bins // 2
        _fill(binned[:half], edges[: half + 1], clock)
        _fill(binned[half:], edges[half:], clock)
        return
    require_memory(
        _BYTES_A_VALUE * float(last - before) * series.num_channels,
        f"series `{series.name}`: {last - before:,} samples of a bin of {edges[1] - edges[0]:g} s",
        "give narrower bins, or is its rate in samples per second?",
    )
    values, times = series.values(before, last), series.times(before, last)
    if series.delays_s is None:
        binned[:] = _averaged(times, values, edges, clock.hold_s)
        return
    for channel, delay in enumerate(series.delays_s.tolist()):
        own = values[:, channel : channel + 1]
        binned[:, channel : channel + 1] = _averaged(times + delay, own, edges, clock.hold_s)


def warn_of_nothing_known(name: str, binned: Sequence[np.ndarray], starts_s: np.ndarray) -> None:
    """Warn of trials, or stretches of the recording, in which a series has no value at all."""
    empty = np.array([bool(np.isnan(one).all()) for one in binned])
    if not empty.any():
        return
    every = ": is it on the clock of the spikes, in seconds?" if empty.all() else ""
    warnings.warn(
        f"series `{name}` has no value in {int(empty.sum())} of {many(len(empty), 'trial')}, first in that "
        f"from {starts_s[np.argmax(empty)]:g} s on, and is NaN there{every}",
        stacklevel=3,
    )


def events_onto_bins(
    times_s: Float[np.ndarray, " event"], bins: TrialBins
) -> Float[np.ndarray, "trial time channel"]:
    """How many events fall into each bin, as one channel."""
    return counts_in(bins, [np.sort(times_s)]).astype(np.float64)


def num_channels(recording: Recording, choices: Choices) -> int:
    """Channels of behaviour and inputs together."""
    names = [*choices.behavior, *choices.inputs]
    return sum(recording.series[name].num_channels for name in names) + len(choices.input_events)


def behavior_on(
    recording: Recording, choices: Choices, pieces: Sequence[TrialBins]
) -> dict[str, list[np.ndarray]]:
    """Behaviour on the bins of each piece, by the names that files hold; NaN where there is none."""
    found = {}
    starts_s = np.concatenate([bins.starts_s for bins in pieces])
    for name in choices.behavior:
        binned = [onto_bins(recording.series[name], bins) for bins in pieces]
        warn_of_nothing_known(name, [trial for piece in binned for trial in piece], starts_s)
        found[stored_name(name)] = binned
    return found


def measured_inputs(recording: Recording, choices: Choices, bins: TrialBins) -> np.ndarray | None:
    """Measured inputs beside each other: series as they are, events as counts."""
    parts = [_whole_series(recording, name, bins) for name in choices.inputs]
    for name in choices.input_events:
        in_trials = name not in recording.events
        times = on_clock(recording, choices, name) if in_trials else recording.events[name]
        parts.append(events_onto_bins(times[np.isfinite(times)], bins))
    return np.concatenate(parts, axis=-1) if parts else None


def _whole_series(recording: Recording, name: str, bins: TrialBins) -> np.ndarray:
    """A series on the bins, 0 behind the end of a trial; it must have no gap."""
    binned = onto_bins(recording.series[name], bins)
    binned[bins.behind] = 0
    gaps = np.asarray(np.isnan(binned).any((1, 2)))
    if gaps.any():
        start = bins.starts_s[np.argmax(gaps)]
        raise UserError(
            f"{recording.source}: `inputs=`: series `{name}` has gaps in {int(gaps.sum())} of "
            f"{many(len(gaps), 'trial')}, first in that from {start:g} s on: a measured input must be "
            "known in every bin. Leave such trials out with `trials=`"
        )
    return binned


class _Clock:
    """Finds samples by time, without loading the times of a regular series."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.times: np.ndarray | None = None
        if series.rate_hz is not None:
            self.start = float(series.times(0, 1)[0]) if series.num_samples else 0.0
            self.hold_s = LONGEST_HOLD / series.rate_hz
            return
        require_memory(
            24.0 * series.num_samples,  # and their differences
            f"series `{series.name}`: the times of {series.num_samples:,} samples",
            "save it with a rate instead of times, or with fewer samples",
        )
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
        found = np.ceil((time_s - self.start) * (self.series.rate_hz or 1.0))
        return int(min(max(found, 0), self.series.num_samples))


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
