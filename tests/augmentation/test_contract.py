"""What every augmentation keeps, those of other packages among them."""

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lfads.augmentation.augmentation import FIRST_USE, Augmentation, Given, augmented
from lfads.checks import UserError
from lfads.config import ObjectiveConfig
from lfads.hyperparameters import HyperParameterSettings
from lfads.parts import load, parts
from lfads.randomness import run_key, trial_keys

COUNTS = jnp.asarray(np.random.default_rng(0).poisson(2.0, (8, 4, 5)), jnp.float32)


def given(trials: Iterable[int] = range(4), **changes: Any) -> Given:
    hyperparameters = HyperParameterSettings(coordinated_dropout_rate=0.3).traced()
    keys = trial_keys(run_key(0), jnp.asarray(list(trials)))
    usual = Given(keys, FIRST_USE, hyperparameters, ObjectiveConfig(), 0, None)
    return usual._replace(**changes)


@pytest.fixture(params=list(parts("augmentations")))
def augmentation(request) -> Augmentation:
    found = load("augmentations", request.param)()
    assert isinstance(found, Augmentation)
    return found


def test_shapes_stay_and_weights_are_finite_and_not_negative(augmentation):
    found = jax.jit(lambda values: augmentation(values, given()))(COUNTS)
    assert found.values.shape == COUNTS.shape
    assert np.isfinite(found.values).all()
    if found.weight is not None:
        assert found.weight.shape == COUNTS.shape
        assert (np.asarray(found.weight) >= 0).all()


def test_the_same_key_gives_the_same(augmentation):
    once, again = augmentation(COUNTS, given()), augmentation(COUNTS, given())
    np.testing.assert_array_equal(once.values, again.values)


def test_a_trial_depends_on_no_other(augmentation):
    together, alone = augmentation(COUNTS, given()), augmentation(COUNTS[:, 2:3], given([2]))
    np.testing.assert_allclose(together.values[:, 2:3], alone.values, rtol=1e-6)
    if together.weight is not None:
        np.testing.assert_allclose(together.weight[:, 2:3], alone.weight, rtol=1e-6)


def test_exempt_bins_are_seen_as_they_are(augmentation):
    found = augmentation(COUNTS, given(num_exempt_bins=3))
    np.testing.assert_array_equal(found.values[:3], COUNTS[:3])


def test_longer_padding_changes_nothing_before_it(augmentation):
    padded = jnp.concatenate([COUNTS, jnp.zeros((3, 4, 5))])
    valid = jnp.broadcast_to(jnp.arange(11)[:, None] < 8, (11, 4))
    long = augmentation(padded, given(valid=valid))
    short = augmentation(COUNTS, given(valid=valid[:8]))
    np.testing.assert_allclose(long.values[:8], short.values, rtol=1e-6)


def test_several_follow_one_another_and_their_weights_multiply():
    twice = ObjectiveConfig(augmentations="coordinated_dropout + coordinated_dropout")
    once, both = augmented(COUNTS, given()), augmented(COUNTS, given(config=twice))
    assert once.weight is not None
    assert both.weight is not None
    np.testing.assert_allclose(both.weight, once.weight**2, rtol=1e-6)
    nothing = augmented(COUNTS, given(config=ObjectiveConfig(augmentations="")))
    np.testing.assert_array_equal(nothing.values, COUNTS)
    assert nothing.weight is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dropot", "there is no augmentation `dropot`"),
        ("coordinated_dropout(rate=2)", "augmentation `coordinated_dropout` has no choice `rate`"),
        ("coordinated_dropout(2)", r"expected choices such as `name\(choice=2\)`; got '2'"),
        ("a b", "expected a name such as `coordinated_dropout`"),
    ],
)
def test_what_is_no_augmentation_is_named(text, message):
    with pytest.raises(UserError, match=message):
        augmented(COUNTS, given(config=ObjectiveConfig(augmentations=text)))
