"""Whether a run's inferred inputs are needed: `evaluation.needed` on the trials that decide.

Kept quick: few trials, folds and posterior samples. Samples are the same with inputs and without, so that
few of them tell the difference well.
"""

from collections.abc import Mapping

import numpy as np

from lfads.checks import Problems, many
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.evaluation.needed import (
    UNITS,
    GainOverWithout,
    InputsNeeded,
    gain_from,
    nll_of_trials,
    share_driven,
)
from lfads.inference.driven import driven_factors
from lfads.inference.held_out import HeldOut, held_out_rates, held_out_rates_of_each
from lfads.inference.labels import parameters_of_neurons
from lfads.model.lfads import LFADS
from lfads.numerics.evenly import evenly
from lfads.runs.fits import network_for
from lfads.training.folder import TrainedModel
from lfads.training.trials import trials_for

MOST_TRIALS = 200
MOST_BINS = 20_000
"""Of all trials together; of longer ones fewer are taken."""

FEWEST_TRIALS = 40
NUM_FOLDS = 4
NUM_SAMPLES = 4


def inputs_needed(
    dataset: Dataset, trained: TrainedModel, *, seed: int = 0
) -> Mapping[str, InputsNeeded]:
    """What inputs do for held-out samples and for the factors of each session.

    Validation trials count, test trials where there are none, else all. Nothing for a network that infers
    no inputs, nor for signals whose distribution has further parameters that vary over time.

    Parameters
    ----------
    dataset
        Trials that fit the run.
    trained
        The run.
    seed
        Of folds, posterior samples and bootstrap.
    """
    num = trained.config.model.num_inferred_inputs
    if not num or not _can_be_scored(trained.model, dataset):
        return {}
    each = tuple((k,) for k in range(num)) if num > 1 else ()
    choices = ((), *each, tuple(range(num)))
    found = {}
    for session in dataset.sessions:
        split, part = decided_by(session, len(dataset.sessions))
        network = network_for(trained.model, session, dataset, trained.data)
        trials = trials_for(network, part, dataset.bin_width_s)
        predicted = held_out_rates_of_each(
            network, trials, choices, num_folds=NUM_FOLDS, num_samples=NUM_SAMPLES, seed=seed
        )
        nll, number = zip(*(_scored(network, part, one) for one in predicted), strict=True)
        unit = UNITS[dataset.kind]
        gains = [gain_from(nll[0], other, number[0], unit, seed=seed) for other in nll[1:]]
        driven = driven_factors(network, trials, choices, seed=seed)
        within = part.valid_bins()[:, -driven.factors.shape[2] :]
        shares = [share_driven(driven.factors[0], other, within) for other in driven.factors[1:]]
        found[session.name] = InputsNeeded(
            split=split,
            num_trials=part.num_trials,
            unit=unit,
            gains=tuple(gains[:num]),
            gain_of_all=gains[-1],
            kl_nats=tuple(driven.kl_nats.mean(0).tolist()),
            shares=tuple(shares[:num]),
            share_of_all=shares[-1],
        )
    return found


def gain_over_without(
    dataset: Dataset, trained: TrainedModel, other: TrainedModel, run: str, *, seed: int = 0
) -> Mapping[str, GainOverWithout]:
    """The gain over a network that was trained without inputs, on the same held-out samples.

    Parameters
    ----------
    dataset
        Trials that fit both runs.
    trained, other
        The run, and the one without inputs.
    run
        Name of the other.
    seed
        As in `inputs_needed`.
    """
    found = {}
    for session in dataset.sessions if _can_be_scored(trained.model, dataset) else ():
        split, part = decided_by(session, len(dataset.sessions))
        nll, number = [], np.zeros(0)
        for each in (trained, other):
            network = network_for(each.model, session, dataset, each.data)
            trials = trials_for(network, part, dataset.bin_width_s)
            predicted = held_out_rates(
                network, trials, num_folds=NUM_FOLDS, num_samples=NUM_SAMPLES, seed=seed
            )
            own, number = _scored(network, part, predicted)
            nll.append(own)
        unit = UNITS[dataset.kind]
        gain = gain_from(nll[0], nll[1], number, unit, seed=seed)
        found[session.name] = GainOverWithout(
            run=run, split=split, num_trials=part.num_trials, unit=unit, gain=gain
        )
    return found


def check_without(trained: TrainedModel, place: str, other: TrainedModel, without: str) -> None:
    """Refuse another run than one without inputs that was trained on the same data."""
    problems = Problems(f"{without} is not what {place} can be compared with")
    num = other.config.model.num_inferred_inputs
    problems.require(
        num == 0,
        f"it infers {many(num, 'input')}; train one on the same data with `model.num_inferred_inputs=0`",
    )
    problems.require(
        other.data["fingerprint"] == trained.data["fingerprint"],
        "it was trained on other data, so that trials may be new to one and known to the other",
    )
    first, second = (t.config.model.initial_condition_length for t in (trained, other))
    problems.require(
        first == second,
        f"it leaves {second} bins to the initial condition, this run {first}: give both the same "
        "[model] initial_condition_length",
    )
    own, others = (t.config.model.observation for t in (trained, other))
    problems.require(own == others, f"its observation is {others}, that of this run {own}")
    problems.raise_if_any()


def decided_by(session: Session, num_sessions: int) -> tuple[str, Session]:
    """The split to judge by and some of its trials, evenly chosen: fewer of each of many sessions."""
    split, chosen = "all", np.arange(session.num_trials)
    for name in ("valid", "test"):
        if session.of_split(name).any():
            split, chosen = name, np.flatnonzero(session.of_split(name))
            break
    most = min(MOST_TRIALS, MOST_BINS // session.num_bins) // num_sessions
    return split, session.take(chosen[evenly(len(chosen), max(FEWEST_TRIALS, most))])


def _can_be_scored(model: LFADS, dataset: Dataset) -> bool:
    return dataset.kind == "counts" or not model.observation.over_time


def _scored(network: LFADS, part: Session, found: HeldOut) -> tuple[np.ndarray, np.ndarray]:
    """Nats of each trial's held-out samples, and their spikes, or their number for signals."""
    scored = found.fold >= 0
    values = np.where(scored, part.values[:, -scored.shape[1] :], 0)
    if part.kind == "counts":
        return nll_of_trials(found.rates, values, scored), values.sum((1, 2))
    own = parameters_of_neurons(network)
    parameters = {name: np.broadcast_to(v, scored.shape) for name, v in own.items()}
    nats = -network.observation.log_density(values, {**parameters, "mean": found.rates}, np)
    return np.where(scored, nats, 0).sum((1, 2)), scored.sum((1, 2))
