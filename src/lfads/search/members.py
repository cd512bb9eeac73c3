"""Members of a population, as engines take them and give them back: arrays in the host's memory."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int, PyTree, UInt32

from lfads.training.step import TrainState


class Kept(NamedTuple):
    """The best weights that each member has had since its ramp was complete, as a training keeps them.

    A member that takes over another's state goes on with its own `score`, `epoch` and `average`: they
    are what it reached before. `smoothed` is the running score of its present state.
    """

    average: PyTree
    score: Float[Array | np.ndarray, "*member"]
    epoch: Int[Array | np.ndarray, "*member"]
    smoothed: Float[Array | np.ndarray, "*member"]


class Members(NamedTuple):
    """Seeds, states, best weights and hyperparameters (by name), members first."""

    seeds: UInt32[np.ndarray, " member"]
    states: TrainState
    kept: Kept
    values: dict[str, Float[np.ndarray, " member"]]


class Population(NamedTuple):
    """All members, as a checkpoint keeps them. `parents` are those of the running generation."""

    states: TrainState
    kept: Kept
    values: dict[str, Float[np.ndarray, " member"]]
    parents: Int[np.ndarray, " member"]


def nothing_kept(states: TrainState) -> Kept:
    """What members have at the start: no score."""
    members = len(np.asarray(states.dropped))
    never = np.full(members, np.inf, np.float32)
    return Kept(states.average, never, np.zeros(members, np.int32), never)


def stack(trees: list[Any]) -> Any:
    """Trees of members as one, members first."""
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(x) for x in leaves]), *trees)


def joined(trees: list[Any]) -> Any:
    """Trees of several groups of members as one."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *trees)


def take(tree: Any, source: Int[np.ndarray, " member"]) -> Any:
    """Each member what its source has."""
    return jax.tree.map(lambda x: np.asarray(x)[source], tree)


def one_of(tree: Any, member: int) -> Any:
    """What one member has."""
    return jax.tree.map(lambda x: np.array(x[member]), tree)
