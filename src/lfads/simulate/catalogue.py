"""Simulations by name: a part takes a seed and returns a `Dataset` with its truth."""

from lfads.data.dataset import Dataset
from lfads.parts import load
from lfads.simulate.chaotic_rnn import simulate_chaotic_rnn
from lfads.simulate.chaotic_rnn_sessions import simulate_chaotic_rnn_sessions


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
