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

SHAPES = (1e-2, 1e2)
"""Bounds of the shape. At the upper one the variance is the mean m times 1 + m/100; float32 tells no larger
shapes apart."""


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
        shape = np.clip(mean**2 / beyond, *SHAPES)
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
        none = shape * xp.log1p(xp.exp(log_mean - log_shape))
        return ways - none + values * (log_mean - log_sum)

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

    def nll_of_constant(self, values: Any, known: Any) -> float:
        """At the shape of maximum likelihood: with that of the moments the null model would be too weak."""
        from scipy.optimize import minimize_scalar

        total = 0.0
        for neuron in range(values.shape[2]):
            counts = values[:, :, neuron][np.broadcast_to(known, values.shape)[:, :, neuron]]
            if not counts.size:
                continue
            number = np.bincount(counts)
            there = np.flatnonzero(number)
            mean = np.full(len(there), max(float(counts.mean()), LOWEST_RATE))

            def nats(log_shape: float, there=there, number=number, mean=mean) -> float:
                parameters = {"mean": mean, "shape": np.full(len(mean), np.exp(log_shape))}
                density = self.log_density(there.astype(float), parameters, np)
                return -float(number[there] @ density)

            found: Any = minimize_scalar(nats, bounds=np.log(SHAPES), method="bounded")
            total += float(found.fun)
        return total

    def exact(self, values: Any, xp: Any) -> Parameters:
        """Each count as its mean."""
        return {"mean": values, "log_mean": xp.log(xp.maximum(values, LOWEST_RATE))}
