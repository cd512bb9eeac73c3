"""One step of the controller: what drives the generator in a bin."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from lfads.model.recurrence.gates import GateInputs, Gates, Kernels, gru_step


class ControllerStep(NamedTuple):
    """The controller after a bin, its gates, and the posterior of the bin's input with a sample."""

    state: Float[Array, "trial controller"]
    gates: Gates
    input_mean: Float[Array, "trial input"]
    input_log_variance: Float[Array, "trial input"]
    inferred_input: Float[Array, "trial input"]


def controller_step(
    kernels: Kernels,
    to_posterior: Float[Array, "controller mean_and_log_variance"],
    posterior_bias: Float[Array, " mean_and_log_variance"],
    given: GateInputs,
    state: Float[Array, "trial controller"],
    factors: Float[Array, "trial factor"],
    noise: Float[Array, "trial input"],
    limit: float,
) -> ControllerStep:
    """c' = GRU([encoded, f], c), [mean, log-variance] = c' W + b, u = mean + exp(log-variance / 2) * noise.

    The products of what was encoded come ready made; the kernels' rows are units, then factors.
    """
    new_state, gates = gru_step(kernels, given, state, factors, limit)
    posterior = new_state @ to_posterior + posterior_bias[None, :]
    mean, log_variance = jnp.split(posterior, 2, axis=-1)
    sample = mean + jnp.exp(0.5 * log_variance) * noise
    return ControllerStep(new_state, gates, mean, log_variance, sample)
