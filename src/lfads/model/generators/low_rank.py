"""A network whose recurrent matrix has few dimensions, so that its dynamics do, too.

Whatever the units start at, all but what the inputs drive and what lies in the span of M fades with one
time constant; the dynamics are those of as many variables as the rank (Mastrogiuseppe & Ostojic 2018,
Neuron 99:609; fitted to recordings by Valente, Pillow & Ostojic 2022, NeurIPS 35). The time constant is
learned.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from lfads.config import ModelSettings
from lfads.model.first_values import constant, random_weights
from lfads.model.generators.generator import Generator

FIRST_SHARE = 0.3
"""Of the way to where it is driven, that the state goes in a bin before training."""


class LowRankRNN(Generator):
    """A tanh network of few dimensions, g_t = (1-a) g_{t-1} + a (tanh(g_{t-1}) N Mᵀ + V u_t + b)."""

    own_settings: ClassVar[Mapping[str, Any]] = {"generator_rank": 6}

    left: Float[Array, "unit rank"]
    right: Float[Array, "unit rank"]
    input_weights: Float[Array, "input unit"]
    bias: Float[Array, " unit"]
    share: Float[Array, " one"]

    @classmethod
    def initialise(
        cls, rng: np.random.Generator, num_inputs: int, config: ModelSettings
    ) -> "LowRankRNN":
        """M ~ N(0, 1/rank), N ~ N(0, 1/size), V ~ N(0, 1/num_inputs), b = 0; a = sigmoid(`share`) is 0.3.

        The eigenvalues of the recurrent matrix, those of Mᵀ N, fill the unit disc, as those of
        `vanilla_rnn` do.
        """
        size = config.generator_size
        rank = config.generator_rank or cls.own_settings["generator_rank"]
        return cls(
            left=random_weights(rng, size, rank, fan_in=rank),
            right=random_weights(rng, size, rank),
            input_weights=random_weights(rng, num_inputs, size),
            bias=constant(0.0, size),
            share=constant(float(np.log(FIRST_SHARE / (1 - FIRST_SHARE))), 1),
        )

    @classmethod
    def num_weights(cls, num_inputs: int, config: ModelSettings) -> int:
        """Of both factors, the inputs' weights, the bias and a."""
        rank = config.generator_rank or cls.own_settings["generator_rank"]
        return config.generator_size * (2 * rank + num_inputs + 1) + 1

    @property
    def size(self) -> int:
        """Units."""
        return self.bias.shape[0]

    def penalised(self) -> tuple[Array, ...]:
        """Both factors of the recurrent matrix."""
        return (self.left, self.right)

    def step(
        self, state: Float[Array, "trial unit"], inputs: Float[Array, "trial input"], limit: float
    ) -> Float[Array, "trial unit"]:
        """One bin, clipped; rows are trials."""
        share = jax.nn.sigmoid(self.share)[None]
        recurrent = (jnp.tanh(state) @ self.right) @ self.left.T
        driven = recurrent + inputs @ self.input_weights + self.bias[None]
        return jnp.clip((1 - share) * state + share * driven, -limit, limit)
