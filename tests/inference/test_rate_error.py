"""The error of rates, from samples that were hidden."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from lfads.inference.held_out import HeldOut
from lfads.inference.rate_error import USUAL, rate_error
from lfads.inference.spread_by_lag import Products, Spread

TRIALS, BINS, NEURONS = 200, 100, 40


def course(rng, size, width):
    """Smooth noise of variance 1, and its autocorrelation by lag."""
    noise = gaussian_filter1d(rng.standard_normal(size), width, axis=1)
    noise /= noise.std()
    lags = [(noise[:, lag:] * noise[:, : size[1] - lag]).mean() for lag in range(9)]
    return noise, np.array(lags)


def spread_of(by_lag, rates) -> Spread:
    """Of samples whose mean products are known, the same in all trials and neurons."""
    size = (len(rates), len(by_lag), rates.shape[2])
    sums = np.broadcast_to(np.asarray(by_lag)[None, :, None], size)
    return Spread(Products(sums * 100.0, np.full(size, 100.0)), rates)


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
        spread_of(of_samples * by_lag, rates.astype(np.float32)),
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
        spread_of(1e-3 * by_lag, seen.astype(np.float32)),
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
        spread_of(1e-4 * by_lag, rates),
        HeldOut(rates, np.zeros(size, np.int8)),
        rng.poisson(rates).astype(np.float32),
    )
    assert found.of_rates == pytest.approx(3e-4, rel=0.2)
    assert found.of_factors == pytest.approx(USUAL.of_factors, rel=0.1)


def test_trials_that_are_all_alike_give_a_number():
    rng = np.random.default_rng(3)
    size = (30, 20, 3)
    rates = np.full(size, 0.2, np.float32)
    held_out = HeldOut(rates, np.zeros(size, np.int8))
    for spread in (np.zeros(9), np.full(9, 1e-3)):
        found = rate_error(
            spread_of(spread, rates), held_out, rng.poisson(rates).astype(np.float32)
        )
        assert np.isfinite(found.of_rates)
        assert np.isfinite(found.of_factors)


def recording(rng, errors=0.3):
    """Rates with an error, as they were predicted; spikes of the true ones."""
    size = (60, BINS, NEURONS)
    rates = (0.2 * np.exp(0.5 * course(rng, size, 4.0)[0])).astype(np.float32)
    noise, by_lag = course(rng, size, 4.0)
    fold = np.broadcast_to((np.arange(BINS)[:, None] // 10) % 10, size).astype(np.int8)
    spikes = rng.poisson(rates * np.exp(errors * noise)).astype(np.float32)
    return spread_of(1e-3 * by_lag, rates), HeldOut(rates, fold), spikes


def test_a_neuron_that_bursts_out_of_silence_changes_nothing_for_others():
    spread, held_out, spikes = recording(np.random.default_rng(4))
    before = rate_error(spread, held_out, spikes)
    spread.rates[..., 0] = held_out.rates[..., 0] = 1e-4
    spikes[..., 0] = 0
    spikes[3, 40:48, 0] = 4
    after = rate_error(spread, held_out, spikes)
    assert after.of_rates == pytest.approx(before.of_rates, rel=0.05)


def test_how_uncertain_the_error_is_is_told():
    found = [rate_error(*recording(np.random.default_rng(seed))) for seed in range(10, 18)]
    assert np.mean([each.of_rates_std for each in found]) == pytest.approx(
        np.std([each.of_rates for each in found], ddof=1), rel=0.6
    )


def test_what_is_usual_is_of_the_error_that_is_left_when_all_is_seen():
    """Where nothing was learned, the error is the usual one, however far hiding moved the rates."""
    rng = np.random.default_rng(5)
    size = (2, 20, 3)
    seen = np.full(size, 0.05, np.float32)
    seen[1] *= 1.01
    _, by_lag = course(rng, (50, 20, 3), 2.0)
    hidden = seen * 1.3
    found = rate_error(
        spread_of(1e-4 * by_lag, seen),
        HeldOut(hidden, np.zeros(size, np.int8)),
        rng.poisson(seen).astype(np.float32),
    )
    assert found.of_rates == pytest.approx(3e-4, rel=1.0)
