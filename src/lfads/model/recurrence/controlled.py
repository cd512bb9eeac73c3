"""Controller and generator, which drive each other, with their gradient."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Bool, Float

from lfads.model.controller import DecoderInputs
from lfads.model.recurrence.controller import controller_step
from lfads.model.recurrence.gates import (
    GRUWeights,
    Kernels,
    drop,
    given_now,
    gradient_of_weights,
    gru_step,
    gru_step_gradient,
    input_gradient,
    input_products,
    joined_kernels,
    split_kernels,
    states_before_each,
    sum_of_products,
    sum_of_rows,
    transposed_kernels,
)


class ControlledWeights(NamedTuple):
    """What controller and generator multiply by at each bin.

    The controller's inputs are what was encoded, then the factors; the generator's are the inferred
    ones, then the measured ones.
    """

    controller: GRUWeights
    to_posterior: Float[Array, "controller mean_and_log_variance"]
    posterior_bias: Float[Array, " mean_and_log_variance"]
    generator: GRUWeights
    to_factors: Float[Array, "generator factor"]


class ControlledGeneratorState(NamedTuple):
    """State between bins: controller, generator, and the factors fed back to the controller."""

    controller: Float[Array, "trial controller"]
    generator: Float[Array, "trial generator"]
    factors: Float[Array, "trial factor"]


class ControlledGeneratorOutputs(NamedTuple):
    """Everything that the joint recurrence computes, at each bin."""

    controller: Float[Array, "time trial controller"]
    generator: Float[Array, "time trial generator"]
    factors: Float[Array, "time trial factor"]
    input_mean: Float[Array, "time trial input"]
    input_log_variance: Float[Array, "time trial input"]
    inferred_inputs: Float[Array, "time trial input"]


def controlled_generator(
    weights: ControlledWeights,
    inputs: DecoderInputs,
    scale: Float[Array, ""],
    initial: ControlledGeneratorState,
    limit: float,
) -> ControlledGeneratorOutputs:
    """Run controller and generator through all bins (Pandarinath et al. 2018, Online Methods).

    At each bin: controller GRU of [encoded input, dropout(f)] -> posterior of the inferred input ->
    its sample u = mean + exp(log-variance / 2) * noise -> generator GRU -> f = dropout(g) W_f. No
    gradient flows to noise, masks or the `scale` of what dropout keeps.
    """
    held = Held(inputs.noise, inputs.factors_kept, inputs.generator_kept, scale)
    return _controlled_rule(weights, inputs.encoded, inputs.external_inputs, held, initial, limit)


class Held(NamedTuple):
    """What has no gradient."""

    noise: Float[Array, "time trial input"]
    factors_kept: Bool[Array, "time trial factor"] | None
    generator_kept: Bool[Array, "time trial unit"] | None
    scale: Float[Array, ""]


class _Split(NamedTuple):
    """Kernels by what they are multiplied with: in the loop, or outside it."""

    of_encoded: Kernels
    controller: Kernels
    of_measured: Kernels
    generator: Kernels


def _split(weights: ControlledWeights, num_encoded: int, num_inferred: int) -> _Split:
    """Recurrent kernels have below them those of what is seen in the loop alone."""
    of_encoded, of_factors = split_kernels(weights.controller.inputs, num_encoded)
    of_inferred, of_measured = split_kernels(weights.generator.inputs, num_inferred)
    return _Split(
        of_encoded,
        joined_kernels(weights.controller.recurrent, of_factors),
        of_measured,
        joined_kernels(weights.generator.recurrent, of_inferred),
    )


def _controlled_outputs(weights, encoded, measured, held, initial, limit):
    return _run_controlled(weights, encoded, measured, held, initial, limit)[0]


def _run_controlled(weights, encoded, measured, held, initial, limit):
    """(outputs, gates of the controller, gates of the generator) at every bin."""
    split = _split(weights, encoded.shape[-1], held.noise.shape[-1])
    scale = held.scale

    def step(state, xs):
        of_encoded, of_measured, now = xs
        fed_back = drop(state.factors, now.factors_kept, scale)
        controller, controller_gates, mean, log_variance, sample = controller_step(
            split.controller, weights.to_posterior, weights.posterior_bias,
            given_now(of_encoded, weights.controller.bias), state.controller, fed_back, now.noise,
            limit,
        )  # fmt: skip
        given = given_now(of_measured, weights.generator.bias)
        generator, generator_gates = gru_step(
            split.generator, given, state.generator, sample, limit
        )
        dropped = drop(generator, now.generator_kept, scale)
        factors = dropped @ weights.to_factors
        outputs = ControlledGeneratorOutputs(
            controller, generator, factors, mean, log_variance, sample
        )
        state = ControlledGeneratorState(controller, generator, factors)
        return state, (outputs, controller_gates, generator_gates)

    of_encoded = input_products(encoded, split.of_encoded)
    of_measured = None if measured is None else input_products(measured, split.of_measured)
    return lax.scan(step, initial, (of_encoded, of_measured, held._replace(scale=None)))[1]


def _controlled_forward(weights, encoded, measured, held, initial, limit):
    given = jax.tree.map(lambda x: x.value, (weights, encoded, measured, held, initial))
    weights, encoded, measured, held, initial = given
    outputs, *gates = _run_controlled(weights, encoded, measured, held, initial, limit)
    return outputs, (given, outputs, gates)


def _controlled_backward(limit, residuals, d_outputs: ControlledGeneratorOutputs):
    (weights, encoded, measured, held, initial), outputs, gates = residuals
    controller_gates, generator_gates = gates
    scale = held.scale
    before = ControlledGeneratorState(
        states_before_each(outputs.controller, initial.controller),
        states_before_each(outputs.generator, initial.generator),
        states_before_each(outputs.factors, initial.factors),
    )
    split = _split(weights, encoded.shape[-1], held.noise.shape[-1])
    controller_kernels = transposed_kernels(split.controller)
    generator_kernels = transposed_kernels(split.generator)
    factors_to_generator = weights.to_factors.T
    posterior_to_controller = weights.to_posterior.T
    num_factors, num_inputs = outputs.factors.shape[-1], outputs.inferred_inputs.shape[-1]
    deviation_noise = 0.5 * jnp.exp(0.5 * outputs.input_log_variance) * held.noise
    # What the loss does not depend on has no array of zeros to be added at every bin.
    d_outputs = d_outputs._make(None if isinstance(d, SymbolicZero) else d for d in d_outputs)

    def step(d_after: ControlledGeneratorState, xs):
        d_out, out, prior, masks, spread, controller_gates_now, generator_gates_now = xs
        d_factors = _plus(d_after.factors, d_out.factors)
        d_dropped = drop(d_factors @ factors_to_generator, masks[1], scale)
        d_given_generator, d_generator, d_sample = gru_step_gradient(
            generator_kernels,
            _plus(d_after.generator + d_dropped, d_out.generator),
            out.generator, prior.generator, generator_gates_now, num_inputs, limit,
        )  # fmt: skip
        d_sample = _plus(d_sample, d_out.inferred_inputs)
        d_mean = _plus(d_sample, d_out.input_mean)
        d_log_variance = _plus(d_sample * spread, d_out.input_log_variance)
        d_posterior = jnp.concatenate([d_mean, d_log_variance], axis=-1)
        d_controller = d_after.controller + d_posterior @ posterior_to_controller
        d_given_controller, d_controller, d_fed_back = gru_step_gradient(
            controller_kernels,
            _plus(d_controller, d_out.controller),
            out.controller, prior.controller, controller_gates_now, num_factors, limit,
        )  # fmt: skip
        d_before = ControlledGeneratorState(
            d_controller, d_generator, drop(d_fed_back, masks[0], scale)
        )
        return d_before, (d_given_controller, d_given_generator, d_posterior, d_factors)

    masks = (held.factors_kept, held.generator_kept)
    xs = (d_outputs, outputs, before, masks, deviation_noise, controller_gates, generator_gates)
    d_initial, (d_given_controller, d_given_generator, d_posteriors, d_factors) = lax.scan(
        step, jax.tree.map(jnp.zeros_like, initial), xs, reverse=True
    )
    fed_back = drop(before.factors, held.factors_kept, scale)
    dropped = drop(outputs.generator, held.generator_kept, scale)
    driven_by = [outputs.inferred_inputs] + ([] if measured is None else [measured])
    d_weights = ControlledWeights(
        controller=gradient_of_weights(
            [encoded, fed_back], before.controller, controller_gates.reset, d_given_controller
        ),
        to_posterior=sum_of_products(outputs.controller, d_posteriors),
        posterior_bias=sum_of_rows(d_posteriors)[0],
        generator=gradient_of_weights(
            driven_by, before.generator, generator_gates.reset, d_given_generator
        ),
        to_factors=sum_of_products(dropped, d_factors),
    )
    d_encoded = input_gradient(d_given_controller, split.of_encoded)
    d_measured = None if measured is None else input_gradient(d_given_generator, split.of_measured)
    return d_weights, d_encoded, d_measured, None, d_initial


_controlled_rule = jax.custom_vjp(_controlled_outputs, nondiff_argnums=(5,))
_controlled_rule.defvjp(_controlled_forward, _controlled_backward, symbolic_zeros=True)


def _plus(gradient, other):
    return gradient if other is None else gradient + other
