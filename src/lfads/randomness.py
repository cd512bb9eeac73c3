"""Random numbers that belong to a trial: its own key, and masks drawn with it.

A trial's numbers depend neither on the batch it is in, nor on the device, nor on how far the batch is
padded: they are counted from its first bin on.
"""

from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, Key, PRNGKeyArray


def trial_keys(key: PRNGKeyArray, trial_ids: Any) -> Key[Array, " trial"]:
    """One key for each trial, from its number in the data."""
    return jax.vmap(lambda i: jr.fold_in(key, i))(trial_ids)


def draw_kept(
    keys: Key[Array, " trial"], use: int, drop_rate: Float[Array, ""], num_bins: int, width: int
) -> Bool[Array, "time trial width"]:
    """True with probability 1 - drop_rate, in steps of 2**-16: two masks from each random word.

    `use` tells apart what one trial's key is used for.
    """

    def draw(key: PRNGKeyArray) -> Array:
        words = jr.bits(jr.fold_in(key, use), (num_bins, -(-width // 2)), jnp.uint32)
        halves = jax.lax.bitcast_convert_type(words, jnp.uint16)
        return halves.reshape(num_bins, -1)[:, :width]

    threshold = jnp.round(drop_rate * 2**16).astype(jnp.uint32)
    return jax.vmap(draw, out_axes=1)(keys).astype(jnp.uint32) >= threshold


def draw_normal(keys: Key[Array, " trial"], use: int, *shape: int) -> Float[Array, "..."]:
    """Standard normal noise for each trial; time, if there is one, leads."""
    out_axis = len(shape) - 1
    return jax.vmap(lambda key: jr.normal(jr.fold_in(key, use), shape), out_axes=out_axis)(keys)
