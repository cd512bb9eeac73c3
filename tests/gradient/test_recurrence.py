"""Hand-written gradients against autodiff through a plain scan, and against finite differences."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.test_util import check_grads

from lfads.model.recurrence import (
    ControlledGeneratorInputs,
    ControlledGeneratorOutputs,
    ControlledGeneratorState,
    ControlledGeneratorWeights,
    RecurrentWeights,
    controlled_generator,
    gru_sequence,
)
from lfads.model.segments import in_time_segments

BINS, TRIALS, UNITS = 4, 3, 3
quickly_compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def randoms(seed: int):
    """A function that draws float64 arrays of a given shape."""
    rng = np.random.default_rng(seed)
    return lambda *shape: jnp.asarray(rng.standard_normal(shape))


def gru_step(weights: RecurrentWeights, projection, state, limit):
    """Equation by equation, without a gradient of its own."""
    size = state.shape[-1]
    z = jax.nn.sigmoid(projection[:, :size] + state @ weights.gates[:, :size])
    r = jax.nn.sigmoid(projection[:, size : 2 * size] + state @ weights.gates[:, size:])
    n = jnp.tanh(projection[:, 2 * size :] + (r * state) @ weights.candidate)
    return jnp.clip(z * state + (1 - z) * n, -limit, limit)


def assert_trees_close(one, other):
    one, other = jax.tree.leaves(one), jax.tree.leaves(other)
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def values_and_gradients(function, arguments, cotangents):
    values, pull_back = jax.vjp(function, *arguments)
    return values, pull_back(cotangents)


# --- a GRU over given inputs ----------------------------------------------------------------------


def plain_gru_sequence(weights, projections, initial, valid, limit, reverse):
    def step(state, xs):
        projection, valid_now = xs
        new = gru_step(weights, projection, state, limit)
        if valid_now is not None:
            new = jnp.where(valid_now[:, None], new, state)
        return new, new

    return lax.scan(step, initial, (projections, valid), reverse=reverse)[1]


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize(("limit", "reverse"), [(5.0, False), (0.3, True), (0.3, False)])
def test_gru_sequence(ragged: bool, limit: float, reverse: bool):
    with jax.enable_x64(True):
        draw = randoms(0)
        weights = RecurrentWeights(draw(UNITS, 2 * UNITS), draw(UNITS, UNITS))
        arguments = (weights, draw(BINS, TRIALS, 3 * UNITS), draw(TRIALS, UNITS))
        valid = jnp.arange(BINS)[:, None] < jnp.asarray([4, 1, 2])[None, :] if ragged else None
        cotangents = draw(BINS, TRIALS, UNITS)

        def hand_written(weights, projections, initial):
            return gru_sequence(weights, projections, initial, valid, limit, reverse)

        def plain(weights, projections, initial):
            return plain_gru_sequence(weights, projections, initial, valid, limit, reverse)

        @quickly_compiled
        def both(arguments, cotangents):
            return tuple(
                values_and_gradients(f, arguments, cotangents) for f in (hand_written, plain)
            )

        mine, expected = both(arguments, cotangents)
        assert_trees_close(mine, expected)
        clipped = np.abs(mine[0]) == limit
        assert clipped.any() == (limit < 1)


def test_gru_sequence_by_finite_differences():
    with jax.enable_x64(True):
        draw = randoms(1)
        weights = RecurrentWeights(draw(UNITS, 2 * UNITS), draw(UNITS, UNITS))
        arguments = (weights, draw(BINS, TRIALS, 3 * UNITS), draw(TRIALS, UNITS))
        valid = jnp.arange(BINS)[:, None] < jnp.asarray([4, 1, 2])[None, :]

        @jax.jit
        def states(weights, projections, initial):
            return gru_sequence(weights, projections, initial, valid, 0.8, True)

        check_grads(states, arguments, order=1, modes=["rev"], rtol=1e-6, atol=1e-7)


def test_what_stands_at_bins_that_do_not_count_changes_no_gradient():
    with jax.enable_x64(True):
        draw = randoms(2)
        weights = RecurrentWeights(draw(UNITS, 2 * UNITS), draw(UNITS, UNITS))
        initial, projections = draw(TRIALS, UNITS), draw(BINS, TRIALS, 3 * UNITS)
        valid = jnp.ones((BINS, TRIALS), bool).at[2:, 0].set(False)

        def total(weights, projections, initial):
            return (gru_sequence(weights, projections, initial, valid, 5.0, False) ** 2).sum()

        gradient = quickly_compiled(jax.grad(total, argnums=(0, 1, 2)))
        clean = gradient(weights, projections, initial)
        other = gradient(weights, projections.at[2:, 0].set(1e30), initial)
    assert (np.asarray(clean[1])[2:, 0] == 0).all()
    assert_trees_close(other, clean)


# --- controller and generator ---------------------------------------------------------------------

FACTORS, INPUTS, CONTROLLER = 2, 2, 2


def plain_controlled_generator(weights, inputs, initial, limit):
    def dropped(values, kept):
        return values if kept is None else values * kept.astype(values.dtype) * inputs.keep_scale

    def step(state, now):
        fed_back = dropped(state.factors, now.factors_kept)
        projection = now.controller_projections + fed_back @ weights.factor_to_controller
        controller = gru_step(weights.controller, projection, state.controller, limit)
        posterior = controller @ weights.controller_to_posterior + weights.posterior_bias[None]
        mean, log_variance = posterior[:, :INPUTS], posterior[:, INPUTS:]
        sample = mean + jnp.sqrt(jnp.exp(log_variance)) * now.noise
        projection = sample @ weights.input_to_generator + weights.generator_bias[None]
        if now.generator_projections is not None:
            projection = projection + now.generator_projections
        generator = gru_step(weights.generator, projection, state.generator, limit)
        factors = dropped(generator, now.generator_kept) @ weights.generator_to_factor
        outputs = ControlledGeneratorOutputs(
            controller, generator, factors, mean, log_variance, sample
        )
        return ControlledGeneratorState(controller, generator, factors), outputs

    return lax.scan(step, initial, inputs._replace(keep_scale=None))[1]


def controlled_arguments(seed: int, *, driven: bool, factors_kept: bool, generator_kept: bool):
    draw = randoms(seed)
    weights = ControlledGeneratorWeights(
        controller=RecurrentWeights(draw(CONTROLLER, 2 * CONTROLLER), draw(CONTROLLER, CONTROLLER)),
        factor_to_controller=draw(FACTORS, 3 * CONTROLLER),
        controller_to_posterior=draw(CONTROLLER, 2 * INPUTS),
        posterior_bias=draw(2 * INPUTS),
        input_to_generator=draw(INPUTS, 3 * UNITS),
        generator=RecurrentWeights(draw(UNITS, 2 * UNITS), draw(UNITS, UNITS)),
        generator_bias=draw(3 * UNITS),
        generator_to_factor=draw(UNITS, FACTORS),
    )
    inputs = ControlledGeneratorInputs(
        controller_projections=draw(BINS, TRIALS, 3 * CONTROLLER),
        generator_projections=draw(BINS, TRIALS, 3 * UNITS) if driven else None,
        noise=draw(BINS, TRIALS, INPUTS),
        factors_kept=draw(BINS, TRIALS, FACTORS) > -0.5 if factors_kept else None,
        generator_kept=draw(BINS, TRIALS, UNITS) > -0.5 if generator_kept else None,
        keep_scale=jnp.asarray(1.4),
    )
    initial = ControlledGeneratorState(
        draw(TRIALS, CONTROLLER), draw(TRIALS, UNITS), draw(TRIALS, FACTORS)
    )
    sizes = (CONTROLLER, UNITS, FACTORS, INPUTS, INPUTS, INPUTS)
    cotangents = ControlledGeneratorOutputs(*(draw(BINS, TRIALS, size) for size in sizes))
    return (weights, inputs, initial), cotangents


def of_projections(run, inputs):
    """`run` as a function of what has a gradient: masks and noise held."""

    def function(weights, controller_projections, generator_projections, initial):
        now = inputs._replace(
            controller_projections=controller_projections,
            generator_projections=generator_projections,
        )
        return run(weights, now, initial)

    return function


@pytest.mark.parametrize(
    ("driven", "factors_kept", "generator_kept", "limit"),
    [
        (False, False, False, 5.0),
        (True, True, True, 0.3),
        (False, False, True, 0.3),
        (False, True, False, 5.0),
    ],
)
def test_controlled_generator(driven: bool, factors_kept: bool, generator_kept: bool, limit: float):
    with jax.enable_x64(True):
        (weights, inputs, initial), cotangents = controlled_arguments(
            3, driven=driven, factors_kept=factors_kept, generator_kept=generator_kept
        )

        def mine(weights, inputs, initial):
            return controlled_generator(weights, inputs, initial, limit)

        def plain(weights, inputs, initial):
            return plain_controlled_generator(weights, inputs, initial, limit)

        @quickly_compiled
        def both(weights, inputs, initial, cotangents):
            arguments = (
                weights, inputs.controller_projections, inputs.generator_projections, initial
            )  # fmt: skip
            return tuple(
                values_and_gradients(of_projections(run, inputs), arguments, cotangents)
                for run in (mine, plain)
            )

        result, expected = both(weights, inputs, initial, cotangents)
        assert_trees_close(result, expected)
        assert (np.abs(result[0].generator) == limit).any() == (limit < 1)


def test_controlled_generator_by_finite_differences():
    with jax.enable_x64(True):
        (weights, inputs, initial), _ = controlled_arguments(
            4, driven=True, factors_kept=True, generator_kept=True
        )

        def with_limit(weights, inputs, initial):
            return controlled_generator(weights, inputs, initial, 0.7)

        run = jax.jit(of_projections(with_limit, inputs))
        arguments = (weights, inputs.controller_projections, inputs.generator_projections, initial)
        check_grads(run, arguments, order=1, modes=["rev"], rtol=1e-6, atol=1e-7)


# --- stretches of time ----------------------------------------------------------------------------


@pytest.mark.parametrize("reverse", [False, True])
def test_segments_change_no_value_and_no_gradient(reverse: bool):
    num_bins = 7

    def run(weights, initial, xs, num_segments: int):
        def cell(state, x):
            values, counts = x
            new = jnp.tanh(state @ weights + values)
            return new, {"state": new, "count": counts}

        def stretch(state, xs):
            return lax.scan(cell, state, xs, reverse=reverse)

        return in_time_segments(stretch, initial, xs, num_segments, reverse=reverse)

    @quickly_compiled
    def for_each_number(weights, initial, values, cotangents):
        def gradients(num_segments: int):
            def total(weights, initial, values):
                outputs = run(weights, initial, (values, jnp.arange(num_bins)), num_segments)
                return (outputs["state"] * cotangents).sum(), outputs

            return jax.grad(total, argnums=(0, 1, 2), has_aux=True)(weights, initial, values)

        return [gradients(number) for number in (1, 2, 3, 4, 6, 7, 9)]

    with jax.enable_x64(True):
        draw = randoms(5)
        whole, *others = for_each_number(
            draw(UNITS, UNITS), draw(TRIALS, UNITS), draw(num_bins, TRIALS, UNITS),
            draw(num_bins, TRIALS, UNITS),
        )  # fmt: skip
    for other in others:
        assert_trees_close(other, whole)
    np.testing.assert_array_equal(whole[1]["count"], np.arange(num_bins))
