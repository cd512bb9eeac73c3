"""AdamW on the clipped gradient, against Optax's own; what is not finite changes nothing."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lfads.config import TrainingConfig
from lfads.training.optimizer import Update, apply_gradient, moments_transform

CONFIG = TrainingConfig(gradient_clip_norm=2.0, adam_beta1=0.8, adam_beta2=0.95, adam_epsilon=1e-3)
RATE, DECAY = 0.05, 0.1


def trees(num: int) -> list[dict[str, jax.Array]]:
    rng = np.random.default_rng(0)
    return [
        {"a": jnp.asarray(rng.standard_normal((3, 2)), jnp.float32), "b": jnp.float32(rng.normal())}
        for _ in range(num)
    ]


@jax.jit
def step(parameters, moments, gradient) -> Update:
    rate, decay = jnp.float32(RATE), jnp.float32(DECAY)
    return apply_gradient(CONFIG, parameters, moments, gradient, rate, decay)


def assert_equal(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


@pytest.mark.parametrize("scale", [0.1, 100.0], ids=["within the limit", "clipped"])
def test_steps_are_those_of_optax(scale: float):
    parameters, *gradients = trees(4)
    gradients = [jax.tree.map(lambda g: scale * g, gradient) for gradient in gradients]
    reference = optax.chain(
        optax.clip_by_global_norm(2.0),
        optax.adamw(RATE, 0.8, 0.95, 1e-3, weight_decay=DECAY),
    )
    moments, expected = moments_transform(CONFIG).init(parameters), parameters
    with jax.numpy_dtype_promotion("standard"):
        state = reference.init(expected)
        for gradient in gradients:
            update = step(parameters, moments, gradient)
            parameters, moments = update.parameters, update.moments
            change, state = reference.update(gradient, state, expected)
            expected = jax.tree.map(jnp.add, expected, change)
            norm = np.sqrt(sum((np.asarray(g) ** 2).sum() for g in jax.tree.leaves(gradient)))
            np.testing.assert_allclose(update.gradient_norm, norm, rtol=1e-6)
            assert (norm > 2.0) == (scale > 1)
    for name, value in parameters.items():
        np.testing.assert_allclose(value, expected[name], rtol=2e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_changes_nothing(bad: float):
    parameters, gradient, other = trees(3)
    moments = step(parameters, moments_transform(CONFIG).init(parameters), gradient).moments
    gradient["a"] = gradient["a"].at[1, 1].set(bad)
    update = step(parameters, moments, gradient)
    assert not np.isfinite(update.gradient_norm)
    assert_equal(update.parameters, parameters)
    assert_equal(update.moments, moments)
    after = step(update.parameters, update.moments, other)
    assert_equal(after, step(parameters, moments, other))
    assert np.isfinite(after.parameters["a"]).all()


def test_no_gradient_leaves_the_weight_decay():
    parameters, _ = trees(2)
    nothing = jax.tree.map(jnp.zeros_like, parameters)
    update = step(parameters, moments_transform(CONFIG).init(parameters), nothing)
    for name, value in update.parameters.items():
        np.testing.assert_allclose(value, parameters[name] * (1 - RATE * DECAY), rtol=1e-6)
