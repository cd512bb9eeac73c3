"""What methods with latents share: how many latents are chosen, what they infer, how they are kept.

The number of latents is that which predicts neurons best that inference does not see, on trials that were
not fitted to. A method only learns from trials and infers trials (`LatentMethod`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from lfads.baselines.baseline import Stored, fit_of, require_counts, training_trials
from lfads.baselines.held_back import trials_to_choose_on
from lfads.checks import Problems, UserError, is_whole
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.session import Session
from lfads.numerics.means import mean_of_known
from lfads.numerics.poisson import LOWEST_RATE, bits_per_spike
from lfads.numerics.threads import one_thread
from lfads.results import Posterior

NUM_LATENTS = (1, 2, 3, 5, 8, 12, 20)
"""To choose from."""

FOLDS = 5
"""In which neurons are left out, to be predicted from the others."""

LEAST_GAIN = 1e-3
"""Bits per spike that more latents must bring: less is chance."""

LAYOUT = 1

Arrays = Mapping[str, np.ndarray]
"""What was learned, by name."""


class Trials(NamedTuple):
    """Counts of trials, which of them are known, and how long each trial is; 0 where not known.

    `encoded` are the neurons that inference will ever see; others are explained, too.
    """

    counts: Float[np.ndarray, "trial time neuron"]
    known: Bool[np.ndarray, "trial time neuron"]
    length: Int[np.ndarray, " trial"]
    encoded: Bool[np.ndarray, " neuron"]


class Inferred(NamedTuple):
    """Of each trial: expected counts per bin, and the latents with their spread; NaN behind its end."""

    counts: Float[np.ndarray, "trial time neuron"]
    factors: Float[np.ndarray, "trial time factor"]
    factors_std: Float[np.ndarray, "trial time factor"]


@runtime_checkable
class LatentMethod(Protocol):
    """A method whose latents explain counts."""

    def learn(self, trials: Trials, num_latents: int, *, to_choose: bool) -> Arrays:
        """What is learned from trials; with less care where it is only compared with others."""
        ...

    def latents(self, learned: Arrays, trials: Trials) -> Inferred:
        """Latents and expected counts of all neurons, from what is known."""
        ...

    def about(self, learned: Arrays) -> list[tuple[str, str]]:
        """What was learned, as rows of words."""
        ...


@dataclass(frozen=True, eq=False)
class SessionFit:
    """What was fitted to one session.

    Parameters
    ----------
    learned
        Of the method; without latents, `counts` alone: the expected ones per bin.
    num_latents
        Their number; 0 where none predicts anything.
    scored
        On what the number was chosen, in words; empty if there was nothing to choose.
    by_number
        Bits per spike by number of latents, as text.
    """

    learned: Arrays
    num_latents: int
    scored: str
    by_number: Mapping[str, float]


def fit_sessions(
    name: str, method: LatentMethod, dataset: Dataset, num_latents: int | Sequence[int]
) -> "FittedLatents":
    """Choose and fit for each session.

    Raises
    ------
    UserError
        If a session has no training trials, or holds signals.
    """
    require_counts(name, dataset)
    forward = dataset.num_forward_bins
    with one_thread():
        found = {
            session.name: _fit_session(method, session, forward, candidates_of(num_latents))
            for session in dataset.sessions
        }
    return FittedLatents(name, method, found)


def candidates_of(num_latents: int | Sequence[int]) -> tuple[int, ...]:
    """Numbers of latents to choose from, the smallest first."""
    one = isinstance(num_latents, int | np.integer)
    return (int(num_latents),) if one else tuple(sorted(num_latents))


def check_num_latents(problems: Problems, num_latents: int | Sequence[int]) -> None:
    """Note what is wrong with the numbers of latents to choose from."""
    numbers = candidates_of(num_latents)
    problems.require(
        len(numbers) > 0 and all(is_whole(one) and one > 0 for one in numbers),
        f"`num_latents=` must be whole numbers above 0; got {num_latents!r}",
    )


def _fit_session(
    method: LatentMethod, session: Session, forward: int, numbers: Sequence[int]
) -> SessionFit:
    train = training_trials(session)
    training = _trials(session.take(train), forward)
    if len(numbers) == 1:
        learned = method.learn(training, numbers[0], to_choose=False)
        return SessionFit(learned, numbers[0], "", {})
    some, scored, words = trials_to_choose_on(session)
    held_out = session.held_out_neurons.any()
    words = f"{words}, {'held-out neurons' if held_out else 'neurons left out'}"
    part, used = session.take(scored), _trials(session.take(some), forward)
    best, by_number = (LEAST_GAIN, 0), {}
    for number in numbers:
        bits = _left_out_score(method, method.learn(used, number, to_choose=True), part, forward)
        by_number[str(number)] = bits
        if bits > best[0] + (LEAST_GAIN if best[1] else 0.0):
            best = (bits, number)
        elif best[1] and number > 2 * best[1]:
            break  # far more latents than are any good
    number = best[1]
    if not number:
        counts = np.where(training.known, training.counts, np.nan)
        mean = np.nan_to_num(mean_of_known(counts, (0, 1)))
        return SessionFit({"counts": np.maximum(mean, LOWEST_RATE)}, 0, words, by_number)
    return SessionFit(method.learn(training, number, to_choose=False), number, words, by_number)


def _left_out_score(method: LatentMethod, learned: Arrays, session: Session, forward: int) -> float:
    """Bits per spike of neurons that inference does not see: held-out ones, or each fold in turn."""
    trials = _trials(session, forward)
    encoded = np.flatnonzero(~session.held_out_neurons)
    folds = [np.isin(np.arange(session.num_neurons), encoded[k::FOLDS]) for k in range(FOLDS)]
    if session.held_out_neurons.any():
        folds = [session.held_out_neurons]
    rates = np.full(trials.counts.shape, np.nan)
    for fold in folds:
        seen = trials.known & ~(fold | session.held_out_neurons)
        rates[:, :, fold] = method.latents(learned, _cut(trials, seen)).counts[:, :, fold]
    chosen = np.logical_or.reduce(folds)
    counts = np.where(trials.known, trials.counts, np.nan)[:, :, chosen]
    bits = bits_per_spike(rates[:, :, chosen], counts)
    return bits if math.isfinite(bits) else -math.inf


def _trials(session: Session, forward: int) -> Trials:
    """What a method may learn from: samples that were recorded and are encoded in time."""
    length = session.trial_length - forward
    within = np.arange(session.num_bins) < length[:, None]
    known = session.observed_bins() & within[:, :, None]
    counts = np.where(known, session.spikes, 0.0)
    return Trials(counts, known, length, ~session.held_out_neurons)


def _cut(trials: Trials, known: np.ndarray) -> Trials:
    return trials._replace(counts=np.where(known, trials.counts, 0.0), known=known)


@dataclass(frozen=True, eq=False)
class FittedLatents:
    """What was fitted to each session, by name."""

    name: str
    method: LatentMethod
    sessions: Mapping[str, SessionFit]

    def infer(self, dataset: Dataset) -> Posterior:
        """Rates in spikes/s, and the latents (`factors`) with their spread."""
        with one_thread():
            return Posterior(
                {session.name: self._results(session, dataset) for session in dataset.sessions}
            )

    def _results(self, session: Session, dataset: Dataset) -> xr.Dataset:
        fit = fit_of(self.sessions, session)
        trials = _trials(session, dataset.num_forward_bins)
        seen = _cut(trials, trials.known & ~session.held_out_neurons)
        seen = seen._replace(length=session.trial_length)  # forward bins are inferred, not known
        over_time = ("trial", "time", "factor")
        if fit.num_latents:
            found = self.method.latents(fit.learned, seen)
            counts = found.counts
            more = {
                "factors": Variable(found.factors, over_time),
                "factors_std": Variable(found.factors_std, over_time),
            }
        else:
            counts, more = np.broadcast_to(fit.learned["counts"], trials.counts.shape), {}
        rates = Variable(counts / dataset.bin_width_s, ("trial", "time", "neuron"), "spikes/s")
        return labelled_results(
            {"rates": rates, **more}, session, dataset,
            attributes={"observation": "poisson", "source": dataset.source},
        )  # fmt: skip

    def to_arrays(self) -> Stored:
        """Arrays by number of the session and name, and what was chosen for each."""
        arrays: dict[str, np.ndarray] = {}
        about: list[dict[str, Any]] = []
        for number, (name, fit) in enumerate(self.sessions.items()):
            arrays |= {f"{number}/{key}": values for key, values in fit.learned.items()}
            about.append({
                "name": name, "num_latents": fit.num_latents, "scored": fit.scored,
                "by_number": dict(fit.by_number),
            })  # fmt: skip
        return Stored(arrays, {"layout": LAYOUT, "sessions": about})

    def choices_made(self) -> list[tuple[str, str]]:
        """Latents of each session, what was learned, and bits per spike of every number of latents."""
        rows = []
        for name, fit in self.sessions.items():
            of = f" of {name}" if len(self.sessions) > 1 else ""
            rows.append((f"latents{of}", str(fit.num_latents)))
            learned = self.method.about(fit.learned) if fit.num_latents else []
            rows += [(f"{label}{of}", value) for label, value in learned]
            if fit.by_number:
                scores = ", ".join(f"{bits:.3f} ({n})" for n, bits in fit.by_number.items())
                rows.append((f"bits per spike{of}, {fit.scored}, by number of latents", scores))
        return rows


def opened(name: str, method: LatentMethod, stored: Stored) -> FittedLatents:
    """What was fitted, from what `FittedLatents.to_arrays` gave.

    Raises
    ------
    UserError
        If another version wrote it.
    """
    layout = stored.about.get("layout")
    if layout != LAYOUT:
        raise UserError(
            f"{name}: the arrays have layout {layout}, and this version reads {LAYOUT}: fit again"
        )
    found = {}
    for number, about in enumerate(stored.about.get("sessions", [])):
        own = f"{number}/"
        learned = {k.removeprefix(own): v for k, v in stored.arrays.items() if k.startswith(own)}
        found[about["name"]] = SessionFit(
            learned, about["num_latents"], about["scored"], about["by_number"]
        )
    return FittedLatents(name, method, found)


def turn_of(loadings: Float[np.ndarray, "neuron latent"]) -> Float[np.ndarray, "factor latent"]:
    """From latents to orthonormal axes in the space of the neurons, by decreasing variance."""
    _, size, right = np.linalg.svd(loadings, full_matrices=False)
    return size[:, None] * right


def tau_in_words(tau_bins: Float[np.ndarray, " latent"]) -> list[tuple[str, str]]:
    """Time constants as a row of words, the slowest first."""
    return [("time constants, bins", ", ".join(f"{tau:.3g}" for tau in np.sort(tau_bins)[::-1]))]
