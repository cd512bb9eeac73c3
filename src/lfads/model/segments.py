"""Memory for long trials: time is run in segments, and the backward pass computes each again."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


def in_time_segments(
    run: Callable[[Any, Any], tuple[Any, Any]],
    initial: Any,
    xs: Any,
    num_segments: int,
    *,
    reverse: bool = False,
) -> Any:
    """Outputs of `run(state, xs) -> (state, outputs)` over consecutive stretches of time.

    With more than one segment the backward pass keeps the state at each border and computes the rest
    again (gradient checkpointing), so memory follows the length of a segment. The numbers are those
    of one run over all bins.
    """
    num_bins = jax.tree.leaves(xs)[0].shape[0]
    length = -(-num_bins // num_segments)
    if num_segments == 1 or length == num_bins:
        return run(initial, xs)[1]
    run = jax.checkpoint(run)
    num_whole = num_bins // length
    border = num_bins % length if reverse else num_whole * length
    parts = slice(border), slice(border, None)
    whole, rest = parts[::-1] if reverse else parts
    stacked = jax.tree.map(lambda x: x[whole].reshape(num_whole, length, *x.shape[1:]), xs)
    state, outputs = lax.scan(run, initial, stacked, reverse=reverse)
    outputs = jax.tree.map(lambda y: y.reshape(num_whole * length, *y.shape[2:]), outputs)
    if num_whole * length == num_bins:
        return outputs
    _, last = run(state, jax.tree.map(lambda x: x[rest], xs))
    order = (last, outputs) if reverse else (outputs, last)
    return jax.tree.map(lambda a, b: jnp.concatenate([a, b]), *order)
