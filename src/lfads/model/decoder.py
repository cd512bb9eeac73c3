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
from jaxtyping import Array, Bool, Float

from lfads.model.first_values import constant, random_weights
from lfads.model.gru import GRU, initialise_gru
from lfads.model.linear import Linear, initialise_linear
from lfads.model.noise import DropoutMasks
from lfads.model.recurrence.controlled import (
    ControlledGeneratorInputs,
    ControlledGeneratorOutputs,
    ControlledGeneratorState,
    ControlledGeneratorWeights,
    controlled_generator,
)
from lfads.model.recurrence.gates import drop
from lfads.model.segments import in_time_segments


class Decoded(NamedTuple):
    """What the decoder gives at each bin; the input's parts are None without a controller."""

    factors: Float[Array, "time trial factor"]
    generator_states: Float[Array, "time trial unit"]
    inferred_inputs: Float[Array, "time trial input"] | None
    input_mean: Float[Array, "time trial input"] | None
    input_log_variance: Float[Array, "time trial input"] | None


class DecoderInputs(NamedTuple):
    """What controller and generator are given at each bin. Masks mark what dropout keeps."""

    encoded: Float[Array, "time trial encoded"]
    external_inputs: Float[Array, "time trial external_input"] | None
    noise: Float[Array, "time trial input"]
    factors_kept: Bool[Array, "time trial factor"] | None = None
    generator_kept: Bool[Array, "time trial unit"] | None = None


class Controller(eqx.Module):
    """GRU of [encoded spikes, factors of the bin before] and the posterior read out from it."""

    gru: GRU
    initial_state: Float[Array, " unit"]
    to_posterior: Linear


class Decoder(eqx.Module):
    """Generator, its factors, and the controller that drives it (None: autonomous).

    The rows of the generator's input weights belong to the inferred inputs first, then to the
    measured ones.
    """

    generator: GRU
    factor_weights: Float[Array, "unit factor"]
    controller: Controller | None
    num_inferred_inputs: int = eqx.field(static=True)
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
    ) -> Decoded:
        """Factors at each of `num_bins` bins after the initial state."""
        if external_inputs is not None and masks is not None:
            external_inputs = drop(external_inputs, masks.external_inputs, masks.scale)
        if self.controller is None or encoded is None or noise is None:
            return self._run_generator(
                initial_state, external_inputs, masks, num_bins, num_segments
            )
        if masks is not None:
            encoded = drop(encoded, masks.encoded, masks.scale)
        return self._run_controlled(
            initial_state, encoded, external_inputs, noise, masks, num_segments
        )

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
        states = self.generator(
            inputs, initial_state, state_limit=self.state_limit, num_segments=num_segments
        )
        dropped = states if masks is None else drop(states, masks.generator, masks.scale)
        return Decoded(dropped @ self.unit_factor_weights(), states, None, None, None)

    def _run_controlled(
        self, initial_state, encoded, external_inputs, noise, masks, num_segments
    ) -> Decoded:
        scale = None if masks is None else masks.scale
        xs = DecoderInputs(
            encoded,
            external_inputs,
            noise,
            None if masks is None else masks.factors,
            None if masks is None else masks.generator,
        )
        start = self.start(initial_state, masks)
        out = in_time_segments(partial(self.advance, scale=scale), start, xs, num_segments)
        return Decoded(
            out.factors, out.generator, out.inferred_inputs, out.input_mean, out.input_log_variance
        )

    def start(
        self, initial_state: Float[Array, "trial unit"], masks: DropoutMasks | None = None
    ) -> ControlledGeneratorState:
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

    def advance(
        self,
        state: ControlledGeneratorState,
        inputs: DecoderInputs,
        scale: Float[Array, ""] | None = None,
    ) -> tuple[ControlledGeneratorState, ControlledGeneratorOutputs]:
        """Run controller and generator through some bins; `scale` is that of what dropout keeps."""
        controller, generator = _given(self.controller), self.generator
        num_encoded, num_inferred = inputs.encoded.shape[-1], self.num_inferred_inputs
        measured = inputs.external_inputs
        weights = ControlledGeneratorWeights(
            controller=controller.gru.recurrent,
            factors_to_controller=controller.gru.input_kernels(slice(num_encoded, None)),
            controller_to_posterior=controller.to_posterior.weights,
            posterior_bias=controller.to_posterior.bias,
            generator=generator.recurrent,
            inputs_to_generator=generator.input_kernels(slice(num_inferred)),
            generator_bias=generator.biases() if measured is None else None,
            generator_to_factors=self.unit_factor_weights(),
        )
        given = ControlledGeneratorInputs(
            controller=controller.gru.given(inputs.encoded, slice(num_encoded)),
            generator=None
            if measured is None
            else generator.given(measured, slice(num_inferred, None)),
            noise=inputs.noise,
            factors_kept=inputs.factors_kept,
            generator_kept=inputs.generator_kept,
            keep_scale=jnp.ones(()) if scale is None else scale,
        )
        out = controlled_generator(weights, given, state, self.state_limit)
        last = ControlledGeneratorState(out.controller[-1], out.generator[-1], out.factors[-1])
        return last, out


def _given(part: Any) -> Any:
    """A part of the network that only a decoder with inferred inputs has."""
    if part is None:
        raise ValueError("a decoder without inferred inputs has no controller")
    return part


def initialise_decoder(
    rng: np.random.Generator,
    *,
    num_encoded: int,
    num_inferred_inputs: int,
    num_external_inputs: int,
    num_factors: int,
    generator_size: int,
    controller_size: int,
    state_limit: float,
) -> Decoder:
    """A decoder with random weights; a controller only if there are inferred inputs."""
    generator_rng, factor_rng, controller_rng, posterior_rng = rng.spawn(4)
    controller = None
    if num_inferred_inputs:
        controller = Controller(
            gru=initialise_gru(
                controller_rng, num_encoded + num_factors, controller_size, joint_fan_in=False
            ),
            initial_state=constant(0.0, controller_size),
            to_posterior=initialise_linear(posterior_rng, controller_size, 2 * num_inferred_inputs),
        )
    return Decoder(
        generator=initialise_gru(
            generator_rng,
            num_inferred_inputs + num_external_inputs,
            generator_size,
            joint_fan_in=False,
        ),
        factor_weights=random_weights(factor_rng, generator_size, num_factors),
        controller=controller,
        num_inferred_inputs=num_inferred_inputs,
        state_limit=state_limit,
    )
