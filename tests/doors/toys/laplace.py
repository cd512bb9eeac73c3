"""An observation: real values with more outliers than normal ones have."""

import jax.random as jr
import numpy as np

from lfads.model.observations.observation import Observation, Start


class Laplace(Observation):
    """Values about a read-out median, log p(x) = -|x - m| / b - log 2b, with a learned b a channel."""

    kind = "real"
    learned = ("log_spread",)
    of_neurons = ("spread",)

    def start(self, moments):
        """The variance is 2 b²."""
        spread = np.sqrt(np.maximum(moments.variance, 1e-6) / 2)
        return Start((moments.mean,), {"log_spread": np.log(spread)})

    def parameters(self, read_outs, own, xp):
        """Median, which is the mean, and spread."""
        return {"mean": read_outs[0], "spread": xp.exp(own["log_spread"])}

    def log_density(self, values, parameters, xp):
        """As the class says."""
        spread = parameters["spread"]
        return -xp.abs(values - parameters["mean"]) / spread - xp.log(2 * spread)

    def variance(self, parameters, xp):
        """2 b²."""
        return 2 * parameters["spread"] ** 2

    def sample(self, key, parameters):
        """Draws."""
        mean = parameters["mean"]
        return mean + parameters["spread"] * jr.laplace(key, mean.shape)
