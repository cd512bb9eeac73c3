"""What a generator is: dynamics from an initial condition, driven by inputs, that factors are read from.

A generator is one equation for one bin, `step`. With it alone the generator runs through time, by itself
or driven by the controller, and JAX takes its gradient (`lfads.model.generators.run`). One that has faster
ways, with a gradient of its own, is a `FastGenerator`.
"""

import inspect
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from lfads.checks import UserError
from lfads.config import ModelSettings
from lfads.model.controller import Controller, DecoderInputs
from lfads.model.gru import num_weights_of_gru
from lfads.model.recurrence.controlled import ControlledGeneratorOutputs, ControlledGeneratorState
from lfads.parts import part


class Generator(eqx.Module):
    """The interface of generators: arrays are fields, and this is what they do.

    Inputs of a bin are the inferred ones first, then the measured ones; there may be none. `own_settings`
    names settings of `[model]` that not every generator takes, with their defaults.
    """

    own_settings: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    @abstractmethod
    def initialise(
        cls, rng: np.random.Generator, num_inputs: int, config: ModelSettings
    ) -> "Generator":
        """A generator of so many inputs and `generator_size` units, its weights drawn in NumPy."""

    @classmethod
    def num_weights(cls, num_inputs: int, config: ModelSettings) -> int:
        """Entries of its arrays, from sizes alone; as many as a GRU has, unless a generator says."""
        return num_weights_of_gru(num_inputs, config.generator_size)

    @property
    @abstractmethod
    def size(self) -> int:
        """Units, the width of the state."""

    @abstractmethod
    def step(
        self, state: Float[Array, "trial unit"], inputs: Float[Array, "trial input"], limit: float
    ) -> Float[Array, "trial unit"]:
        """The state after a bin from that before it, within ±limit."""

    @abstractmethod
    def penalised(self) -> tuple[Array, ...]:
        """The arrays among its fields that the L2 penalty counts."""


class FastGenerator(Generator):
    """A generator that runs through time in a way of its own, whose numbers are those of its `step`."""

    @abstractmethod
    def run(
        self,
        inputs: Float[Array, "time trial input"],
        initial_state: Float[Array, "trial unit"],
        *,
        limit: float,
        num_segments: int,
    ) -> Float[Array, "time trial unit"]:
        """States at every bin, as `lfads.model.generators.run.run_alone` says."""

    @abstractmethod
    def run_controlled(
        self,
        controller: Controller,
        factor_weights: Float[Array, "unit factor"],
        initial: ControlledGeneratorState,
        inputs: DecoderInputs,
        *,
        scale: Float[Array, ""],
        limit: float,
    ) -> ControlledGeneratorOutputs:
        """All that is computed, as `lfads.model.generators.run.run_controlled` says."""

    def takes_products(self, encoded: Float[Array, "time trial encoded"]) -> bool:
        """Whether `run_controlled` takes the controller's products of what is encoded, made before."""
        return False


def generator_class(name: str) -> type[Generator]:
    """The class of a generator by its name.

    Raises
    ------
    UserError
        If there is none of this name, it cannot be imported, or it does not keep the interface.
    """
    found = part("generators", name, "[model] `generator`")
    kind = found.load()
    if not (isinstance(kind, type) and issubclass(kind, Generator)):
        raise UserError(
            f"the {found.title} must be a class that derives from "
            f"lfads.model.generators.generator.Generator; got {kind!r} at {found.target}"
        )
    if inspect.isabstract(kind):
        missing = ", ".join(f"`{method}`" for method in sorted(kind.__abstractmethods__))
        raise UserError(f"the {found.title} does not say {missing}: define it in {found.target}")
    return kind
