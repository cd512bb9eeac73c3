"""The controller: a GRU that compares spikes with factors, and the posterior of the input read out from it.

Pandarinath et al. 2018, Online Methods. Its step stands in `lfads.model.recurrence.controller`.
"""

from typing import NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Array, Bool, Float

from lfads.model.first_values import constant
from lfads.model.gru import GRU, initialise_gru
from lfads.model.linear import Linear, initialise_linear


class DecoderInputs(NamedTuple):
    """What controller and generator are given at each bin. Masks mark what dropout keeps.

    `products` are what `encoded` adds to the controller's gates z, r, n, where it was multiplied before.
    """

    encoded: Float[Array, "time trial encoded"]
    external_inputs: Float[Array, "time trial external_input"] | None
    noise: Float[Array, "time trial input"]
    factors_kept: Bool[Array, "time trial factor"] | None = None
    generator_kept: Bool[Array, "time trial unit"] | None = None
    products: Float[Array, "time trial gates"] | None = None


class Controller(eqx.Module):
    """GRU of [encoded spikes, factors of the bin before] and the posterior read out from it."""

    gru: GRU
    initial_state: Float[Array, " unit"]
    to_posterior: Linear


def initialise_controller(
    gru_rng: np.random.Generator,
    posterior_rng: np.random.Generator,
    *,
    num_encoded: int,
    num_factors: int,
    num_inferred_inputs: int,
    size: int,
) -> Controller:
    """A controller with random weights, and an initial state of 0."""
    return Controller(
        gru=initialise_gru(gru_rng, num_encoded + num_factors, size, joint_fan_in=False),
        initial_state=constant(0.0, size),
        to_posterior=initialise_linear(posterior_rng, size, 2 * num_inferred_inputs),
    )
