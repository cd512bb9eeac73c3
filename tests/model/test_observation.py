"""Contract of the observation model against SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from lfads.model.observation import poisson_log_likelihood


def test_poisson_log_likelihood_is_that_of_scipy():
    with jax.enable_x64(True):
        counts = np.arange(12.0).reshape(4, 3)
        log_rates = np.linspace(-8, 3, 12).reshape(4, 3)
        mine = poisson_log_likelihood(jnp.asarray(counts), jnp.asarray(log_rates))
        np.testing.assert_allclose(
            mine, stats.poisson.logpmf(counts, np.exp(log_rates)), rtol=1e-12
        )


def test_poisson_probabilities_sum_to_one_in_float32():
    counts = jnp.arange(60.0)
    mine = poisson_log_likelihood(counts, jnp.full(60, jnp.log(7.0)))
    np.testing.assert_allclose(np.exp(np.asarray(mine, np.float64)).sum(), 1, rtol=1e-5)
