"""Posteriors and priors of the initial condition and of the inferred inputs.

The Kullback-Leibler divergence of the initial condition is analytic; that of the inferred inputs is
log q(u) - log p(u) at the sample that drives the generator (Pandarinath et al. 2018, Online Methods),
because their prior couples the bins.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from lfads.model.recurrence.first_order import first_order_filter

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


class InitialConditionPrior(eqx.Module):
    """N(mean, variance) over the code, the mean learned from 0, the variance fixed."""

    mean: Float[Array, " latent"]
    variance: float = eqx.field(static=True)

    def distribution(self, num_trials: int) -> DiagonalGaussian:
        """The prior, once for each trial."""
        mean = jnp.broadcast_to(self.mean, (num_trials, *self.mean.shape))
        return DiagonalGaussian(mean, jnp.full_like(mean, self.variance))

    def parameters(self) -> dict[str, Float[Array, " latent"]]:
        """Mean and standard deviation of each dimension of the code."""
        return {"mean": self.mean, "std": jnp.full_like(self.mean, self.variance**0.5)}


class AutoregressivePrior(eqx.Module):
    """First-order autoregressive process in each input dimension.

    u_1 ~ N(0, s²/(1-α²)), u_t | u_{t-1} ~ N(α u_{t-1}, s²), α = exp(-1/τ), with the correlation time
    τ (bins) and the innovation variance s² learned in log space.
    """

    log_correlation_bins: Float[Array, " input"]
    log_variance: Float[Array, " input"]

    def log_density(
        self, inputs: Float[Array, "time trial input"], valid: Bool[Array, "time trial"] | None
    ) -> Float[Array, " trial"]:
        """Log density of each trial's inputs over its valid bins (a prefix of all bins)."""
        correlation, variance, first_variance = self._moments()
        mean = correlation[None, None, :] * inputs[:-1]
        later = DiagonalGaussian(mean, jnp.broadcast_to(variance, mean.shape))
        first = DiagonalGaussian(
            jnp.zeros_like(inputs[0]), jnp.broadcast_to(first_variance, inputs[0].shape)
        )
        per_bin = jnp.concatenate(
            [first.log_density(inputs[0])[None], later.log_density(inputs[1:])]
        )
        return sum_valid(per_bin, valid)

    def sample(self, noise: Float[Array, "time trial input"]) -> Float[Array, "time trial input"]:
        """Draw from the process, given standard normal noise."""
        correlation, variance, first_variance = self._moments()
        scaled = jnp.sqrt(variance)[None, None, :] * noise
        scaled = scaled.at[0].set(jnp.sqrt(first_variance)[None, :] * noise[0])
        return first_order_filter(correlation, scaled)

    def parameters(self) -> dict[str, Float[Array, " input"]]:
        """Standard deviation in any bin, s / sqrt(1-α²), and correlation time τ in bins."""
        return {
            "std": jnp.sqrt(self._moments()[2]),
            "correlation_bins": jnp.exp(self.log_correlation_bins),
        }

    def _moments(self):
        correlation_bins = jnp.exp(self.log_correlation_bins)
        correlation = jnp.exp(-1 / correlation_bins)
        variance = jnp.exp(self.log_variance)
        return correlation, variance, variance / -jnp.expm1(-2 / correlation_bins)


class IndependentPrior(eqx.Module):
    """u_t ~ N(0, s²), independent over bins, s² learned in log space for each dimension."""

    log_variance: Float[Array, " input"]

    def log_density(
        self, inputs: Float[Array, "time trial input"], valid: Bool[Array, "time trial"] | None
    ) -> Float[Array, " trial"]:
        """Log density of each trial's inputs over its valid bins."""
        variance = jnp.broadcast_to(jnp.exp(self.log_variance), inputs.shape)
        return sum_valid(
            DiagonalGaussian(jnp.zeros_like(inputs), variance).log_density(inputs), valid
        )

    def sample(self, noise: Float[Array, "time trial input"]) -> Float[Array, "time trial input"]:
        """Draw, given standard normal noise."""
        return jnp.exp(0.5 * self.log_variance)[None, None, :] * noise

    def parameters(self) -> dict[str, Float[Array, " input"]]:
        """Standard deviation in any bin, s."""
        return {"std": jnp.exp(0.5 * self.log_variance)}


InputPrior = AutoregressivePrior | IndependentPrior


def sum_valid(
    values: Float[Array, "time trial feature"], valid: Bool[Array, "time trial"] | None
) -> Float[Array, " trial"]:
    """Sum over bins and features of each trial, leaving out bins that are not valid."""
    if valid is not None:
        values = jnp.where(valid[:, :, None], values, 0)
    return values.sum((0, 2))
