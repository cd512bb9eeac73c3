"""Coordinated dropout: what is seen is not scored, what is scored was not seen."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lfads.augmentation.augmentation import with_gradient_weight
from lfads.augmentation.coordinated_dropout import (
    Mask,
    draw_coordinated_dropout,
    hide,
    scored_weight,
)
from lfads.randomness import run_key, trial_keys

RATE = 0.4


def mask_and_counts(rate: float = RATE) -> tuple[Mask, jax.Array]:
    keys = trial_keys(run_key(0), jnp.arange(3))
    counts = np.random.default_rng(0).poisson(2.0, (6, 3, 5))
    return draw_coordinated_dropout(keys, jnp.float32(rate), 6, 5), jnp.asarray(counts, jnp.float32)


def test_each_sample_is_seen_or_scored_never_both():
    mask, counts = mask_and_counts()
    shown = np.asarray(hide(counts, mask, 0))
    weight = np.asarray(scored_weight(mask, jnp.float32(RATE), rescale=False))
    seen = np.asarray(mask.seen)
    assert (weight[seen] == 0).all()
    assert (weight[~seen] == 1).all()
    assert (shown[~seen] == 0).all()
    np.testing.assert_allclose(shown[seen], np.asarray(counts)[seen] / (1 - RATE), rtol=1e-6)


def test_what_is_hidden_cannot_reach_the_encoders():
    mask, counts = mask_and_counts()
    other = jnp.where(mask.seen, counts, 99)
    np.testing.assert_array_equal(hide(counts, mask, 0), hide(other, mask, 0))


@pytest.mark.parametrize("num_exempt", [0, 2, 6])
def test_exempt_bins_are_left_alone(num_exempt: int):
    mask, counts = mask_and_counts()
    shown = hide(counts, mask, num_exempt)
    np.testing.assert_array_equal(shown[:num_exempt], counts[:num_exempt])
    np.testing.assert_array_equal(shown[num_exempt:], hide(counts, mask, 0)[num_exempt:])


def test_rescaling_divides_by_the_fraction_scored():
    mask, _ = mask_and_counts()
    weight = np.asarray(scored_weight(mask, jnp.float32(RATE), rescale=True))
    np.testing.assert_allclose(weight[~np.asarray(mask.seen)], 1 / RATE, rtol=1e-6)


@pytest.mark.parametrize("rescale", [False, True])
def test_rate_zero_turns_it_off(rescale: bool):
    mask, counts = mask_and_counts(0.0)
    np.testing.assert_array_equal(hide(counts, mask, 0), counts)
    assert (np.asarray(scored_weight(mask, jnp.float32(0), rescale=rescale)) == 1).all()


def test_gradient_weight_changes_gradients_alone():
    values, weight = jnp.asarray([1.0, 2.0, 3.0]), jnp.asarray([0.0, 1.0, 2.5])

    def total(values):
        weighted = with_gradient_weight(values**2, weight)
        return weighted.sum(), weighted

    gradient, kept = jax.grad(total, has_aux=True)(values)
    np.testing.assert_allclose(kept, [1, 4, 9], rtol=1e-6)
    np.testing.assert_allclose(gradient, [0, 4, 15], rtol=1e-6)
