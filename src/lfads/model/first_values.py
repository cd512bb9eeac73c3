"""Values that weights start at, made in NumPy: JAX would compile a program for every shape."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def random_array(
    rng: np.random.Generator, num_inputs: int, num_outputs: int, fan_in: int | None = None
) -> Float[np.ndarray, "input output"]:
    """Weights ~ N(0, 1/fan_in); the fan-in is the number of inputs unless given."""
    drawn = rng.standard_normal((num_inputs, num_outputs))
    return drawn / max(num_inputs if fan_in is None else fan_in, 1) ** 0.5


def random_weights(
    rng: np.random.Generator, num_inputs: int, num_outputs: int, fan_in: int | None = None
) -> Float[Array, "input output"]:
    """`random_array`, as a parameter."""
    return jnp.asarray(random_array(rng, num_inputs, num_outputs, fan_in))


def constant(value: float, size: int) -> Float[Array, " size"]:
    """The same value everywhere."""
    return jnp.asarray(np.full(size, value, float))
