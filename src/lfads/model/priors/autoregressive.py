"""Inputs that go on for a while: a first-order autoregressive process, the prior of LFADS.

Its bins are coupled, so that the Kullback-Leibler divergence has no simple form. Pandarinath et al. 2018
(Online Methods) estimate it from the sample that drives the generator, log q(u) - log p(u). Here each bin's
part is exact given that sample's bins before,

    sum_t KL(q(u_t | u_1 ... u_{t-1}) || p(u_t | u_{t-1})),

which has the same mean, since posterior and prior both go forward in time, and less noise.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from lfads.config import ModelSettings
from lfads.model.distributions import DiagonalGaussian, sum_valid
from lfads.model.first_values import constant
from lfads.model.priors.prior import InputPrior, Prior
from lfads.model.recurrence.first_order import first_order_filter


class AutoregressiveInputs(InputPrior):
    """First-order autoregressive process in each input dimension.

    u_1 ~ N(0, s²/(1-α²)), u_t | u_{t-1} ~ N(α u_{t-1}, s²), α = exp(-1/τ), with the correlation time
    τ (bins) and the innovation variance s² learned in log space.
    """

    own_settings: ClassVar[Mapping[str, Any]] = {"prior_correlation_bins": 10.0}

    log_correlation_bins: Float[Array, " input"]
    log_variance: Float[Array, " input"]

    @classmethod
    def initialise(cls, size: int, config: ModelSettings) -> "AutoregressiveInputs":
        """Of the correlation time and the variance that are set."""
        bins = config.prior_correlation_bins or cls.own_settings["prior_correlation_bins"]
        correlation = constant(float(np.log(bins)), size)
        return cls(correlation, constant(float(np.log(config.prior_variance)), size))

    def log_density(
        self, inputs: Float[Array, "time trial input"], valid: Bool[Array, "time trial"] | None
    ) -> Float[Array, " trial"]:
        """Log density of each trial's inputs over its valid bins (a prefix of all bins)."""
        return sum_valid(self._given_the_bin_before(inputs).log_density(inputs), valid)

    def divergence(
        self,
        posterior: DiagonalGaussian,
        inputs: Float[Array, "time trial input"],
        valid: Bool[Array, "time trial"] | None,
    ) -> Float[Array, " trial"]:
        """Exact in each bin, given the sample of the bins before."""
        return sum_valid(posterior.divergence(self._given_the_bin_before(inputs)), valid)

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

    def _given_the_bin_before(self, inputs: Float[Array, "time trial input"]) -> DiagonalGaussian:
        """The distribution of each bin; the first has none before it."""
        correlation, variance, first_variance = self._moments()
        mean = jnp.concatenate(
            [jnp.zeros_like(inputs[:1]), correlation[None, None, :] * inputs[:-1]]
        )
        variance = jnp.broadcast_to(variance[None, None, :], inputs.shape)
        return DiagonalGaussian(mean, variance.at[0].set(first_variance[None, :]))

    def _moments(self):
        correlation_bins = jnp.exp(self.log_correlation_bins)
        correlation = jnp.exp(-1 / correlation_bins)
        variance = jnp.exp(self.log_variance)
        return correlation, variance, variance / -jnp.expm1(-2 / correlation_bins)


class Autoregressive(Prior):
    """First-order autoregressive inputs, with a learned correlation time."""

    inputs = AutoregressiveInputs
