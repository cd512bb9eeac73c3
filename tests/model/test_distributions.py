"""Posteriors: densities, divergences and moments against SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from lfads.model.distributions import DiagonalGaussian


@pytest.fixture(autouse=True)
def _float64():
    with jax.enable_x64(True):
        yield


def gaussian(seed: int, *shape: int) -> DiagonalGaussian:
    rng = np.random.default_rng(seed)
    return DiagonalGaussian(
        jnp.asarray(rng.standard_normal(shape)), jnp.asarray(rng.uniform(0.2, 2, shape))
    )


def test_log_density_is_that_of_scipy():
    q, x = gaussian(0, 3, 2), gaussian(1, 3, 2).mean
    expected = stats.norm.logpdf(x, q.mean, np.sqrt(q.variance))
    np.testing.assert_allclose(q.log_density(x), expected, rtol=1e-12)


def test_divergence_from_itself_is_zero_and_from_others_positive():
    q, p = gaussian(2, 3, 2), gaussian(3, 3, 2)
    np.testing.assert_allclose(q.divergence(q), 0, atol=1e-15)
    assert (np.asarray(q.divergence(p)) > 0).all()


def test_divergence_is_the_mean_log_ratio_of_samples():
    q, p = gaussian(4, 2, 2), gaussian(5, 2, 2)
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)  # exact for polynomials: no sampling
    total = 0.0
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        x = q.sample(jnp.full_like(q.mean, node))
        total = total + weight * np.asarray(q.log_density(x) - p.log_density(x))
    np.testing.assert_allclose(q.divergence(p), total, rtol=1e-10)


def test_samples_have_the_moments():
    q = gaussian(6, 2)
    noise = np.random.default_rng(0).standard_normal((200_000, 2))
    wide = DiagonalGaussian(
        jnp.broadcast_to(q.mean, noise.shape), jnp.broadcast_to(q.variance, noise.shape)
    )
    samples = np.asarray(wide.sample(jnp.asarray(noise)))
    np.testing.assert_allclose(samples.mean(0), q.mean, atol=0.02)
    np.testing.assert_allclose(samples.var(0), q.variance, rtol=0.02)
