"""What every way through time keeps to: plain equations, and what a network asks of its recurrences."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.gradient.plain import (
    ControlledSizes,
    of_what_has_a_gradient,
    plain_controlled,
    plain_gru,
    random_weights,
    values_and_gradients,
)
from tests.recurrence.paths import (
    WAYS,
    as_double,
    assert_close,
    assert_same,
    case_of,
    compiled,
    of_every_way,
    single,
)

BINS, TRIALS = 4, 5


def gru_arguments(seed: int, inputs: int, units: int, bins: int = BINS, trials: int = TRIALS):
    draw = single(seed)
    weights = random_weights(draw, inputs, units)
    return weights, draw(bins, trials, inputs), draw(trials, units)


@of_every_way
@pytest.mark.parametrize(
    ("inputs", "units", "trials", "ragged", "reverse", "limit"),
    [
        (3, 17, 9, False, False, 5.0),
        (1, 16, 5, True, True, 0.3),
        (7, 3, 1, True, False, 5.0),
        (0, 5, 2, False, True, 0.3),
    ],
)
def test_a_gru_is_its_equations(way, inputs, units, trials, ragged, reverse, limit):
    arguments = gru_arguments(0, inputs, units, trials=trials)
    ends = np.random.default_rng(1).integers(1, BINS + 1, trials)
    valid = jnp.asarray(np.arange(BINS)[:, None] < ends) if ragged else None
    cotangents = single(2)(BINS, trials, units)
    options = {"valid": valid, "limit": limit, "reverse": reverse}
    run = partial(WAYS[way].gru, **options)
    found = compiled(partial(values_and_gradients, run))(arguments, cotangents)
    with jax.enable_x64(True):
        run = partial(plain_gru, **options)
        expected = compiled(partial(values_and_gradients, run))(
            as_double(arguments), as_double(cotangents)
        )
    assert_close(found, expected)


@of_every_way
@pytest.mark.parametrize(
    ("sizes", "dropout", "limit"),
    [
        (ControlledSizes(BINS, 9, 5, 3, 6, 1, 0, 17), True, 5.0),
        (ControlledSizes(BINS, 1, 3, 17, 16, 5, 3, 8), True, 0.4),
        (ControlledSizes(1, 5, 2, 1, 3, 2, 1, 4), False, 5.0),
    ],
)
def test_controller_and_generator_are_their_equations(way, sizes, dropout, limit):
    case = case_of(3, sizes, dropout=dropout)

    def both_of(run, case):
        return values_and_gradients(*of_what_has_a_gradient(run, case, limit), case.cotangents)

    found = compiled(partial(both_of, WAYS[way].controlled))(case)
    with jax.enable_x64(True):
        expected = compiled(partial(both_of, plain_controlled))(as_double(case))
    assert_close(found, expected)


SIZES = ControlledSizes(BINS, TRIALS, 3, 2, 4, 1, 0, 5)


@of_every_way
def test_what_the_loss_leaves_out_changes_nothing_else(way):
    case = case_of(4, SIZES, dropout=True)

    @partial(compiled, static_argnums=1)
    def gradient(case, run):
        def loss(weights):
            outputs = run(weights, case.inputs, case.scale, case.initial, 5.0)
            return (outputs.factors * case.cotangents.factors).sum() + outputs.input_mean.sum()

        return jax.grad(loss)(case.weights)

    assert_close(gradient(case, WAYS[way].controlled), gradient(case, plain_controlled))


@of_every_way
def test_without_a_gradient_the_numbers_are_the_same(way):
    arguments, case = gru_arguments(5, 3, 5), case_of(5, SIZES, dropout=False)

    @compiled
    def both(arguments, case):
        gru = partial(WAYS[way].gru, valid=None, limit=5.0, reverse=False)
        controlled, given = of_what_has_a_gradient(WAYS[way].controlled, case, 5.0)
        with_gradient = jax.vjp(gru, *arguments)[0], jax.vjp(controlled, *given)[0]
        return (gru(*arguments), controlled(*given)), with_gradient

    assert_same(*both(arguments, case))


@of_every_way
def test_members_side_by_side_are_each_alone(way):
    """Bit for bit by kernels, which are called for each; a scan's products become batched ones."""
    members = [case_of(seed, SIZES, dropout=True) for seed in (6, 7)]
    equal = assert_same if way == "native" else assert_close

    def gradients(case):
        controlled = of_what_has_a_gradient(WAYS[way].controlled, case, 5.0)
        gru = WAYS[way].gru(
            case.weights.generator, case.inputs.noise, case.initial.generator, None, 5.0, True
        )
        return values_and_gradients(*controlled, case.cotangents), gru

    together = jax.tree.map(lambda *arrays: jnp.stack(arrays), *members)
    found, alone = compiled(jax.vmap(gradients))(together), compiled(gradients)
    for number, member in enumerate(members):
        equal(jax.tree.map(lambda x, n=number: x[n], found), alone(member))


@of_every_way
def test_a_trial_is_the_same_among_others(way):
    weights, inputs, initial = gru_arguments(8, 3, 9, trials=70)
    run = compiled(partial(WAYS[way].gru, valid=None, limit=5.0, reverse=False))
    whole = np.asarray(run(weights, inputs, initial))
    for first, last in ((0, 1), (63, 66), (69, 70)):
        alone = run(weights, inputs[:, first:last], initial[first:last])
        assert_close(alone, whole[:, first:last], 1e-6)
    assert_same(run(weights, inputs, initial), whole)


@of_every_way
def test_nan_stays_nan_in_its_trial(way):
    weights, inputs, initial = gru_arguments(9, 3, 5)
    inputs = inputs.at[1, 2, 0].set(jnp.nan)
    states = WAYS[way].gru(weights, inputs, initial, None, 5.0, False)
    missing = np.asarray(np.isnan(states).all(axis=-1))
    assert missing[1:, 2].all()
    assert not np.delete(missing, 2, axis=1).any()
    assert not missing[0].any()
    case = case_of(9, SIZES, dropout=True)
    inputs = case.inputs._replace(noise=case.inputs.noise.at[2, 1, 0].set(jnp.nan))
    outputs = WAYS[way].controlled(case.weights, inputs, case.scale, case.initial, 5.0)
    missing = np.asarray(np.isnan(outputs.factors).any(axis=-1))
    assert missing[2:, 1].all()
    assert not np.delete(missing, 1, axis=1).any()
    assert not missing[:2].any()


@of_every_way
def test_large_numbers_saturate(way):
    weights, inputs, initial = gru_arguments(10, 3, 5)
    states = WAYS[way].gru(weights, 1e30 * inputs, initial, None, 5.0, False)
    expected = plain_gru(weights, 1e30 * inputs, initial, None, 5.0, False)
    assert_close(states, expected, 1e-6)
