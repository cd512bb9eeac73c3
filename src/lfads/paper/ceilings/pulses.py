"""When the pulse came: the likelihood of every bin, by one who knows the chaotic network.

Known are the network, the weights and the magnitude of its input, where each condition starts, and how
rates are scaled. What is left to tell of a trial is the bin of its pulse. So the rates that each bin would
give are computed, and the spikes of the trial decide between them.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.session import Session
from lfads.numerics.poisson import LOWEST_RATE
from lfads.paper.trials import fewer_trials
from lfads.results import Posterior
from lfads.simulate.chaotic_rnn import (
    PULSE_FROM_S,
    PULSE_MAGNITUDE,
    PULSE_SPREAD_S,
    ChaoticRNN,
)

MOST_TRAINING = 200
"""Training trials, evenly chosen, that results have beside all others: for maps that are fitted on them."""


class Pulses(NamedTuple):
    """Of some trials: the chance of each bin, and the rates (spikes/s) that follow."""

    chance: Float[np.ndarray, "trial time"]
    rates_hz: Float[np.ndarray, "trial time neuron"]


def pulse_times(dataset: Dataset, system: ChaoticRNN, seed: int = 0) -> Posterior:
    """Inputs and rates of `simulate_chaotic_rnn(pulses=True)`, averages over the bins a pulse may be in.

    Parameters
    ----------
    dataset
        Spikes and conditions; those of encoded neurons are used.
    system
        `chaotic_rnn_system` of the same numbers.
    seed
        Not used: nothing is drawn.

    Returns
    -------
    Posterior
        Of all validation trials and 200 training trials: `inferred_inputs`, 20 times the chance that the
        pulse came in a bin, with their deviation, and `rates`.

    Raises
    ------
    UserError
        If the trials have no conditions, which say where the network starts.
    """
    some = fewer_trials(dataset, MOST_TRAINING).session
    found = told_pulses(some, system)
    spread = np.sqrt(found.chance * (1 - found.chance))
    over = ("trial", "time", "input")
    variables = {
        "rates": Variable(found.rates_hz, ("trial", "time", "neuron"), "spikes/s"),
        "inferred_inputs": Variable(PULSE_MAGNITUDE * found.chance[:, :, None], over),
        "inferred_inputs_std": Variable(PULSE_MAGNITUDE * spread[:, :, None], over),
    }
    about = {"observation": "poisson", "source": dataset.source}
    return Posterior({some.name: labelled_results(variables, some, dataset, attributes=about)})


def told_pulses(session: Session, system: ChaoticRNN) -> Pulses:
    """What the spikes of each trial tell. Conditions are taken one by one: their rates need some room."""
    inputs, prior = candidates(session.num_bins, system.step_s)
    place = inputs.argmax(1)
    chance = np.zeros(session.values.shape[:2])
    rates_hz = np.zeros(session.values.shape)
    for condition, trials in _by_condition(session):
        all_alike = np.full(len(inputs), condition)
        possible = system.rates_hz(all_alike, inputs)
        some = session.take(trials)
        known = some.observed_bins() & ~some.held_out_neurons
        log_chance = log_likelihoods(possible * system.step_s, some.spikes, known) + np.log(prior)
        own = np.exp(log_chance - log_chance.max(1, keepdims=True))
        own /= own.sum(1, keepdims=True)
        chance[trials[:, None], place] = own
        rates_hz[trials] = np.tensordot(own, possible, axes=1)
    return Pulses(chance, rates_hz)


def candidates(
    num_bins: int, bin_width_s: float
) -> tuple[Float[np.ndarray, "candidate time"], Float[np.ndarray, " candidate"]]:
    """Inputs with the pulse in each bin that it may be in, and how often it is in it.

    >>> inputs, chance = candidates(100, 0.01)
    >>> inputs.shape, inputs[0].argmax().item(), inputs[-1].argmax().item(), chance.round(4).max().item()
    ((50, 100), 25, 74, 0.02)
    """
    start_s = np.arange(num_bins) * bin_width_s
    last_s = PULSE_FROM_S + PULSE_SPREAD_S
    inside = np.minimum(start_s + bin_width_s, last_s) - np.maximum(start_s, PULSE_FROM_S)
    there = np.flatnonzero(inside > 1e-9 * bin_width_s)
    return PULSE_MAGNITUDE * np.eye(num_bins)[there], inside[there] / inside[there].sum()


def log_likelihoods(
    expected: Float[np.ndarray, "candidate time neuron"],
    counts: np.ndarray,
    known: np.ndarray,
) -> Float[np.ndarray, "trial candidate"]:
    """Poisson's, of the known counts of each trial, without what all candidates share."""
    flat = expected.reshape(len(expected), -1)
    seen = np.where(known, counts, 0).reshape(len(counts), -1).astype(np.float64)
    weight = known.reshape(len(counts), -1).astype(np.float64)
    return seen @ np.log(np.maximum(flat, LOWEST_RATE)).T - weight @ flat.T


def _by_condition(session: Session) -> Iterator[tuple[int, np.ndarray]]:
    if session.condition is None:
        raise UserError(
            f"session `{session.name}` has no `condition`, which says where the network starts: take the "
            "data as `simulate_chaotic_rnn` made them"
        )
    for condition in np.unique(session.condition):
        yield int(condition), np.flatnonzero(session.condition == condition)
