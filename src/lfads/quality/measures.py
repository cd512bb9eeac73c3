"""How much is in a session, neuron by neuron: rates, silence, counts that look cut off, copied trials.

Pure functions of one session, for a look before training. Shared firing is in
`lfads.quality.synchrony`, change over the session in `lfads.quality.drift`.
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.data.session import Session
from lfads.numerics.means import mean_of_known
from lfads.numerics.poisson import chance_above

FEWEST_OF_A_GROUP = 5  # trials that share a label, for an average of their own
_FEWEST_SPIKES = 10  # of a trial, for another one like it to be no chance
_TOO_NARROW_S = 0.005  # a refractory neuron never fires twice
_SURE = 20.0  # spikes or bins expected by chance, of which none is there


@dataclass(frozen=True, eq=False, kw_only=True)
class Firing:
    """Spikes of each neuron.

    Parameters
    ----------
    spike_counts
        Spikes in each trial.
    observed_s
        Seconds of each trial in which the neuron was observed.
    highest_count
        Most spikes in one bin.
    bins_at_highest
        In how many bins that count is reached.
    silent
        Neurons without a single spike.
    bin_width_s
        Width of a bin in seconds.
    """

    spike_counts: Int[np.ndarray, "trial neuron"]
    observed_s: Float[np.ndarray, "trial neuron"]
    highest_count: Int[np.ndarray, " neuron"]
    bins_at_highest: Int[np.ndarray, " neuron"]
    silent: Bool[np.ndarray, " neuron"]
    bin_width_s: float

    @property
    def total(self) -> Int[np.ndarray, " neuron"]:
        """Spikes of each neuron in all trials."""
        return self.spike_counts.sum(0)

    @property
    def observed_bins(self) -> Float[np.ndarray, " neuron"]:
        """Bins in which each neuron was observed."""
        return self.observed_s.sum(0) / self.bin_width_s

    @property
    def rates_hz(self) -> Float[np.ndarray, " neuron"]:
        """Mean rate in spikes/s; NaN for a neuron that was never observed."""
        seconds = self.observed_s.sum(0)
        return np.where(seconds > 0, self.total / np.where(seconds > 0, seconds, 1), np.nan)

    @property
    def mean_counts(self) -> Float[np.ndarray, " neuron"]:
        """Mean number of spikes in a bin; NaN for a neuron that was never observed."""
        return self.rates_hz * self.bin_width_s

    def nearly_silent(self, trials_for_a_spike: float = 10.0) -> Bool[np.ndarray, " neuron"]:
        """Neurons that fire, but less than one spike in so many trials."""
        observed = (self.observed_s > 0).sum(0)
        return ~self.silent & (self.total * trials_for_a_spike < observed)

    @property
    def cut_off(self) -> Bool[np.ndarray, " neuron"]:
        """Neurons whose counts look cut off: they pile up at the highest one.

        By chance many counts would exceed it, and about as many as that are at it instead. The chance
        is that of a Poisson count with the neuron's mean rate; a rate that varies makes high counts
        more frequent still. Bins below 5 ms are not judged: a neuron hardly fires twice in them.
        """
        if self.bin_width_s < _TOO_NARROW_S:
            return np.zeros(len(self.highest_count), bool)
        mean = np.nan_to_num(self.mean_counts)
        above = chance_above(self.highest_count, mean) * self.observed_bins
        at_least = chance_above(self.highest_count - 1, mean) * self.observed_bins
        piled = self.bins_at_highest > 0.8 * at_least
        return (self.highest_count > 0) & (above > _SURE) & piled


def firing_of(session: Session, bin_width_s: float) -> Firing:
    """Count the spikes of each neuron in each trial."""
    highest = session.values.max((0, 1))
    return Firing(
        spike_counts=session.values.sum(1, dtype=np.int64),
        observed_s=session.observed_bins().sum(1) * bin_width_s,
        highest_count=highest.astype(np.int64),
        bins_at_highest=(session.values == highest).sum((0, 1)),
        silent=session.silent_neurons(),
        bin_width_s=bin_width_s,
    )


def groups_of(session: Session) -> Int[np.ndarray, " trial"]:
    """Which trials are averaged together: those of one condition.

    Conditions of fewer than five trials form one group together; without conditions, all do.
    """
    if session.condition is None:
        return np.zeros(session.num_trials, np.int64)
    _, label, count = np.unique(session.condition, return_inverse=True, return_counts=True)
    frequent = count >= FEWEST_OF_A_GROUP
    number = np.where(frequent, np.cumsum(frequent) - 1, frequent.sum())
    return number[label.reshape(-1)].astype(np.int64)


def population_rates_hz(
    session: Session, group: Int[np.ndarray, " trial"], *, bin_width_s: float
) -> Float[np.ndarray, "group time"]:
    """Mean rate of all neurons in each bin, for each group of trials; NaN where nothing was observed."""
    seen, groups = session.observed_bins(), range(int(group.max()) + 1)
    means = [mean_of_known(session.values[group == g], (0, 2), seen[group == g]) for g in groups]
    return np.stack(means) / bin_width_s


def copied_trials(session: Session) -> tuple[tuple[int, ...], ...]:
    """Positions of trials that hold the same spikes, bin for bin; trials of few spikes do not count."""
    alike: dict[bytes, list[int]] = defaultdict(list)
    enough = session.values.sum((1, 2), dtype=np.int64) >= _FEWEST_SPIKES
    for trial in np.flatnonzero(enough):
        spikes = hashlib.blake2b(session.values[trial].tobytes(), digest_size=16)
        alike[spikes.digest()].append(int(trial))
    return tuple(tuple(trials) for trials in alike.values() if len(trials) > 1)


def silent_in(firing: Firing, trials: np.ndarray) -> Bool[np.ndarray, " neuron"]:
    """True for neurons without a spike in some trials, in which many were expected."""
    expected = np.nan_to_num(firing.rates_hz) * firing.observed_s[trials].sum(0)
    return (firing.spike_counts[trials].sum(0) == 0) & (expected > _SURE)
