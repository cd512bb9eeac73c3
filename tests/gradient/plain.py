"""Plain recurrences, random arrays of small sizes, and comparisons, for gradients."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lfads.model.controller import DecoderInputs
from lfads.model.recurrence.controlled import (
    ControlledGeneratorOutputs,
    ControlledGeneratorState,
    ControlledWeights,
)
from lfads.model.recurrence.gates import GateInputs, GRUWeights, Kernels

BINS, TRIALS, UNITS = 4, 3, 3
quickly_compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def randoms(seed: int):
    """A function that draws float64 arrays of a given shape."""
    rng = np.random.default_rng(seed)
    return lambda *shape: jnp.asarray(rng.standard_normal(shape))


def random_weights(draw, num_inputs: int, units: int) -> GRUWeights:
    return GRUWeights(
        inputs=Kernels(draw(num_inputs, 2 * units), draw(num_inputs, units)),
        recurrent=Kernels(draw(units, 2 * units), draw(units, units)),
        bias=GateInputs(draw(1, 2 * units), draw(1, units)),
    )


def gru_step(weights: GRUWeights, inputs, state, limit):
    """Equation by equation, without a gradient of its own."""
    size = state.shape[-1]
    given = inputs @ weights.inputs.gates + weights.bias.gates
    z = jax.nn.sigmoid(given[:, :size] + state @ weights.recurrent.gates[:, :size])
    r = jax.nn.sigmoid(given[:, size:] + state @ weights.recurrent.gates[:, size:])
    given = inputs @ weights.inputs.candidate + weights.bias.candidate
    n = jnp.tanh(given + (r * state) @ weights.recurrent.candidate)
    return jnp.clip(z * state + (1 - z) * n, -limit, limit)


def plain_gru(weights: GRUWeights, inputs, initial, valid, limit, reverse):
    def step(state, xs):
        inputs_now, valid_now = xs
        new = gru_step(weights, inputs_now, state, limit)
        if valid_now is not None:
            new = jnp.where(valid_now[:, None], new, state)
        return new, new

    return lax.scan(step, initial, (inputs, valid), reverse=reverse)[1]


def plain_controlled(weights: ControlledWeights, inputs: DecoderInputs, scale, initial, limit):
    def dropped(values, kept):
        return values if kept is None else values * kept.astype(values.dtype) * scale

    def step(state, now: DecoderInputs):
        fed_back = dropped(state.factors, now.factors_kept)
        seen = jnp.concatenate([now.encoded, fed_back], axis=-1)
        controller = gru_step(weights.controller, seen, state.controller, limit)
        posterior = controller @ weights.to_posterior + weights.posterior_bias[None]
        mean, log_variance = jnp.split(posterior, 2, axis=-1)
        sample = mean + jnp.sqrt(jnp.exp(log_variance)) * now.noise
        seen = sample
        if now.external_inputs is not None:
            seen = jnp.concatenate([sample, now.external_inputs], axis=-1)
        generator = gru_step(weights.generator, seen, state.generator, limit)
        factors = dropped(generator, now.generator_kept) @ weights.to_factors
        outputs = ControlledGeneratorOutputs(
            controller, generator, factors, mean, log_variance, sample
        )
        return ControlledGeneratorState(controller, generator, factors), outputs

    return lax.scan(step, initial, inputs)[1]


class ControlledSizes(NamedTuple):
    bins: int = BINS
    trials: int = TRIALS
    encoded: int = 2
    factors: int = 2
    controller: int = 2
    inferred: int = 2
    measured: int = 0
    generator: int = UNITS


class ControlledCase(NamedTuple):
    """Arguments of a controlled generator, and gradients of a loss to what it gives."""

    weights: ControlledWeights
    inputs: DecoderInputs
    scale: jax.Array
    initial: ControlledGeneratorState
    cotangents: ControlledGeneratorOutputs


def controlled_case(
    draw, sizes: ControlledSizes, *, factors_kept: bool, generator_kept: bool
) -> ControlledCase:
    _, trials, encoded, factors, controller, inferred, measured, generator = sizes
    lead = sizes[:2]
    weights = ControlledWeights(
        controller=random_weights(draw, encoded + factors, controller),
        to_posterior=draw(controller, 2 * inferred),
        posterior_bias=draw(2 * inferred),
        generator=random_weights(draw, inferred + measured, generator),
        to_factors=draw(generator, factors),
    )
    inputs = DecoderInputs(
        encoded=draw(*lead, encoded),
        external_inputs=draw(*lead, measured) if measured else None,
        noise=draw(*lead, inferred),
        factors_kept=draw(*lead, factors) > -0.5 if factors_kept else None,
        generator_kept=draw(*lead, generator) > -0.5 if generator_kept else None,
    )
    initial = ControlledGeneratorState(
        draw(trials, controller), draw(trials, generator), draw(trials, factors)
    )
    widths = (controller, generator, factors, inferred, inferred, inferred)
    cotangents = ControlledGeneratorOutputs(*(draw(*lead, width) for width in widths))
    return ControlledCase(weights, inputs, jnp.asarray(1.4), initial, cotangents)


def of_what_has_a_gradient(run, case: ControlledCase, limit: float):
    """`run` with noise and masks held, as a function of the rest; and the arguments for it."""

    def function(weights, encoded, measured, initial):
        inputs = case.inputs._replace(encoded=encoded, external_inputs=measured)
        return run(weights, inputs, case.scale, initial, limit)

    inputs = case.inputs
    return function, (case.weights, inputs.encoded, inputs.external_inputs, case.initial)


def assert_trees_close(one, other):
    one, other = jax.tree.leaves(one), jax.tree.leaves(other)
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def values_and_gradients(function, arguments, cotangents):
    values, pull_back = jax.vjp(function, *arguments)
    return values, pull_back(cotangents)
