"""Gamma distributions: log-density, and the shape of maximum likelihood.

log p(x) = a log(a/m) - log Γ(a) + (a - 1) log x - a x / m, with mean m and shape a; the variance is m²/a.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from lfads.model.observations.observation import log_gamma

LEAST = 1e-30
"""In the place of 0 where a logarithm is taken: float32 holds it."""

SHAPES = (1e-2, 1e3)
"""Bounds of the shape; beyond the upper one float32 tells likelihoods no longer apart."""


def gamma_log_density(values: Any, log_mean: Any, shape: Any, xp: Any) -> Any:
    """As the module says; finite for values of 0 too, so that what is masked has gradients of 0.

    It takes the logarithm of the mean: the gradient by a mean that is far too small overflows.
    """
    log_values = xp.log(xp.maximum(values, LEAST))
    ratio = xp.exp(xp.minimum(log_values - log_mean, 60.0))
    log_shape = xp.log(shape)
    return shape * (log_shape + log_values - log_mean - ratio) - log_values - log_gamma(shape, xp)


def most_likely_shape(mean: float, mean_log: float) -> float:
    """The shape a of maximum likelihood: log a - ψ(a) = log(mean) - mean log, within `SHAPES`.

    Examples
    --------
    >>> drawn = np.random.default_rng(0).gamma(3.0, size=100_000)
    >>> round(most_likely_shape(drawn.mean(), np.log(drawn).mean()), 1)
    3.0
    """
    from scipy.optimize import brentq
    from scipy.special import digamma

    gap = np.log(mean) - mean_log

    def beyond(log_shape: float) -> float:
        return float(log_shape - digamma(np.exp(log_shape)) - gap)

    low, high = np.log(SHAPES)
    if beyond(low) <= 0:
        return SHAPES[0]
    if beyond(high) >= 0:
        return SHAPES[1]
    found: Any = brentq(beyond, low, high)
    return float(np.exp(found))


def nll_of_constant_gamma(values: Float[np.ndarray, " value"]) -> float:
    """Nats of the best constant gamma model of positive values, summed; 0 of none."""
    if not values.size:
        return 0.0
    values = np.maximum(values.astype(np.float64), LEAST)
    mean = values.mean()
    shape = most_likely_shape(mean, float(np.log(values).mean()))
    return -float(gamma_log_density(values, np.log(mean), shape, np).sum())
