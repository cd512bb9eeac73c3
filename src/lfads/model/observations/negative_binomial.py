"""Counts that vary more than their mean: gain changes, bursts, several units on one channel."""

from typing import Any

import numpy as np

from lfads.model.observations.observation import (
    Moments,
    Observation,
    Parameters,
    Start,
    log_gamma,
    log_of_mean,
)
from lfads.numerics.poisson import LOWEST_RATE

SHAPES = (1e-2, 1e3)
"""Bounds of the shape. At the upper one counts are Poisson's to a thousandth of their mean."""


class NegativeBinomial(Observation):
    """Over-dispersed counts: variance m + m²/k with a learned shape k of each neuron.

    log p(x) = log Γ(x+k) - log Γ(k) - log x! + k log(k / (k+m)) + x log(m / (k+m)). The read-out is log m.
    """

    kind = "counts"
    log_link = True
    learned = ("log_shape",)
    of_neurons = ("shape",)
    scores = ("bits_per_spike", "bits_per_sample", "deviance_explained")

    def start(self, moments: Moments) -> Start:
        """The logarithm of mean counts; the shape by the method of moments, m² / (v - m)."""
        mean = np.maximum(moments.mean, LOWEST_RATE)
        beyond = np.maximum(moments.variance - mean, 1e-3 * mean)
        shape = np.clip(mean**2 / beyond, 1e-1, 1e2)
        return Start((np.log(mean),), {"log_shape": np.log(shape)})

    def parameters(self, read_outs: tuple[Any, ...], own: Parameters, xp: Any) -> Parameters:
        """Mean and shape."""
        (log_mean,) = read_outs
        shape = xp.exp(xp.clip(own["log_shape"], *np.log(SHAPES)))
        return {"mean": xp.exp(log_mean), "log_mean": log_mean, "shape": shape}

    def log_density(self, values: Any, parameters: Parameters, xp: Any) -> Any:
        """As the class says, with the logarithms of probabilities from those of mean and shape."""
        log_mean, shape = log_of_mean(parameters, LOWEST_RATE, xp), parameters["shape"]
        log_shape = xp.log(shape)
        log_sum = xp.logaddexp(log_shape, log_mean)
        ways = log_gamma(values + shape, xp) - log_gamma(shape, xp) - log_gamma(values + 1, xp)
        return ways + shape * (log_shape - log_sum) + values * (log_mean - log_sum)

    def variance(self, parameters: Parameters, xp: Any) -> Any:
        """m + m²/k."""
        mean = parameters["mean"]
        return mean + mean**2 / parameters["shape"]

    def sample(self, key: Any, parameters: Any) -> Any:
        """Poisson counts of gamma rates."""
        import jax.random as jr

        of_rates, of_counts = jr.split(key)
        shape = parameters["shape"]
        rates = jr.gamma(of_rates, shape) * parameters["mean"] / shape
        return jr.poisson(of_counts, rates)

    def exact(self, values: Any, xp: Any) -> Parameters:
        """Each count as its mean."""
        return {"mean": values, "log_mean": xp.log(xp.maximum(values, LOWEST_RATE))}
