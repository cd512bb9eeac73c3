"""The whole network: spikes in, posterior of the initial condition and inputs, and log-rates out.

`encode` and `decode` are apart, so that many posterior samples share the encoders' work. Sizes come
from `Shapes`, which describes the data, and from the resolved `ModelConfig`.

Pandarinath et al. 2018, Nature Methods 15:805, Online Methods. Not here: the objective, augmentation,
and anything about files or devices.
"""

from collections.abc import Sequence
from dataclasses import replace
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
from lfads.model.initial import constant, random_array
from lfads.model.linear import Linear, initialise_linear
from lfads.model.noise import Noise, NoiseSizes, drop
from lfads.model.readin import ReadIn, SessionOf, SessionReadIns, initialise_read_ins
from lfads.model.readout import ReadOut, SessionReadOuts, initialise_read_outs


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

    @property
    def num_neurons(self) -> int:
        """Neurons of the widest session."""
        return max(s.num_neurons for s in self.sessions)

    @property
    def mean_neurons(self) -> float:
        """Neurons of a session on average."""
        return sum(s.num_neurons for s in self.sessions) / len(self.sessions)

    def neurons_of_sessions(self) -> tuple[np.ndarray, np.ndarray]:
        """Masks of each session's neurons and of its encoded ones, `session neuron`."""
        places = np.arange(self.num_neurons)
        there = places < np.array([[s.num_neurons] for s in self.sessions])
        encoded = np.array([np.isin(places, s.encoded_neurons) for s in self.sessions])
        return there, encoded


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

    read_in: ReadIn | SessionReadIns | None
    initial_condition_encoder: Encoder
    code_to_posterior: Linear
    code_to_generator: Linear
    initial_condition_prior: InitialConditionPrior
    controller_encoder: Encoder | None
    decoder: Decoder
    input_prior: InputPrior | None
    read_out: ReadOut | SessionReadOuts
    config: ModelConfig = eqx.field(static=True)
    shapes: Shapes = eqx.field(static=True)

    @property
    def num_decoded_bins(self) -> int:
        """Bins that are reconstructed."""
        return self.shapes.num_bins - self.config.initial_condition_length

    def with_bins(self, num_bins: int) -> "LFADS":
        """The network for trials of another length."""
        return replace(self, shapes=self.shapes._replace(num_bins=num_bins))

    def of_session(self, session: int) -> "LFADS":
        """The network of one session alone."""
        chosen = self.shapes.sessions[session]
        read_in, read_out = self.read_in, self.read_out
        if isinstance(read_in, SessionReadIns):
            read_in = read_in.of_session(session, chosen.encoded_neurons)
        if isinstance(read_out, SessionReadOuts):
            read_out = read_out.of_session(session, chosen.num_neurons)
        shapes = self.shapes._replace(sessions=(chosen,))
        return replace(self, read_in=read_in, read_out=read_out, shapes=shapes)

    def noise_sizes(self) -> NoiseSizes:
        """Sizes of the noise of one pass."""
        read_in = self.read_in
        num_inputs = (
            self.shapes.sessions[0].num_encoded_neurons if read_in is None else read_in.num_inputs
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
        self,
        inputs: EncoderInputs,
        noise: Noise,
        *,
        session: SessionOf = None,
        num_segments: int = 1,
    ) -> Encoded:
        """Posterior of the initial condition, and the controller's input at each decoded bin."""
        masks = noise.dropout
        seen = inputs.counts if self.read_in is None else self.read_in(inputs.counts, session)
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
        self, encoded: Encoded, noise: Noise, *, session: SessionOf = None, num_segments: int = 1
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
    ) -> Trajectories:
        """Draw initial conditions and inputs from the prior of a network of one session, and run it."""
        prior = self.initial_condition_prior.distribution(noise.initial_condition.shape[0])
        initial_state = self.code_to_generator(prior.sample(noise.initial_condition))
        inputs = None
        if self.input_prior is not None and noise.inferred_inputs is not None:
            inputs = self.input_prior.sample(noise.inferred_inputs)
        if self.config.external_inputs_to == "encoders":
            external_inputs = None
        decoded = self.decoder.drive(initial_state, inputs, external_inputs, self.num_decoded_bins)
        return self._trajectories(initial_state, decoded, None)

    def _trajectories(
        self, initial_state: Array, decoded: Decoded, session: SessionOf
    ) -> Trajectories:
        log_rates = self.read_out(decoded.factors, session)
        return Trajectories(
            log_rates, decoded.factors, decoded.generator_states, initial_state, *decoded[2:]
        )


def encoded_size(encoder: Encoder) -> int:
    """Width of the controller's input from an encoder."""
    directions = 1 if encoder.backward is None else 2
    return directions * encoder.forward_initial_state.shape[0]


class Start(NamedTuple):
    """Where read-ins (of encoded neurons) and read-outs start, session by session.

    Biases of read-outs are added to the logarithm of mean counts.
    """

    read_in_weights: Sequence[np.ndarray]
    read_in_offsets: Sequence[np.ndarray]
    read_out_weights: Sequence[np.ndarray]
    read_out_biases: Sequence[np.ndarray] | None = None


def random_start(
    rng: np.random.Generator,
    config: ModelConfig,
    shapes: Shapes,
    mean_counts: tuple[np.ndarray, ...],
) -> Start:
    """Weights ~ N(0, 1/fan_in), about each neuron's mean."""
    num_inputs, num_factors = config.read_in_size or 0, _known(config.num_factors)
    weights, offsets, outs = [], [], []
    rngs = rng.spawn(len(shapes.sessions))
    for own, session, counts in zip(rngs, shapes.sessions, mean_counts, strict=True):
        encoded = list(session.encoded_neurons)
        outs.append(random_array(own, num_factors, session.num_neurons))
        weights.append(random_array(own, len(encoded), num_inputs))
        offsets.append(np.asarray(counts)[encoded])
    return Start(weights, offsets, outs)


def initialise_lfads(
    rng: np.random.Generator,
    config: ModelConfig,
    shapes: Shapes,
    mean_counts: tuple[np.ndarray, ...],
    start: Start | None = None,
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
    start
        Of read-ins and read-outs, where there are read-ins; random if not given.
    """
    factors, generator_size = _known(config.num_factors), _known(config.generator_size)
    encoder_size, controller_size = _known(config.encoder_size), _known(config.controller_size)
    latent = _known(config.initial_condition_size)
    rngs = rng.spawn(6)
    to_encoders = config.external_inputs_to == "encoders"
    num_external = shapes.num_external_inputs
    num_inputs = config.read_in_size or shapes.sessions[0].num_encoded_neurons
    num_seen = num_inputs + (num_external if to_encoders else 0)
    controller_encoder = input_prior = None
    if config.num_inferred_inputs:
        controller_encoder = initialise_encoder(
            rngs[1], num_seen, encoder_size, state_limit=config.state_limit, causal=config.causal
        )
        input_prior = initialise_input_prior(config)
    if start is None:
        start = random_start(rngs[5], config, shapes, mean_counts)
    return LFADS(
        read_in=initialise_read_ins(
            start.read_in_weights,
            start.read_in_offsets,
            [session.encoded_neurons for session in shapes.sessions],
            shapes.num_neurons,
        )
        if config.read_in_size
        else None,
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
        read_out=initialise_read_outs(start.read_out_weights, mean_counts, start.read_out_biases),
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
