"""A test of structure that trains nothing: real trials beside the same with each neuron's trials permuted.

A network is trained on training trials. If neurons are independent given condition and time, other trials
are exchangeable with their shuffles, whatever the network has learned, and so is every number that it makes
of them: here how well it predicts samples that it does not see (`lfads.inference.held_out`). Test trials
are taken where there are any: validation trials have chosen the epoch.

Slow drifts of neurons over a recording are not exchangeable: two of them look alike, structure or not.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.evaluation.structure import StructureTest
from lfads.inference.held_out import HeldOut, held_out_rates
from lfads.model.lfads import LFADS
from lfads.model.observations.observation import moments_of_known
from lfads.runs.fits import network_for
from lfads.runs.surrogates import FEWEST_ALIKE, LEFT, alike, num_alike, shuffled_within_condition
from lfads.training.folder import TrainedModel
from lfads.training.trials import trials_for

NUM_SHUFFLES = 199
FEWEST_SHUFFLES = 99
"""Fewer cannot give a p of .01."""

MOST_TRIALS = 100
NUM_FOLDS, NUM_SAMPLES = 2, 2
"""Choices of `held_out_rates` that take a minute or so for 200 passes over the trials."""


class Exchangeable(NamedTuple):
    """Trials of a session to be permuted, and a number that shuffles may change."""

    session: Session
    statistic: Callable[[Session], float]


def structure_test(
    dataset: Dataset,
    trained: TrainedModel,
    *,
    by_condition: bool = True,
    num_shuffles: int = NUM_SHUFFLES,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> StructureTest | None:
    """Compare held-out likelihoods of real and of permuted trials; None if none can be permuted.

    Parameters
    ----------
    dataset
        Trials that fit the run.
    trained
        The run.
    by_condition
        Permute within condition, so that averages by condition are no structure.
    num_shuffles
        How often.
    seed
        Of the choice of trials, the shuffles, and the samples.
    progress
        Told the shuffles done and their number.
    """
    rng, parts, splits, num_samples = np.random.default_rng(seed), list[Exchangeable](), set(), 0
    most = max(2, MOST_TRIALS // len(dataset.sessions))
    for session in dataset.sessions:
        chosen = exchangeable_trials(session, by_condition, most, rng)
        if chosen is None or not num_alike(chosen, by_condition) > 1:
            warnings.warn(
                f"{session.name}: most trials that were not trained on are the only ones of their "
                "condition and length, or miss samples of their own, so there is nothing to shuffle them "
                "with; the test goes without them",
                stacklevel=3,
            )
            continue
        if num_alike(chosen, by_condition) < FEWEST_ALIKE:
            so = "the test may not find structure that is there"
            warnings.warn(
                LEFT.format(session=session.name, fewest=FEWEST_ALIKE, so=so), stacklevel=3
            )
        width_s = dataset.bin_width_s
        network = network_for(trained.model, session, dataset, trained.data)
        parts.append(Exchangeable(chosen, _likelihood(network, chosen, width_s, seed)))
        splits |= set(chosen.split.tolist())
        num_samples += _num_samples(predicted(network, chosen, width_s, seed), chosen)
    if not parts:
        return None
    nats, shuffled = shuffle_test(
        parts, rng, by_condition=by_condition, num_shuffles=num_shuffles, progress=progress
    )
    return StructureTest(
        nats=nats,
        shuffled_nats=shuffled,
        num_trials=sum(part.session.num_trials for part in parts),
        splits=tuple(sorted(splits)),
        num_samples=num_samples,
        unit="bits/spike" if dataset.kind == "counts" else "bits/sample",
        by_condition=by_condition and any(p.session.condition is not None for p in parts),
    )


def shuffle_test(
    parts: Sequence[Exchangeable],
    rng: np.random.Generator,
    *,
    by_condition: bool = True,
    num_shuffles: int = NUM_SHUFFLES,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[float, tuple[float, ...]]:
    """The sum of the sessions' statistics on real trials, and on each shuffle of them."""
    real, shuffled = sum(part.statistic(part.session) for part in parts), []
    for number in range(num_shuffles):
        shuffled.append(
            sum(
                part.statistic(
                    shuffled_within_condition(part.session, rng, by_condition=by_condition)
                )
                for part in parts
            )
        )
        if progress is not None:
            progress(number + 1, num_shuffles)
    return float(real), tuple(map(float, shuffled))


def not_trained_on(session: Session) -> Session | None:
    """Test trials, else validation trials; None without two of a kind."""
    for split in ("test", "valid"):
        if session.of_split(split).sum() > 1:
            return session.take(np.flatnonzero(session.of_split(split)))
    return None


def exchangeable_trials(
    session: Session, by_condition: bool, most: int, rng: np.random.Generator
) -> Session | None:
    """At most so many trials that were not trained on and have others to be permuted with; or None.

    Conditions are taken whole, at random, since those of which few trials are taken say little.
    """
    unseen = not_trained_on(session)
    if unseen is None:
        return None
    group, chosen = alike(unseen, by_condition, by_missing=False)[:, 0], list[int]()
    for number in rng.permutation(group.max() + 1):
        members = rng.permutation(np.flatnonzero(group == number))[: most - len(chosen)]
        if len(members) > 1:
            chosen += members.tolist()
    return unseen.take(np.sort(np.array(chosen))) if chosen else None


def predicted(network: LFADS, session: Session, bin_width_s: float, seed: int) -> HeldOut:
    """Rates of each sample by the network that does not see it."""
    trials = trials_for(network, session, bin_width_s)
    return held_out_rates(network, trials, num_folds=NUM_FOLDS, num_samples=NUM_SAMPLES, seed=seed)


def bins_of(found: HeldOut, session: Session) -> np.ndarray:
    """What was recorded, in the bins of the predictions."""
    return session.values[:, session.num_bins - found.rates.shape[1] :].astype(np.float64)


def _num_samples(found: HeldOut, session: Session) -> int:
    hidden = found.fold >= 0
    return int(bins_of(found, session)[hidden].sum() if session.kind == "counts" else hidden.sum())


def _likelihood(
    network: LFADS, session: Session, bin_width_s: float, seed: int
) -> Callable[[Session], float]:
    """Nats of hidden samples of these trials, or of the same trials shuffled."""
    variance = moments_of_known(session.values, session.observed_bins()).variance

    def nats(trials: Session) -> float:
        found = predicted(network, trials, bin_width_s, seed)
        hidden, values = found.fold >= 0, bins_of(found, trials)
        rates = found.rates.astype(np.float64)
        if trials.kind == "counts":
            each = values * np.log(np.maximum(rates, 1e-9)) - rates
        else:
            each = -0.5 * (values - rates) ** 2 / np.where(variance > 0, variance, 1)
        return float(each[hidden].sum())

    return nats


def check_not_trained_on(dataset: Dataset) -> None:
    """A UserError if no session has trials that the network was not trained on."""
    if all(not_trained_on(session) is None for session in dataset.sessions):
        raise UserError(
            f"{dataset.source}: structure is looked for in trials that the network was not trained on, and "
            "all are training trials: mark some as 'valid' or 'test' in `split` and train again"
        )
