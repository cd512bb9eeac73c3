"""Hand-written gradients against autodiff through a plain scan, and against finite differences."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from tests.gradient.plain import (
    BINS,
    TRIALS,
    UNITS,
    ControlledSizes,
    assert_trees_close,
    controlled_case,
    of_what_has_a_gradient,
    plain_controlled,
    plain_gru,
    quickly_compiled,
    random_weights,
    randoms,
    values_and_gradients,
)

from lfads.model.recurrence.controlled import controlled_generator
from lfads.model.recurrence.gru import gru_sequence

# --- a GRU over given inputs ----------------------------------------------------------------------

INPUTS = 2


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize(("limit", "reverse"), [(5.0, False), (0.3, True), (0.3, False)])
def test_gru_sequence(ragged: bool, limit: float, reverse: bool):
    with jax.enable_x64(True):
        draw = randoms(0)
        arguments = (
            random_weights(draw, INPUTS, UNITS), draw(BINS, TRIALS, INPUTS), draw(TRIALS, UNITS)
        )  # fmt: skip
        valid = jnp.arange(BINS)[:, None] < jnp.asarray([4, 1, 2])[None, :] if ragged else None
        cotangents = draw(BINS, TRIALS, UNITS)

        @quickly_compiled
        def both(arguments, cotangents):
            return tuple(
                values_and_gradients(
                    partial(run, valid=valid, limit=limit, reverse=reverse), arguments, cotangents
                )
                for run in (gru_sequence, plain_gru)
            )

        mine, expected = both(arguments, cotangents)
        assert_trees_close(mine, expected)
        clipped = np.abs(mine[0]) == limit
        assert clipped.any() == (limit < 1)


@pytest.mark.parametrize("num_inputs", [INPUTS, 0])
def test_gru_sequence_by_finite_differences(num_inputs: int):
    with jax.enable_x64(True):
        draw = randoms(1)
        weights = random_weights(draw, num_inputs, UNITS)
        arguments = (weights, draw(BINS, TRIALS, num_inputs), draw(TRIALS, UNITS))
        valid = jnp.arange(BINS)[:, None] < jnp.asarray([4, 1, 2])[None, :]

        @jax.jit
        def states(weights, inputs, initial):
            return gru_sequence(weights, inputs, initial, valid, 0.8, True)

        check_grads(states, arguments, order=1, modes=["rev"], rtol=1e-6, atol=1e-7)


def test_what_stands_at_bins_that_do_not_count_changes_no_gradient():
    with jax.enable_x64(True):
        draw = randoms(2)
        weights = random_weights(draw, INPUTS, UNITS)
        initial, inputs = draw(TRIALS, UNITS), draw(BINS, TRIALS, INPUTS)
        valid = jnp.ones((BINS, TRIALS), bool).at[2:, 0].set(False)

        def total(weights, inputs, initial):
            return (gru_sequence(weights, inputs, initial, valid, 5.0, False) ** 2).sum()

        gradient = quickly_compiled(jax.grad(total, argnums=(0, 1, 2)))
        clean = gradient(weights, inputs, initial)
        other = gradient(weights, inputs.at[2:, 0].set(1e30), initial)
    assert (np.asarray(clean[1])[2:, 0] == 0).all()
    assert_trees_close(other, clean)


# --- controller and generator ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("num_measured", "factors_kept", "generator_kept", "limit"),
    [(0, False, False, 5.0), (1, True, True, 0.3), (0, False, True, 0.3), (0, True, False, 5.0)],
)
def test_controlled_generator(
    num_measured: int, factors_kept: bool, generator_kept: bool, limit: float
):
    with jax.enable_x64(True):
        case = controlled_case(
            randoms(3), ControlledSizes(measured=num_measured),
            factors_kept=factors_kept, generator_kept=generator_kept,
        )  # fmt: skip

        @quickly_compiled
        def both(case):
            return tuple(
                values_and_gradients(*of_what_has_a_gradient(run, case, limit), case.cotangents)
                for run in (controlled_generator, plain_controlled)
            )

        result, expected = both(case)
        assert_trees_close(result, expected)
        assert (np.abs(result[0].generator) == limit).any() == (limit < 1)


def test_outputs_that_the_loss_leaves_out():
    """No cotangent reaches them then, which is told to the gradient apart from zeros."""
    with jax.enable_x64(True):
        case = controlled_case(
            randoms(5), ControlledSizes(), factors_kept=True, generator_kept=True
        )

        def loss(weights, initial, names: tuple[str, ...], run):
            outputs = run(weights, case.inputs, case.scale, initial, 0.7)
            return sum((getattr(outputs, n) * getattr(case.cotangents, n)).sum() for n in names)

        for names in (("factors",), ("input_mean", "controller"), ("generator", "inferred_inputs")):
            mine, expected = (
                jax.grad(loss, argnums=(0, 1))(case.weights, case.initial, names, run)
                for run in (controlled_generator, plain_controlled)
            )
            assert_trees_close(mine, expected)


def test_controlled_generator_by_finite_differences():
    with jax.enable_x64(True):
        case = controlled_case(
            randoms(4), ControlledSizes(measured=1), factors_kept=True, generator_kept=True
        )
        run, arguments = of_what_has_a_gradient(controlled_generator, case, 0.7)
        check_grads(jax.jit(run), arguments, order=1, modes=["rev"], rtol=1e-5, atol=1e-7)
