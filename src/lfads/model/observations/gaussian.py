"""Real values about a mean: fluorescence, field potentials, envelopes, smoothed rates."""

from typing import Any

import numpy as np

from lfads.model.observations.observation import (
    LOG_TWO_PI,
    Moments,
    Observation,
    Parameters,
    Start,
)

LEAST_NOISE = 1e-3
"""Of a channel's standard deviation: no likelihood is without bound."""


class Gaussian(Observation):
    """Normal values: mean c + s z of the read-out z, with a learned noise of each channel.

    log p(x) = -(x - m)² / 2σ² - log σ - log(2π)/2. Centre c and scale s are the mean and the standard
    deviation of training samples, so that neither the unit of a channel nor its size matters to the
    network: the encoders see (x - c) / s.
    """

    kind = "real"
    learned = ("log_noise",)
    fixed = ("centre", "scale")
    of_neurons = ("noise_std",)

    def start(self, moments: Moments) -> Start:
        """z = 0, and all variance is noise."""
        scale = np.sqrt(moments.variance)
        scale = np.where(scale > 0, scale, 1.0)
        zeros = np.zeros_like(scale)
        return Start((zeros,), {"log_noise": zeros, "centre": moments.mean, "scale": scale})

    def parameters(self, read_outs: tuple[Any, ...], own: Parameters, xp: Any) -> Parameters:
        """Mean and standard deviation."""
        mean = own["centre"] + own["scale"] * read_outs[0]
        return {"mean": mean, "noise_std": own["scale"] * (xp.exp(own["log_noise"]) + LEAST_NOISE)}

    def log_density(self, values: Any, parameters: Parameters, xp: Any) -> Any:
        """As the class says."""
        std = parameters["noise_std"]
        return -0.5 * ((values - parameters["mean"]) / std) ** 2 - xp.log(std) - 0.5 * LOG_TWO_PI

    def variance(self, parameters: Parameters, xp: Any) -> Any:
        """σ²."""
        return parameters["noise_std"] ** 2 + xp.zeros_like(parameters["mean"])

    def sample(self, key: Any, parameters: Any) -> Any:
        """Normal values."""
        import jax.random as jr

        mean = parameters["mean"]
        return mean + parameters["noise_std"] * jr.normal(key, mean.shape)

    def seen(self, values: Any, own: Parameters, xp: Any) -> Any:
        """(x - c) / s."""
        return (values - own["centre"]) / own["scale"]
