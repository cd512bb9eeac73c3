"""Hand-written gradients against autodiff through a plain scan, and against finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.test_util import check_grads
from tests.gradient.plain import (
    BINS,
    TRIALS,
    UNITS,
    assert_trees_close,
    given_by,
    gru_step,
    quickly_compiled,
    randoms,
    values_and_gradients,
)

from lfads.model.recurrence.controlled import (
    ControlledGeneratorInputs,
    ControlledGeneratorOutputs,
    ControlledGeneratorState,
    ControlledGeneratorWeights,
    controlled_generator,
)
from lfads.model.recurrence.gates import GateInputs, Kernels
from lfads.model.recurrence.gru import gru_sequence

# --- a GRU over given inputs ----------------------------------------------------------------------


def plain_gru_sequence(weights, given, initial, valid, limit, reverse):
    def step(state, xs):
        given_now, valid_now = xs
        new = gru_step(weights, given_now, state, limit)
        if valid_now is not None:
            new = jnp.where(valid_now[:, None], new, state)
        return new, new

    return lax.scan(step, initial, (given, valid), reverse=reverse)[1]


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize(("limit", "reverse"), [(5.0, False), (0.3, True), (0.3, False)])
def test_gru_sequence(ragged: bool, limit: float, reverse: bool):
    with jax.enable_x64(True):
        draw = randoms(0)
        weights = Kernels(draw(UNITS, 2 * UNITS), draw(UNITS, UNITS))
        arguments = (weights, given_by(draw, UNITS), draw(TRIALS, UNITS))
        valid = jnp.arange(BINS)[:, None] < jnp.asarray([4, 1, 2])[None, :] if ragged else None
        cotangents = draw(BINS, TRIALS, UNITS)

        def hand_written(weights, given, initial):
            return gru_sequence(weights, given, initial, valid, limit, reverse)

        def plain(weights, given, initial):
            return plain_gru_sequence(weights, given, initial, valid, limit, reverse)

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
        weights = Kernels(draw(UNITS, 2 * UNITS), draw(UNITS, UNITS))
        arguments = (weights, given_by(draw, UNITS), draw(TRIALS, UNITS))
        valid = jnp.arange(BINS)[:, None] < jnp.asarray([4, 1, 2])[None, :]

        @jax.jit
        def states(weights, given, initial):
            return gru_sequence(weights, given, initial, valid, 0.8, True)

        check_grads(states, arguments, order=1, modes=["rev"], rtol=1e-6, atol=1e-7)


def test_what_stands_at_bins_that_do_not_count_changes_no_gradient():
    with jax.enable_x64(True):
        draw = randoms(2)
        weights = Kernels(draw(UNITS, 2 * UNITS), draw(UNITS, UNITS))
        initial, given = draw(TRIALS, UNITS), given_by(draw, UNITS)
        valid = jnp.ones((BINS, TRIALS), bool).at[2:, 0].set(False)

        def total(weights, given, initial):
            return (gru_sequence(weights, given, initial, valid, 5.0, False) ** 2).sum()

        gradient = quickly_compiled(jax.grad(total, argnums=(0, 1, 2)))
        clean = gradient(weights, given, initial)
        garbage = jax.tree.map(lambda x: x.at[2:, 0].set(1e30), given)
        other = gradient(weights, garbage, initial)
    assert all((np.asarray(d)[2:, 0] == 0).all() for d in clean[1])
    assert_trees_close(other, clean)


# --- controller and generator ---------------------------------------------------------------------

FACTORS, INPUTS, CONTROLLER = 2, 2, 2


def plus(given: GateInputs, seen, kernels: Kernels) -> GateInputs:
    return GateInputs(*(one + seen @ kernel for one, kernel in zip(given, kernels, strict=True)))


def plain_controlled_generator(weights, inputs, initial, limit):
    def dropped(values, kept):
        return values if kept is None else values * kept.astype(values.dtype) * inputs.keep_scale

    def step(state, now):
        fed_back = dropped(state.factors, now.factors_kept)
        given = plus(now.controller, fed_back, weights.factors_to_controller)
        controller = gru_step(weights.controller, given, state.controller, limit)
        posterior = controller @ weights.controller_to_posterior + weights.posterior_bias[None]
        mean, log_variance = posterior[:, :INPUTS], posterior[:, INPUTS:]
        sample = mean + jnp.sqrt(jnp.exp(log_variance)) * now.noise
        given = weights.generator_bias if now.generator is None else now.generator
        given = plus(given, sample, weights.inputs_to_generator)
        generator = gru_step(weights.generator, given, state.generator, limit)
        factors = dropped(generator, now.generator_kept) @ weights.generator_to_factors
        outputs = ControlledGeneratorOutputs(
            controller, generator, factors, mean, log_variance, sample
        )
        return ControlledGeneratorState(controller, generator, factors), outputs

    return lax.scan(step, initial, inputs._replace(keep_scale=None))[1]


def controlled_arguments(seed: int, *, driven: bool, factors_kept: bool, generator_kept: bool):
    draw = randoms(seed)
    weights = ControlledGeneratorWeights(
        controller=Kernels(draw(CONTROLLER, 2 * CONTROLLER), draw(CONTROLLER, CONTROLLER)),
        factors_to_controller=Kernels(draw(FACTORS, 2 * CONTROLLER), draw(FACTORS, CONTROLLER)),
        controller_to_posterior=draw(CONTROLLER, 2 * INPUTS),
        posterior_bias=draw(2 * INPUTS),
        generator=Kernels(draw(UNITS, 2 * UNITS), draw(UNITS, UNITS)),
        inputs_to_generator=Kernels(draw(INPUTS, 2 * UNITS), draw(INPUTS, UNITS)),
        generator_bias=None if driven else GateInputs(draw(1, 2 * UNITS), draw(1, UNITS)),
        generator_to_factors=draw(UNITS, FACTORS),
    )
    inputs = ControlledGeneratorInputs(
        controller=given_by(draw, CONTROLLER),
        generator=given_by(draw, UNITS) if driven else None,
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


def of_given(run, inputs):
    """`run` as a function of what has a gradient: masks and noise held."""

    def function(weights, controller, generator, initial):
        return run(weights, inputs._replace(controller=controller, generator=generator), initial)

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
            arguments = (weights, inputs.controller, inputs.generator, initial)
            return tuple(
                values_and_gradients(of_given(run, inputs), arguments, cotangents)
                for run in (mine, plain)
            )

        result, expected = both(weights, inputs, initial, cotangents)
        assert_trees_close(result, expected)
        assert (np.abs(result[0].generator) == limit).any() == (limit < 1)


def test_outputs_that_the_loss_leaves_out():
    """No cotangent reaches them then, which is told to the gradient apart from zeros."""
    with jax.enable_x64(True):
        (weights, inputs, initial), cotangents = controlled_arguments(
            5, driven=False, factors_kept=True, generator_kept=True
        )

        def loss(weights, initial, names: tuple[str, ...], run):
            outputs = run(weights, inputs, initial, 0.7)
            return sum((getattr(outputs, n) * getattr(cotangents, n)).sum() for n in names)

        for names in (("factors",), ("input_mean", "controller"), ("generator", "inferred_inputs")):
            mine, expected = (
                jax.grad(loss, argnums=(0, 1))(weights, initial, names, run)
                for run in (controlled_generator, plain_controlled_generator)
            )
            assert_trees_close(mine, expected)


def test_controlled_generator_by_finite_differences():
    with jax.enable_x64(True):
        (weights, inputs, initial), _ = controlled_arguments(
            4, driven=True, factors_kept=True, generator_kept=True
        )

        def with_limit(weights, inputs, initial):
            return controlled_generator(weights, inputs, initial, 0.7)

        run = jax.jit(of_given(with_limit, inputs))
        arguments = (weights, inputs.controller, inputs.generator, initial)
        check_grads(run, arguments, order=1, modes=["rev"], rtol=1e-5, atol=1e-7)
