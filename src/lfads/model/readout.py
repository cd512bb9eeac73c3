"""The map from factors to one session's log-rates: log r = f W + b."""

import jax.numpy as jnp
import numpy as np

from lfads.model.initial import random_weights
from lfads.model.linear import Linear


def initialise_readout(
    rng: np.random.Generator, num_factors: int, mean_counts: np.ndarray
) -> Linear:
    """Weights ~ N(0, 1/num_factors); the bias starts at the log of the mean count per bin."""
    weights = random_weights(rng, num_factors, mean_counts.shape[0])
    return Linear(weights, jnp.asarray(np.log(mean_counts)))
