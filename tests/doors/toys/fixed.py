"""A prior: normal inputs and codes of one fixed spread, learned nowhere."""

import jax.numpy as jnp

from lfads.model.distributions import DiagonalGaussian, sum_valid
from lfads.model.priors.prior import InitialConditionPrior, InputPrior, Prior


class FixedCode(InitialConditionPrior):
    """N(0, 1)."""

    size: int

    @classmethod
    def initialise(cls, size, config):
        """Nothing is learned."""
        return cls(size)

    def divergence(self, posterior, code):
        """From one sample."""
        prior = DiagonalGaussian(jnp.zeros_like(code), jnp.ones_like(code))
        return (posterior.log_density(code) - prior.log_density(code)).sum(-1)

    def sample(self, noise):
        """The noise itself."""
        return noise

    def parameters(self):
        """Mean and spread."""
        return {"mean": jnp.zeros(self.size), "std": jnp.ones(self.size)}


class FixedInputs(InputPrior):
    """N(0, 1) in each bin."""

    size: int

    @classmethod
    def initialise(cls, size, config):
        """Nothing is learned."""
        return cls(size)

    def log_density(self, inputs, valid):
        """Of the valid bins."""
        prior = DiagonalGaussian(jnp.zeros_like(inputs), jnp.ones_like(inputs))
        return sum_valid(prior.log_density(inputs), valid)

    def sample(self, noise):
        """The noise itself."""
        return noise

    def parameters(self):
        """Spread."""
        return {"std": jnp.ones(self.size)}


class Fixed(Prior):
    """Standard normal."""

    initial_condition, inputs = FixedCode, FixedInputs
