"""Simulations by name, for the command line."""

from collections.abc import Callable
from functools import partial

from lfads.checks import UserError, suggestion
from lfads.data.dataset import Dataset
from lfads.simulate.chaotic_rnn import simulate_chaotic_rnn
from lfads.simulate.chaotic_rnn_sessions import simulate_chaotic_rnn_sessions
from lfads.simulate.lorenz import simulate_lorenz

SIMULATIONS: dict[str, Callable[[int], Dataset]] = {
    "lorenz": simulate_lorenz,
    "chaotic_rnn": simulate_chaotic_rnn,
    "chaotic_rnn_pulses": partial(simulate_chaotic_rnn, pulses=True),
    # 5,000 trials, about as many as the others; the paper's code has 150 conditions of 40 a session.
    "chaotic_rnn_sessions": partial(
        simulate_chaotic_rnn_sessions, num_conditions=100, trials_per_condition=10
    ),
}


def simulate(name: str, *, seed: int = 0) -> Dataset:
    """A simulated data set with sizes for a first look; each simulation's function has more to choose.

    Parameters
    ----------
    name
        `lorenz`, `chaotic_rnn`, `chaotic_rnn_pulses` or `chaotic_rnn_sessions`.
    seed
        Same seed, same data.

    Raises
    ------
    UserError
        If there is no simulation of that name.
    """
    key = name.replace("-", "_")
    if key not in SIMULATIONS:
        raise UserError(f"no simulation `{name}`.{suggestion(key, SIMULATIONS)}")
    return SIMULATIONS[key](seed)
