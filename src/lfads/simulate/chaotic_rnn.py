"""Poisson neurons driven by a chaotic recurrent network, with or without pulses of input.

Pandarinath et al. 2018, Online Methods and Supplementary Note: the data RNN, whose chaos the gain sets,
and the same network perturbed once a trial.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lfads.checks import Problems
from lfads.data.dataset import Dataset
from lfads.data.splits import default_split
from lfads.simulate.choices import check_choices

TIME_CONSTANT_S = 0.025
PEAK_RATE_HZ = 30.0
PULSE_MAGNITUDE = 20.0
PULSE_FROM_S, PULSE_SPREAD_S = 0.25, 0.5
TRAINING_SHARE = 0.8

States = Float[np.ndarray, "trial neuron"]


class ChaoticRNN(NamedTuple):
    """The network behind spikes: its weights, the gain included, and where it starts in each condition."""

    recurrent: Float[np.ndarray, "neuron neuron"]
    input_weights: Float[np.ndarray, " neuron"]
    starts: Float[np.ndarray, "condition neuron"]
    step_s: float

    def rates_hz(
        self, condition: Int[np.ndarray, " trial"], inputs: Float[np.ndarray, "trial time"]
    ) -> Float[np.ndarray, "trial time neuron"]:
        """Rates of trials that start as their condition does and get these inputs."""
        begun = self.starts[condition]
        states = rnn_states(begun, self.recurrent, self.input_weights, inputs, self.step_s)
        return PEAK_RATE_HZ * scaled_by_trial(np.tanh(states))


def simulate_chaotic_rnn(
    seed: int = 0,
    *,
    num_neurons: int = 50,
    num_bins: int = 100,
    num_conditions: int = 400,
    trials_per_condition: int = 10,
    bin_width_s: float = 0.01,
    gain: float = 1.5,
    pulses: bool = False,
) -> Dataset:
    """Spikes of neurons whose rates are the states of a chaotic recurrent network.

    The network y' = (1 - a) y + a (gain W tanh(y) + B p), a = bin_width_s / 0.025 s, has weights W from
    N(0, 1/N), drawn from the seed alone, and starts in each condition from N(0, 1); the start is no bin.
    The rate of a neuron is tanh(y), scaled in each trial from its least to its largest value to 0 to 30
    spikes/s. With pulses, p is 20 in one bin between 0.25 and 0.75 s, drawn for each trial, and B has
    entries from N(0, 1).

    Parameters
    ----------
    seed
        Same seed, same network and data. Gains share the network.
    num_neurons, num_bins, num_conditions, trials_per_condition
        Sizes. Trials of a condition follow one another; the first 80 % train, the others validate.
    bin_width_s
        Width of a bin in seconds, and step of the network.
    gain
        Of the recurrent weights: chaos is mild at 1.5 and strong at 2.5.
    pulses
        Perturb each trial once.

    Returns
    -------
    Dataset
        With `true_rates_hz`, `condition` and, with pulses, `true_inputs` (p in every bin).

    Raises
    ------
    UserError
        If a size is below 1, or a number is out of range.

    Examples
    --------
    >>> simulate_chaotic_rnn(num_conditions=3, trials_per_condition=5)
    Dataset(Session('chaotic_rnn': 15 trials, 100 bins, 50 neurons); 10 ms bins)
    """
    problems = Problems("simulate_chaotic_rnn")
    sizes = {
        "num_neurons": num_neurons, "num_bins": num_bins, "num_conditions": num_conditions,
        "trials_per_condition": trials_per_condition,
    }  # fmt: skip
    check_choices(problems, sizes, seed=seed, gain=gain, bin_width_s=bin_width_s)
    if not problems.found:
        check_step(problems, bin_width_s)
        long_enough = num_bins * bin_width_s >= PULSE_FROM_S + PULSE_SPREAD_S
        problems.require(
            long_enough or not pulses,
            f"pulses come up to {PULSE_FROM_S + PULSE_SPREAD_S} s; trials of {num_bins * bin_width_s:g} s "
            "are too short",
        )
    problems.raise_if_any()

    rng = np.random.default_rng(seed)
    system = _drawn_system(rng, num_neurons, num_conditions, bin_width_s, gain)
    of_trial = np.repeat(np.arange(num_conditions), trials_per_condition)
    inputs = np.zeros((len(of_trial), num_bins))
    if pulses:
        when_s = PULSE_FROM_S + PULSE_SPREAD_S * rng.random(len(of_trial))
        inputs[np.arange(len(of_trial)), (when_s / bin_width_s).astype(int)] = PULSE_MAGNITUDE
        rates_hz = system.rates_hz(of_trial, inputs)
    else:  # all trials of a condition are alike
        every = np.arange(num_conditions)
        rates_hz = system.rates_hz(every, np.zeros((num_conditions, num_bins)))[of_trial]
    return Dataset.from_arrays(
        rng.poisson(rates_hz * bin_width_s),
        bin_width_s=bin_width_s,
        split=split_by_start(num_conditions, trials_per_condition),
        condition=of_trial,
        true_rates_hz=rates_hz.astype(np.float32),
        true_inputs=inputs[:, :, None] if pulses else None,
        name="chaotic_rnn",
        source=f"simulate_chaotic_rnn(seed={seed})",
    )


def chaotic_rnn_system(
    seed: int = 0,
    *,
    num_neurons: int = 50,
    num_conditions: int = 400,
    bin_width_s: float = 0.01,
    gain: float = 1.5,
) -> ChaoticRNN:
    """The network that `simulate_chaotic_rnn` takes spikes from, if it is given the same.

    Examples
    --------
    >>> chaotic_rnn_system(num_neurons=5, num_conditions=3).starts.shape
    (3, 5)
    """
    rng = np.random.default_rng(seed)
    return _drawn_system(rng, num_neurons, num_conditions, bin_width_s, gain)


def _drawn_system(
    rng: np.random.Generator, num_neurons: int, num_conditions: int, step_s: float, gain: float
) -> ChaoticRNN:
    weights = rng.normal(0.0, num_neurons**-0.5, (num_neurons, num_neurons))
    input_weights = rng.normal(0.0, 1.0, num_neurons)
    starts = rng.normal(0.0, 1.0, (num_conditions, num_neurons))
    return ChaoticRNN(gain * weights, input_weights, starts, step_s)


def check_step(problems: Problems, bin_width_s: float) -> None:
    """Note bins too wide for Euler's steps."""
    problems.require(
        bin_width_s <= TIME_CONSTANT_S,
        f"`bin_width_s` must be at most the network's time constant, {TIME_CONSTANT_S} s; "
        f"got {bin_width_s}",
    )


def rnn_states(
    start: States,
    recurrent: Float[np.ndarray, "neuron neuron"],
    input_weights: Float[np.ndarray, " neuron"],
    inputs: Float[np.ndarray, "trial time"],
    step_s: float,
) -> Float[np.ndarray, "trial time neuron"]:
    """States of the network in each bin, by Euler's steps."""
    share, state = step_s / TIME_CONSTANT_S, start
    states = np.empty((*inputs.shape, start.shape[1]))
    for time in range(inputs.shape[1]):
        # Sums in a fixed order: chaos would make other spikes of another library's last bits.
        drive = np.einsum("rj,ij->ri", np.tanh(state), recurrent)
        drive += inputs[:, time, None] * input_weights
        state = (1 - share) * state + share * drive
        states[:, time] = state
    return states


def scaled_by_trial(values: Float[np.ndarray, "trial time neuron"]) -> np.ndarray:
    """Each neuron's values of each trial from 0 to 1; 0.5 where they do not change."""
    least, most = values.min(1, keepdims=True), values.max(1, keepdims=True)
    range_ = most - least
    return np.where(range_ > 0, (values - least) / np.where(range_ > 0, range_, 1), 0.5)


def split_by_start(num_conditions: int, trials_per_condition: int) -> np.ndarray:
    """The first four fifths of the trials of each start train, the others validate.

    Where that leaves none, of too few trials of a start, a fifth of all trials validates.
    """
    trains = np.arange(trials_per_condition) < TRAINING_SHARE * trials_per_condition
    if trains.all():
        return default_split(num_conditions * trials_per_condition)
    return np.tile(np.where(trains, "train", "valid"), num_conditions)
