"""The error of rates, from samples that were hidden."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from lfads.inference.averages import PosteriorArrays, Sample
from lfads.inference.held_out import HeldOut
from lfads.inference.rate_error import USUAL, RateError, Spread, rate_error, with_error

TRIALS, BINS, NEURONS = 200, 100, 40


def course(rng, size, width):
    """Smooth noise of variance 1, and its autocorrelation by lag."""
    noise = gaussian_filter1d(rng.standard_normal(size), width, axis=1)
    noise /= noise.std()
    lags = [(noise[:, lag:] * noise[:, : size[1] - lag]).mean() for lag in range(9)]
    return noise, np.array(lags)


@pytest.mark.parametrize("relative_error", [0.0, 0.3])
def test_the_error_of_rates_is_found_beneath_poisson_noise(relative_error):
    rng = np.random.default_rng(0)
    size = (TRIALS, BINS, NEURONS)
    changes, _ = course(rng, size, 4.0)
    errors, by_lag = course(rng, size, 4.0)
    rates = 0.2 * np.exp(0.5 * changes)
    true = rates * np.exp(relative_error * errors)
    spikes = rng.poisson(true).astype(np.float32)
    fold = np.broadcast_to((np.arange(BINS)[:, None] // 10) % 10, size).astype(np.int8)
    of_samples = 1e-3
    found = rate_error(
        Spread(of_samples * by_lag, rates.astype(np.float32)),
        HeldOut(rates.astype(np.float32), fold),
        spikes,
    )
    expected = ((true - rates) ** 2 / rates).mean()
    assert found.of_rates == pytest.approx(
        max(expected - of_samples, 0), abs=0.15 * expected + 1e-3
    )
    assert found.times == 1


def test_what_hiding_itself_moves_is_taken_off():
    rng = np.random.default_rng(1)
    size = (TRIALS, BINS, NEURONS)
    moved, by_lag = course(rng, size, 4.0)
    seen = np.full(size, 0.2)
    hidden = seen * np.exp(
        0.3 * moved
    )  # of samples that are hidden, while rates that see all are true
    spikes = rng.poisson(seen).astype(np.float32)
    fold = np.zeros(size, np.int8)
    found = rate_error(
        Spread(1e-3 * by_lag, seen.astype(np.float32)),
        HeldOut(hidden.astype(np.float32), fold),
        spikes,
    )
    assert found.of_rates < 0.15 * ((hidden - seen) ** 2 / seen).mean()


def test_few_spikes_leave_what_is_usual():
    rng = np.random.default_rng(2)
    size = (2, 20, 3)
    _, by_lag = course(rng, (50, 20, 3), 2.0)
    rates = np.full(size, 0.05, np.float32)
    rates[1] *= 1.01
    found = rate_error(
        Spread(1e-4 * by_lag, rates),
        HeldOut(rates, np.zeros(size, np.int8)),
        rng.poisson(rates).astype(np.float32),
    )
    assert found.of_rates == pytest.approx(3e-4, rel=0.2)
    assert found.of_factors == pytest.approx(USUAL.of_factors, rel=0.1)


def test_spreads_hold_the_error_and_means_stay():
    def sample(value):
        rates = np.full((1, 2, 3), value, np.float32)
        each = jnp.asarray(rates)
        return Sample(each, each, each, each[:, 0], None, {})

    nothing = jnp.zeros((1, 2))
    arrays = PosteriorArrays(sample(4.0), sample(0.5), nothing, nothing)
    found = with_error(arrays, RateError(0.1, 1.5, 2.0))
    assert found.mean is arrays.mean
    np.testing.assert_allclose(found.std.rates, np.sqrt(1 + 0.4), rtol=1e-6)
    np.testing.assert_allclose(found.std.factors, 0.75)
    assert found.std.inferred_inputs is arrays.std.inferred_inputs


def test_trials_that_are_all_alike_give_a_number():
    rng = np.random.default_rng(3)
    size = (30, 20, 3)
    rates = np.full(size, 0.2, np.float32)
    held_out = HeldOut(rates, np.zeros(size, np.int8))
    for spread in (np.zeros(9), np.full(9, 1e-3)):
        found = rate_error(Spread(spread, rates), held_out, rng.poisson(rates).astype(np.float32))
        assert np.isfinite(found.of_rates)
        assert np.isfinite(found.of_factors)
