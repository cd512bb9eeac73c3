"""Numbers of a trial depend on its key alone: not on its batch, nor on how far it is padded."""

import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from lfads.randomness import draw_kept, draw_normal, trial_keys

RATE = np.float32(0.3)


def keys(*trials: int):
    return trial_keys(jr.key(0), jnp.asarray(trials))


@pytest.mark.parametrize("width", [1, 4, 5])
def test_masks_are_a_prefix_of_those_of_a_longer_trial(width: int):
    short = draw_kept(keys(0, 1), 3, jnp.asarray(RATE), 4, width)
    long = draw_kept(keys(0, 1), 3, jnp.asarray(RATE), 11, width)
    assert short.shape == (4, 2, width)
    np.testing.assert_array_equal(short, long[:4])


def test_noise_is_a_prefix_of_that_of_a_longer_trial():
    short, long = draw_normal(keys(0, 1), 1, 4, 3), draw_normal(keys(0, 1), 1, 11, 3)
    assert short.shape == (4, 2, 3)
    np.testing.assert_array_equal(short, long[:4])
    assert draw_normal(keys(0, 1), 0, 5).shape == (2, 5)


def test_a_trial_keeps_its_numbers_in_another_batch():
    rate = jnp.asarray(RATE)
    one, other = draw_kept(keys(0, 1, 2), 3, rate, 5, 3), draw_kept(keys(2, 9, 0, 4), 3, rate, 5, 3)
    np.testing.assert_array_equal(one[:, 2], other[:, 0])
    np.testing.assert_array_equal(one[:, 0], other[:, 2])
    normal, again = draw_normal(keys(0, 1), 1, 5, 3), draw_normal(keys(1), 1, 5, 3)
    np.testing.assert_array_equal(normal[:, 1], again[:, 0])


def test_trials_and_uses_differ():
    draws = [draw_normal(keys(i), use, 2, 2) for i, use in [(0, 0), (1, 0), (0, 1)]]
    assert len({np.asarray(d).tobytes() for d in draws}) == 3


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.9])
def test_masks_keep_as_often_as_asked_and_independently(rate: float):
    kept = np.asarray(draw_kept(keys(*range(50)), 3, jnp.asarray(rate, jnp.float32), 100, 20))
    error = 4 * np.sqrt(rate * (1 - rate) / kept.size) + 2.0**-16
    assert abs(kept.mean() - (1 - rate)) <= error
    if rate > 0:  # two masks come from one random word
        for axis in range(3):
            first, second = np.delete(kept, -1, axis), np.delete(kept, 0, axis)
            assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 4 / kept.size**0.5
