"""Numbers of a trial depend on its key alone: not on its batch, nor on how far it is padded."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.random import threefry2x32_p
from scipy import stats

from lfads.model.noise import NoiseSizes, draw_noise
from lfads.randomness import (
    as_kept,
    as_normal,
    draw_words,
    num_mask_words,
    run_key,
    threefry,
    trial_keys,
)

SIZES = NoiseSizes(
    num_bins=4, num_encoded_bins=3, first_decoded_bin=1, encoder_inputs=3, code=4, encoded=4,
    factors=3, generator=5, external_inputs=1, latent=2, inferred_inputs=2,
)  # fmt: skip


def keys(*trials: int):
    return trial_keys(run_key(0), jnp.asarray(trials))


def sizes(**changed: int) -> NoiseSizes:
    return NoiseSizes(**{**vars(SIZES), **changed})


def test_words_are_those_published_for_threefry():
    """The known answer of Random123 at key 0 and counter 0."""
    words = draw_words(jnp.zeros((1, 2), jnp.uint32), 0, 1, 2)
    assert [hex(w) for w in np.asarray(words).ravel()] == ["0x6b200159", "0x99ba4efe"]


def test_threefry_is_that_of_jax():
    words = jnp.asarray(np.random.default_rng(0).integers(0, 2**32, (4, 50), np.uint32))
    for mine, theirs in zip(threefry(*words), threefry2x32_p.bind(*words), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("num_columns", [1, 4, 5])
def test_words_are_a_prefix_of_those_of_a_longer_trial(num_columns: int):
    short, long = (draw_words(keys(0, 1), 3, bins, num_columns) for bins in (4, 11))
    assert short.shape == (4, 2, num_columns)
    np.testing.assert_array_equal(short, long[:4])


def test_a_trial_keeps_its_words_in_another_batch():
    one, other = draw_words(keys(0, 1, 2), 3, 5, 3), draw_words(keys(2, 9, 0, 4), 3, 5, 3)
    np.testing.assert_array_equal(one[:, 2], other[:, 0])
    np.testing.assert_array_equal(one[:, 0], other[:, 2])


def test_no_word_comes_twice():
    drawn = [draw_words(trial_keys(run_key(s), jnp.arange(9)), use, 20, 7) for s in (0, 1)
             for use in (0, 1, 2)]  # fmt: skip
    words = np.stack(drawn).ravel()
    assert len(words) - len(np.unique(words)) <= 2  # of 7560 words of 32 bits: 0.007 expected


def test_noise_of_a_padded_trial_starts_with_that_of_the_trial():
    rate = jnp.float32(0.3)
    one = draw_noise(keys(0, 1), SIZES, rate)
    padded = draw_noise(keys(0, 1), sizes(num_bins=9, num_encoded_bins=8), rate)
    shorter = jax.tree.map(
        lambda long, short: long if long.ndim < 3 else long[: len(short)], padded, one
    )
    jax.tree.map(np.testing.assert_array_equal, shorter, one)
    assert one.dropout is not None
    assert one.dropout.generator.shape == (3, 2, 5)
    assert one.dropout.encoder_inputs.shape == (3, 2, 3)


def test_evaluation_draws_no_masks_and_an_autonomous_network_no_inputs():
    assert draw_noise(keys(0), SIZES, None).dropout is None
    noise = draw_noise(keys(0), sizes(inferred_inputs=0, encoded=0), jnp.float32(0.3))
    assert noise.inferred_inputs is None
    assert noise.dropout is not None
    assert (noise.dropout.encoded, noise.dropout.factors) == (None, None)


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.9])
def test_masks_keep_as_often_as_asked_and_independently(rate: float):
    words = draw_words(keys(*range(50)), 3, 100, num_mask_words(19))
    kept = np.asarray(as_kept(words, jnp.float32(rate), 19))
    assert kept.shape == (100, 50, 19)
    error = 4 * np.sqrt(rate * (1 - rate) / kept.size) + 2.0**-16
    assert abs(kept.mean() - (1 - rate)) <= error
    if rate > 0:  # two masks come from one word, 10 columns apart
        for axis, apart in [(0, 1), (1, 1), (2, 1), (2, 10)]:
            first = np.take(kept, range(kept.shape[axis] - apart), axis).ravel()
            second = np.take(kept, range(apart, kept.shape[axis]), axis).ravel()
            assert abs(np.corrcoef(first, second)[0, 1]) < 4.5 / len(first) ** 0.5


def test_noise_is_standard_normal():
    noise = np.asarray(as_normal(draw_words(keys(*range(50)), 0, 100, 20))).ravel()
    assert np.isfinite(noise).all()
    assert stats.kstest(noise, "norm").pvalue > 1e-3


def test_extreme_words_give_finite_noise():
    words = jnp.asarray([[[0, 2**32 - 1, 2**31, 2**31 - 1]]], jnp.uint32)
    noise = np.asarray(as_normal(words))[0, 0]
    assert np.isfinite(noise).all()
    assert noise[0] < -5
    assert noise[1] > 5
    np.testing.assert_allclose(noise[2:], 0, atol=1e-6)
