"""A network at its start: random weights, biases from the data, read-ins and read-outs as given."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float

from lfads.config import ModelSettings
from lfads.model.decoder import initialise_decoder
from lfads.model.encoder import encoded_size, initialise_encoder
from lfads.model.first_values import random_array
from lfads.model.lfads import LFADS
from lfads.model.linear import initialise_linear
from lfads.model.observations.chosen import observation_of
from lfads.model.observations.observation import Moments
from lfads.model.priors.prior import prior_of
from lfads.model.readin import initialise_read_ins
from lfads.model.readout import ReadOut, SessionReadOuts, initialise_read_outs, own_values
from lfads.model.shapes import Shapes
from lfads.model.slow_offsets import initialise_slow_offsets


class Start(NamedTuple):
    """Where read-ins (of encoded neurons) and read-outs start, session by session.

    Biases of read-outs are added to those of the best constant model.
    """

    read_in_weights: Sequence[np.ndarray]
    read_in_offsets: Sequence[np.ndarray]
    read_out_weights: Sequence[np.ndarray]
    read_out_biases: Sequence[np.ndarray] | None = None


def random_start(
    rng: np.random.Generator,
    config: ModelSettings,
    shapes: Shapes,
    seen_means: Sequence[np.ndarray],
) -> Start:
    """Weights ~ N(0, 1/fan_in), about the mean of what encoders see of each neuron."""
    weights, offsets, outs = [], [], []
    rngs = rng.spawn(len(shapes.sessions))
    for own, session, mean in zip(rngs, shapes.sessions, seen_means, strict=True):
        encoded = list(session.encoded_neurons)
        outs.append(random_array(own, config.num_factors, session.num_neurons))
        weights.append(random_array(own, len(encoded), config.read_in_size))
        offsets.append(np.asarray(mean)[encoded])
    return Start(weights, offsets, outs)


def initialise_lfads(
    rng: np.random.Generator,
    config: ModelSettings,
    shapes: Shapes,
    moments: Sequence[Moments],
    start: Start | None = None,
) -> LFADS:
    """A network with random weights.

    Parameters
    ----------
    rng
        Source of the random weights; each part of the network draws from a child of its own.
    config
        Sizes and form.
    shapes
        Sizes of the data.
    moments
        Of each session's neurons, from which the observation starts; of counts above 0.
    start
        Of read-ins and read-outs, where there are read-ins; random if not given.
    """
    encoder_size, latent = config.encoder_size, config.initial_condition_size
    rngs = rng.spawn(7)
    num_external = shapes.num_external_inputs
    num_inputs = config.read_in_size or shapes.sessions[0].num_encoded_neurons
    num_seen = num_inputs + num_external * config.encodes_external_inputs
    controller_encoder = input_prior = None
    if config.num_inferred_inputs:
        controller_encoder = initialise_encoder(rngs[1], num_seen, config, causal=config.causal)
        prior = prior_of(config.inferred_input_prior, "inputs")
        input_prior = prior.initialise(config.num_inferred_inputs, config)
    if start is None:
        start = random_start(rngs[5], config, shapes, means_seen(config, moments))
    observed = observation_start(config, moments, start)
    return LFADS(
        read_in=initialise_read_ins(
            start.read_in_weights,
            start.read_in_offsets,
            [session.encoded_neurons for session in shapes.sessions],
            shapes.num_neurons,
        )
        if config.read_in_size
        else None,
        initial_condition_encoder=initialise_encoder(rngs[0], num_seen, config),
        code_to_posterior=initialise_linear(rngs[2], 2 * encoder_size, 2 * latent),
        code_to_generator=initialise_linear(rngs[3], latent, config.generator_size),
        initial_condition_prior=prior_of(
            config.initial_condition_prior, "initial_condition"
        ).initialise(latent, config),
        controller_encoder=controller_encoder,
        decoder=initialise_decoder(
            rngs[4],
            config,
            num_encoded=0 if controller_encoder is None else encoded_size(controller_encoder),
            num_external_inputs=num_external * config.drives_by_external_inputs,
        ),
        input_prior=input_prior,
        read_out=observed.read_outs[0],
        more_read_outs=observed.read_outs[1:],
        observation_values=observed.own,
        config=config,
        shapes=shapes,
        slow_offsets=initialise_slow_offsets(rngs[6], config.slow_offsets, shapes),
    )


class ObservationStart(NamedTuple):
    """Read-outs, as many as the observation takes, and its own values."""

    read_outs: tuple[ReadOut | SessionReadOuts, ...]
    own: tuple[Float[Array, "*session neuron"], ...]


def observation_start(
    config: ModelSettings, moments: Sequence[Moments], start: Start
) -> ObservationStart:
    """Read-outs about the best constant model; those beyond the first start with weights of 0."""
    observation = observation_of(config.observation)
    constant_models = [observation.start(each) for each in moments]
    read_outs = []
    for number in range(observation.num_read_outs):
        biases = [model.biases[number] for model in constant_models]
        weights, more = start.read_out_weights, start.read_out_biases
        if number:
            weights, more = [np.zeros_like(each) for each in weights], None
        read_outs.append(initialise_read_outs(weights, biases, more))
    own = own_values(observation.own_names, [model.own for model in constant_models])
    return ObservationStart(tuple(read_outs), own)


def means_seen(config: ModelSettings, moments: Sequence[Moments]) -> list[np.ndarray]:
    """Mean of what encoders see of each session's neurons."""
    observation = observation_of(config.observation)
    return [observation.seen(each.mean, observation.start(each).own, np) for each in moments]
