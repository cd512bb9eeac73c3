"""How a step changes parameters: AdamW (Loshchilov & Hutter 2019) on the clipped gradient; what stays.

The learning rate is a traced scalar.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jaxtyping import Array, Float, PyTree

from lfads.config import TrainingConfig
from lfads.model.lfads import LFADS


class Update(NamedTuple):
    """What one step of the optimiser gives."""

    parameters: PyTree
    moments: PyTree
    gradient_norm: Float[Array, ""]


def moments_transform(config: TrainingConfig) -> optax.GradientTransformation:
    """Adam's moments; clipping comes before and the step size after."""
    return optax.scale_by_adam(config.adam_beta1, config.adam_beta2, config.adam_epsilon)


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
    squares = (jnp.square(x).sum() for x in jax.tree.leaves(gradient))
    norm = jnp.sqrt(sum(squares, start=jnp.zeros(())))
    finite = jnp.isfinite(norm)
    shrink = config.gradient_clip_norm / jnp.maximum(norm, config.gradient_clip_norm)
    gradient = jax.tree.map(lambda g: jnp.where(finite, g * shrink, jnp.zeros_like(g)), gradient)
    with jax.numpy_dtype_promotion("standard"):  # optax mixes dtypes of scalars
        direction, new_moments = moments_transform(config).update(gradient, moments)

    stepped = jax.tree.map(
        lambda p, change: p - learning_rate * (change + weight_decay * p), parameters, direction
    )
    new, old = (stepped, new_moments), (parameters, moments)
    kept = jax.tree.map(lambda new, old: jnp.where(finite, new, old), new, old)
    return Update(*kept, gradient_norm=norm)


def is_trained(parameters: LFADS, freeze: str) -> PyTree:
    """True for arrays that training may change, in the place of each array."""

    def all_of(part: Any, value: bool) -> Any:
        return jax.tree.map(lambda _: value, part)

    fixed = parameters.observation.fixed
    own = tuple(name not in fixed for name in parameters.observation.own_names)

    def trained_alone(*parts: Callable[[LFADS], tuple[PyTree, ...]]) -> PyTree:
        def chosen(model: LFADS) -> tuple[PyTree, ...]:
            return tuple(each for part in parts for each in part(model))

        found = all_of(parameters, False)
        values = tuple(all_of(each, True) for each in chosen(parameters))
        return eqx.tree_at(chosen, found, values, is_leaf=lambda x: x is None)

    if freeze == "generative":
        return trained_alone(_of_inference)
    if freeze == "dynamics":
        trained = trained_alone(lambda m: (m.read_in,), _of_neurons)
    elif freeze == "generator":
        trained = trained_alone(_of_inference, _of_neurons)
    else:
        still = all_of(parameters.read_in, freeze != "read_in")
        trained = eqx.tree_at(
            lambda m: m.read_in, all_of(parameters, True), still, is_leaf=lambda x: x is None
        )
    return eqx.tree_at(lambda m: m.observation_values, trained, own)


def _of_neurons(model: LFADS) -> tuple[PyTree, ...]:
    """What leads from factors to each neuron."""
    return model.read_out, model.more_read_outs, model.slow_offsets


def _of_inference(model: LFADS) -> tuple[PyTree, ...]:
    """All that gives the posterior, and nothing of what a trial is generated with."""
    return (
        model.read_in,
        model.initial_condition_encoder,
        model.code_to_posterior,
        model.controller_encoder,
        model.decoder.controller,
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
    if freeze == "nothing" and not parameters.observation.fixed:
        return np.array(True)
    trained = jax.tree.map(
        lambda own, x: np.full(x.size, own), is_trained(parameters, freeze), parameters
    )
    return np.concatenate(jax.tree.leaves(trained))
