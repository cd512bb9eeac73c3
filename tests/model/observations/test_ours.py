"""Our own observations against SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from lfads.model.observations.gaussian import Gaussian
from lfads.model.observations.negative_binomial import NegativeBinomial
from lfads.model.observations.observation import Moments, moments_of_known
from lfads.model.observations.poisson import Poisson

COUNTS = np.arange(12.0).reshape(4, 3)
LOG_MEAN = np.linspace(-8, 3, 12).reshape(4, 3)
SHAPE = np.array([0.3, 2.0, 80.0])


@pytest.mark.parametrize("xp", [np, jnp])
def test_poisson(xp):
    with jax.enable_x64(True):
        parameters = Poisson().parameters((xp.asarray(LOG_MEAN),), {}, xp)
        mine = Poisson().log_density(xp.asarray(COUNTS), parameters, xp)
        np.testing.assert_allclose(mine, stats.poisson.logpmf(COUNTS, np.exp(LOG_MEAN)), rtol=1e-12)


@pytest.mark.parametrize("xp", [np, jnp])
def test_negative_binomial(xp):
    own = {"log_shape": np.broadcast_to(np.log(SHAPE), COUNTS.shape)}
    with jax.enable_x64(True):
        own = jax.tree.map(xp.asarray, own)
        parameters = NegativeBinomial().parameters((xp.asarray(LOG_MEAN),), own, xp)
        mine = NegativeBinomial().log_density(xp.asarray(COUNTS), parameters, xp)
        theirs = stats.nbinom.logpmf(COUNTS, SHAPE, SHAPE / (SHAPE + np.exp(LOG_MEAN)))
        np.testing.assert_allclose(mine, theirs, rtol=1e-10)


@pytest.mark.parametrize("xp", [np, jnp])
def test_gaussian(xp):
    start = Gaussian().start(Moments(np.array([5.0, -1.0, 0.0]), np.array([4.0, 0.01, 1.0])))
    own = {name: np.broadcast_to(v, COUNTS.shape) for name, v in start.own.items()}
    with jax.enable_x64(True):
        parameters = Gaussian().parameters(
            (xp.asarray(LOG_MEAN),), jax.tree.map(xp.asarray, own), xp
        )
        mine = Gaussian().log_density(xp.asarray(COUNTS), parameters, xp)
        std = np.array([2.0, 0.1, 1.0])
        theirs = stats.norm.logpdf(COUNTS, [5.0, -1.0, 0.0] + std * LOG_MEAN, 1.001 * std)
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_poisson_probabilities_sum_to_one_in_float32():
    counts = jnp.arange(60.0)
    parameters = Poisson().parameters((jnp.full(60, jnp.log(7.0)),), {}, jnp)
    mine = Poisson().log_density(counts, parameters, jnp)
    np.testing.assert_allclose(np.exp(np.asarray(mine, np.float64)).sum(), 1, rtol=1e-5)


def test_a_large_shape_is_poisson():
    values, zero = np.arange(20.0), np.zeros(20)
    own = {"log_shape": np.full(20, 50.0)}
    found = NegativeBinomial().parameters((zero + 1,), own, np)
    mine = NegativeBinomial().log_density(values, found, np)
    np.testing.assert_allclose(mine[:8], stats.poisson.logpmf(values[:8], np.e), atol=0.1)


def test_channels_of_any_unit_are_seen_alike():
    moments = Moments(np.array([3e4, -2e-6]), np.array([1e4, 1e-12]))
    own = Gaussian().start(moments).own
    values = np.array([[3e4 + 200, -2e-6 + 2e-6]])
    np.testing.assert_allclose(Gaussian().seen(values, own, np), [[2.0, 2.0]])


def test_a_channel_that_never_changes_is_no_division_by_zero():
    found = Gaussian().constant(Moments(np.array([1.0]), np.array([0.0])))
    assert found["noise_std"][0] > 0


@pytest.mark.parametrize(("mean", "shape"), [(0.5, 0.03), (5.0, 2.0), (5.0, 500.0)])
def test_no_constant_negative_binomial_is_better_than_the_null(mean, shape):
    drawn = np.random.default_rng(0).negative_binomial(shape, shape / (shape + mean), (40, 50, 1))
    counts = drawn.astype(np.uint16)
    null = NegativeBinomial().nll_of_constant(counts, np.ones(counts.shape, bool))
    for other in np.geomspace(1e-2, 1e2, 60):
        parameters = {"mean": counts.mean(), "shape": other}
        assert null <= -NegativeBinomial().log_density(counts, parameters, np).sum() + 1e-3


def test_moments_of_a_large_offset_keep_the_variance():
    values = 1e6 + np.random.default_rng(0).normal(size=(50, 40, 1))
    found = moments_of_known(values.astype(np.float32), np.ones(values.shape, bool))
    np.testing.assert_allclose(
        found.variance, values.astype(np.float32).var(dtype=np.float64), rtol=1e-6
    )
    constant = moments_of_known(np.full((9, 9, 1), np.float32(0.1)), np.ones((9, 9, 1), bool))
    assert constant.variance[0] < 1e-15
