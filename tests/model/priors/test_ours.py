"""Our own priors: densities, divergences and moments against SciPy."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from tests.model.test_distributions import gaussian
from tests.oracle.networks import Case

from lfads.model.distributions import DiagonalGaussian, sum_valid
from lfads.model.priors.autoregressive import AutoregressiveInputs
from lfads.model.priors.gaussian import GaussianCode, GaussianInputs
from lfads.model.priors.student_t import StudentTInputs

TAU, VARIANCE = np.array([1.5, 10.0]), np.array([0.3, 0.1])
BINS = 6


@pytest.fixture(autouse=True)
def _float64():
    with jax.enable_x64(True):
        yield


def input_priors() -> dict[str, AutoregressiveInputs | GaussianInputs]:
    return {
        "autoregressive": AutoregressiveInputs(jnp.log(TAU), jnp.log(VARIANCE)),
        "independent": GaussianInputs(jnp.log(VARIANCE)),
    }


def covariance(name: str, dimension: int, num_bins: int = BINS) -> np.ndarray:
    """Dense covariance over bins of one input dimension."""
    if name == "independent":
        return VARIANCE[dimension] * np.eye(num_bins)
    alpha = np.exp(-1 / TAU[dimension])
    apart = np.abs(np.subtract.outer(np.arange(num_bins), np.arange(num_bins)))
    return VARIANCE[dimension] / (1 - alpha**2) * alpha**apart


def test_initial_condition_prior_is_the_same_for_each_trial():
    prior = GaussianCode(jnp.asarray([0.5, -1.0]), 0.1).distribution(3)
    np.testing.assert_array_equal(prior.mean, [[0.5, -1.0]] * 3)
    np.testing.assert_allclose(prior.variance, np.full((3, 2), 0.1))


@pytest.mark.parametrize("name", ["autoregressive", "independent"])
def test_log_density_equals_that_of_the_dense_covariance(name: str):
    inputs = np.random.default_rng(0).standard_normal((BINS, 3, 2))
    lengths = [6, 1, 4]
    valid = np.arange(BINS)[:, None] < np.array(lengths)
    mine = input_priors()[name].log_density(jnp.asarray(inputs), jnp.asarray(valid))
    for trial, length in enumerate(lengths):
        expected = 0.0
        for k in range(2):
            cov: Any = covariance(name, k, length)
            dense = stats.multivariate_normal(np.zeros(length), cov)
            expected += dense.logpdf(inputs[:length, trial, k])
        np.testing.assert_allclose(mine[trial], expected, rtol=1e-10)
    everywhere = input_priors()[name].log_density(jnp.asarray(inputs), None)
    np.testing.assert_allclose(everywhere[0], mine[0], rtol=1e-14)


@pytest.mark.parametrize("name", ["autoregressive", "independent"])
def test_samples_have_the_dense_covariance(name: str):
    """A sample is linear in its noise: noise I gives a factor of the covariance."""
    prior = input_priors()[name]
    for k in range(2):
        noise = np.zeros((BINS, BINS, 2))
        noise[:, :, k] = np.eye(BINS)
        factor = np.asarray(prior.sample(jnp.asarray(noise)))
        np.testing.assert_allclose(
            factor[:, :, k] @ factor[:, :, k].T, covariance(name, k), rtol=1e-12, atol=1e-15
        )
        assert (factor[:, :, 1 - k] == 0).all()


@pytest.mark.parametrize("name", ["autoregressive", "independent"])
def test_sampled_divergence_estimates_the_analytic_one(name: str):
    """E_q[log q(u) − log p(u)] against KL of a diagonal normal from the dense one."""
    num_samples = 100_000
    q = gaussian(7, BINS, 1, 2)
    shape = (BINS, num_samples, 2)
    noise = np.random.default_rng(1).standard_normal(shape)
    wide = DiagonalGaussian(jnp.broadcast_to(q.mean, shape), jnp.broadcast_to(q.variance, shape))
    u = wide.sample(jnp.asarray(noise))
    ratio = sum_valid(wide.log_density(u), None) - input_priors()[name].log_density(u, None)
    analytic = 0.0
    for k in range(2):
        C, m, v = covariance(name, k), np.asarray(q.mean[:, 0, k]), np.asarray(q.variance[:, 0, k])
        inverse = np.linalg.inv(C)
        analytic += 0.5 * (
            (inverse.diagonal() * v).sum()
            + m @ inverse @ m
            - BINS
            + np.linalg.slogdet(C)[1]
            - np.log(v).sum()
        )
    error = np.std(ratio) / num_samples**0.5
    assert abs(np.mean(ratio) - analytic) < 4 * error
    assert analytic > 0


def test_divergence_is_zero_for_a_posterior_that_is_the_prior():
    u = gaussian(8, BINS, 3, 2).mean
    prior = input_priors()["independent"]
    q = DiagonalGaussian(jnp.zeros_like(u), jnp.broadcast_to(jnp.asarray(VARIANCE), u.shape))
    np.testing.assert_allclose(
        sum_valid(q.log_density(u), None), prior.log_density(u, None), rtol=1e-13
    )


def test_slow_process_keeps_its_precision_in_float32():
    """1 − exp(−2/τ) at τ of many bins must not cancel."""
    tau = 1e6
    log_tau = jnp.asarray([np.log(tau)], jnp.float32)
    prior = AutoregressiveInputs(log_tau, jnp.zeros(1, jnp.float32))
    first = np.asarray(prior.sample(jnp.ones((1, 1, 1), jnp.float32)))[0, 0, 0]
    np.testing.assert_allclose(first**2, 1 / -np.expm1(-2 / tau), rtol=1e-3)


FREEDOM, SQUARED_SCALE = 2.5, np.array([0.4, 1.7])


def heavy_tailed() -> StudentTInputs:
    return StudentTInputs(jnp.log(SQUARED_SCALE), FREEDOM)


def test_heavy_tails_have_the_density_of_scipy():
    inputs = 10 * np.random.default_rng(0).standard_normal((BINS, 3, 2))
    expected = stats.t.logpdf(inputs, FREEDOM, scale=np.sqrt(SQUARED_SCALE)).sum((0, 2))
    np.testing.assert_allclose(
        heavy_tailed().log_density(jnp.asarray(inputs), None), expected, rtol=1e-12
    )


def test_heavy_tails_are_drawn_quantile_for_quantile():
    shares = np.array([1e-9, 1e-3, 0.3, 0.5, 0.9, 1 - 1e-4])
    noise = stats.norm.ppf(shares)[:, None, None] * np.ones((1, 1, 2))
    expected = stats.t.ppf(shares, FREEDOM)[:, None] * np.sqrt(SQUARED_SCALE)
    found = heavy_tailed().sample(jnp.asarray(noise))[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-12)


def test_heavy_tails_have_the_variance_that_is_set():
    settings = dataclasses.replace(
        Case("any").config, prior_variance=0.2, prior_degrees_of_freedom=4.0
    )
    prior = StudentTInputs.initialise(1, settings)
    (squared_scale,) = np.exp(prior.log_squared_scale)
    assert stats.t.var(4.0, scale=np.sqrt(squared_scale)) == pytest.approx(0.2, rel=1e-6)
    np.testing.assert_allclose(prior.parameters()["std"], np.sqrt(0.2), rtol=1e-6)
