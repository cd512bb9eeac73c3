"""No prior: nothing holds a posterior back, and nothing can be drawn.

The divergence is 0, so that codes or inputs take what fits the training trials best; it is for comparison,
not for results. A Kullback-Leibler weight of 0 trains the same network, but reports a divergence.
"""

from typing import NoReturn

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from lfads.checks import UserError
from lfads.config import ModelSettings
from lfads.model.distributions import DiagonalGaussian
from lfads.model.priors.prior import InitialConditionPrior, InputPrior, Prior


class NoCodePrior(InitialConditionPrior):
    """All codes alike."""

    is_proper = False

    @classmethod
    def initialise(cls, size: int, config: ModelSettings) -> "NoCodePrior":
        """Nothing to set."""
        return cls()

    def divergence(
        self, posterior: DiagonalGaussian, code: Float[Array, "trial latent"]
    ) -> Float[Array, " trial"]:
        """0."""
        return jnp.zeros(code.shape[0])

    def sample(self, noise: Float[Array, "trial latent"]) -> Float[Array, "trial latent"]:
        """A UserError."""
        _refuse("codes of initial conditions")

    def parameters(self) -> dict[str, Float[Array, " latent"]]:
        """None."""
        return {}


class NoInputPrior(InputPrior):
    """All inputs alike."""

    is_proper = False

    @classmethod
    def initialise(cls, size: int, config: ModelSettings) -> "NoInputPrior":
        """Nothing to set."""
        return cls()

    def log_density(
        self, inputs: Float[Array, "time trial input"], valid: Bool[Array, "time trial"] | None
    ) -> Float[Array, " trial"]:
        """0: not a density."""
        return jnp.zeros(inputs.shape[1])

    def divergence(
        self,
        posterior: DiagonalGaussian,
        inputs: Float[Array, "time trial input"],
        valid: Bool[Array, "time trial"] | None,
    ) -> Float[Array, " trial"]:
        """0."""
        return jnp.zeros(inputs.shape[1])

    def sample(self, noise: Float[Array, "time trial input"]) -> Float[Array, "time trial input"]:
        """A UserError."""
        _refuse("inputs")

    def parameters(self) -> dict[str, Float[Array, " input"]]:
        """None."""
        return {}


def _refuse(what: str) -> NoReturn:
    raise UserError(
        f"{what} cannot be drawn: the network was trained without a prior of them (`none`), so that "
        "nothing says which are likely: train with a prior"
    )


class NoPrior(Prior):
    """None: the divergence is 0, and nothing can be drawn. For comparison."""

    initial_condition = NoCodePrior
    inputs = NoInputPrior
