"""Simulations by name: a part takes a seed and returns a `Dataset` with its truth."""

from lfads.data.dataset import Dataset
from lfads.parts import load
from lfads.simulate.chaotic_rnn import simulate_chaotic_rnn
from lfads.simulate.chaotic_rnn_sessions import simulate_chaotic_rnn_sessions
from lfads.simulate.pendulum import simulate_pendulum
from lfads.simulate.reaching import simulate_reaching

STRONG = 2.5
"""Gain of the network whose chaos is strong, in the paper."""


def simulate(name: str, *, seed: int = 0) -> Dataset:
    """A simulated data set with sizes for a first look; each simulation's function has more to choose.

    Parameters
    ----------
    name
        One of those that `lfads parts simulations` lists.
    seed
        Same seed, same data.

    Raises
    ------
    UserError
        If there is no simulation of that name.
    """
    return load("simulations", name.replace("-", "_"))(seed)


def chaotic_rnn_pulses(seed: int = 0) -> Dataset:
    """Poisson neurons driven by a chaotic recurrent network that pulses perturb."""
    return simulate_chaotic_rnn(seed, pulses=True)


def chaotic_rnn_sessions(seed: int = 0) -> Dataset:
    """Several sessions of one chaotic recurrent network, each of other neurons.

    5,000 trials, about as many as the others; the paper's code has 150 conditions of 40 a session.
    """
    return simulate_chaotic_rnn_sessions(seed, num_conditions=100, trials_per_condition=10)


def chaotic_rnn_strong(seed: int = 0) -> Dataset:
    """Poisson neurons driven by a recurrent network whose chaos is strong (gain 2.5)."""
    return simulate_chaotic_rnn(seed, gain=STRONG)


def chaotic_rnn_strong_pulses(seed: int = 0) -> Dataset:
    """Poisson neurons driven by a network of strong chaos that pulses perturb."""
    return simulate_chaotic_rnn(seed, gain=STRONG, pulses=True)


def pendulum_traces(seed: int = 0) -> Dataset:
    """Noisy traces of neurons that follow a pendulum, pushed or not."""
    return simulate_pendulum(seed, traces=True)


def reaching_jumps(seed: int = 0) -> Dataset:
    """Delayed reaches to a cursor that jumps in two of three trials."""
    return simulate_reaching(seed, jumps=True)


def reaching_sessions(seed: int = 0) -> Dataset:
    """Five sessions of delayed reaches, each of other neurons."""
    return simulate_reaching(seed, num_sessions=5, num_neurons=40, trials_per_condition=10)
