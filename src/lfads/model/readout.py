"""The map from factors to one session's log-rates: log r = f W + b."""

import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, PRNGKeyArray

from lfads.model.linear import Linear


def initialise_readout(
    key: PRNGKeyArray, num_factors: int, mean_counts: Float[Array, " neuron"]
) -> Linear:
    """Weights ~ N(0, 1/num_factors); the bias starts at the log of the mean count per bin."""
    weights = jr.normal(key, (num_factors, mean_counts.shape[0])) / num_factors**0.5
    return Linear(weights, jnp.log(mean_counts))
