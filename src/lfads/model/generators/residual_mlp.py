"""A neural differential equation in steps of a bin: what changes in a bin is a small network of the state.

How many functions of the state there can be is set by the hidden layer, not by how many units the state
has, so that few units are enough and what they do is easier to read: on simulations such generators found
the dynamics themselves where recurrent networks found only the rates (Sedler, Versteeg & Pandarinath 2023,
Neurons Behav. Data Anal. Theory). Euler's method, no solver.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from lfads.config import ModelSettings
from lfads.model.first_values import constant, random_weights
from lfads.model.generators.generator import Generator

STEP = 0.1


class ResidualMLP(Generator):
    """A neural ordinary differential equation, g_t = g_{t-1} + 0.1 (tanh([u_t, g_{t-1}] A + c) B + b)."""

    own_settings: ClassVar[Mapping[str, Any]] = {"generator_hidden_size": 100}

    input_weights: Float[Array, "input hidden"]
    state_weights: Float[Array, "unit hidden"]
    hidden_bias: Float[Array, " hidden"]
    output_weights: Float[Array, "hidden unit"]
    bias: Float[Array, " unit"]

    @classmethod
    def initialise(
        cls, rng: np.random.Generator, num_inputs: int, config: ModelSettings
    ) -> "ResidualMLP":
        """Weights ~ N(0, 1/fan_in), the inputs' of their own; biases 0."""
        size = config.generator_size
        hidden = config.generator_hidden_size or cls.own_settings["generator_hidden_size"]
        return cls(
            input_weights=random_weights(rng, num_inputs, hidden),
            state_weights=random_weights(rng, size, hidden),
            hidden_bias=constant(0.0, hidden),
            output_weights=random_weights(rng, hidden, size),
            bias=constant(0.0, size),
        )

    @classmethod
    def num_weights(cls, num_inputs: int, config: ModelSettings) -> int:
        """Of both layers."""
        size = config.generator_size
        hidden = config.generator_hidden_size or cls.own_settings["generator_hidden_size"]
        return hidden * (num_inputs + 2 * size + 1) + size

    @property
    def size(self) -> int:
        """Units of the state."""
        return self.bias.shape[0]

    def penalised(self) -> tuple[Array, ...]:
        """What takes the state to its change."""
        return (self.state_weights, self.output_weights)

    def step(
        self, state: Float[Array, "trial unit"], inputs: Float[Array, "trial input"], limit: float
    ) -> Float[Array, "trial unit"]:
        """One bin, clipped; rows are trials."""
        summed = state @ self.state_weights + inputs @ self.input_weights + self.hidden_bias[None]
        change = jnp.tanh(summed) @ self.output_weights + self.bias[None]
        return jnp.clip(state + STEP * change, -limit, limit)
