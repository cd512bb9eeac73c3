"""Random numbers that belong to a trial.

Word (row, column) of a trial is Threefry-2x32 (Salmon et al. 2011) of the trial's key at that counter. So
a trial's numbers depend neither on the batch it is in, nor on the device, nor on how many bins it is padded
to; and everything that one pass needs comes out of a few large calls.
"""

from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
from jax.extend.random import threefry2x32_p
from jaxtyping import Array, Bool, Float, PRNGKeyArray, UInt32

TrialKeys = UInt32[Array, "trial 2"]

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def run_key(seed: Any) -> PRNGKeyArray:
    """The key that a seed stands for, whatever generator JAX is set to."""
    return jr.key(seed, impl="threefry2x32")


def trial_keys(key: PRNGKeyArray, trial_ids: Any) -> TrialKeys:
    """One key for each trial, from its number in the data."""
    ids = jnp.asarray(trial_ids).astype(jnp.uint32)
    first, second = jnp.broadcast_to(jr.key_data(key)[:, None], (2, *ids.shape))
    words = threefry2x32_p.bind(first, second, jnp.zeros_like(ids), ids)  # few: compiles sooner
    return jnp.stack(words, axis=-1)


def threefry(
    key: Array, other_key: Array, counter: Array, other_counter: Array
) -> tuple[Array, Array]:
    """Threefry-2x32 with 20 rounds, element by element.

    Written out, it becomes one loop over the elements; JAX's own passes over memory five times.
    """
    keys = (key, other_key, key ^ other_key ^ jnp.uint32(0x1BD11BDA))
    one, other = counter + keys[0], other_counter + keys[1]
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            one = one + other
            other = (other << jnp.uint32(rotation)) | (other >> jnp.uint32(32 - rotation))
            other = one ^ other
        one = one + keys[(group + 1) % 3]
        other = other + keys[(group + 2) % 3] + jnp.uint32(group + 1)
    return one, other


def draw_words(
    keys: TrialKeys, use: int, num_rows: int, num_columns: int, first_row: Any = 0
) -> UInt32[Array, "row trial column"]:
    """Random words; `use` (below 256) tells apart what one trial's key is used for."""
    num_pairs = -(-num_columns // 2)
    shape = (num_rows, keys.shape[0], num_pairs)

    def spread(values: Array, axis: int) -> Array:
        return jax.lax.broadcast_in_dim(values, shape, (axis,))

    first = jnp.asarray(first_row).astype(jnp.uint32) + jnp.uint32(use << 24)
    rows = spread(jnp.arange(num_rows, dtype=jnp.uint32) + first, 0)
    columns = spread(jnp.arange(num_pairs, dtype=jnp.uint32), 2)
    one, other = threefry(spread(keys[:, 0], 1), spread(keys[:, 1], 1), rows, columns)
    return jnp.concatenate([one, other], axis=-1)[..., :num_columns]


def num_mask_words(width: int) -> int:
    """Words that masks of a width take: two each."""
    return -(-width // 2)


def as_kept(
    words: UInt32[Array, "row trial column"], drop_rate: Float[Array, ""], width: int
) -> Bool[Array, "row trial width"]:
    """True with probability 1 - drop_rate, in steps of 2**-16: two masks from each word."""
    threshold = jnp.minimum(jnp.round(drop_rate * 2**16), 2**16 - 1).astype(jnp.uint16)
    halves = jax.lax.bitcast_convert_type(words, jnp.uint16)
    halves = halves.reshape(*words.shape[:-1], 2 * words.shape[-1])[..., :width]
    return halves >= threshold


def as_normal(words: UInt32[Array, "row trial column"]) -> Float[Array, "row trial column"]:
    """Standard normal numbers: sqrt(2) erfinv of a uniform number between -1 and 1."""
    mantissa = (words >> jnp.uint32(9)) | jnp.uint32(0x3F800000)
    unit = jax.lax.bitcast_convert_type(mantissa, jnp.float32) - 1
    lowest = jnp.nextafter(jnp.float32(-1), jnp.float32(0))
    symmetric = jnp.maximum(unit * (1 - lowest) + lowest, lowest)
    return jnp.sqrt(jnp.float32(2)) * jax.lax.erf_inv(symmetric)
