"""Whether times can be in seconds: rates and spans of milliseconds or samples give them away.

Nothing is converted on a guess. What looks wrong is refused, with the unit that would make sense.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.checks import many
from lfads.recordings.binning import SpikeTimes

LOWEST_HZ, HIGHEST_HZ = 0.1, 1000.0
"""Mean rates of all units together, in spikes/s, beyond which times are hardly in seconds."""

FEWEST_SPIKES = 200
"""Below, rates and whole numbers say nothing."""

FURTHER = 100.0
"""Times as far as the spikes of the same recording times this are in another unit."""

DAY_S = 86400.0
"""Recordings that last longer, with less than a spike a second, are hardly in seconds."""

ENOUGH_OF_A_UNIT = 20
"""Spikes of a unit from which on it is compared with others."""

FEWEST_TRIALS = 5
"""Below, where times of trials lie says nothing."""

MOSTLY = 0.8
"""Share of the trials outside of the spikes that is no accident."""

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
    last_of_units_s: np.ndarray

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
        last_of_units_s=np.array([one.last_s for one in seen]),
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
    if mixed := _about_mixed(clock):
        return mixed
    slow = clock.span_s > DAY_S and clock.rate_hz < 1
    if LOWEST_HZ <= clock.rate_hz <= HIGHEST_HZ and not clock.whole and not slow:
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


def _about_mixed(clock: Clock) -> str:
    """That some units reach many times as far as others: their times differ in unit."""
    enough = np.flatnonzero(clock.num_spikes >= ENOUGH_OF_A_UNIT)
    if len(enough) < 2:
        return ""
    near, far = (enough[f(clock.last_of_units_s[enough])] for f in (np.argmin, np.argmax))
    reach = clock.last_of_units_s[[near, far]]
    if reach[1] <= FURTHER * max(reach[0], 0.0):
        return ""
    return (
        f"spike times of units are in different units of time: those of unit {near} reach to {reach[0]:g}, "
        f"those of unit {far} to {reach[1]:g}: write all of them in seconds"
    )


def _divided(factor: float) -> str:
    return f"`times / {factor:g}`"


def _units(whole: bool) -> Iterable[tuple[str, float, str]]:
    """Units of time: name, how many make a second, and how to say so. Samples are whole numbers."""
    yield "milliseconds", 1e3, "`time_unit='ms'`"
    for rate in USUAL_RATES_HZ if whole else ():
        words = f"`time_unit='samples'` with `sampling_rate_hz={rate:g}`"
        yield f"samples at {rate:g} Hz", rate, words
    yield "microseconds", 1e6, "`time_unit='us'`"


def about_trials(clock: Clock, times_s: Float[np.ndarray, " trial"], named: str) -> str:
    """Why times of trials are hardly in the unit of the spikes; empty if they may be.

    >>> spikes = clock_of([np.arange(0, 100, 0.5)])
    >>> about_trials(spikes, np.arange(1.0, 100_000.0, 500), "go_time").split(":")[0]
    'times of `go_time` reach to 99501 s, 1,000 times as far as the spikes (99.5 s)'
    """
    if clock.num_spikes.sum() < FEWEST_SPIKES or clock.last_s <= 0 or not len(times_s):
        return ""
    reach = float(times_s.max())
    other = "if they are in another unit than the spikes, say `trial_time_unit="
    late = f"{other}'ms'`, or `trial_time_unit='samples'` with `sampling_rate_hz=`"
    if reach > FURTHER * clock.last_s:
        return (
            f"times of `{named}` reach to {reach:g} s, {round(reach / clock.last_s):,} times as far as the "
            f"spikes ({clock.last_s:g} s): {late}"
        )
    if len(times_s) < FEWEST_TRIALS:
        return ""
    if 0 < reach < clock.last_s / FURTHER:
        return (
            f"times of `{named}` reach to {reach:g} s, the spikes {round(clock.last_s / reach):,} times as "
            f"far ({clock.last_s:g} s): {other}'s'`"
        )
    outside = (times_s < clock.first_s - 1) | (times_s > clock.last_s + 1)
    if outside.mean() > MOSTLY:
        return (
            f"{int(outside.sum())} of {many(len(times_s), 'time')} of `{named}`, from {times_s.min():g} to "
            f"{reach:g} s, lie outside the spikes, which reach from {clock.first_s:g} to {clock.last_s:g} "
            f"s: are they on one clock? Else {late}"
        )
    return ""


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
