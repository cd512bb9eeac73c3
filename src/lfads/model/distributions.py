"""The form of posteriors, independent normal distributions, and sums over the bins of trials."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

LOG_TWO_PI = 1.8378770664093453


class DiagonalGaussian(NamedTuple):
    """Independent normal distributions."""

    mean: Float[Array, "*shape"]
    variance: Float[Array, "*shape"]

    def sample(self, noise: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """The reparameterised sample mean + sqrt(variance) * noise, noise ~ N(0, 1)."""
        return self.mean + jnp.sqrt(self.variance) * noise

    def log_density(self, value: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Log density of each element."""
        squared = (value - self.mean) ** 2 / self.variance
        return -0.5 * (squared + jnp.log(self.variance) + LOG_TWO_PI)

    def divergence(self, other: "DiagonalGaussian") -> Float[Array, "*shape"]:
        """KL(self, other) of each element, in nats."""
        ratio = self.variance / other.variance
        squared = (self.mean - other.mean) ** 2 / other.variance
        return 0.5 * (ratio + squared - 1 - jnp.log(ratio))


def sum_valid(
    values: Float[Array, "time trial feature"], valid: Bool[Array, "time trial"] | None
) -> Float[Array, " trial"]:
    """Sum over bins and features of each trial, leaving out bins that are not valid."""
    if valid is not None:
        values = jnp.where(valid[:, :, None], values, 0)
    return values.sum((0, 2))
