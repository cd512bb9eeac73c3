"""Normal priors: a code about a learned mean, and inputs that are independent over bins."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from lfads.config import ModelSettings
from lfads.model.distributions import DiagonalGaussian, sum_valid
from lfads.model.first_values import constant
from lfads.model.priors.prior import InitialConditionPrior, InputPrior, Prior


class GaussianCode(InitialConditionPrior):
    """N(mean, variance) over the code, the mean learned from 0, the variance fixed."""

    mean: Float[Array, " latent"]
    variance: float = eqx.field(static=True)

    @classmethod
    def initialise(cls, size: int, config: ModelSettings) -> "GaussianCode":
        """Mean 0."""
        return cls(constant(0.0, size), config.initial_condition_prior_variance)

    def distribution(self, num_trials: int) -> DiagonalGaussian:
        """The prior, once for each trial."""
        mean = jnp.broadcast_to(self.mean, (num_trials, *self.mean.shape))
        return DiagonalGaussian(mean, jnp.full_like(mean, self.variance))

    def divergence(
        self, posterior: DiagonalGaussian, code: Float[Array, "trial latent"]
    ) -> Float[Array, " trial"]:
        """Exact."""
        return posterior.divergence(self.distribution(code.shape[0])).sum(-1)

    def sample(self, noise: Float[Array, "trial latent"]) -> Float[Array, "trial latent"]:
        """Draw, given standard normal noise."""
        return self.distribution(noise.shape[0]).sample(noise)

    def parameters(self) -> dict[str, Float[Array, " latent"]]:
        """Mean and standard deviation of each dimension of the code."""
        return {"mean": self.mean, "std": jnp.full_like(self.mean, self.variance**0.5)}


class GaussianInputs(InputPrior):
    """u_t ~ N(0, s²), independent over bins, s² learned in log space for each dimension."""

    log_variance: Float[Array, " input"]

    @classmethod
    def initialise(cls, size: int, config: ModelSettings) -> "GaussianInputs":
        """Of the variance that is set."""
        return cls(constant(float(np.log(config.prior_variance)), size))

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


class Gaussian(Prior):
    """Normal: a code about a learned mean; inputs that are independent over bins."""

    initial_condition = GaussianCode
    inputs = GaussianInputs
