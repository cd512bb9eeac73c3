"""Normal priors: of a code, and of inputs that are independent over bins. Divergences are exact.

Three parts differ in what is learned: of `gaussian` the mean of codes and the variance of inputs, of
`fixed_gaussian` nothing, of `learned_gaussian` mean and variance of both.
"""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from lfads.config import ModelSettings
from lfads.model.distributions import DiagonalGaussian, sum_valid
from lfads.model.first_values import constant
from lfads.model.priors.prior import InitialConditionPrior, InputPrior, Prior


class NormalCode(InitialConditionPrior):
    """N(mean, variance) over the code."""

    @abstractmethod
    def distribution(self, num_trials: int) -> DiagonalGaussian:
        """The prior, once for each trial."""

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
        one = self.distribution(1)
        return {"mean": one.mean[0], "std": jnp.sqrt(one.variance[0])}


class GaussianCode(NormalCode):
    """The mean learned from 0, the variance fixed."""

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


class FixedGaussianCode(NormalCode):
    """Mean 0, the variance fixed."""

    size: int = eqx.field(static=True)
    variance: float = eqx.field(static=True)

    @classmethod
    def initialise(cls, size: int, config: ModelSettings) -> "FixedGaussianCode":
        """Of the variance that is set."""
        return cls(size, config.initial_condition_prior_variance)

    def distribution(self, num_trials: int) -> DiagonalGaussian:
        """The prior, once for each trial."""
        mean = jnp.zeros((num_trials, self.size))
        return DiagonalGaussian(mean, jnp.full_like(mean, self.variance))


class LearnedGaussianCode(NormalCode):
    """The mean learned from 0, the variance from where it is set."""

    mean: Float[Array, " latent"]
    log_variance: Float[Array, " latent"]

    @classmethod
    def initialise(cls, size: int, config: ModelSettings) -> "LearnedGaussianCode":
        """Mean 0, and the variance that is set."""
        start = float(np.log(config.initial_condition_prior_variance))
        return cls(constant(0.0, size), constant(start, size))

    def distribution(self, num_trials: int) -> DiagonalGaussian:
        """The prior, once for each trial."""
        shape = (num_trials, *self.mean.shape)
        variance = jnp.broadcast_to(jnp.exp(self.log_variance), shape)
        return DiagonalGaussian(jnp.broadcast_to(self.mean, shape), variance)


class NormalInputs(InputPrior):
    """N(mean, variance) of each input, independent over bins."""

    @abstractmethod
    def moments(self) -> DiagonalGaussian:
        """Of each input, in any bin."""

    def log_density(
        self, inputs: Float[Array, "time trial input"], valid: Bool[Array, "time trial"] | None
    ) -> Float[Array, " trial"]:
        """Log density of each trial's inputs over its valid bins."""
        return sum_valid(self._in_all_bins(inputs).log_density(inputs), valid)

    def divergence(
        self,
        posterior: DiagonalGaussian,
        inputs: Float[Array, "time trial input"],
        valid: Bool[Array, "time trial"] | None,
    ) -> Float[Array, " trial"]:
        """Exact in each bin, given the sample of the bins before, which the posterior depends on."""
        return sum_valid(posterior.divergence(self._in_all_bins(inputs)), valid)

    def sample(self, noise: Float[Array, "time trial input"]) -> Float[Array, "time trial input"]:
        """Draw, given standard normal noise."""
        return self._in_all_bins(noise).sample(noise)

    def parameters(self) -> dict[str, Float[Array, " input"]]:
        """Standard deviation in any bin, s."""
        return {"std": jnp.sqrt(self.moments().variance)}

    def _in_all_bins(self, like: Float[Array, "time trial input"]) -> DiagonalGaussian:
        mean, variance = (jnp.broadcast_to(each, like.shape) for each in self.moments())
        return DiagonalGaussian(mean, variance)


class GaussianInputs(NormalInputs):
    """u_t ~ N(0, s²), s² learned in log space."""

    log_variance: Float[Array, " input"]

    @classmethod
    def initialise(cls, size: int, config: ModelSettings) -> "GaussianInputs":
        """Of the variance that is set."""
        return cls(constant(float(np.log(config.prior_variance)), size))

    def moments(self) -> DiagonalGaussian:
        """Mean 0."""
        return DiagonalGaussian(jnp.zeros_like(self.log_variance), jnp.exp(self.log_variance))


class FixedGaussianInputs(NormalInputs):
    """u_t ~ N(0, s²), s² fixed: the same scale for every input, so that their strengths compare."""

    variances: tuple[float, ...] = eqx.field(static=True)

    @classmethod
    def initialise(cls, size: int, config: ModelSettings) -> "FixedGaussianInputs":
        """Of the variance that is set."""
        return cls((config.prior_variance,) * size)

    def moments(self) -> DiagonalGaussian:
        """Mean 0."""
        variance = jnp.asarray(np.array(self.variances, float))
        return DiagonalGaussian(jnp.zeros_like(variance), variance)

    def alone(self, number: int) -> "FixedGaussianInputs":
        """The prior of one input."""
        return FixedGaussianInputs(self.variances[number : number + 1])


class LearnedGaussianInputs(NormalInputs):
    """u_t ~ N(m, s²), m learned from 0, s² in log space."""

    mean: Float[Array, " input"]
    log_variance: Float[Array, " input"]

    @classmethod
    def initialise(cls, size: int, config: ModelSettings) -> "LearnedGaussianInputs":
        """Mean 0, and the variance that is set."""
        return cls(constant(0.0, size), constant(float(np.log(config.prior_variance)), size))

    def moments(self) -> DiagonalGaussian:
        """Of each input."""
        return DiagonalGaussian(self.mean, jnp.exp(self.log_variance))

    def parameters(self) -> dict[str, Float[Array, " input"]]:
        """Mean and standard deviation in any bin."""
        return {"mean": self.mean, **super().parameters()}


class Gaussian(Prior):
    """Normal: a code about a learned mean; inputs about 0, of a learned variance, independent over bins."""

    initial_condition = GaussianCode
    inputs = GaussianInputs


class FixedGaussian(Prior):
    """Normal about 0, nothing learned; inputs are independent over bins."""

    initial_condition = FixedGaussianCode
    inputs = FixedGaussianInputs


class LearnedGaussian(Prior):
    """Normal, mean and variance learned; inputs are independent over bins."""

    initial_condition = LearnedGaussianCode
    inputs = LearnedGaussianInputs
