"""The interface of priors: over the code of the initial condition, over inferred inputs, or both.

A prior is a part with a name; it offers a class for each of the two that it can be a prior of.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
from jaxtyping import Array, Bool, Float

from lfads.checks import UserError
from lfads.config import ModelSettings
from lfads.model.distributions import DiagonalGaussian, sum_valid
from lfads.parts import load, part, parts


class InitialConditionPrior(eqx.Module):
    """A distribution of the code that the generator's first state is made of.

    `own_settings` names settings of `[model]` that not every prior takes, with their defaults. What is not
    `is_proper` is no density, and cannot be drawn from.
    """

    own_settings: ClassVar[Mapping[str, Any]] = {}
    is_proper: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def initialise(cls, size: int, config: ModelSettings) -> "InitialConditionPrior":
        """The prior of `size` dimensions at its start."""

    @abstractmethod
    def divergence(
        self, posterior: DiagonalGaussian, code: Float[Array, "trial latent"]
    ) -> Float[Array, " trial"]:
        """KL(posterior, prior) of each trial in nats: exact, or from the one sample `code`."""

    @abstractmethod
    def sample(self, noise: Float[Array, "trial latent"]) -> Float[Array, "trial latent"]:
        """Draw, given standard normal noise."""

    @abstractmethod
    def parameters(self) -> dict[str, Float[Array, " latent"]]:
        """`mean` and `std` of each dimension, as far as they exist."""


class InputPrior(eqx.Module):
    """A distribution of inferred inputs over time; `own_settings` and `is_proper` as above."""

    own_settings: ClassVar[Mapping[str, Any]] = {}
    is_proper: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def initialise(cls, size: int, config: ModelSettings) -> "InputPrior":
        """The prior of `size` inputs at its start."""

    @abstractmethod
    def log_density(
        self, inputs: Float[Array, "time trial input"], valid: Bool[Array, "time trial"] | None
    ) -> Float[Array, " trial"]:
        """Log density of each trial's inputs over its valid bins (a prefix of all bins)."""

    @abstractmethod
    def sample(self, noise: Float[Array, "time trial input"]) -> Float[Array, "time trial input"]:
        """Draw, given standard normal noise."""

    @abstractmethod
    def parameters(self) -> dict[str, Float[Array, " input"]]:
        """What figures say and draw of it: `std` in any bin, and what differs from a normal about 0.

        That is `mean`, `correlation_bins`, and `degrees_of_freedom` of a Student's t. One of another form
        gives `std` alone, or nothing.
        """

    def divergence(
        self,
        posterior: DiagonalGaussian,
        inputs: Float[Array, "time trial input"],
        valid: Bool[Array, "time trial"] | None,
    ) -> Float[Array, " trial"]:
        """log q(u) - log p(u) at the sample that drives the generator, in nats.

        One sample estimates KL(posterior, prior) whatever the prior (Pandarinath et al. 2018). Priors for
        which it is known exactly say that instead.
        """
        return sum_valid(posterior.log_density(inputs), valid) - self.log_density(inputs, valid)

    def alone(self, number: int) -> "InputPrior":
        """The prior of one input, where inputs are independent and arrays lead with their axis."""

        def of_input(values: Any) -> Any:
            return values[number : number + 1] if eqx.is_array(values) and values.ndim else values

        return jax.tree.map(of_input, self)


class Prior:
    """What a name stands for. None where it is no prior of the kind."""

    initial_condition: ClassVar[type[InitialConditionPrior] | None] = None
    inputs: ClassVar[type[InputPrior] | None] = None


def prior_of(name: str, of: Literal["initial_condition", "inputs"]) -> Any:
    """The class of the prior of a name.

    Raises
    ------
    UserError
        If there is none of that name, or it is no prior of the kind.
    """
    setting = "inferred_input_prior" if of == "inputs" else "initial_condition_prior"
    found = getattr(part("priors", name, f"[model] `{setting}`").load(), of)
    if found is None:
        known = [n for n in parts("priors") if getattr(load("priors", n), of) is not None]
        raise UserError(
            f"[model] `{setting}` is `{name}`, which is no prior of {of.replace('_', ' ')}s: choose one of "
            f"{', '.join(known)}"
        )
    return found
