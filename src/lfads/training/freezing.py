"""Parts of the network that stay as they are in training."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax import lax
from jaxtyping import PyTree

from lfads.model.lfads import LFADS


def is_trained(parameters: LFADS, freeze: str) -> PyTree:
    """True for arrays that training may change, in the place of each array."""

    def all_of(part: Any, value: bool) -> Any:
        return jax.tree.map(lambda _: value, part)

    if freeze == "nothing":
        return all_of(parameters, True)
    read_in, read_out = parameters.read_in, parameters.read_out
    changed = (all_of(read_in, freeze == "dynamics"), all_of(read_out, True))
    return eqx.tree_at(
        lambda m: (m.read_in, m.read_out),
        all_of(parameters, freeze != "dynamics"),
        changed,
        is_leaf=lambda x: x is None,
    )


def without_frozen_gradients(parameters: LFADS, freeze: str) -> LFADS:
    """The same parameters; no gradient flows into those that stay."""
    return jax.tree.map(
        lambda trained, x: x if trained else lax.stop_gradient(x),
        is_trained(parameters, freeze),
        parameters,
    )


def trained_entries(parameters: LFADS, freeze: str) -> np.ndarray:
    """True for each entry of the parameters, as one vector, that training may change; or for all at once.

    What has no gradient moves nevertheless: by weight decay, and by rounding in the average.
    """
    if freeze == "nothing":
        return np.array(True)
    trained = jax.tree.map(
        lambda own, x: np.full(x.size, own), is_trained(parameters, freeze), parameters
    )
    return np.concatenate(jax.tree.leaves(trained))
