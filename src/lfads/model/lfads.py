"""The whole network: spikes in, posterior of the initial condition and inputs, and log-rates out.

`encode` and `decode` are apart, so that many posterior samples share the encoders' work. Sizes come
from `Shapes`, which describes the data, and from the resolved `ModelConfig`.

Pandarinath et al. 2018, Nature Methods 15:805, Online Methods. Not here: the objective, augmentation,
and anything about files or devices.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from lfads.config import ModelConfig
from lfads.model.decoder import Decoded, Decoder, initialise_decoder
from lfads.model.distributions import (
    AutoregressivePrior,
    DiagonalGaussian,
    IndependentPrior,
    InitialConditionPrior,
    InputPrior,
)
from lfads.model.encoder import Encoder, initialise_encoder, lagged, summary_code
from lfads.model.initial import constant
from lfads.model.linear import Linear, initialise_linear
from lfads.model.noise import Noise, NoiseSizes, drop
from lfads.model.readin import ReadIn
from lfads.model.readout import initialise_readout


class SessionShape(NamedTuple):
    """Neurons of one session: all are reconstructed, those at `encoded_neurons` are also encoded."""

    num_neurons: int
    encoded_neurons: tuple[int, ...]

    @property
    def num_encoded_neurons(self) -> int:
        """Neurons that the encoders see."""
        return len(self.encoded_neurons)


class Shapes(NamedTuple):
    """What the data fix about the network."""

    sessions: tuple[SessionShape, ...]
    num_bins: int
    num_forward_bins: int
    num_external_inputs: int

    @property
    def num_encoded_bins(self) -> int:
        """Bins that the encoders see."""
        return self.num_bins - self.num_forward_bins


class EncoderInputs(NamedTuple):
    """What the encoders see of a batch: counts after augmentation, 0 where missing or padded."""

    counts: Float[Array, "time trial neuron"]
    valid: Bool[Array, "time trial"] | None
    external_inputs: Float[Array, "all_time trial external_input"] | None


class Encoded(NamedTuple):
    """What the encoders give: the posterior of the code, and the controller's input."""

    initial_condition: DiagonalGaussian
    controller_inputs: Float[Array, "time trial encoded"] | None
    external_inputs: Float[Array, "time trial external_input"] | None


class Trajectories(NamedTuple):
    """One sample of everything that the network infers, at each decoded bin."""

    log_rates: Float[Array, "time trial neuron"]
    factors: Float[Array, "time trial factor"]
    generator_states: Float[Array, "time trial unit"]
    generator_initial_state: Float[Array, "trial unit"]
    inferred_inputs: Float[Array, "time trial input"] | None
    input_mean: Float[Array, "time trial input"] | None
    input_log_variance: Float[Array, "time trial input"] | None


class LFADS(eqx.Module):
    """Parameters of the network, and the passes through it."""

    read_ins: tuple[ReadIn | None, ...]
    initial_condition_encoder: Encoder
    code_to_posterior: Linear
    code_to_generator: Linear
    initial_condition_prior: InitialConditionPrior
    controller_encoder: Encoder | None
    decoder: Decoder
    input_prior: InputPrior | None
    read_outs: tuple[Linear, ...]
    config: ModelConfig = eqx.field(static=True)
    shapes: Shapes = eqx.field(static=True)

    @property
    def num_decoded_bins(self) -> int:
        """Bins that are reconstructed."""
        return self.shapes.num_bins - self.config.initial_condition_length

    def noise_sizes(self, session: int = 0) -> NoiseSizes:
        """Sizes of the noise of one pass."""
        read_in = self.read_ins[session]
        num_inputs = (
            self.shapes.sessions[session].num_encoded_neurons
            if read_in is None
            else read_in.weights.shape[1]
        )
        to_generator = self.config.external_inputs_to == "generator"
        num_external = self.shapes.num_external_inputs
        encoder = self.controller_encoder
        return NoiseSizes(
            num_bins=self.shapes.num_bins,
            num_encoded_bins=self.shapes.num_encoded_bins,
            first_decoded_bin=self.config.initial_condition_length,
            encoder_inputs=num_inputs + (0 if to_generator else num_external),
            code=self.code_to_posterior.weights.shape[0],
            encoded=0 if encoder is None else encoded_size(encoder),
            factors=self.decoder.factor_weights.shape[1],
            generator=self.decoder.factor_weights.shape[0],
            external_inputs=num_external if to_generator else 0,
            latent=self.initial_condition_prior.mean.shape[0],
            inferred_inputs=self.config.num_inferred_inputs,
        )

    def encode(
        self, inputs: EncoderInputs, noise: Noise, *, session: int = 0, num_segments: int = 1
    ) -> Encoded:
        """Posterior of the initial condition, and the controller's input at each decoded bin."""
        masks = noise.dropout
        read_in = self.read_ins[session]
        seen = inputs.counts if read_in is None else read_in(inputs.counts)
        external = inputs.external_inputs
        if external is not None and self.config.external_inputs_to == "encoders":
            seen = jnp.concatenate([seen, external[: seen.shape[0]]], axis=-1)
            external = None
        if masks is not None:
            seen = drop(seen, masks.encoder_inputs, masks.scale)
        segment_end = self.config.initial_condition_length
        external = None if external is None else external[segment_end:]
        posterior = self._initial_condition(seen, inputs.valid, masks, num_segments)
        if self.controller_encoder is None:
            return Encoded(posterior, None, external)
        valid = None if inputs.valid is None else inputs.valid[segment_end:]
        forward, backward = self.controller_encoder(seen[segment_end:], valid, num_segments)
        encoded = lagged(forward, backward, valid, self.config.controller_lag)
        ahead = ((0, self.shapes.num_forward_bins), (0, 0), (0, 0))
        return Encoded(posterior, jnp.pad(encoded, ahead), external)

    def _initial_condition(self, seen, valid, masks, num_segments) -> DiagonalGaussian:
        segment_end = self.config.initial_condition_length or None
        valid = None if valid is None else valid[:segment_end]
        forward, backward = self.initial_condition_encoder(seen[:segment_end], valid, num_segments)
        code = summary_code(forward, backward)
        if masks is not None:
            code = drop(code, masks.code, masks.scale)
        mean, log_variance = jnp.split(self.code_to_posterior(code), 2, axis=-1)
        return DiagonalGaussian(mean, jnp.exp(log_variance) + self.config.posterior_variance_floor)

    def decode(
        self, encoded: Encoded, noise: Noise, *, session: int = 0, num_segments: int = 1
    ) -> Trajectories:
        """Sample the initial condition and inputs, and run the generator."""
        code = encoded.initial_condition.sample(noise.initial_condition)
        initial_state = self.code_to_generator(code)
        decoded = self.decoder(
            initial_state,
            encoded.controller_inputs,
            encoded.external_inputs,
            noise.inferred_inputs,
            noise.dropout,
            num_bins=self.num_decoded_bins,
            num_segments=num_segments,
        )
        return self._trajectories(initial_state, decoded, session)

    def generate(
        self,
        noise: Noise,
        external_inputs: Float[Array, "time trial external_input"] | None = None,
        *,
        session: int = 0,
    ) -> Trajectories:
        """Draw initial conditions and inputs from the prior, and run the generator."""
        prior = self.initial_condition_prior.distribution(noise.initial_condition.shape[0])
        initial_state = self.code_to_generator(prior.sample(noise.initial_condition))
        inputs = None
        if self.input_prior is not None and noise.inferred_inputs is not None:
            inputs = self.input_prior.sample(noise.inferred_inputs)
        if self.config.external_inputs_to == "encoders":
            external_inputs = None
        decoded = self.decoder.drive(initial_state, inputs, external_inputs, self.num_decoded_bins)
        return self._trajectories(initial_state, decoded, session)

    def _trajectories(self, initial_state: Array, decoded: Decoded, session: int) -> Trajectories:
        log_rates = self.read_outs[session](decoded.factors)
        return Trajectories(
            log_rates, decoded.factors, decoded.generator_states, initial_state, *decoded[2:]
        )


def encoded_size(encoder: Encoder) -> int:
    """Width of the controller's input from an encoder."""
    directions = 1 if encoder.backward is None else 2
    return directions * encoder.forward_initial_state.shape[0]


def initialise_lfads(
    rng: np.random.Generator,
    config: ModelConfig,
    shapes: Shapes,
    mean_counts: tuple[np.ndarray, ...],
) -> LFADS:
    """A network with random weights.

    Parameters
    ----------
    rng
        Source of the random weights; each part of the network draws from a child of its own.
    config
        With every size set.
    shapes
        Sizes of the data.
    mean_counts
        Mean count per bin of each session's neurons, above 0; read-out biases start at its log.
    """
    factors, generator_size = _known(config.num_factors), _known(config.generator_size)
    encoder_size, controller_size = _known(config.encoder_size), _known(config.controller_size)
    latent = _known(config.initial_condition_size)
    rngs = rng.spawn(6)
    to_encoders = config.external_inputs_to == "encoders"
    num_external = shapes.num_external_inputs
    num_seen = shapes.sessions[0].num_encoded_neurons + (num_external if to_encoders else 0)
    controller_encoder = input_prior = None
    if config.num_inferred_inputs:
        controller_encoder = initialise_encoder(
            rngs[1], num_seen, encoder_size, state_limit=config.state_limit, causal=config.causal
        )
        input_prior = initialise_input_prior(config)
    readout_rngs = rngs[5].spawn(len(shapes.sessions))
    return LFADS(
        read_ins=tuple(None for _ in shapes.sessions),
        initial_condition_encoder=initialise_encoder(
            rngs[0], num_seen, encoder_size, state_limit=config.state_limit
        ),
        code_to_posterior=initialise_linear(rngs[2], 2 * encoder_size, 2 * latent),
        code_to_generator=initialise_linear(rngs[3], latent, generator_size),
        initial_condition_prior=InitialConditionPrior(
            constant(0.0, latent), config.initial_condition_prior_variance
        ),
        controller_encoder=controller_encoder,
        decoder=initialise_decoder(
            rngs[4],
            num_encoded=0 if controller_encoder is None else encoded_size(controller_encoder),
            num_inferred_inputs=config.num_inferred_inputs,
            num_external_inputs=0 if to_encoders else num_external,
            num_factors=factors,
            generator_size=generator_size,
            controller_size=controller_size,
            state_limit=config.state_limit,
        ),
        input_prior=input_prior,
        read_outs=tuple(
            initialise_readout(own, factors, counts)
            for own, counts in zip(readout_rngs, mean_counts, strict=True)
        ),
        config=config,
        shapes=shapes,
    )


def initialise_input_prior(config: ModelConfig) -> InputPrior:
    """The prior over inferred inputs at its start."""
    size = config.num_inferred_inputs
    log_variance = constant(float(np.log(config.prior_variance)), size)
    if config.inferred_input_prior == "gaussian":
        return IndependentPrior(log_variance)
    correlation = constant(float(np.log(config.prior_correlation_bins)), size)
    return AutoregressivePrior(correlation, log_variance)


def _known(size: int | None) -> int:
    if size is None:
        raise ValueError("a size of the model is not resolved: call `resolve_defaults` first")
    return size
