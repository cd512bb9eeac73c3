"""A network at its start: random weights, biases from mean counts, read-ins and read-outs as given."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lfads.config import ModelSettings
from lfads.model.decoder import initialise_decoder
from lfads.model.distributions import (
    AutoregressivePrior,
    IndependentPrior,
    InitialConditionPrior,
    InputPrior,
)
from lfads.model.encoder import encoded_size, initialise_encoder
from lfads.model.first_values import constant, random_array
from lfads.model.lfads import LFADS
from lfads.model.linear import initialise_linear
from lfads.model.readin import initialise_read_ins
from lfads.model.readout import initialise_read_outs
from lfads.model.shapes import Shapes


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
    config: ModelSettings,
    shapes: Shapes,
    mean_counts: tuple[np.ndarray, ...],
) -> Start:
    """Weights ~ N(0, 1/fan_in), about each neuron's mean."""
    weights, offsets, outs = [], [], []
    rngs = rng.spawn(len(shapes.sessions))
    for own, session, counts in zip(rngs, shapes.sessions, mean_counts, strict=True):
        encoded = list(session.encoded_neurons)
        outs.append(random_array(own, config.num_factors, session.num_neurons))
        weights.append(random_array(own, len(encoded), config.read_in_size))
        offsets.append(np.asarray(counts)[encoded])
    return Start(weights, offsets, outs)


def initialise_lfads(
    rng: np.random.Generator,
    config: ModelSettings,
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
        Sizes and form.
    shapes
        Sizes of the data.
    mean_counts
        Mean count per bin of each session's neurons, above 0; read-out biases start at its log.
    start
        Of read-ins and read-outs, where there are read-ins; random if not given.
    """
    encoder_size, latent = config.encoder_size, config.initial_condition_size
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
        code_to_generator=initialise_linear(rngs[3], latent, config.generator_size),
        initial_condition_prior=InitialConditionPrior(
            constant(0.0, latent), config.initial_condition_prior_variance
        ),
        controller_encoder=controller_encoder,
        decoder=initialise_decoder(
            rngs[4],
            generator=config.generator,
            num_encoded=0 if controller_encoder is None else encoded_size(controller_encoder),
            num_inferred_inputs=config.num_inferred_inputs,
            num_external_inputs=0 if to_encoders else num_external,
            num_factors=config.num_factors,
            generator_size=config.generator_size,
            controller_size=config.controller_size,
            state_limit=config.state_limit,
        ),
        input_prior=input_prior,
        read_out=initialise_read_outs(start.read_out_weights, mean_counts, start.read_out_biases),
        config=config,
        shapes=shapes,
    )


def initialise_input_prior(config: ModelSettings) -> InputPrior:
    """The prior over inferred inputs at its start."""
    size = config.num_inferred_inputs
    log_variance = constant(float(np.log(config.prior_variance)), size)
    if config.inferred_input_prior == "gaussian":
        return IndependentPrior(log_variance)
    correlation = constant(float(np.log(config.prior_correlation_bins)), size)
    return AutoregressivePrior(correlation, log_variance)
