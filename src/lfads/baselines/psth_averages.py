"""Averages over trials that were fitted, of which each trial is left out where it is predicted itself.

A trial that was fitted is known by a digest of what may be seen of it: encoded neurons and bins. What is
left out is the trial as it was fitted, so that held-out neurons and forward bins of the data at hand are
never looked at.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Integer

from lfads.baselines.baseline import training_trials
from lfads.baselines.held_back import trials_to_choose_on
from lfads.baselines.smoothing_design import encoded_bins
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.numerics.means import groups_of_labels
from lfads.numerics.poisson import bits_per_spike_of_sums, rate_of
from lfads.numerics.smoothing import smoothed_sums

_AT_ONCE = 2**23  # numbers of trials that are predicted at once


class FittedTrials(NamedTuple):
    """Training trials of a session.

    Parameters
    ----------
    counts
        0 where they were not observed.
    seen
        Where they were; one neuron stands for all.
    label
        Conditions as text; empty if there are none.
    trial_index, digest
        By which trials are known again.
    """

    counts: Integer[np.ndarray, "trial time neuron"]
    seen: Bool[np.ndarray, "trial time #neuron"]
    label: np.ndarray
    trial_index: Int[np.ndarray, " trial"]
    digest: np.ndarray

    @classmethod
    def of(cls, session: Session, dataset: Dataset) -> "FittedTrials":
        """The trials of a session."""
        seen = session.observed_of_any()
        label = np.full(session.num_trials, "")
        if session.condition is not None:
            label = session.condition.astype(str)
        return cls(
            np.where(seen, session.spikes, 0).astype(session.spikes.dtype), seen,
            label, session.trial_index, _digests(session, dataset),
        )  # fmt: skip

    def take(self, chosen: np.ndarray) -> "FittedTrials":
        """Some of them."""
        return FittedTrials(*(array[chosen] for array in self))

    def places(self, trials: "FittedTrials") -> Int[np.ndarray, " trial"]:
        """Which of these each of some trials is; -1 for others.

        Trials are known by content and index. Only if none is, which happens to data that are numbered
        anew, by content alone: silent trials are all alike.
        """
        place: dict[object, int] = {}
        for k in reversed(range(len(self.digest))):
            place[self.digest[k]] = place[self.digest[k], self.trial_index[k]] = k
        both = zip(trials.digest, trials.trial_index, strict=True)
        exact = np.array([place.get(one, -1) for one in both], np.int64)
        if (exact >= 0).any():
            return exact
        return np.array([place.get(digest, -1) for digest in trials.digest], np.int64)


class Sums(NamedTuple):
    """Counts of some trials, summed and smoothed, and how many trials there are in each bin."""

    total: Float[np.ndarray, "*group time neuron"]
    number: Float[np.ndarray, "*group time #neuron"]

    def without(self, own: "Sums") -> "Sums":
        """The same but for some trials; rounding must not make them negative."""
        return Sums(
            np.maximum(self.total - own.total, 0.0), np.maximum(self.number - own.number, 0.0)
        )

    def pulled(self, towards: Float[np.ndarray, "..."], pull: float) -> np.ndarray:
        """Averages, with as many trials more as `pull` that are like `towards`."""
        return (self.total + pull * towards) / (self.number + pull)


def _smoothed(counts: np.ndarray, seen: np.ndarray, bins: float) -> Sums:
    return Sums(smoothed_sums(counts, bins), smoothed_sums(seen, bins))


def _rates(group: Sums, everyone: Sums, pull: float) -> Float[np.ndarray, "*group time neuron"]:
    """A condition's average, pulled to that of all trials, which is pulled to each neuron's mean."""
    number = np.broadcast_to(everyone.number, everyone.total.shape)
    mean = rate_of(everyone.total.sum(-2), number.sum(-2))[..., None, :]
    return group.pulled(everyone.pulled(mean, pull), pull)


@dataclass(frozen=True, eq=False)
class Averages:
    """What was fitted to one session.

    Parameters
    ----------
    trials
        That averages are taken over.
    width_s, pull
        What was chosen.
    bits_per_spike
        Of that, on the trials that `scored` names; NaN if they have no spike.
    scored
        What choices were scored on, in words.
    """

    trials: FittedTrials
    width_s: float
    pull: float
    bits_per_spike: float
    scored: str

    def rates_of(
        self, session: Session, dataset: Dataset
    ) -> Float[np.ndarray, "trial time neuron"]:
        """Rates of every trial in counts per bin."""
        bins, num_bins = self.width_s / dataset.bin_width_s, session.num_bins
        counts, seen = (_with_bins(a, num_bins) for a in (self.trials.counts, self.trials.seen))
        asked = FittedTrials.of(session, dataset)
        place, (own, other, conditions) = self.trials.places(asked), _groups(self.trials, asked)
        everyone = _smoothed(counts.sum(0), seen.sum(0), bins)
        groups = _smoothed(_sums(counts, own, conditions), _sums(seen, own, conditions), bins)
        rates = _rates(groups, everyone, self.pull).astype(np.float32)[other]
        known = np.flatnonzero(place >= 0)
        step = max(1, _AT_ONCE // max(1, counts[0].size))
        for first in range(0, len(known), step):
            chosen = known[first : first + step]
            itself = _smoothed(counts[place[chosen]], seen[place[chosen]], bins)
            # Of its own group by the label that it was fitted with; the label asked for may be another.
            same = (own[place[chosen]] == other[chosen])[:, None, None]
            mine = Sums(itself.total * same, itself.number * same)
            group = Sums(groups.total[other[chosen]], groups.number[other[chosen]])
            rates[chosen] = _rates(group.without(mine), everyone.without(itself), self.pull)
        return rates


def fit_session(
    session: Session, dataset: Dataset, widths_s: Sequence[float], pulls: Sequence[float]
) -> Averages:
    """Choose width and pull, and keep all training trials."""
    fitted, scored, words = trials_to_choose_on(session)
    trials = FittedTrials.of(session, dataset)
    some, others = trials.take(fitted), trials.take(scored)
    own, other, conditions = _groups(some, others)
    there = np.unique(other)
    totals, numbers = (_sums(a, other, conditions)[there] for a in (others.counts, others.seen))
    counts, seen = (_sums(a, own, conditions)[there] for a in (some.counts, some.seen))
    best = (-math.inf, widths_s[0], pulls[0])
    for width_s in widths_s:
        bins = width_s / dataset.bin_width_s
        everyone = _smoothed(some.counts.sum(0), some.seen.sum(0), bins)
        group = _smoothed(counts, seen, bins)
        for pull in pulls:
            bits = bits_per_spike_of_sums(_rates(group, everyone, pull), totals, numbers)
            best = max(best, (bits, width_s, pull), key=lambda each: each[0])
    bits, width_s, pull = best
    bits = bits if math.isfinite(bits) else math.nan
    return Averages(trials.take(training_trials(session)), width_s, pull, bits, words)


def _groups(fitted: FittedTrials, asked: FittedTrials) -> tuple[np.ndarray, np.ndarray, int]:
    """Numbers of the conditions of trials fitted and asked for, and of groups: the last has no trials."""
    conditions = sorted(set(fitted.label.tolist()) - {""})
    own, other = (groups_of_labels(each.label, conditions) for each in (fitted, asked))
    return own, np.where(other < 0, len(conditions), other), len(conditions) + 1


def _sums(values: np.ndarray, group: np.ndarray, num_groups: int) -> np.ndarray:
    """Sums over the trials of each group."""
    return np.stack([values[group == g].sum(0) for g in range(num_groups)])


def _with_bins(values: np.ndarray, num_bins: int) -> np.ndarray:
    """With as many bins, from the first on; nothing is known of those behind."""
    missing = max(0, num_bins - values.shape[1])
    return np.pad(values[:, :num_bins], ((0, 0), (0, missing), (0, 0)))


def _digests(session: Session, dataset: Dataset) -> np.ndarray:
    """Of what may be seen of each trial."""
    seen = session.observed_of_any() & encoded_bins(session, dataset.num_forward_bins)[:, :, None]
    counts = np.where(seen, session.spikes, 0)[:, :, ~session.held_out_neurons].astype(np.uint16)
    lengths = session.trial_length.tolist()
    found = [
        hashlib.blake2b(np.ascontiguousarray(trial[:length]).tobytes(), digest_size=8).hexdigest()
        for trial, length in zip(counts, lengths, strict=True)
    ]
    return np.array(found, dtype="U16")
