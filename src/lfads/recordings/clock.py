"""Whether times can be in seconds: rates and spans of milliseconds or samples give them away.

Nothing is converted on a guess. What looks wrong is refused, with the unit that would make sense.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from lfads.checks import many
from lfads.recordings.binning import SpikeTimes

LOWEST_HZ, HIGHEST_HZ = 0.1, 1000.0
"""Mean rates of all units together, in spikes/s, beyond which times are hardly in seconds."""

FEWEST_SPIKES = 200
"""Below, rates and whole numbers say nothing."""

FURTHER = 100.0
"""Times as far as the spikes of the same recording times this are in another unit."""

SAMPLED = 2000
"""Times of a unit that are looked at for whole numbers."""

USUAL_RATES_HZ = (30000.0,)
"""Sampling rates that a suggestion names."""


class Glimpse(NamedTuple):
    """What can be known of a unit's spike times from a few of them."""

    num_spikes: int
    first_s: float
    last_s: float
    some_s: np.ndarray


class Clock(NamedTuple):
    """Spikes of all units: how many, from when to when, and whether all times are whole numbers."""

    num_units: int
    num_spikes: np.ndarray
    first_s: float
    last_s: float
    whole: bool

    @property
    def span_s(self) -> float:
        """From the first spike to the last."""
        return max(0.0, self.last_s - self.first_s)

    @property
    def rate_hz(self) -> float:
        """Mean rate of the units that spike."""
        active = max(1, int((self.num_spikes > 0).sum()))
        return float(self.num_spikes.sum() / (active * self.span_s)) if self.span_s else 0.0


def clock_of(times_s: SpikeTimes) -> Clock:
    """Sum up spike times; sources that can tell without reading all of them have a method `glimpse`."""
    seen = list(_glimpses(times_s))
    spiking = [one for one in seen if one.num_spikes]
    return Clock(
        num_units=len(seen),
        num_spikes=np.array([one.num_spikes for one in seen], np.int64),
        first_s=min((one.first_s for one in spiking), default=0.0),
        last_s=max((one.last_s for one in spiking), default=0.0),
        whole=bool(spiking) and all(bool((one.some_s % 1 == 0).all()) for one in spiking),
    )


def _glimpses(times_s: SpikeTimes) -> Iterator[Glimpse]:
    glimpse = getattr(times_s, "glimpse", None)
    for unit in range(len(times_s)):
        yield glimpse(unit) if glimpse is not None else glimpse_of(times_s[unit])


def glimpse_of(times_s: np.ndarray) -> Glimpse:
    """Of the sorted times of a unit."""
    if not len(times_s):
        return Glimpse(0, np.inf, -np.inf, times_s)
    return Glimpse(len(times_s), float(times_s[0]), float(times_s[-1]), times_s[:SAMPLED])


def about_unit(clock: Clock, trials_reach: float | None = None, *, in_memory: bool = False) -> str:
    """Why spike times are hardly in seconds, and what would make sense; empty if they may be.

    Parameters
    ----------
    clock
        Of the spikes, read as seconds.
    trials_reach
        The latest time of trials, read as seconds, if known: trials may be in seconds where spikes are not.
    in_memory
        Whether times come from arrays, which a user can divide, rather than from a file.
    """
    if clock.num_spikes.sum() < FEWEST_SPIKES or clock.span_s <= 0:
        return ""
    if LOWEST_HZ <= clock.rate_hz <= HIGHEST_HZ and not clock.whole:
        return ""
    why = " and are all whole numbers" if clock.whole else ""
    said = (
        f"spike times are hardly in seconds: {many(int(clock.num_spikes.sum()), 'spike')} of "
        f"{many(clock.num_units, 'unit')} reach from {clock.first_s:g} to {clock.last_s:g}{why}, which "
        f"would be {in_time(clock.span_s)} at {clock.rate_hz:.3g} spikes/s a unit"
    )
    offers = [
        f"{_divided(factor) if in_memory else words} for {name}, {in_time(clock.span_s / factor)} at "
        f"{clock.rate_hz * factor:.3g} spikes/s"
        for name, factor, words in _units(clock.whole)
        if LOWEST_HZ <= clock.rate_hz * factor <= HIGHEST_HZ
    ]
    sense = f". Say {'; or '.join(offers)}" if offers else ""
    if offers and not in_memory and clock.last_s > FURTHER * (trials_reach or np.inf):
        sense += f"; and `trial_time_unit='s'`, since trials reach to {trials_reach:g}"
    return f"{said}{sense}. If they are seconds, say {SURE_OF_ARRAYS if in_memory else SURE}"


SURE, SURE_OF_ARRAYS = "`time_unit='s'`", "`is_in_seconds=True`"


def _divided(factor: float) -> str:
    return f"`times / {factor:g}`"


def _units(whole: bool) -> Iterable[tuple[str, float, str]]:
    """Units of time: name, how many make a second, and how to say so. Samples are whole numbers."""
    yield "milliseconds", 1000.0, "`time_unit='ms'`"
    for rate in USUAL_RATES_HZ if whole else ():
        words = f"`time_unit='samples'` with `sampling_rate_hz={rate:g}`"
        yield f"samples at {rate:g} Hz", rate, words


def about_trials(clock: Clock, trials_reach: float, named: str) -> str:
    """Why times of trials are hardly in the unit of the spikes; empty if they may be.

    >>> spikes = clock_of([np.arange(0, 100, 0.5)])
    >>> about_trials(spikes, 100_000.0, "go_time").split(":")[0]
    'times of `go_time` reach to 100000 s, 1,005 times as far as the spikes (99.5 s)'
    """
    near = trials_reach <= FURTHER * clock.last_s
    if near or clock.last_s <= 0 or clock.num_spikes.sum() < FEWEST_SPIKES:
        return ""
    return (
        f"times of `{named}` reach to {trials_reach:g} s, {round(trials_reach / clock.last_s):,} times as "
        f"far as the spikes ({clock.last_s:g} s): if they are in milliseconds or samples, say "
        "`trial_time_unit='ms'`, or `trial_time_unit='samples'` with `sampling_rate_hz=`"
    )


def in_time(seconds: float) -> str:
    """A duration in the largest unit that suits.

    >>> in_time(600.0), in_time(7200.0), in_time(0.25)
    ('600 s (10 min)', '2 hours', '0.25 s')
    """
    if seconds < 120:
        return f"{seconds:.3g} s"
    if seconds < 3600:
        return f"{seconds:.4g} s ({seconds / 60:.3g} min)"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.3g} hours"
    return f"{seconds / 86400:.3g} days"
