"""Simulations by name, for the command line."""

from lfads.checks import UserError, suggestion
from lfads.data.dataset import Dataset
from lfads.simulate.lorenz import simulate_lorenz

NAMES = ("lorenz",)


def simulate(name: str, *, seed: int = 0) -> Dataset:
    """A simulated data set with its usual sizes.

    Parameters
    ----------
    name
        `lorenz`.
    seed
        Same seed, same data.

    Raises
    ------
    UserError
        If there is no simulation of that name.
    """
    if name == "lorenz":
        return simulate_lorenz(seed)
    raise UserError(f"no simulation `{name}`.{suggestion(name, NAMES)}")
