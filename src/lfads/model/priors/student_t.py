"""Inputs that are near zero but for a few: Student's t, independent over bins, whose tails are heavy.

The divergence of a bin grows as u² under a normal prior, as log |u| in these tails: one large input, such
as a pulse, is cheaper than the same in several bins. Its location is 0. Not in Pandarinath et al. 2018.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammaln
from jaxtyping import Array, Bool, Float
from scipy import stats

from lfads.config import ModelSettings
from lfads.model.distributions import sum_valid
from lfads.model.first_values import constant
from lfads.model.priors.prior import InputPrior, Prior

NORMAL_QUANTILES = np.linspace(-8.0, 8.0, 8001)


class StudentTInputs(InputPrior):
    """u_t ~ s t_ν, independent over bins; s² learned in log space for each dimension, ν > 2 fixed.

    log p(u) = log Γ((ν+1)/2) - log Γ(ν/2) - ½ log(π ν s²) - (ν+1)/2 log(1 + u² / (ν s²)), of variance
    s² ν / (ν - 2).
    """

    own_settings: ClassVar[Mapping[str, Any]] = {"prior_degrees_of_freedom": 3.0}

    log_squared_scale: Float[Array, " input"]
    degrees_of_freedom: float = eqx.field(static=True)

    @classmethod
    def initialise(cls, size: int, config: ModelSettings) -> "StudentTInputs":
        """Of the variance and the degrees of freedom that are set."""
        freedom = config.prior_degrees_of_freedom or cls.own_settings["prior_degrees_of_freedom"]
        squared_scale = config.prior_variance * (freedom - 2) / freedom
        return cls(constant(float(np.log(squared_scale)), size), freedom)

    def log_density(
        self, inputs: Float[Array, "time trial input"], valid: Bool[Array, "time trial"] | None
    ) -> Float[Array, " trial"]:
        """Log density of each trial's inputs over its valid bins."""
        freedom = self.degrees_of_freedom
        scaled = freedom * jnp.exp(self.log_squared_scale)[None, None, :]
        normaliser = (
            gammaln((freedom + 1) / 2) - gammaln(freedom / 2) - 0.5 * jnp.log(jnp.pi * scaled)
        )
        tail = 0.5 * (freedom + 1) * jnp.log1p(inputs**2 / scaled)
        return sum_valid(normaliser - tail, valid)

    def sample(self, noise: Float[Array, "time trial input"]) -> Float[Array, "time trial input"]:
        """Draw, given standard normal noise: quantile for quantile, from a table of 8001."""
        lower = stats.norm.cdf(NORMAL_QUANTILES[NORMAL_QUANTILES <= 0])
        below = stats.t.ppf(lower, self.degrees_of_freedom)
        quantiles = np.concatenate([below, -below[-2::-1]])
        drawn = jnp.interp(noise, NORMAL_QUANTILES, quantiles)
        return jnp.exp(0.5 * self.log_squared_scale)[None, None, :] * drawn

    def parameters(self) -> dict[str, Float[Array, " input"]]:
        """Standard deviation in any bin, s sqrt(ν / (ν - 2)), and ν."""
        freedom = self.degrees_of_freedom
        std = jnp.exp(0.5 * self.log_squared_scale) * (freedom / (freedom - 2)) ** 0.5
        return {"std": std, "degrees_of_freedom": jnp.full_like(std, freedom)}


class StudentT(Prior):
    """Inputs that are near zero but for a few, such as pulses: Student's t in each bin."""

    inputs = StudentTInputs
