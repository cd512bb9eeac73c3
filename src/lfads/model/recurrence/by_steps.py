"""Any generator through time, from its step alone; JAX takes the gradient.

Slower than a gradient by hand, since every product for a weight gradient is made bin by bin.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from lfads.model.controller import Controller, DecoderInputs
from lfads.model.recurrence.controlled import ControlledGeneratorOutputs, ControlledGeneratorState
from lfads.model.recurrence.controller import controller_step
from lfads.model.recurrence.gates import (
    drop,
    given_now,
    input_products,
    joined_kernels,
    split_kernels,
)
from lfads.model.segments import in_time_segments

Step = Callable[[Array, Array], Array]
"""The state after a bin, of the state before it and the inputs of the bin."""


def states_by_steps(
    step: Step,
    inputs: Float[Array, "time trial input"],
    initial_state: Float[Array, "trial unit"],
    num_segments: int,
) -> Float[Array, "time trial unit"]:
    """States at every bin, g_t = step(g_{t-1}, u_t)."""

    def bin_after_bin(state: Any, now: Any) -> tuple[Array, Array]:
        new_state = step(state, now)
        return new_state, new_state

    def stretch(state: Any, xs: Any) -> tuple[Array, Array]:
        return lax.scan(bin_after_bin, state, xs)

    return in_time_segments(stretch, initial_state, inputs, num_segments)


def controlled_by_steps(
    step: Step,
    controller: Controller,
    factor_weights: Float[Array, "unit factor"],
    initial: ControlledGeneratorState,
    inputs: DecoderInputs,
    scale: Float[Array, ""],
    limit: float,
) -> ControlledGeneratorOutputs:
    """Controller and generator that drive each other, as in `controlled_generator`.

    At each bin, with dropout D::

        (c_t, u_t) = controller([e_t, D(f_{t-1})], c_{t-1}),  g_t = step(g_{t-1}, [u_t, measured_t]),
        f_t = D(g_t) W
    """
    weights, num_encoded = controller.gru.weights(), inputs.encoded.shape[-1]
    of_encoded, of_factors = split_kernels(weights.inputs, num_encoded)
    kernels = joined_kernels(weights.recurrent, of_factors)
    products = input_products(inputs.encoded, of_encoded)
    to_posterior = controller.to_posterior

    def one_bin(state: ControlledGeneratorState, xs: Any):
        products_now, measured, noise, factors_kept, generator_kept = xs
        fed_back = drop(state.factors, factors_kept, scale)
        now = controller_step(
            kernels, to_posterior.weights, to_posterior.bias,
            given_now(products_now, weights.bias), state.controller, fed_back, noise, limit,
        )  # fmt: skip
        driven_by = now.inferred_input
        if measured is not None:
            driven_by = jnp.concatenate([driven_by, measured], axis=-1)
        generator = step(state.generator, driven_by)
        factors = drop(generator, generator_kept, scale) @ factor_weights
        new_state = ControlledGeneratorState(now.state, generator, factors)
        return new_state, ControlledGeneratorOutputs(
            *new_state, now.input_mean, now.input_log_variance, now.inferred_input
        )

    return lax.scan(one_bin, initial, (products, *inputs[1:5]))[1]
