"""AdamW (Loshchilov & Hutter 2019) on the clipped gradient, its learning rate a traced scalar."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

from lfads.config import TrainingConfig


class Update(NamedTuple):
    """What one step of the optimiser gives."""

    parameters: PyTree
    moments: PyTree
    gradient_norm: Float[Array, ""]


def moments_transform(config: TrainingConfig) -> optax.GradientTransformation:
    """Adam's moments; clipping comes before and the step size after."""
    return optax.scale_by_adam(config.adam_beta1, config.adam_beta2, config.adam_epsilon)


def global_norm(tree: PyTree) -> Float[Array, ""]:
    """Euclidean norm of all entries of all arrays."""
    return jnp.sqrt(sum((jnp.square(x).sum() for x in jax.tree.leaves(tree)), start=jnp.zeros(())))


def apply_gradient(
    config: TrainingConfig,
    parameters: PyTree,
    moments: PyTree,
    gradient: PyTree,
    learning_rate: Float[Array, ""],
    weight_decay: Float[Array, ""],
) -> Update:
    """One step: parameters - learning_rate * (adam(clipped gradient) + weight_decay * parameters).

    A gradient that is not finite leaves everything as it was.
    """
    norm = global_norm(gradient)
    finite = jnp.isfinite(norm)
    shrink = config.gradient_clip_norm / jnp.maximum(norm, config.gradient_clip_norm)
    gradient = jax.tree.map(lambda g: jnp.where(finite, g * shrink, jnp.zeros_like(g)), gradient)
    with jax.numpy_dtype_promotion("standard"):  # optax mixes dtypes of scalars
        direction, new_moments = moments_transform(config).update(gradient, moments)

    def step(parameter: Array, change: Array) -> Array:
        return parameter - learning_rate * (change + weight_decay * parameter)

    def keep_if_finite(new: Array, old: Array) -> Array:
        return jnp.where(finite, new, old)

    stepped = jax.tree.map(step, parameters, direction)
    return Update(
        parameters=jax.tree.map(keep_if_finite, stepped, parameters),
        moments=jax.tree.map(keep_if_finite, new_moments, moments),
        gradient_norm=norm,
    )
