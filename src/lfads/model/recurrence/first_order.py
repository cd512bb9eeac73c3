"""The autoregressive filter of order one."""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float


def first_order_filter(
    coefficients: Float[Array, " feature"], values: Float[Array, "time trial feature"]
) -> Float[Array, "time trial feature"]:
    """y_t = coefficient * y_{t-1} + value_t, from y = 0."""

    def step(previous, value):
        current = coefficients[None, :] * previous + value
        return current, current

    return lax.scan(step, jnp.zeros_like(values[0]), values)[1]
