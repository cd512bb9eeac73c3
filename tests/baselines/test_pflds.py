"""PfLDS: block Cholesky factor, samples, covariances and bound against dense matrices."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.baselines.gaussians import log_density

from lfads.baselines.pflds import PfLDS
from lfads.baselines.pflds_model import (
    Parameters,
    bound,
    covariances,
    drawn,
    factor_of,
    log_rates,
    recognised,
    started,
)
from lfads.checks import UserError

NUM_TRIALS, NUM_BINS, NUM_NEURONS, NUM_LATENTS = 2, 5, 4, 3
JITTER = 1e-4


@pytest.fixture
def double():
    with jax.enable_x64(True):
        yield


def parameters(seed=0) -> Parameters:
    rng = np.random.default_rng(seed)
    found = started(jax.random.key(seed), NUM_NEURONS, jnp.full(NUM_NEURONS, 0.3), NUM_LATENTS)
    return found._replace(
        dynamics=jnp.asarray(0.4 * rng.normal(size=(3, 3))),
        log_start=jnp.asarray(rng.normal(size=3)),
        log_noise=jnp.asarray(rng.normal(-1, 0.3, 3)),
    )


def given(seed=0):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.6, (NUM_TRIALS, NUM_BINS, NUM_NEURONS)).astype(float)
    known = rng.random(counts.shape) < 0.7
    known[0, 2] = False
    return jnp.asarray(np.where(known, counts, 0.0)), jnp.asarray(known)


def precision_of(own: Parameters, seen, trial: int) -> np.ndarray:
    """q's precision over all bins, written out."""
    size = NUM_BINS * NUM_LATENTS
    whole = np.zeros((size, size))
    dynamics = np.asarray(own.dynamics)
    noise, start = (np.diag(np.exp(-np.asarray(v))) for v in (own.log_noise, own.log_start))
    for time in range(NUM_BINS):
        here = slice(time * 3, time * 3 + 3)
        whole[here, here] += (noise if time else start) + JITTER * np.eye(3)
        whole[here, here] += np.asarray(seen.precision[trial, time])
        if time + 1 < NUM_BINS:
            after = slice(time * 3 + 3, time * 3 + 6)
            whole[here, here] += dynamics.T @ noise @ dynamics
            whole[after, here] -= noise @ dynamics
            whole[here, after] -= (noise @ dynamics).T
    return whole


def test_mean_covariances_and_samples_are_those_of_the_dense_gaussian(double):
    own, (counts, known) = parameters(), given()
    seen = recognised(own, counts, known)
    factor = factor_of(own, seen)
    noise = np.random.default_rng(1).normal(size=(NUM_BINS, NUM_TRIALS, NUM_LATENTS))
    mean, sample = (drawn(factor, jnp.asarray(e)) for e in (np.zeros_like(noise), noise))
    found = covariances(factor)
    for trial in range(NUM_TRIALS):
        whole = precision_of(own, seen, trial)
        drive = np.asarray(seen.drive[trial]).ravel()
        np.testing.assert_allclose(mean[trial].ravel(), np.linalg.solve(whole, drive), atol=1e-10)
        lower = np.linalg.cholesky(whole)
        slow = np.linalg.solve(lower.T, np.linalg.solve(lower, drive) + noise[:, trial].ravel())
        np.testing.assert_allclose(sample[trial].ravel(), slow, atol=1e-10)
        dense = np.linalg.inv(whole).reshape(NUM_BINS, 3, NUM_BINS, 3)
        bins = np.arange(NUM_BINS)
        np.testing.assert_allclose(found[trial], dense[bins, :, bins], atol=1e-10)


def test_the_bound_is_log_joint_less_log_q(double):
    own, (counts, known) = parameters(2), given(2)
    seen = recognised(own, counts, known)
    noise = jnp.asarray(np.random.default_rng(3).normal(size=(NUM_BINS, NUM_TRIALS, NUM_LATENTS)))
    found = bound(own, counts, known, counts, known, noise)
    latents = np.asarray(drawn(factor_of(own, seen), noise))
    rates = np.asarray(log_rates(own, jnp.asarray(latents)))
    start, step = (np.diag(np.exp(np.asarray(v))) for v in (own.log_start, own.log_noise))
    for trial in range(NUM_TRIALS):
        z = latents[trial]
        log_joint = log_density(np.zeros(3), start, z[0])
        for time in range(1, NUM_BINS):
            at = np.asarray(own.dynamics) @ z[time - 1]
            log_joint += log_density(at, step, z[time])
        fits = counts[trial] * rates[trial] - np.exp(rates[trial])
        log_joint += np.where(known[trial], fits, 0.0).sum()
        covariance = np.linalg.inv(precision_of(own, seen, trial))
        mean = covariance @ np.asarray(seen.drive[trial]).ravel()
        log_q = log_density(mean, covariance, z.ravel())
        assert float(found[trial]) == pytest.approx(log_joint - log_q)


def test_a_bin_of_which_nothing_is_known_says_nothing(double):
    own, (counts, known) = parameters(), given()
    seen = recognised(own, counts, known)
    assert np.all(np.asarray(seen.precision[0, 2]) == 0)
    assert np.all(np.asarray(seen.drive[0, 2]) == 0)


def test_mistakes_are_named():
    with pytest.raises(UserError, match="`most_epochs=` must be a whole number of 1 or more"):
        PfLDS(most_epochs=0)
