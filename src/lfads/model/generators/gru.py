"""The generator of LFADS: a gated recurrent unit (Pandarinath et al. 2018, Online Methods eq. 1-4).

Its ways through time have gradients written by hand (`lfads.model.recurrence`).
"""

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from lfads.config import ModelSettings
from lfads.model.controller import Controller, DecoderInputs
from lfads.model.generators.generator import FastGenerator
from lfads.model.gru import GRU, initialise_gru
from lfads.model.recurrence.controlled import (
    ControlledGeneratorOutputs,
    ControlledGeneratorState,
    ControlledWeights,
    controlled_generator,
)
from lfads.model.recurrence.gates import Kernels
from lfads.model.recurrence.native_controlled import (
    controlled_by_kernels,
    controlled_of_products,
)
from lfads.model.recurrence.paths import Path, is_native


class GRUGenerator(FastGenerator):
    """A gated recurrent unit whose reset gate acts before the recurrent product."""

    input_weights: Float[Array, "input gates"]
    recurrent: Kernels
    bias: Float[Array, " gates"]
    path: Path = eqx.field(static=True, default="scan")

    @classmethod
    def initialise(
        cls, rng: np.random.Generator, num_inputs: int, config: ModelSettings
    ) -> "GRUGenerator":
        """Weights ~ N(0, 1/fan_in), gate biases 1, candidate biases 0."""
        gru = initialise_gru(rng, num_inputs, config.generator_size, joint_fan_in=False)
        return cls(gru.input_weights, gru.recurrent, gru.bias)

    @property
    def gru(self) -> GRU:
        """The unit, as encoders and controller have it."""
        return GRU(self.input_weights, self.recurrent, self.bias, self.path)

    @property
    def size(self) -> int:
        """Units."""
        return self.recurrent.candidate.shape[0]

    def penalised(self) -> tuple[Array, ...]:
        """The recurrent kernels."""
        return self.gru.penalised()

    def step(
        self, state: Float[Array, "trial unit"], inputs: Float[Array, "trial input"], limit: float
    ) -> Float[Array, "trial unit"]:
        """h' = clip(z*h + (1-z)*n), in full in `lfads.model.recurrence.gates`."""
        return self.gru(inputs[None], state, state_limit=limit)[0]

    def run(
        self,
        inputs: Float[Array, "time trial input"],
        initial_state: Float[Array, "trial unit"],
        *,
        limit: float,
        num_segments: int,
    ) -> Float[Array, "time trial unit"]:
        """The products of the inputs are made for all bins at once."""
        return self.gru(inputs, initial_state, state_limit=limit, num_segments=num_segments)

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
        """Two gated recurrent units that drive each other have one loop, and one gradient."""
        weights = ControlledWeights(
            controller=controller.gru.weights(),
            to_posterior=controller.to_posterior.weights,
            posterior_bias=controller.to_posterior.bias,
            generator=self.gru.weights(),
            to_factors=factor_weights,
        )
        if inputs.products is not None:
            return controlled_of_products(weights, inputs, scale, initial, limit)
        if is_native(self.path, inputs.encoded):
            return controlled_by_kernels(weights, inputs, scale, initial, limit)
        return controlled_generator(weights, inputs, scale, initial, limit)

    def takes_products(self, encoded: Float[Array, "time trial encoded"]) -> bool:
        """By compiled kernels: a scan would copy them at every sample."""
        return is_native(self.path, encoded)
