"""Spikes that coincide within a bin: units recorded twice, and noise common to many channels.

Neurons that follow shared dynamics fire together over tens of milliseconds. Two records of one neuron,
and noise that reaches several channels, fire together in the very same bin and no more than usual in the
bins beside it. What is measured is therefore the covariance of counts at lag 0 *in excess of* that some
5 ms before and after, after each condition's mean time course and each trial's own mean are taken away.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lfads.data.session import Session
from lfads.numerics.evenly import evenly
from lfads.numerics.means import means_of_groups
from lfads.quality.measures import groups_of

SUSPICIOUS_SHARE = 0.25  # of the spikes of the neuron that fires less
FINE_BIN_S = (
    0.01  # beyond, neurons driven together within milliseconds share 0.3 to 0.4 of their bins
)
_SUSPICIOUS_SHARE_BEYOND = 0.6
WIDE_BIN_S = 0.025  # beyond, neurons that act together share bins as well: only copies can be told
_COPIED_SHARE, _COPIED_CORRELATION = 0.9, 0.6
FEWEST_SPIKES = 50  # of a neuron, to be compared with others
MOST_PAIRS = 200
_LAG_S = 0.005
_SURE = 6.0  # standard deviations by chance; over a million pairs, none comes so far
_MOST_PRODUCTS = 6e10  # multiplications, a second or two
_MOST_VALUES = 3e7
_MOST_OF_ONE = 0.1
_CHUNK = 4_000_000  # samples that are held as floats at once


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two neurons that share spikes.

    Parameters
    ----------
    keep, drop
        The neurons; `keep` has more spikes, or is encoded where the other is held out.
    share
        Of the spikes of the one that fires less, how many coincide beyond chance, about 0 to 1:
        covariance of counts at lag 0, minus that beside it, over the smaller variance.
    coincidences
        Bins in which both fire.
    expected
        Such bins if one of them were shifted by a few milliseconds.
    """

    keep: int
    drop: int
    share: float
    coincidences: int
    expected: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Synchrony:
    """What the neurons of a session share within single bins.

    Parameters
    ----------
    neurons
        Which neurons were compared: those with at least fifty spikes in these trials.
    correlation
        Correlation of counts at lag 0, minus that at `lag_bins`; 0 on the diagonal.
    lag_bins
        Bins between lag 0 and what it is compared with.
    num_trials
        Trials that were looked at: all, or as many, evenly spread, as take a second or two.
    pairs
        Neurons that share spikes, the most alike first.
    """

    neurons: Int[np.ndarray, " compared"]
    correlation: Float[np.ndarray, "compared compared"]
    lag_bins: int
    num_trials: int
    pairs: tuple[Pair, ...]

    @property
    def mean_correlation(self) -> float:
        """Mean over all pairs; near 0 unless something reaches many channels at once.

        Entries count as 0.1 at most, so that one duplicate among few neurons does not make the mean.
        """
        num = len(self.neurons)
        clipped = np.clip(self.correlation, -_MOST_OF_ONE, _MOST_OF_ONE)
        return float(clipped.sum(dtype=np.float64) / max(num * (num - 1), 1))


def synchrony_of(session: Session, *, bin_width_s: float) -> Synchrony:
    """Compare every two neurons of a session, bin by bin."""
    active = session.values.sum((0, 1), dtype=np.int64) >= FEWEST_SPIKES
    trials = _trials_in_time(session, int(active.sum()))
    counted = session.values[trials].sum((0, 1), dtype=np.int64)
    neurons = np.flatnonzero(counted >= FEWEST_SPIKES)
    lag = lag_bins(bin_width_s)
    if len(neurons) < 2 or session.num_bins < 2 * lag + 1:
        none = np.zeros((len(neurons), len(neurons)))
        return Synchrony(neurons=neurons, correlation=none, lag_bins=lag, num_trials=0, pairs=())
    at_zero, beside, num_samples = _covariances(session, neurons, trials, lag)
    variance = np.maximum(np.diag(at_zero), 1e-12)
    excess = at_zero - beside
    np.fill_diagonal(excess, 0)
    correlation = excess / np.sqrt(variance[:, None] * variance[None, :])
    share = excess / np.minimum(variance[:, None], variance[None, :])
    likely = correlation * np.sqrt(num_samples) > _SURE
    if bin_width_s > WIDE_BIN_S:
        likely &= (share >= _COPIED_SHARE) & (correlation >= _COPIED_CORRELATION)
    else:
        fine = bin_width_s <= FINE_BIN_S
        likely &= share >= (SUSPICIOUS_SHARE if fine else _SUSPICIOUS_SHARE_BEYOND)
    pairs = _pairs(session, neurons, np.where(likely, share, 0), lag)
    return Synchrony(
        neurons=neurons, correlation=correlation.astype(np.float32), lag_bins=lag,
        num_trials=len(trials), pairs=pairs,
    )  # fmt: skip


def lag_bins(bin_width_s: float) -> int:
    """How far beside it lag 0 is compared: 5 ms, at least one bin.

    >>> lag_bins(0.01), lag_bins(0.001)
    (1, 5)
    """
    return max(1, int(np.ceil(_LAG_S / bin_width_s - 1e-6)))


def neurons_to_drop(pairs: tuple[Pair, ...]) -> list[int]:
    """The fewest neurons, found greedily, without which no suspicious pair is left.

    The neuron that is in most pairs goes first; between equals, the one that a pair would drop.
    """
    left, dropped = list(pairs), []
    while left:
        named = [n for p in left for n in (p.drop, p.keep)]
        would_go = [p.drop for p in left]
        worst = max(sorted(set(named)), key=lambda n: (named.count(n), would_go.count(n)))
        dropped.append(worst)
        left = [p for p in left if worst not in (p.keep, p.drop)]
    return sorted(dropped)


def cross_correlogram(
    session: Session, one: int, other: int, most_lag: int
) -> Int[np.ndarray, " lag"]:
    """Bins in which `one` fires and `other` does so many bins later, for lags -most_lag … most_lag."""
    fires = session.values[:, :, one] > 0
    padded = np.pad(session.values[:, :, other] > 0, ((0, 0), (most_lag, most_lag)))
    starts = range(2 * most_lag + 1)
    return np.array([(fires & padded[:, k : k + session.num_bins]).sum() for k in starts], np.int64)


def _trials_in_time(session: Session, num_neurons: int) -> np.ndarray:
    """All trials, or as many, evenly spread, as the products of every two neurons are quick for."""
    per_trial = session.num_bins * max(num_neurons, 1)
    most = int(min(_MOST_PRODUCTS / (max(num_neurons, 1) * per_trial), _MOST_VALUES / per_trial))
    return evenly(session.num_trials, max(most, 20))


def _covariances(
    session: Session, neurons: np.ndarray, trials: np.ndarray, lag: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Covariances at lag 0 and at `lag` (mean of both directions), and the number of samples."""
    part = session.take(trials)
    group = np.unique(groups_of(session)[trials], return_inverse=True)[1]
    means = means_of_groups(part.values, group, known=part.observed_of_any())
    expected = np.nan_to_num(means).astype(np.float32)
    few = np.bincount(group) < 3  # a mean over one or two trials would take their spikes away
    expected[few] = 0
    num = len(neurons)
    at_zero, beside = np.zeros((num, num)), np.zeros((num, num))
    step = max(1, _CHUNK // (session.num_bins * num))
    for start in range(0, len(trials), step):
        chunk = np.arange(start, min(start + step, len(trials)))
        residual = _residual(part.take(chunk), neurons, expected[group[chunk]])
        flat = residual.reshape(-1, num)
        early = residual[:, :-lag].reshape(-1, num)
        late = residual[:, lag:].reshape(-1, num)
        at_zero += flat.T @ flat
        beside += early.T @ late
    within = part.valid_bins()
    samples, samples_beside = int(within.sum()), int(within[:, lag:].sum())
    beside = 0.5 * (beside + beside.T) / max(samples_beside, 1)
    return at_zero / max(samples, 1), beside, samples


def _residual(part: Session, neurons: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Counts without the mean time course and without each trial's mean; 0 where not observed."""
    counts = part.values[:, :, neurons].astype(np.float32)
    counts -= expected[:, :, neurons]
    seen = part.observed_of_any()
    seen = seen if part.observed is None else seen[:, :, neurons]
    counts *= seen
    counts -= counts.sum(1, keepdims=True) / np.maximum(seen.sum(1, keepdims=True), 1)
    counts *= seen
    return counts


def _pairs(session: Session, neurons: np.ndarray, share: np.ndarray, lag: int) -> tuple[Pair, ...]:
    """The pairs with a share above 0 whose coincidences are no chance, the largest shares first."""
    first, second = np.nonzero(np.triu(share, 1))
    best = np.argsort(-share[first, second], kind="stable")[: 2 * MOST_PAIRS]
    found = [
        _pair(session, (int(neurons[i]), int(neurons[j])), float(share[i, j]), lag)
        for i, j in zip(first[best], second[best], strict=True)
    ]
    return tuple(pair for pair in found if _is_no_chance(session, pair))[:MOST_PAIRS]


def _pair(session: Session, both: tuple[int, int], share: float, lag: int) -> Pair:
    """Coincidences of two neurons, beside those at a lag."""
    spikes = session.values[:, :, list(both)]
    total = spikes.sum((0, 1), dtype=np.int64)
    held_out = session.held_out_neurons[list(both)]
    first_goes = (held_out[0], -total[0]) > (held_out[1], -total[1])
    keep, drop = both[::-1] if first_goes else both
    counts = cross_correlogram(session, keep, drop, lag)
    expected = 0.5 * float(counts[0] + counts[-1])
    return Pair(keep=keep, drop=drop, share=share, coincidences=int(counts[lag]), expected=expected)


def _is_no_chance(session: Session, pair: Pair) -> bool:
    """Whether so many coincidences are beyond the scatter of independent neurons.

    Given how many bins each fires in, their number scatters with the variance n p (1 - p) q (1 - q).
    """
    firing = (session.values[:, :, [pair.keep, pair.drop]] > 0).sum((0, 1))
    idle = 1 - firing / max(int(session.trial_length.sum()), 1)
    variance = pair.expected * float(idle.prod())
    return bool(pair.coincidences - pair.expected > _SURE * np.sqrt(variance + 1))


def closest(synchrony: Synchrony, num: int) -> list[tuple[int, int]]:
    """The neurons whose counts correlate most within a bin, each neuron in one pair at most."""
    above = np.triu(synchrony.correlation, 1)
    found: list[tuple[int, int]] = []
    for _ in range(min(num, len(above) // 2)):
        i, j = np.unravel_index(above.argmax(), above.shape)
        if above[i, j] <= 0:
            break
        found.append((int(synchrony.neurons[i]), int(synchrony.neurons[j])))
        above[[i, j]] = above[:, [i, j]] = 0
    return found
