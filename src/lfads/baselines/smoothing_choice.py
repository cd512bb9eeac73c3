"""Width, feature and penalty of the smoothing baseline, chosen by bits per spike of trials not fitted."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.baselines.held_back import trials_to_choose_on
from lfads.baselines.smoothing_design import (
    Activity,
    Scale,
    encoded_bins,
    own_part,
    scale_of,
    smoothed_activity,
)
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.numerics.evenly import evenly
from lfads.numerics.poisson import bits_per_spike
from lfads.numerics.poisson_regression import Weights, fit_poisson_regressions, log_rates

MOST_SCORED = 50
"""Neurons that choices are scored on."""
MOST_SAMPLES = 200_000
"""Bins of trials that are fitted to, and as many scored on, while choosing."""
TOLERANCE = 1e-8
"""Of what is minimised: how far the last fit converges."""
_TO_CHOOSE = 1e-6  # how far fits converge that are compared
_SINGLE = 1e-5  # tolerance from which single precision is enough
_AT_ONCE = 2**24  # numbers of activity that are held at once for prediction


@dataclass(frozen=True)
class Candidates:
    """What there is to choose from; see `Smoothing`."""

    widths_s: tuple[float, ...]
    features: tuple[str, ...]
    penalties: tuple[float, ...]
    num_components: int | None
    most_scored: int = MOST_SCORED
    most_samples: int = MOST_SAMPLES
    tolerance: float = TOLERANCE


@dataclass(frozen=True, eq=False)
class SessionFit:
    """What was fitted to one session.

    Parameters
    ----------
    scale
        From smoothed activity to the design.
    weights
        Of every neuron: the intercept, then one a feature of the design.
    width_s, feature, penalty
        What was chosen.
    bits_per_spike
        Of that, on the trials and neurons that `scored` names; NaN if they have no spike.
    scored
        What choices were scored on, in words.
    by_width_s
        The best score of each width, by the width as text.
    """

    scale: Scale
    weights: Weights
    width_s: float
    feature: str
    penalty: float
    bits_per_spike: float
    scored: str
    by_width_s: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class _Trials:
    """Counts, and which of them are known and encoded, in some trials of a session."""

    trials: Int[np.ndarray, " trial"]
    within: Bool[np.ndarray, "trial time"]
    counts: np.ndarray
    known: np.ndarray | None

    @classmethod
    def of(cls, session: Session, trials: np.ndarray, num_forward_bins: int) -> "_Trials":
        chosen = np.flatnonzero(trials)
        within = encoded_bins(session, num_forward_bins)[chosen]
        known = None if session.observed is None else session.observed[chosen][within]
        return cls(chosen, within, session.spikes[chosen][within], known)

    def rows(self, activity: Activity) -> Float[np.ndarray, "sample neuron"]:
        return activity[self.trials][self.within]

    def known_of(self, neurons: np.ndarray) -> np.ndarray | None:
        return None if self.known is None else self.known[:, neurons]


def fit_session(session: Session, dataset: Dataset, candidates: Candidates) -> SessionFit:
    """Choose on validation trials, and fit to all training trials.

    Raises
    ------
    UserError
        If there are no training trials, or fewer than two neurons.
    """
    neurons = _scored_neurons(session, candidates.most_scored)
    fitted, scored, words = trials_to_choose_on(session)
    words = f"{words}, {'held-out neurons' if session.held_out_neurons.any() else 'all neurons'}"
    forward = dataset.num_forward_bins
    best, by_width = (-math.inf, candidates.widths_s[0], candidates.features[0], 0.0), {}
    precision = np.float32 if candidates.tolerance >= _SINGLE else np.float64
    most = max(1, candidates.most_samples // session.num_bins)
    fitted, scored = _some(fitted, most), _some(scored, most)
    used = fitted | scored
    part = session.take(used)
    fitted_on = _Trials.of(part, fitted[used], forward)
    scored_on = _Trials.of(part, scored[used], forward)

    def consider(width_s: float, feature: str) -> None:
        nonlocal best
        activity = smoothed_activity(part, forward, width_s, feature, dataset.bin_width_s)
        activity = activity.astype(precision)
        found = _penalties(part, activity, fitted_on, scored_on, neurons, candidates)
        for penalty, bits in found:
            by_width[str(width_s)] = max(by_width.get(str(width_s), -math.inf), bits)
            if bits > best[0] or best[3] == 0.0:
                best = (bits, width_s, feature, penalty)

    for width_s in candidates.widths_s:
        consider(width_s, candidates.features[0])
    for feature in candidates.features[1:]:
        consider(best[1], feature)
    bits, width_s, feature, penalty = best
    training = _Trials.of(session, session.of_split("train"), forward)
    activity = smoothed_activity(session, forward, width_s, feature, dataset.bin_width_s)
    activity = activity.astype(precision)
    scale = scale_of(training.rows(activity), candidates.num_components)
    everyone, exact = np.arange(session.num_neurons), candidates.tolerance
    (weights,) = _fitted(session, activity, scale, training, everyone, [penalty], exact)
    return SessionFit(scale, weights, width_s, feature, penalty, bits, words, by_width)


def rates_of(
    session: Session, dataset: Dataset, fit: SessionFit
) -> Float[np.ndarray, "trial time neuron"]:
    """Rates of every neuron in counts per bin."""
    rates = np.empty(session.spikes.shape, np.float32)
    encoded, everyone = np.flatnonzero(~session.held_out_neurons), np.arange(session.num_neurons)
    step = max(1, _AT_ONCE // max(session.num_bins * session.num_neurons, 1))
    for first in range(0, session.num_trials, step):
        trials = slice(first, first + step)
        part = session.take(np.arange(session.num_trials)[trials])
        activity = smoothed_activity(
            part, dataset.num_forward_bins, fit.width_s, fit.feature, dataset.bin_width_s
        )
        rows = fit.scale.standardised(activity.reshape(-1, len(encoded)))
        own = own_part(rows, fit.scale, encoded, everyone)
        values = log_rates(rows @ fit.scale.axes, fit.weights, own)
        rates[trials] = np.exp(values).reshape(part.spikes.shape)
    return rates


def _penalties(
    session: Session,
    activity: Activity,
    fitted_on: _Trials,
    scored_on: _Trials,
    neurons: np.ndarray,
    candidates: Candidates,
) -> Iterator[tuple[float, float]]:
    """Penalties with their bits per spike, from the strongest on, until one is worse than before."""
    scale = scale_of(fitted_on.rows(activity), candidates.num_components)
    others = scale.standardised(scored_on.rows(activity))
    own = own_part(others, scale, np.flatnonzero(~session.held_out_neurons), neurons)
    design, counts = scale.design(others), scored_on.counts[:, neurons]
    penalties, best = sorted(candidates.penalties, reverse=True), -math.inf
    tolerance = max(_TO_CHOOSE, candidates.tolerance)
    path = _fitted(session, activity, scale, fitted_on, neurons, penalties, tolerance)
    for penalty, weights in zip(penalties, path, strict=True):
        rates = np.exp(log_rates(design, weights, own))
        bits = bits_per_spike(rates, counts, mask=scored_on.known_of(neurons))
        yield penalty, bits
        if bits < best:
            break
        best = bits


def _fitted(
    session: Session,
    activity: Activity,
    scale: Scale,
    trials: _Trials,
    neurons: np.ndarray,
    penalties: Sequence[float],
    tolerance: float,
) -> Iterator[Weights]:
    rows = scale.standardised(trials.rows(activity))
    own = own_part(rows, scale, np.flatnonzero(~session.held_out_neurons), neurons)
    return fit_poisson_regressions(
        scale.design(rows), trials.counts[:, neurons], penalties,
        known=trials.known_of(neurons), own=own, tolerance=tolerance,
    )  # fmt: skip


def _scored_neurons(session: Session, most: int) -> Int[np.ndarray, " neuron"]:
    """Held-out neurons, else all that spike: evenly some of them, if they are more than `most`."""
    if (~session.held_out_neurons).sum() < (1 if session.held_out_neurons.any() else 2):
        raise UserError(
            f"smoothing predicts each neuron from the others; session `{session.name}` has "
            f"{session.num_neurons}, of which {int((~session.held_out_neurons).sum())} may be encoded: "
            "give data of at least two"
        )
    possible = np.flatnonzero(session.held_out_neurons)
    if not len(possible):
        possible = np.flatnonzero(session.spikes.any((0, 1)))
    if not len(possible):
        possible = np.arange(session.num_neurons)
    return possible[evenly(len(possible), most)]


def _some(trials: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the trials, evenly chosen."""
    chosen, there = np.zeros_like(trials), np.flatnonzero(trials)
    chosen[there[evenly(len(there), most)]] = True
    return chosen
