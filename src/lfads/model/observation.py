"""What is observed, given the rates: Poisson counts per bin."""

import jax.numpy as jnp
from jax.scipy.special import gammaln
from jaxtyping import Array, Float


def poisson_log_likelihood(
    counts: Float[Array, "*shape"], log_rates: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """log p(x | r) = x log r - r - log x!, in nats, rates r in counts per bin."""
    return counts * log_rates - jnp.exp(log_rates) - gammaln(counts + 1)
