"""Controller and generator: from the initial condition and the encoded spikes to factors.

At each bin the controller sees the encoded spikes and the factors of the bin before, and gives the
posterior of the inferred input; its sample drives the generator; the factors are read out from the
generator's state through rows of unit norm (Pandarinath et al. 2018, Online Methods). Without inferred
inputs there is no controller, and the generator runs alone, driven by measured inputs if there are any.
"""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from lfads.config import ModelSettings
from lfads.model.controller import Controller, DecoderInputs, initialise_controller
from lfads.model.first_values import random_weights
from lfads.model.generators.generator import FastGenerator, Generator, generator_class
from lfads.model.generators.run import run_alone, run_controlled
from lfads.model.noise import DropoutMasks
from lfads.model.recurrence.controlled import ControlledGeneratorOutputs, ControlledGeneratorState
from lfads.model.recurrence.gates import drop
from lfads.model.segments import in_time_segments


class Decoded(NamedTuple):
    """What the decoder gives at each bin; the input's parts are None without a controller."""

    factors: Float[Array, "time trial factor"]
    generator_states: Float[Array, "time trial unit"]
    inferred_inputs: Float[Array, "time trial input"] | None
    input_mean: Float[Array, "time trial input"] | None
    input_log_variance: Float[Array, "time trial input"] | None


DecoderState = ControlledGeneratorState | Float[Array, "trial unit"]
"""State between bins; without a controller that of the generator alone."""


class Decoder(eqx.Module):
    """Generator, its factors, and the controller that drives it (None: autonomous).

    The rows of the generator's input weights belong to the inferred inputs first, then to the
    measured ones.
    """

    generator: Generator
    factor_weights: Float[Array, "unit factor"]
    controller: Controller | None
    state_limit: float = eqx.field(static=True)

    def unit_factor_weights(self) -> Float[Array, "unit factor"]:
        """Each factor's weights scaled to unit L2 norm."""
        norm = jnp.sqrt((self.factor_weights**2).sum(0, keepdims=True))
        return self.factor_weights / norm

    def __call__(
        self,
        initial_state: Float[Array, "trial unit"],
        encoded: Float[Array, "time trial encoded"] | None,
        external_inputs: Float[Array, "time trial external_input"] | None,
        noise: Float[Array, "time trial input"] | None,
        masks: DropoutMasks | None,
        *,
        num_bins: int,
        num_segments: int = 1,
        products: Float[Array, "time trial gates"] | None = None,
    ) -> Decoded:
        """Factors at each of `num_bins` bins after the initial state; `products` are of `products_of`."""
        if external_inputs is not None and masks is not None:
            external_inputs = drop(external_inputs, masks.external_inputs, masks.scale)
        if self.controller is None or encoded is None or noise is None:
            return self._run_generator(
                initial_state, external_inputs, masks, num_bins, num_segments
            )
        if masks is not None:
            encoded = drop(encoded, masks.encoded, masks.scale)
        return self._run_controlled(
            initial_state, encoded, external_inputs, noise, masks, num_segments, products
        )

    def products_of(
        self, encoded: Float[Array, "time trial encoded"] | None
    ) -> Float[Array, "time trial gates"] | None:
        """What the controller makes of what is encoded, the same for all samples of a trial.

        None where nothing is gained by it. Without dropout, and without a gradient.
        """
        if self.controller is None or encoded is None:
            return None
        generator = self.generator
        if not (isinstance(generator, FastGenerator) and generator.takes_products(encoded)):
            return None
        kernel = self.controller.gru.input_weights[: encoded.shape[-1]]
        lead, size = encoded.shape[:-1], encoded.shape[-1]
        return (encoded.reshape(-1, size) @ kernel).reshape(*lead, kernel.shape[-1])

    def drive(
        self,
        initial_state: Float[Array, "trial unit"],
        inputs: Float[Array, "time trial input"] | None,
        external_inputs: Float[Array, "time trial external_input"] | None,
        num_bins: int,
    ) -> Decoded:
        """Run the generator under given inputs, as in sampling from the prior."""
        parts = [x for x in (inputs, external_inputs) if x is not None]
        together = jnp.concatenate(parts, axis=-1) if parts else None
        decoded = self._run_generator(initial_state, together, None, num_bins, 1)
        return decoded._replace(inferred_inputs=inputs)

    def _run_generator(self, initial_state, inputs, masks, num_bins, num_segments) -> Decoded:
        if inputs is None:
            inputs = jnp.zeros((num_bins, initial_state.shape[0], 0))
        states = run_alone(
            self.generator, inputs, initial_state, limit=self.state_limit, num_segments=num_segments
        )
        dropped = states if masks is None else drop(states, masks.generator, masks.scale)
        return Decoded(dropped @ self.unit_factor_weights(), states, None, None, None)

    def _run_controlled(
        self, initial_state, encoded, external_inputs, noise, masks, num_segments, products
    ) -> Decoded:
        scale = None if masks is None else masks.scale
        xs = DecoderInputs(
            encoded,
            external_inputs,
            noise,
            None if masks is None else masks.factors,
            None if masks is None else masks.generator,
            products if masks is None else None,
        )
        start = self._start_controlled(initial_state, masks)
        out = in_time_segments(partial(self._advance, scale=scale), start, xs, num_segments)
        return _decoded(out)

    def start(self, initial_state: Float[Array, "trial unit"]) -> DecoderState:
        """What is carried into the first bin, without dropout."""
        return initial_state if self.controller is None else self._start_controlled(initial_state)

    def step(
        self,
        state: DecoderState,
        encoded: Float[Array, "1 trial encoded"] | None,
        external_inputs: Float[Array, "1 trial external_input"] | None,
        noise: Float[Array, "1 trial input"] | None,
    ) -> tuple[DecoderState, Decoded]:
        """One bin without dropout: what is carried into the next, and what this one gives."""
        if not isinstance(state, ControlledGeneratorState):
            decoded = self._run_generator(state, external_inputs, None, 1, 1)
            return decoded.generator_states[-1], decoded
        inputs = DecoderInputs(_given(encoded), external_inputs, _given(noise))
        state, out = self._advance(state, inputs)
        return state, _decoded(out)

    def _start_controlled(self, initial_state, masks=None) -> ControlledGeneratorState:
        """Controller and generator before the first bin."""
        num_trials = initial_state.shape[0]
        first = initial_state
        if masks is not None:
            first = drop(initial_state, masks.first_generator, masks.scale)
        controller = _given(self.controller).initial_state
        return ControlledGeneratorState(
            controller=jnp.broadcast_to(controller, (num_trials, *controller.shape)),
            generator=initial_state,
            factors=first @ self.unit_factor_weights(),
        )

    def _advance(
        self, state: ControlledGeneratorState, inputs: DecoderInputs, scale: Array | None = None
    ) -> tuple[ControlledGeneratorState, ControlledGeneratorOutputs]:
        """Run controller and generator through some bins; `scale` is that of what dropout keeps."""
        out = run_controlled(
            self.generator, _given(self.controller), self.unit_factor_weights(), state, inputs,
            scale=jnp.ones(()) if scale is None else scale, limit=self.state_limit,
        )  # fmt: skip
        last = ControlledGeneratorState(out.controller[-1], out.generator[-1], out.factors[-1])
        return last, out


def _decoded(out: ControlledGeneratorOutputs) -> Decoded:
    return Decoded(
        out.factors, out.generator, out.inferred_inputs, out.input_mean, out.input_log_variance
    )


def _given(part: Any) -> Any:
    """A part of the network that only a decoder with inferred inputs has."""
    if part is None:
        raise ValueError("a decoder without inferred inputs has no controller")
    return part


def initialise_decoder(
    rng: np.random.Generator,
    config: ModelSettings,
    *,
    num_encoded: int,
    num_external_inputs: int,
) -> Decoder:
    """A decoder with random weights; a controller only if there are inferred inputs."""
    generator_rng, factor_rng, controller_rng, posterior_rng = rng.spawn(4)
    controller, num_inferred = None, config.num_inferred_inputs
    if num_inferred:
        controller = initialise_controller(
            controller_rng, posterior_rng, num_encoded=num_encoded,
            num_factors=config.num_factors, num_inferred_inputs=num_inferred,
            size=config.controller_size,
        )  # fmt: skip
    return Decoder(
        generator=generator_class(config.generator).initialise(
            generator_rng, num_inferred + num_external_inputs, config
        ),
        factor_weights=random_weights(factor_rng, config.generator_size, config.num_factors),
        controller=controller,
        state_limit=config.state_limit,
    )
