"""Controller and generator, which drive each other, with their gradient."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Bool, Float

from lfads.model.recurrence.controller import controller_step
from lfads.model.recurrence.gates import (
    GateInputs,
    Kernels,
    drop,
    gru_step,
    gru_step_gradient,
    joined_kernels,
    kernel_gradient,
    states_before_each,
    sum_of_products,
    sum_of_rows,
    transposed_kernels,
)


class ControlledGeneratorWeights(NamedTuple):
    """What the joint recurrence multiplies by at each bin."""

    controller: Kernels
    factors_to_controller: Kernels
    controller_to_posterior: Float[Array, "controller mean_and_log_variance"]
    posterior_bias: Float[Array, " mean_and_log_variance"]
    generator: Kernels
    inputs_to_generator: Kernels
    generator_bias: GateInputs | None
    generator_to_factors: Float[Array, "generator factor"]


class ControlledGeneratorInputs(NamedTuple):
    """What the joint recurrence is given at each bin. Masks mark what dropout keeps.

    Without measured inputs nothing is given to the generator; its bias is among the weights then.
    """

    controller: GateInputs
    generator: GateInputs | None
    noise: Float[Array, "time trial input"]
    factors_kept: Bool[Array, "time trial factor"] | None
    generator_kept: Bool[Array, "time trial generator"] | None
    keep_scale: Float[Array, ""]


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
    weights: ControlledGeneratorWeights,
    inputs: ControlledGeneratorInputs,
    initial: ControlledGeneratorState,
    limit: float,
) -> ControlledGeneratorOutputs:
    """Run controller and generator through all bins (Pandarinath et al. 2018, Online Methods).

    At each bin: controller GRU of [encoded input, dropout(f)] -> posterior of the inferred input ->
    its sample u = mean + exp(log-variance / 2) * noise -> generator GRU -> f = dropout(g) W_f. The
    products of the encoded and external inputs come ready made. No gradient flows to noise, masks
    or `keep_scale`.
    """
    return _controlled_rule(weights, inputs, initial, limit)


def _controlled_outputs(weights, inputs, initial, limit) -> ControlledGeneratorOutputs:
    return _run_controlled(weights, inputs, initial, limit)[0]


def _run_controlled(weights, inputs, initial, limit):
    """(outputs, gates of the controller, gates of the generator) at every bin."""
    scale = inputs.keep_scale
    controller_kernels, generator_kernels = _joint_kernels(weights)

    def step(state, now):
        fed_back = drop(state.factors, now.factors_kept, scale)
        controller, controller_gates, mean, log_variance, sample = controller_step(
            controller_kernels, weights.controller_to_posterior, weights.posterior_bias,
            now.controller, state.controller, fed_back, now.noise, limit,
        )  # fmt: skip
        given = weights.generator_bias if now.generator is None else now.generator
        generator, generator_gates = gru_step(
            generator_kernels, given, state.generator, sample, limit
        )
        dropped = drop(generator, now.generator_kept, scale)
        factors = dropped @ weights.generator_to_factors
        outputs = ControlledGeneratorOutputs(
            controller, generator, factors, mean, log_variance, sample
        )
        state = ControlledGeneratorState(controller, generator, factors)
        return state, (outputs, controller_gates, generator_gates)

    return lax.scan(step, initial, inputs._replace(keep_scale=None))[1]


def _controlled_forward(weights, inputs, initial, limit):
    weights, inputs, initial = jax.tree.map(lambda x: x.value, (weights, inputs, initial))
    outputs, *gates = _run_controlled(weights, inputs, initial, limit)
    kept = inputs._replace(controller=None)
    return outputs, (weights, kept, initial, outputs, *gates)


def _controlled_backward(limit, residuals, d_outputs: ControlledGeneratorOutputs):
    weights, inputs, initial, outputs, controller_gates, generator_gates = residuals
    scale, has_inputs = inputs.keep_scale, inputs.generator is not None
    before = ControlledGeneratorState(
        states_before_each(outputs.controller, initial.controller),
        states_before_each(outputs.generator, initial.generator),
        states_before_each(outputs.factors, initial.factors),
    )
    controller_kernels, generator_kernels = (transposed_kernels(k) for k in _joint_kernels(weights))
    factors_to_generator = weights.generator_to_factors.T
    posterior_to_controller = weights.controller_to_posterior.T
    num_factors, num_inputs = outputs.factors.shape[-1], outputs.inferred_inputs.shape[-1]
    deviation_noise = 0.5 * jnp.exp(0.5 * outputs.input_log_variance) * inputs.noise
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

    masks = (inputs.factors_kept, inputs.generator_kept)
    xs = (d_outputs, outputs, before, masks, deviation_noise, controller_gates, generator_gates)
    d_initial, (d_given_controller, d_given_generator, d_posteriors, d_factors) = lax.scan(
        step, jax.tree.map(jnp.zeros_like, initial), xs, reverse=True
    )
    fed_back = drop(before.factors, inputs.factors_kept, scale)
    dropped = drop(outputs.generator, inputs.generator_kept, scale)
    d_weights = ControlledGeneratorWeights(
        controller=kernel_gradient(before.controller, controller_gates.reset, d_given_controller),
        factors_to_controller=_input_gradient(fed_back, d_given_controller),
        controller_to_posterior=sum_of_products(outputs.controller, d_posteriors),
        posterior_bias=sum_of_rows(d_posteriors)[0],
        generator=kernel_gradient(before.generator, generator_gates.reset, d_given_generator),
        inputs_to_generator=_input_gradient(outputs.inferred_inputs, d_given_generator),
        generator_bias=None if has_inputs else jax.tree.map(sum_of_rows, d_given_generator),
        generator_to_factors=sum_of_products(dropped, d_factors),
    )
    nothing: Any = None
    d_inputs = ControlledGeneratorInputs(
        controller=d_given_controller,
        generator=d_given_generator if has_inputs else None,
        noise=nothing,
        factors_kept=nothing,
        generator_kept=nothing,
        keep_scale=nothing,
    )
    return d_weights, d_inputs, d_initial


_controlled_rule = jax.custom_vjp(_controlled_outputs, nondiff_argnums=(3,))
_controlled_rule.defvjp(_controlled_forward, _controlled_backward, symbolic_zeros=True)


def _joint_kernels(weights: ControlledGeneratorWeights) -> tuple[Kernels, Kernels]:
    """Kernels of controller and generator, below them those of what they see in the loop alone."""
    return (
        joined_kernels(weights.controller, weights.factors_to_controller),
        joined_kernels(weights.generator, weights.inputs_to_generator),
    )


def _input_gradient(seen, d_given: GateInputs) -> Kernels:
    """Gradients to input kernels."""
    return Kernels(*(sum_of_products(seen, d) for d in d_given))


def _plus(gradient, other):
    return gradient if other is None else gradient + other
