"""Linear recurrent units: all bins at once against bin by bin."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from tests.model.test_generators import SETTINGS, assert_close, moved, randoms

from lfads.model.encoder import initialise_encoder
from lfads.model.lru import LRU, initialise_lru
from lfads.model.recurrence.diagonal import Complex, diagonal_recurrence

BINS, TRIALS, INPUTS, UNITS = 11, 3, 2, 6


@pytest.fixture(autouse=True)
def _float64():
    with jax.enable_x64(True):
        yield


def decay(seed: int) -> Complex:
    rng = np.random.default_rng(seed)
    found = rng.uniform(0.3, 0.99, UNITS) * np.exp(1j * rng.uniform(0, 3, UNITS))
    return Complex(jnp.asarray(found.real), jnp.asarray(found.imag))


@pytest.mark.parametrize("num_bins", [1, 2, 8, BINS])
def test_all_bins_at_once_are_a_loop_over_bins(num_bins: int):
    draw, a = randoms(0), decay(1)
    values = Complex(draw(num_bins, TRIALS, UNITS), draw(num_bins, TRIALS, UNITS))
    found = diagonal_recurrence(a, values)
    state, factor = np.zeros((TRIALS, UNITS), complex), np.asarray(a.re) + 1j * np.asarray(a.im)
    for t in range(num_bins):
        state = factor * state + np.asarray(values.re[t]) + 1j * np.asarray(values.im[t])
        np.testing.assert_allclose(found.re[t], state.real, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(found.im[t], state.imag, rtol=1e-12, atol=1e-14)


def test_the_gradient_is_that_of_finite_differences():
    draw = randoms(2)
    values = Complex(draw(BINS, TRIALS, UNITS), draw(BINS, TRIALS, UNITS))
    check_grads(diagonal_recurrence, (decay(3), values), order=1, modes=["rev"], rtol=1e-6)


def units(seed: int = 4) -> LRU:
    found = initialise_lru(np.random.default_rng(seed), INPUTS, UNITS)
    return jax.tree.map(lambda x: x + 0.1 * randoms(seed)(*x.shape), found)


def run(lru: LRU, inputs: jax.Array, **given) -> jax.Array:
    return lru.outputs(inputs, lru.start(inputs.shape[1]), **given)[0]


def test_stretches_one_after_the_other_are_the_whole():
    lru, inputs = units(), randoms(5)(BINS, TRIALS, INPUTS)
    whole, carried, parts = run(lru, inputs), lru.start(TRIALS), []
    for part in (slice(4), slice(4, 5), slice(5, None)):
        outputs, carried = lru.outputs(inputs[part], carried)
        parts.append(outputs)
    assert_close(jnp.concatenate(parts), whole)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_bin_sees_nothing_of_what_comes_behind_it(reverse: bool):
    lru, inputs = units(), randoms(6)(BINS, TRIALS, INPUTS)
    whole, seen = run(lru, inputs, reverse=reverse), slice(5, None) if reverse else slice(5)
    changed = jnp.full_like(inputs, 9.0).at[seen].set(inputs[seen])
    assert_close(run(lru, changed, reverse=reverse)[seen], whole[seen])
    assert np.abs(run(lru, changed, reverse=reverse) - whole).max() > 0.1


@pytest.mark.parametrize("reverse", [False, True])
def test_padding_changes_nothing(reverse: bool):
    lru, inputs, lengths = units(), randoms(7)(BINS, TRIALS, INPUTS), (BINS, 4, 1)
    valid = jnp.asarray(np.arange(BINS)[:, None] < np.array(lengths))
    padded = jnp.where(valid[:, :, None], inputs, 1e3)
    found = run(lru, padded, valid=valid, reverse=reverse)
    for trial, length in enumerate(lengths):
        own = slice(trial, trial + 1)
        alone = run(lru, inputs[:length, own], reverse=reverse)
        assert_close(found[:length, own], alone)
        assert_close(found[-1, own], alone[-1])


@pytest.mark.parametrize("kind", ["gru", "lru"])
def test_an_encoder_is_its_two_parts_and_goes_on_where_it_stopped(kind: str):
    config = dataclasses.replace(SETTINGS, encoder=kind, encoder_size=UNITS)
    encoder = initialise_encoder(np.random.default_rng(9), INPUTS, config)
    encoder, inputs = moved(encoder, 9), randoms(10)(BINS, TRIALS, INPUTS)
    forward, backward = encoder(inputs, None)
    assert backward is not None
    turned = dataclasses.replace(encoder, forward=encoder.backward)
    if kind == "gru":
        turned = dataclasses.replace(turned, forward_initial_state=encoder.backward_initial_state)
    assert_close(turned(inputs[::-1], None)[0][::-1], backward)
    carried, parts = encoder.start(TRIALS), []
    for part in (slice(4), slice(4, None)):
        states, carried = encoder.onwards(inputs[part], carried)
        parts.append(states)
    assert_close(jnp.concatenate(parts), forward)


def test_gradients_are_those_of_finite_differences():
    lru, inputs = units(), randoms(8)(5, 2, INPUTS)

    def outputs(*given) -> jax.Array:
        return run(*jax.tree.map(jnp.asarray, given))

    check_grads(jax.jit(outputs), (lru, inputs), order=1, modes=["rev"], rtol=1e-5)
