"""An affine map with weights ~ N(0, 1/fan_in) and a bias that starts at 0."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from lfads.model.first_values import constant, random_weights


class Linear(eqx.Module):
    """y = x W + b over the last axis."""

    weights: Float[Array, "input output"]
    bias: Float[Array, " output"]

    def __call__(self, x: Float[Array, "*batch input"]) -> Float[Array, "*batch output"]:
        """Map the last axis."""
        y = x @ self.weights
        return y + jnp.broadcast_to(self.bias, y.shape)


def num_weights_of_linear(num_inputs: int, num_outputs: int) -> int:
    """Weights and biases."""
    return (num_inputs + 1) * num_outputs


def initialise_linear(rng: np.random.Generator, num_inputs: int, num_outputs: int) -> Linear:
    """Weights ~ N(0, 1/num_inputs), bias 0."""
    weights = random_weights(rng, num_inputs, num_outputs)
    return Linear(weights, constant(0.0, num_outputs))
