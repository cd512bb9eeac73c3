"""How many numbers a network learns, from its settings and sizes alone: nothing is drawn or kept."""

import equinox as eqx
import jax

from lfads.config import ModelSettings
from lfads.model.encoder import num_weights_of_encoder
from lfads.model.generators.generator import generator_class
from lfads.model.gru import num_weights_of_gru
from lfads.model.linear import num_weights_of_linear
from lfads.model.observations.chosen import observation_of
from lfads.model.priors.prior import prior_of
from lfads.model.shapes import Shapes


def num_weights(model: ModelSettings, shapes: Shapes) -> int:
    """Entries of all arrays of a network, as `initialise_lfads` makes them.

    Of a generator of another package, what it says of itself (`Generator.num_weights`).
    """
    num_external, inputs = shapes.num_external_inputs, model.num_inferred_inputs
    seen = model.read_in_size or shapes.sessions[0].num_encoded_neurons
    seen += num_external * model.encodes_external_inputs
    driving = inputs + num_external * model.drives_by_external_inputs
    latent, factors, units = model.initial_condition_size, model.num_factors, model.generator_size
    parts = [
        num_weights_of_encoder(seen, model),
        num_weights_of_linear(2 * model.encoder_size, 2 * latent),
        num_weights_of_linear(latent, units),
        latent * _of_one(prior_of(model.initial_condition_prior, "initial_condition"), model),
        generator_class(model.generator).num_weights(driving, model),
        units * factors,
        _of_maps(model, shapes),
    ]
    if inputs:
        parts += [
            num_weights_of_encoder(seen, model, causal=model.causal),
            _of_controller(model),
            inputs * _of_one(prior_of(model.inferred_input_prior, "inputs"), model),
        ]
    return sum(parts)


def _of_one(prior: type, model: ModelSettings) -> int:
    """Of a prior of one dimension: those of several are independent."""
    return sum(
        each.size for each in jax.tree.leaves(prior.initialise(1, model)) if eqx.is_array(each)
    )


def _of_controller(model: ModelSettings) -> int:
    size, directions = model.controller_size, 1 if model.causal else 2
    seen = directions * model.encoder_size + model.num_factors
    read_out = num_weights_of_linear(size, 2 * model.num_inferred_inputs)
    return num_weights_of_gru(seen, size) + size + read_out


def _of_maps(model: ModelSettings, shapes: Shapes) -> int:
    """What each session has of its own; those of several are as large as the widest one's."""
    sessions, neurons = len(shapes.sessions), shapes.num_neurons
    observation = observation_of(model.observation)
    each = observation.num_read_outs * num_weights_of_linear(model.num_factors, neurons)
    each += len(observation.own_names) * neurons
    if model.read_in_size:
        rows = neurons if sessions > 1 else shapes.sessions[0].num_encoded_neurons
        each += rows * (model.read_in_size + 1)
    slow = model.slow_offsets * (sessions * neurons + sum(map(len, shapes.slow_places)))
    return sessions * each + slow
