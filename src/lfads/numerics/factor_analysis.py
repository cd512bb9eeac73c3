"""Factor analysis by expectation and maximisation, from a covariance alone.

x = L z + noise, z ~ N(0, I), noise ~ N(0, diag(psi)). Neurons are standardised first: the fit does not
depend on their scale, but its start and the floor of psi do.
"""

import numpy as np
from jaxtyping import Float

from lfads.numerics.components import signs_of

_LEAST_NOISE = 0.01  # share of a neuron's variance, so that no factor becomes a copy of one neuron
_MOST_ROUNDS = 1000
_CONVERGED = 1e-7  # change of the log-likelihood per sample


def posterior_weights(
    covariance: Float[np.ndarray, "neuron neuron"], num_factors: int
) -> Float[np.ndarray, "neuron factor"]:
    """Weights B of the posterior mean z = (x - mean) B, factors by decreasing variance of the loadings.

    Neurons of no variance have weights 0. Beyond as many factors as there are other neurons, weights are 0.
    """
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    active = np.flatnonzero(deviation > 1e-9)
    weights = np.zeros((len(covariance), num_factors))
    num = min(num_factors, len(active))
    if num:
        scale = deviation[active]
        correlation = covariance[np.ix_(active, active)] / (scale[:, None] * scale)
        loadings, noise = fitted(correlation, num)
        weights[active, :num] = _posterior(loadings, noise)[0].T / scale[:, None]
    return weights


def fitted(
    correlation: Float[np.ndarray, "neuron neuron"], num_factors: int
) -> tuple[Float[np.ndarray, "neuron factor"], Float[np.ndarray, " neuron"]]:
    """Loadings L, turned to their principal axes, and noise variances psi, of largest likelihood.

    Started from the leading principal components. Signs: the largest loading of each factor is positive.
    """
    values, vectors = np.linalg.eigh(correlation)
    leading = np.argsort(values)[::-1][:num_factors]
    loadings = vectors[:, leading] * np.sqrt(np.maximum(values[leading], _LEAST_NOISE))
    noise = np.maximum(np.diag(correlation) - (loadings**2).sum(1), _LEAST_NOISE)
    before = -np.inf
    for _ in range(_MOST_ROUNDS):
        gain, uncertainty = _posterior(loadings, noise)
        projected = gain @ correlation
        now = _log_likelihood(correlation, loadings, noise, projected, uncertainty)
        if now - before <= _CONVERGED:
            break
        before = now
        second = uncertainty + projected @ gain.T
        loadings = np.linalg.solve(second, projected).T
        explained = (loadings * projected.T).sum(1)
        noise = np.maximum(np.diag(correlation) - explained, _LEAST_NOISE)
    left, size, _ = np.linalg.svd(loadings, full_matrices=False)
    return left * size * signs_of(left), noise


def _posterior(loadings: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gain (factor neuron) and covariance of z given x."""
    precise = loadings.T / noise
    uncertainty = np.linalg.inv(np.eye(loadings.shape[1]) + precise @ loadings)
    return uncertainty @ precise, uncertainty


def _log_likelihood(
    correlation: np.ndarray,
    loadings: np.ndarray,
    noise: np.ndarray,
    projected: np.ndarray,
    uncertainty: np.ndarray,
) -> float:
    """Per sample, without the constant; the inverse is that of Woodbury."""
    log_determinant = np.log(noise).sum() - np.linalg.slogdet(uncertainty)[1]
    trace = ((np.diag(correlation) - (loadings * projected.T).sum(1)) / noise).sum()
    return -0.5 * float(log_determinant + trace)
