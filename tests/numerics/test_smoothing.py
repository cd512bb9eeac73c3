"""Smoothing in time, and moments of what was smoothed, against loops and NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.data.sessions import counts

from lfads.numerics.moments import moments_of
from lfads.numerics.smoothing import smoothed


@given(st.floats(0.0, 40.0), st.integers(2, 20))
def test_smoothing_keeps_a_constant(smoothing_bins, num_bins):
    known = np.arange(num_bins)[:, None] % 5 != 3
    values = np.where(known, 2.5, 1e9) * np.ones((num_bins, 2))
    found = smoothed(values, smoothing_bins, known)
    np.testing.assert_allclose(found[known[:, 0]], 2.5)
    assert np.isnan(found[~known[:, 0]]).all()


@given(st.floats(0.2, 5.0), st.integers(2, 20), st.integers(0, 999))
def test_smoothing_is_a_weighted_mean(smoothing_bins, num_bins, seed):
    rng = np.random.default_rng(seed)
    values, weight = rng.normal(size=(num_bins, 1)), rng.integers(0, 4, (num_bins, 1))
    found = smoothed(values, smoothing_bins, weight)
    for time in range(num_bins):
        lag = np.arange(num_bins) - time
        share = weight[:, 0] * np.exp(-0.5 * (lag / smoothing_bins) ** 2)
        share[np.abs(lag) > np.ceil(4 * smoothing_bins)] = 0
        expected = share @ values[:, 0] / share.sum() if weight[time] else np.nan
        np.testing.assert_allclose(found[time, 0], expected, atol=1e-12)


def test_what_is_not_finite_counts_nothing_by_default():
    found = smoothed(np.array([[1.0], [np.nan], [1.0]]), 1.0)
    np.testing.assert_array_equal(found, [[1.0], [np.nan], [1.0]])


def test_moments_are_those_of_numpy():
    spikes = counts()
    moments = moments_of(spikes, np.ones((*spikes.shape[:2], 1), bool))
    flat = spikes.reshape(-1, 4).astype(float)
    np.testing.assert_allclose(moments.mean, flat.mean(0))
    np.testing.assert_allclose(moments.covariance, np.cov(flat.T, bias=True), atol=1e-12)


def test_moments_leave_out_what_was_not_observed():
    spikes = counts(12, 8, 3)
    seen = np.random.default_rng(1).random(spikes.shape) < 0.8
    seen[:, 5:] &= (np.arange(12) % 2 == 0)[:, None, None]
    moments = moments_of(spikes, seen)
    for neuron in range(3):
        values = spikes[..., neuron][seen[..., neuron]].astype(float)
        np.testing.assert_allclose(moments.mean[neuron], values.mean())
        np.testing.assert_allclose(moments.covariance[neuron, neuron], values.var(), rtol=0.1)
    assert np.linalg.eigvalsh(moments.covariance).min() > -1e-12
    elsewhere = np.where(seen, spikes, 77).astype(np.uint8)
    np.testing.assert_array_equal(
        moments_of(elsewhere, seen, 1.0).covariance, moments_of(spikes, seen, 1.0).covariance
    )
