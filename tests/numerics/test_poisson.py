"""Poisson counts against scipy, against sums written out, and what must leave scores as they are."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lfads.checks import UserError
from lfads.numerics.poisson import bits_per_spike, chance_above, poisson_nll

seeds = st.integers(0, 2**32 - 1)


def rates_and_spikes(seed, shape=(6, 5, 3)):
    rng = np.random.default_rng(seed)
    rates = rng.gamma(2.0, 0.5, shape)
    return rates, rng.poisson(rates)


def slow_bits_per_spike(rates, spikes):
    """Sample by sample, with scipy's Poisson; `rates` and `spikes` are `trial time neuron`."""
    gain, num_spikes = 0.0, 0
    for neuron in range(spikes.shape[2]):
        samples = zip(rates[..., neuron].flat, spikes[..., neuron].flat, strict=True)
        known = [(rate, count) for rate, count in samples if not math.isnan(count)]
        mean = sum(x for _, x in known) / len(known)
        for rate, count in known:
            gain += stats.poisson.logpmf(count, rate) - stats.poisson.logpmf(count, mean)
            num_spikes += count
    return gain / (num_spikes * math.log(2))


# --- likelihood ---------------------------------------------------------------------------------


@given(seed=seeds)
def test_likelihood_is_scipys(seed):
    rates, spikes = rates_and_spikes(seed)
    np.testing.assert_allclose(
        poisson_nll(rates, spikes), -stats.poisson.logpmf(spikes, rates), rtol=1e-9
    )


def test_likelihood_of_a_missing_count_is_missing():
    nll = poisson_nll(np.array([1.0, np.nan]), np.array([2.0, np.nan]))
    assert nll[0] == pytest.approx(1 + math.log(2))
    assert np.isnan(nll[1])


def test_rate_zero_is_a_very_small_rate():
    nll = poisson_nll(np.array([0.0, 0.0]), np.array([0, 1]))
    assert nll.tolist() == pytest.approx([1e-9, 1e-9 - math.log(1e-9)])


@pytest.mark.parametrize(
    ("rates", "spikes", "message"),
    [
        ([-0.1], [0], "must be expected counts per bin.*take their exponential"),
        ([np.inf], [0], "finite"),
        ([np.nan], [0], "1 of 1 rates are NaN where a count is known"),
        ([0.1], [0.5], "whole numbers"),
        ([0.1], [-1], "whole numbers, 0 or more"),
        ([0.1, 0.1], [0], r"same shape; got float64 \(2,\) and int64 \(1,\)"),
    ],
)
def test_what_cannot_be_scored_is_refused(rates, spikes, message):
    with pytest.raises(UserError, match=message):
        poisson_nll(np.array(rates), np.array(spikes))


# --- bits per spike -----------------------------------------------------------------------------


def test_bits_per_spike_by_hand():
    # One neuron, counts 0 and 2, so the null rate is 1. Rates 0.5 and 1.5 gain
    # (1 - 0.5) + (2 log 1.5 - 1.5 - (2 log 1 - 1)) = 2 log 1.5 nats over two spikes.
    rates, spikes = np.array([[0.5], [1.5]]), np.array([[0], [2]])
    assert bits_per_spike(rates, spikes) == pytest.approx(math.log2(1.5))


@given(seed=seeds)
def test_bits_per_spike_are_those_of_a_sum_over_samples(seed):
    rates, spikes = rates_and_spikes(seed)
    spikes = spikes.astype(float)
    spikes[np.random.default_rng(seed).random(spikes.shape) < 0.2] = np.nan
    assert bits_per_spike(rates, spikes) == pytest.approx(slow_bits_per_spike(rates, spikes))


@given(seed=seeds)
def test_each_neurons_mean_rate_gives_no_bits(seed):
    _, spikes = rates_and_spikes(seed)
    mean = np.broadcast_to(spikes.mean((0, 1)), spikes.shape)
    assert bits_per_spike(mean, spikes) == pytest.approx(0, abs=1e-12)


@given(seed=seeds)
def test_a_mask_and_nan_leave_out_the_same_samples(seed):
    rates, spikes = rates_and_spikes(seed)
    mask = np.random.default_rng(seed).random(spikes.shape) < 0.7
    with_nan = np.where(mask, spikes, np.nan)
    masked = bits_per_spike(np.where(mask, rates, np.nan), spikes, mask=mask)
    assert masked == pytest.approx(bits_per_spike(rates, with_nan))


@given(seed=seeds)
def test_the_order_of_neurons_and_trials_does_not_matter(seed):
    rates, spikes = rates_and_spikes(seed)
    trials, neurons = np.random.default_rng(seed).permutation(6), [2, 0, 1]
    permuted = bits_per_spike(rates[trials][..., neurons], spikes[trials][..., neurons])
    assert permuted == pytest.approx(bits_per_spike(rates, spikes))


def test_another_null_model_can_be_named():
    rates, spikes = rates_and_spikes(0)
    null = np.array([0.5, 1.0, 2.0])
    expected = stats.poisson.logpmf(spikes, rates) - stats.poisson.logpmf(spikes, null)
    bits = bits_per_spike(rates, spikes, null_rates=null)
    assert bits == pytest.approx(expected.sum() / spikes.sum() / math.log(2))


def test_a_silent_neuron_costs_its_rate_only():
    rates = np.full((4, 1, 2), 0.5)
    spikes = np.zeros((4, 1, 2), int)
    spikes[:, :, 0] = [[0], [1], [0], [1]]
    # The first neuron has its mean rate, the second expects 4 * 0.5 spikes that never come.
    assert bits_per_spike(rates, spikes) == pytest.approx(-2 / (2 * math.log(2)))


def test_without_spikes_there_are_no_bits_per_spike():
    assert math.isnan(bits_per_spike(np.ones((2, 2)), np.zeros((2, 2))))


def test_narrow_counts_do_not_overflow():
    spikes = np.full((1000, 1), 200, np.uint8)
    spikes[::2] = 100
    rates = spikes.astype(np.float32)
    assert bits_per_spike(rates, spikes) == pytest.approx(bits_per_spike(rates, spikes.astype(int)))


def test_rates_of_another_shape_are_refused():
    with pytest.raises(UserError, match="same shape"):
        bits_per_spike(np.ones((2, 3)), np.ones((2, 2)))


# --- higher counts ------------------------------------------------------------------------------


@given(count=st.integers(-1, 30), mean=st.floats(1e-6, 20.0))
def test_the_chance_of_a_higher_count_is_scipys(count, mean):
    found = chance_above(np.array([count]), np.array([mean]))
    np.testing.assert_allclose(found, stats.poisson.sf(count, mean), rtol=1e-9)


def test_a_neuron_that_never_fires_has_no_higher_count():
    assert chance_above(np.array([0, 3]), np.zeros(2)).tolist() == [0.0, 0.0]
