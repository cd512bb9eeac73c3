"""Spikes that are there or not, in bins so short that none holds two: 1 ms."""

from typing import Any

import numpy as np

from lfads.model.observations.observation import Moments, Observation, Parameters, Start
from lfads.numerics.poisson import LOWEST_RATE

_CLOSEST = 1e-6  # to a probability of 1, which float32 tells apart from it


class Bernoulli(Observation):
    """A spike with probability p, whose logit is read out.

    log p(x) = x log p + (1-x) log(1-p). Where p is small this is nearly Poisson; where neurons fire in
    more than one bin in ten it differs, as a bin that holds a spike can hold no other.
    """

    kind = "counts"
    log_link = True
    scores = ("bits_per_spike", "bits_per_sample", "deviance_explained")

    def start(self, moments: Moments) -> Start:
        """The logit of the share of bins with a spike."""
        share = np.clip(moments.mean, LOWEST_RATE, 1 - _CLOSEST)
        return Start((np.log(share) - np.log1p(-share),), {})

    def parameters(self, read_outs: tuple[Any, ...], own: Parameters, xp: Any) -> Parameters:
        """The probability, which is the mean, and its logit."""
        (logit,) = read_outs
        # not 1 / (1 + exp(-logit)), which overflows
        return {"mean": xp.exp(-xp.logaddexp(0.0, -logit)), "logit": logit}

    def log_density(self, values: Any, parameters: Parameters, xp: Any) -> Any:
        """x logit(p) + log(1-p)."""
        logit = parameters.get("logit")
        if logit is None:
            share = xp.clip(parameters["mean"], LOWEST_RATE, 1 - _CLOSEST)
            logit = xp.log(share) - xp.log1p(-share)
        return values * logit - xp.logaddexp(0.0, logit)

    def variance(self, parameters: Parameters, xp: Any) -> Any:
        """p (1-p)."""
        return parameters["mean"] * (1 - parameters["mean"])

    def sample(self, key: Any, parameters: Any) -> Any:
        """0 or 1."""
        import jax.numpy as jnp
        import jax.random as jr

        mean = parameters["mean"]
        return jr.bernoulli(key, mean, mean.shape).astype(jnp.int32)

    def unsuitable(self, values: Any) -> str:
        """Counts above 1."""
        if (number := int((values > 1).sum())) == 0:
            return ""
        return (
            f"{number} of {values.size} bins hold more than one spike. Make bins shorter (1 ms), or leave "
            "`poisson`"
        )

    def exact(self, values: Any, xp: Any) -> Parameters:
        """Each value as its probability."""
        return {"mean": values, "logit": None}
