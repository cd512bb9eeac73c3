"""A network that integrates noise to a bound (Pandarinath et al. 2018, figure S9)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.checks import Problems
from lfads.data.dataset import Dataset
from lfads.simulate.chaotic_rnn import split_by_start
from lfads.simulate.choices import check_choices
from lfads.simulate.projected import Projection, projected
from lfads.simulate.trained_rnn import TrainedRNN, outputs_of, states_of, trained

NOISE = 0.25
"""Deviation of the input in each bin."""

BOUND = 1.0
TRAINED_BINS = 100
STEPS = 3000


class IntegrationSystem(NamedTuple):
    """The network, and how its states are projected and scaled in each condition."""

    network: TrainedRNN
    projection: Projection


class _Drawn(NamedTuple):
    system: IntegrationSystem
    inputs: Float[np.ndarray, "condition time 1"]
    states: Float[np.ndarray, "condition time unit"]
    rates_hz: Float[np.ndarray, "condition time neuron"]


def simulate_integration_to_bound(
    seed: int = 0,
    *,
    num_neurons: int = 50,
    num_bins: int = 100,
    num_conditions: int = 800,
    trials_per_condition: int = 5,
    bin_width_s: float = 0.01,
) -> Dataset:
    """Spikes of a network that was trained to add up its input until it reaches a bound.

    The network of 64 units, h ← tanh(h W + b + u B), was trained to give the running sum of u, kept to ±1
    in every bin; u is N(0, 0.25²) in each bin, the same in all trials of a condition. Its states, randomly
    projected, are the neurons: each is scaled in each trial from its least to its largest value to 0 to 30
    spikes/s. Training takes a minute or two, once a seed; the network is kept in the user's cache.

    Parameters
    ----------
    seed
        Same seed, same network and data on one machine.
    num_neurons, num_bins, num_conditions, trials_per_condition
        Sizes. Trials of a condition follow one another; the first 80 % train, the others validate.
    bin_width_s
        Width of a bin in seconds.

    Returns
    -------
    Dataset
        With `true_rates_hz`, `true_latents` (the sum as the network gives it), `true_inputs` (u) and
        `condition`.

    Raises
    ------
    UserError
        If a size is below 1, or a number is out of range.

    Examples
    --------
    >>> lfads.simulate_integration_to_bound(num_conditions=10, trials_per_condition=2)
    Dataset(Session('integration_to_bound': 20 trials, 100 bins, 50 neurons); 10 ms bins)
    """
    problems = Problems("simulate_integration_to_bound")
    sizes = {
        "num_neurons": num_neurons, "num_bins": num_bins, "num_conditions": num_conditions,
        "trials_per_condition": trials_per_condition,
    }  # fmt: skip
    check_choices(problems, sizes, seed=seed, gain=0.0, bin_width_s=bin_width_s)
    problems.raise_if_any()
    rng = np.random.default_rng(seed)
    system, inputs, states, rates_hz = _drawn(rng, seed, num_neurons, num_bins, num_conditions)
    rates_hz = rates_hz.astype(np.float32)
    of_trial = np.repeat(np.arange(num_conditions), trials_per_condition)
    rates_hz = rates_hz[of_trial]
    return Dataset.from_arrays(
        rng.poisson(rates_hz * bin_width_s),
        bin_width_s=bin_width_s,
        split=split_by_start(num_conditions, trials_per_condition),
        condition=of_trial,
        true_rates_hz=rates_hz,
        true_latents=outputs_of(system.network, states).astype(np.float32)[of_trial],
        true_inputs=inputs[of_trial],
        name="integration_to_bound",
        source=f"simulate_integration_to_bound(seed={seed})",
    )


def integration_system(
    seed: int = 0, *, num_neurons: int = 50, num_bins: int = 100, num_conditions: int = 800
) -> IntegrationSystem:
    """The system behind `simulate_integration_to_bound` of the same choices, for those who may know it."""
    rng = np.random.default_rng(seed)
    return _drawn(rng, seed, num_neurons, num_bins, num_conditions).system


def _drawn(
    rng: np.random.Generator, seed: int, num_neurons: int, num_bins: int, num_conditions: int
) -> _Drawn:
    network = trained("integration_to_bound", _task, seed, STEPS)
    inputs = rng.normal(0.0, NOISE, (num_conditions, num_bins, 1))
    states = states_of(network, inputs)
    rates_hz, projection = projected(rng, states, num_neurons)
    return _Drawn(IntegrationSystem(network, projection), inputs, states, rates_hz)


def bounded_sum(inputs: np.ndarray) -> np.ndarray:
    """The running sum along time, kept to ±1 in every bin.

    >>> bounded_sum(np.array([[[0.8], [0.8], [-0.5]]])).round(2).ravel().tolist()
    [0.8, 1.0, 0.5]
    """
    total, found = np.zeros((len(inputs), inputs.shape[2])), np.empty_like(inputs)
    for time in range(inputs.shape[1]):
        total = np.clip(total + inputs[:, time], -BOUND, BOUND)
        found[:, time] = total
    return found


def _task(rng: np.random.Generator, num_trials: int) -> tuple[np.ndarray, np.ndarray]:
    inputs = rng.normal(0.0, NOISE, (num_trials, TRAINED_BINS, 1))
    return inputs, bounded_sum(inputs)
