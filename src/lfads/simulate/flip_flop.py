"""A network that remembers three bits (Sussillo & Barak 2013): its fixed points are known beforehand."""

import numpy as np

from lfads.checks import Problems
from lfads.data.dataset import Dataset
from lfads.data.splits import default_split
from lfads.simulate.choices import check_choices
from lfads.simulate.projected import SCALINGS, projected_rates
from lfads.simulate.trained_rnn import TrainedRNN, outputs_of, states_of, trained

NUM_BITS = 3
PULSE_PROBABILITY = 0.05
"""In each bin, for each bit."""

TRAINED_BINS = 100
STEPS = 3000


def simulate_flip_flop(
    seed: int = 0,
    *,
    num_neurons: int = 50,
    num_bins: int = 100,
    num_trials: int = 1600,
    bin_width_s: float = 0.01,
    scaling: str = "trial",
) -> Dataset:
    """Spikes of a network that was trained to hold the sign of the last pulse of each of three inputs.

    In each bin an input has a pulse of 1 or -1 with probability 0.05. The network of 64 units,
    h ← tanh(h W + b + u B), was trained to give for each input the sign of its last pulse, 0 before the
    first: it has a stable state for each of the eight sets of signs. Its states, randomly projected, are
    the neurons: each is scaled from its least to its largest value to 0 to 30 spikes/s.
    Training takes a minute or two, once a seed; the network is kept in the user's cache.

    Parameters
    ----------
    seed
        Same seed, same network and data on one machine.
    num_neurons, num_bins, num_trials
        Sizes; every fifth trial validates.
    bin_width_s
        Width of a bin in seconds.
    scaling
        The least and largest value of a neuron are those of each `trial`, as in the paper's simulations, or
        of the whole `session`. With `trial` one state of the network gives other rates in other trials, so
        that no model of the rates can have the fixed points of the network.

    Returns
    -------
    Dataset
        With the pulses as `external_inputs` and `true_inputs`, `true_latents` (what the network gives for
        each bit) and `true_rates_hz`.

    Raises
    ------
    UserError
        If a size is below 1, a number is out of range, or there is no such `scaling`.

    References
    ----------
    Sussillo & Barak (2013), Neural Computation 25:626-649.

    Examples
    --------
    >>> lfads.simulate_flip_flop(num_trials=0)
    Traceback (most recent call last):
    lfads.checks.UserError: simulate_flip_flop: `num_trials` must be at least 1; got 0
    """
    problems = Problems("simulate_flip_flop")
    sizes = {"num_neurons": num_neurons, "num_bins": num_bins, "num_trials": num_trials}
    check_choices(problems, sizes, seed=seed, gain=0.0, bin_width_s=bin_width_s)
    known = " or ".join(SCALINGS)
    problems.require(scaling in SCALINGS, f"`scaling` must be {known}; got {scaling!r}")
    problems.raise_if_any()
    network = flip_flop_network(seed)
    rng = np.random.default_rng(seed)
    inputs = _pulses(rng, num_trials, num_bins)
    states = states_of(network, inputs)
    rates_hz = projected_rates(rng, states, num_neurons, scaling).astype(np.float32)
    return Dataset.from_arrays(
        rng.poisson(rates_hz * bin_width_s),
        bin_width_s=bin_width_s,
        split=default_split(num_trials),
        external_inputs=inputs,
        true_rates_hz=rates_hz,
        true_latents=outputs_of(network, states).astype(np.float32),
        true_inputs=inputs,
        name="flip_flop",
        source=f"simulate_flip_flop(seed={seed}{_said(scaling)})",
    )


def flip_flop_network(seed: int = 0) -> TrainedRNN:
    """The network behind `simulate_flip_flop` of a seed, for those who may know it."""
    return trained("flip_flop", _task, seed, STEPS)


def last_signs(inputs: np.ndarray) -> np.ndarray:
    """The sign of the last pulse up to each bin, 0 before the first.

    >>> last_signs(np.array([[[0.0], [1.0], [0.0], [-1.0]]])).ravel().tolist()
    [0.0, 1.0, 1.0, -1.0]
    """
    held, found = np.zeros((len(inputs), inputs.shape[2])), np.empty_like(inputs)
    for time in range(inputs.shape[1]):
        held = np.where(inputs[:, time] != 0, np.sign(inputs[:, time]), held)
        found[:, time] = held
    return found


def _said(scaling: str) -> str:
    return "" if scaling == "trial" else f", scaling={scaling!r}"


def _pulses(rng: np.random.Generator, num_trials: int, num_bins: int) -> np.ndarray:
    shape = (num_trials, num_bins, NUM_BITS)
    return (rng.random(shape) < PULSE_PROBABILITY) * rng.choice([-1.0, 1.0], shape)


def _task(rng: np.random.Generator, num_trials: int) -> tuple[np.ndarray, np.ndarray]:
    inputs = _pulses(rng, num_trials, TRAINED_BINS)
    return inputs, last_signs(inputs)
