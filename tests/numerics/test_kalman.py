"""The Kalman filter against the conditional mean of one large Gaussian."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.numerics.kalman import KalmanFilter, fit_kalman_filter, kalman_filtered


def a_filter(rng) -> KalmanFilter:
    turn = 0.9 * np.linalg.qr(rng.normal(size=(2, 2)))[0]
    return KalmanFilter(
        turn, 0.2 * np.eye(2), rng.normal(size=(3, 2)), np.diag([0.5, 1.0, 0.3]),
        np.array([1.0, -1.0]), np.array([0.0, 2.0, 0.0]), np.array([[1.0, 0.3], [0.3, 2.0]]),
    )  # fmt: skip


def drawn(of: KalmanFilter, rng, num_trials=1, num_bins=6):
    states = np.empty((num_trials, num_bins, 2))
    now = rng.multivariate_normal(np.zeros(2), of.first_spread, num_trials)
    for time in range(num_bins):
        states[:, time] = now
        noise = rng.multivariate_normal(np.zeros(2), of.process_noise, num_trials)
        now = now @ of.transition.T + noise
    seen = states @ of.loading.T + rng.multivariate_normal(
        np.zeros(3), of.observation_noise, (num_trials, num_bins)
    )
    return states + of.mean_state, seen + of.mean_observation


def test_it_is_the_conditional_mean_of_a_large_gaussian():
    rng = np.random.default_rng(0)
    of = a_filter(rng)
    _, seen = drawn(of, rng)
    found = kalman_filtered(of, seen)
    num = seen.shape[1]
    covariance = np.zeros((num, 2, num, 2))
    spread = of.first_spread
    for time in range(num):
        covariance[time, :, time] = spread
        later = spread
        for other in range(time + 1, num):
            later = of.transition @ later
            covariance[other, :, time], covariance[time, :, other] = later, later.T
        spread = of.transition @ spread @ of.transition.T + of.process_noise
    for time in range(num):
        known = slice(time + 1)
        loading = np.kron(np.eye(time + 1), of.loading)
        joint = covariance[known, :, known].reshape(2 * (time + 1), -1)
        of_seen = loading @ joint @ loading.T + np.kron(np.eye(time + 1), of.observation_noise)
        about = (seen[0, known] - of.mean_observation).ravel()
        expected = joint[-2:] @ loading.T @ np.linalg.solve(of_seen, about) + of.mean_state
        np.testing.assert_allclose(found[0, time], expected, atol=1e-9)


def test_matrices_are_found_again_and_missing_states_change_little():
    rng = np.random.default_rng(1)
    of = a_filter(rng)
    states, seen = drawn(of, rng, 400, 50)
    for missing in (0.0, 0.3):
        gaps = np.where(rng.uniform(size=(400, 50, 1)) < missing, np.nan, states)
        found = fit_kalman_filter(gaps, seen)
        np.testing.assert_allclose(found.transition, of.transition, atol=0.03)
        np.testing.assert_allclose(found.loading, of.loading, atol=0.05)
        np.testing.assert_allclose(found.observation_noise, of.observation_noise, atol=0.05)
        np.testing.assert_allclose(found.process_noise, of.process_noise, atol=0.03)


def test_states_that_are_never_known_together_are_refused():
    states = np.random.default_rng(0).normal(size=(3, 8, 2))
    states[:, ::2] = np.nan
    with pytest.raises(UserError, match="neighbouring bins in which all of its states are known"):
        fit_kalman_filter(states, np.ones((3, 8, 1)))
