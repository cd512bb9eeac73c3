"""How wide posteriors are at Kullback-Leibler weights of 1.

A network that is trained with weights b < 1 infers the posterior of the likelihood to the power 1/b, whose
precision beyond the prior's is too high by 1/b. With the posterior's and the prior's variance v and p,

    v' = 1 / (b (1/v - 1/p) + 1/p).

Where spikes say little the posterior stays the prior, where they say much its spread grows by 1/sqrt(b).
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


def widened(
    variance: Float[Array, "*shape latent"],
    prior_std: Float[Array, " latent"],
    weight: float,
) -> Float[Array, "*shape latent"]:
    """v' of the module's equation; a posterior that is wider than its prior stays as it is.

    >>> found = widened(jnp.array([0.01, 1.0, 2.0]), jnp.ones(3), 0.1)
    >>> [round(float(each), 4) for each in found]
    [0.0917, 1.0, 2.0]
    """
    prior = jnp.maximum(jnp.broadcast_to(prior_std**2, variance.shape), variance)
    from_spikes = 1 / variance - 1 / prior
    return 1 / (min(weight, 1.0) * from_spikes + 1 / prior)


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
    return jnp.sqrt(widened(variance, prior["std"], weights.inferred_inputs) / variance)


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
