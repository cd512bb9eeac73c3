"""How wide posteriors are at Kullback-Leibler weights of 1.

A network that is trained with weights b < 1 infers the posterior of the likelihood to the power 1/b, whose
precision beyond the prior's is too high by 1/b. With the posterior's and the prior's variance v and p,

    v' = 1 / (b (1/v - 1/p) + 1/p).

Where spikes say little the posterior stays the prior, where they say much its spread grows by 1/sqrt(b).

Inputs whose prior couples bins, u_t ~ N(a u_{t-1}, s²), have posteriors that do not: q(u) is a product over
bins (its mean hardly depends on earlier samples: on trained networks their spread is that of one bin). The
best of them has in each bin the precision that the prior gives beside known neighbours, and the spikes',

    1/v = (1 + a²)/s² + h/b,

which is not the variance of a bin. That, with the precision h of spikes at a weight of 1 in all bins, is

    v' = 1 / sqrt(A² - (2a/s²)²),    A = (1 + a²)/s² + h,

the prior's own s²/(1 - a²) where spikes say nothing. Without coupling the two equations are one.
"""

import dataclasses
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from lfads.model.lfads import LFADS, Encoded
from lfads.model.noise import Noise


class KLWeights(NamedTuple):
    """Weights of the two Kullback-Leibler terms, of the initial condition and of the inferred inputs."""

    initial_condition: float
    inferred_inputs: float

    def without_widening(self) -> list[str]:
        """What is as it was trained: with a weight of 0 nothing holds a posterior to its prior."""
        names = ("initial condition", "inferred inputs")
        return [name for name, weight in zip(names, self, strict=True) if weight == 0]


def widened(
    variance: Float[Array, "*shape latent"],
    prior_std: Float[Array, " latent"],
    weight: float,
    correlation: Float[Array, " latent"] | float = 0.0,
) -> Float[Array, "*shape latent"]:
    """v' of the module's equations; a posterior that is wider stays as it is, as one with a weight of 0.

    Parameters
    ----------
    variance
        Of the posterior.
    prior_std
        Of the prior, in any bin.
    weight
        b; above 1 it counts as 1.
    correlation
        a: that of the prior between neighbouring bins.

    Examples
    --------
    >>> found = widened(jnp.array([0.01, 1.0, 2.0]), jnp.ones(3), 0.1)
    >>> [round(float(each), 4) for each in found]
    [0.0917, 1.0, 2.0]
    """
    if weight == 0:
        return variance
    innovation = jnp.broadcast_to(prior_std**2 * (1 - correlation**2), variance.shape)
    correlation = jnp.broadcast_to(correlation, variance.shape)
    beside = (1 + correlation**2) / innovation
    from_spikes = min(weight, 1.0) * jnp.maximum(1 / variance - beside, 0)
    coupled = 2 * correlation / innovation
    # A² - B² as a product, which holds where both are nearly alike
    squared = (from_spikes + beside + coupled) * (from_spikes + (1 - correlation) ** 2 / innovation)
    return jnp.maximum(1 / jnp.sqrt(squared), variance)


def widened_code(model: LFADS, encoded: Encoded, weights: KLWeights) -> Encoded:
    """The posterior of the initial condition, as wide as at a weight of 1."""
    prior = model.initial_condition_prior.parameters()
    if "std" not in prior:
        return encoded
    posterior = encoded.initial_condition
    variance = widened(posterior.variance, prior["std"], weights.initial_condition)
    return encoded._replace(initial_condition=posterior._replace(variance=variance))


def input_noise_scale(
    model: LFADS, variance: Float[Array, "time trial input"] | None, weights: KLWeights
) -> Float[Array, "time trial input"] | None:
    """What noise is multiplied by, so that inputs spread as at a weight of 1; None without inputs.

    The posterior's variance hardly differs between samples, so that their mean stands for all.
    """
    if model.input_prior is None or variance is None:
        return None
    prior = model.input_prior.parameters()
    if "std" not in prior:
        return jnp.ones_like(variance)
    correlation = jnp.zeros_like(prior["std"])
    if "correlation_bins" in prior:
        correlation = jnp.exp(-1 / prior["correlation_bins"])
    wide = widened(variance, prior["std"], weights.inferred_inputs, correlation)
    return jnp.sqrt(wide / variance)


def no_scale(model: LFADS, encoded: Encoded) -> Float[Array, "time trial input"] | None:
    """The scale of a posterior that is left as it is."""
    given = encoded.controller_inputs
    if given is None:
        return None
    return jnp.ones((*given.shape[:2], model.config.num_inferred_inputs), given.dtype)


def scaled(noise: Noise, scale: Float[Array, "time trial input"] | None) -> Noise:
    """Noise whose part for the inputs is multiplied."""
    if scale is None or noise.inferred_inputs is None:
        return noise
    return dataclasses.replace(noise, inferred_inputs=noise.inferred_inputs * scale)
