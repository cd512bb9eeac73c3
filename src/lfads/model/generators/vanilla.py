"""The simplest recurrent network: no gates, every unit a weighted sum through a tanh (Elman 1990).

Without gates nothing lets a state last: how long activity goes on is decided by the recurrent matrix alone.
That makes these dynamics easy to take apart, by their fixed points and the matrix there (Sussillo & Abbott
2009 trained such networks, with a time constant; ours is one bin), and harder to train.

Elman 1990, Cognitive Science 14:179. Sussillo & Abbott 2009, Neuron 63:544.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from lfads.config import ModelSettings
from lfads.model.first_values import constant, random_weights
from lfads.model.generators.generator import Generator


class VanillaRNN(Generator):
    """A plain tanh network, g_t = tanh(W g_{t-1} + V u_t + b)."""

    recurrent: Float[Array, "unit unit"]
    input_weights: Float[Array, "input unit"]
    bias: Float[Array, " unit"]

    @classmethod
    def initialise(
        cls, rng: np.random.Generator, num_inputs: int, config: ModelSettings
    ) -> "VanillaRNN":
        """W ~ N(0, 1/size), V ~ N(0, 1/num_inputs), b = 0.

        The eigenvalues of such a W fill the unit disc. With a gain below 1 activity would die out within
        a few bins, and the gradient with it; well above 1 it would be chaotic, and small changes of the
        initial condition would grow (Sompolinsky, Crisanti & Sommers 1988). At 1 it lasts longest.
        """
        size = config.generator_size
        return cls(
            recurrent=random_weights(rng, size, size),
            input_weights=random_weights(rng, num_inputs, size),
            bias=constant(0.0, size),
        )

    @classmethod
    def num_weights(cls, num_inputs: int, config: ModelSettings) -> int:
        """Of both matrices and the bias."""
        return config.generator_size * (config.generator_size + num_inputs + 1)

    @property
    def size(self) -> int:
        """Units."""
        return self.bias.shape[0]

    def penalised(self) -> tuple[Array, ...]:
        """The recurrent matrix."""
        return (self.recurrent,)

    def step(
        self, state: Float[Array, "trial unit"], inputs: Float[Array, "trial input"], limit: float
    ) -> Float[Array, "trial unit"]:
        """g' = clip(tanh(g W + u V + b)), rows being trials."""
        new_state = jnp.tanh(state @ self.recurrent + inputs @ self.input_weights + self.bias[None])
        return jnp.clip(new_state, -limit, limit)
