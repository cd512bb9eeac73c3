"""Positive values whose spread grows with their mean: envelopes of the electromyogram, power of a band."""

from typing import Any

import numpy as np

from lfads.model.observations.gamma_density import (
    LEAST,
    SHAPES,
    gamma_log_density,
    nll_of_constant_gamma,
)
from lfads.model.observations.observation import (
    Moments,
    Observation,
    Parameters,
    Start,
    log_of_mean,
)


class Gamma(Observation):
    """Gamma values: shape α and rate β are read out as logarithms; the mean is α/β, the variance α/β².

    log p(x) = α log β - log Γ(α) + (α-1) log x - β x. Both change over time. The encoders see
    (x - c) / s, with the mean c and the standard deviation s of training samples, so that the unit
    does not matter.
    """

    kind = "real"
    log_link = True
    num_read_outs = 2
    fixed = ("centre", "scale")
    over_time = ("shape",)

    def start(self, moments: Moments) -> Start:
        """Shape m²/v and rate m/v, by the method of moments."""
        mean = np.where(
            moments.mean > 0, moments.mean, 1.0
        )  # that of channels without a value is 0
        scale = np.sqrt(moments.variance)
        scale = np.where(scale > 0, scale, mean)
        log_shape = np.clip(2 * (np.log(mean) - np.log(scale)), *np.log(SHAPES))
        own = {"centre": moments.mean, "scale": scale}
        return Start((log_shape, log_shape - np.log(mean)), own)

    def parameters(self, read_outs: tuple[Any, ...], own: Parameters, xp: Any) -> Parameters:
        """Mean and shape; the shape stays within bounds, the mean follows the read-outs."""
        log_shape, log_rate = read_outs
        shape = xp.exp(xp.clip(log_shape, *np.log(SHAPES)))
        log_mean = xp.clip(log_shape - log_rate, -60.0, 60.0)
        return {"mean": xp.exp(log_mean), "shape": shape, "log_mean": log_mean}

    def log_density(self, values: Any, parameters: Parameters, xp: Any) -> Any:
        """As the class says, by mean and shape."""
        return gamma_log_density(
            values, log_of_mean(parameters, LEAST, xp), parameters["shape"], xp
        )

    def variance(self, parameters: Parameters, xp: Any) -> Any:
        """m²/α."""
        return parameters["mean"] ** 2 / parameters["shape"]

    def sample(self, key: Any, parameters: Any) -> Any:
        """Gamma values, never 0: small shapes give less than float32 holds."""
        import jax.numpy as jnp
        import jax.random as jr

        shape = parameters["shape"]
        drawn = jr.gamma(key, shape) * parameters["mean"] / shape
        return jnp.maximum(drawn, LEAST)

    def seen(self, values: Any, own: Parameters, xp: Any) -> Any:
        """(x - c) / s."""
        return (values - own["centre"]) / own["scale"]

    def unsuitable(self, values: Any) -> str:
        """Values of 0 or below."""
        if (number := int((values <= 0).sum())) == 0:
            return ""
        return (
            f"{number} of {values.size} are 0 or below, and a gamma distribution has none. Rectify "
            "the signal and smooth it, add a little above 0, or choose `zero_inflated_gamma` where 0 means "
            "that nothing happened, `gaussian` where values go below 0"
        )

    def exact(self, values: Any, xp: Any) -> Parameters:
        """Each value as its mean."""
        return {"mean": values, "log_mean": xp.log(xp.maximum(values, LEAST))}

    def nll_of_constant(self, values: Any, known: Any) -> float:
        """At the shape of maximum likelihood."""
        known = np.broadcast_to(known, values.shape)
        each = (values[:, :, n][known[:, :, n]] for n in range(values.shape[2]))
        return sum((nll_of_constant_gamma(one) for one in each), start=0.0)
