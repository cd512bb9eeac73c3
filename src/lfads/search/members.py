"""Members of a population, as engines take them and give them back: arrays in the host's memory."""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int, UInt32

from lfads.training.step import TrainState


class Members(NamedTuple):
    """Seeds, states and hyperparameters (by name), members first."""

    seeds: UInt32[np.ndarray, " member"]
    states: TrainState
    values: dict[str, Float[np.ndarray, " member"]]


def stack(states: list[TrainState]) -> TrainState:
    """States of members as one, members first."""
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(x) for x in leaves]), *states)


def joined(states: list[TrainState]) -> TrainState:
    """States of several groups of members as one."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *states)


def take(states: TrainState, source: Int[np.ndarray, " member"]) -> TrainState:
    """Each member the state of its source."""
    return jax.tree.map(lambda x: np.asarray(x)[source], states)


def some(members: Members, chosen: Int[np.ndarray, " member"]) -> Members:
    """The chosen members."""
    values = {name: column[chosen] for name, column in members.values.items()}
    return Members(members.seeds[chosen], take(members.states, chosen), values)


def state_of(states: TrainState, member: int) -> TrainState:
    """The state of one member."""
    return jax.tree.map(lambda x: np.array(x[member]), states)
