"""A generator: units that forget at a rate of their own, driven by a tanh of all."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lfads.model.first_values import constant, random_weights
from lfads.model.generators.generator import Generator


class Leaky(Generator):
    """Leaky units, g' = (1 - a) g + a tanh(W g + V u), with a learned rate a of each."""

    recurrent: Float[Array, "unit unit"]
    input_weights: Float[Array, "input unit"]
    rate: Float[Array, " unit"]

    @classmethod
    def initialise(cls, rng, num_inputs, config):
        """Random weights; rates of a half."""
        size = config.generator_size
        return cls(
            random_weights(rng, size, size),
            random_weights(rng, num_inputs, size),
            constant(0.0, size),
        )

    @property
    def size(self):
        """Units."""
        return self.rate.shape[0]

    def penalised(self):
        """What L2 counts."""
        return (self.recurrent,)

    def step(self, state, inputs, limit):
        """One bin."""
        rate = jax.nn.sigmoid(self.rate)[None]
        driven = jnp.tanh(state @ self.recurrent + inputs @ self.input_weights)
        return jnp.clip((1 - rate) * state + rate * driven, -limit, limit)
