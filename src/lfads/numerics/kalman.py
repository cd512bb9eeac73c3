"""A Kalman filter whose matrices are fitted to states that were observed: a decoder of movement.

x_t = A x_{t-1} + w, w ~ N(0, W); y_t = C x_t + q, q ~ N(0, Q), all about their means (Wu et al. 2006).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from lfads.checks import UserError
from lfads.numerics.regression import ridge_weights

_LEAST_NOISE = 1e-6  # of the mean variance of observations: keeps what is fitted exactly invertible


class KalmanFilter(NamedTuple):
    """Matrices of the filter, means that all is about, and the spread of states in a trial's first bin."""

    transition: Float[np.ndarray, "state state"]
    process_noise: Float[np.ndarray, "state state"]
    loading: Float[np.ndarray, "observation state"]
    observation_noise: Float[np.ndarray, "observation observation"]
    mean_state: Float[np.ndarray, " state"]
    mean_observation: Float[np.ndarray, " observation"]
    first_spread: Float[np.ndarray, "state state"]


def fit_kalman_filter(
    states: Float[np.ndarray, "trial time state"],
    observations: Float[np.ndarray, "trial time observation"],
) -> KalmanFilter:
    """Matrices by least squares, noise from what these leave.

    A is fitted on neighbouring bins in which the whole state is known, C on single ones.

    Parameters
    ----------
    states
        NaN where they are not known.
    observations
        Finite everywhere.

    Raises
    ------
    UserError
        If the whole state is known in no two neighbouring bins.

    References
    ----------
    Wu, Gao, Bienenstock, Donoghue & Black (2006), Neural Computation 18:80-118, eqs 2.1 to 2.4.

    Examples
    --------
    >>> turn = np.array([[0.8, 0.6], [-0.6, 0.8]])
    >>> states = np.array([np.linalg.matrix_power(turn, t) @ [1.0, 0.0] for t in range(10)])[None]
    >>> fit_kalman_filter(states, states).transition.round(1).tolist()
    [[0.8, 0.6], [-0.6, 0.8]]
    """
    known: Bool[np.ndarray, "trial time"] = np.asarray(np.isfinite(states).all(axis=2))
    both: Bool[np.ndarray, "trial _"] = known[:, 1:] & known[:, :-1]
    if not both.any():
        raise UserError(
            "a Kalman filter needs neighbouring bins in which all of its states are known, and found none"
        )
    mean, mean_observed = states[known].mean(0), observations[known].mean(0)
    before, now = states[:, :-1][both] - mean, states[:, 1:][both] - mean
    known_states, seen = states[known] - mean, observations[known] - mean_observed
    transition = ridge_weights(before, now, _small(before)).T
    loading = ridge_weights(known_states, seen, _small(known_states)).T
    noise = _second_moment(seen - known_states @ loading.T)
    noise += _LEAST_NOISE * max(np.mean(seen**2), 1e-300) * np.eye(len(noise))
    return KalmanFilter(
        transition, _second_moment(now - before @ transition.T), loading, noise, mean, mean_observed,
        _second_moment(known_states),
    )  # fmt: skip


def kalman_filtered(
    fitted: KalmanFilter, observations: Float[np.ndarray, "trial time observation"]
) -> Float[np.ndarray, "trial time state"]:
    """The expected state in each bin, given observations up to it.

    K_t = P C' (C P C' + Q)⁻¹, x_t = A x_{t-1} + K_t (y_t - C A x_{t-1}), P ← A (P - K_t C P) A' + W. Gains
    are the same in all trials, since no observation is missing.

    Examples
    --------
    >>> states = np.cumsum(np.ones((2, 5, 1)), axis=1)
    >>> kalman_filtered(fit_kalman_filter(states, states), states)[0, :, 0].round(2).tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    spread, loading = fitted.first_spread, fitted.loading
    centred = observations - fitted.mean_observation
    found = np.empty((*observations.shape[:2], len(fitted.mean_state)))
    expected = np.zeros((len(observations), len(fitted.mean_state)))
    for time in range(observations.shape[1]):
        seen = loading @ spread
        gain = np.linalg.solve(seen @ loading.T + fitted.observation_noise, seen).T
        state = expected + (centred[:, time] - expected @ loading.T) @ gain.T
        found[:, time] = state
        expected = state @ fitted.transition.T
        left = spread - gain @ seen
        spread = fitted.transition @ left @ fitted.transition.T + fitted.process_noise
    return found + fitted.mean_state


def _small(x: np.ndarray) -> float:
    """A penalty that only decides between states that say the same."""
    return 1e-9 * max(float((x**2).sum()), 1e-300)


def _second_moment(x: np.ndarray) -> np.ndarray:
    return x.T @ x / max(len(x), 1)
