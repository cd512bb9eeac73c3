"""Counts whose variance is their mean: the observation of LFADS (Pandarinath et al. 2018)."""

import math
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
from lfads.numerics.poisson import LOWEST_RATE, log_factorial


class Poisson(Observation):
    """Poisson counts; the read-out is the logarithm of their mean.

    log p(x) = x log r - r - log x!, with r in counts per bin.
    """

    kind = "counts"
    log_link = True
    scores = ("bits_per_spike",)

    def start(self, moments: Moments) -> Start:
        """The logarithm of mean counts."""
        return Start((np.log(np.maximum(moments.mean, LOWEST_RATE)),), {})

    def parameters(self, read_outs: tuple[Any, ...], own: Parameters, xp: Any) -> Parameters:
        """The mean and its logarithm."""
        (log_mean,) = read_outs
        return {"mean": xp.exp(log_mean), "log_mean": log_mean}

    def log_density(self, values: Any, parameters: Parameters, xp: Any) -> Any:
        """x log r - r - log x!."""
        log_mean = log_of_mean(parameters, LOWEST_RATE, xp)
        # In this order compiled numbers are, bit for bit, those of earlier versions.
        return values * log_mean - _mean(parameters, xp) - _log_factorial(values, xp)

    def variance(self, parameters: Parameters, xp: Any) -> Any:
        """The mean."""
        return parameters["mean"]

    def sample(self, key: Any, parameters: Any) -> Any:
        """Counts."""
        import jax.random as jr

        return jr.poisson(key, parameters["mean"])

    def nll_of_constant(self, values: Any, known: Any) -> float:
        """From sums alone: N r - log r sum x + sum log x!."""
        num_known = np.maximum(known.sum((0, 1)), 1)
        total = np.where(known, values, 0).sum((0, 1), dtype=np.float64)
        mean = np.maximum(total / num_known, LOWEST_RATE)
        log_factorials = np.array(
            [math.lgamma(k + 1) for k in range(int(values.max(initial=0)) + 1)]
        )
        nats = (num_known * mean - total * np.log(mean)).sum()
        return float(nats + np.where(known, log_factorials[values], 0).sum())

    def exact(self, values: Any, xp: Any) -> Parameters:
        """Each count as its mean."""
        return {"mean": values, "log_mean": xp.log(xp.maximum(values, LOWEST_RATE))}


def _mean(parameters: Parameters, xp: Any) -> Any:
    """The mean, from its logarithm where that was read out."""
    return xp.exp(parameters["log_mean"]) if "log_mean" in parameters else parameters["mean"]


def _log_factorial(values: Any, xp: Any) -> Any:
    return log_factorial(values) if xp is np else log_gamma(values + 1, xp)
