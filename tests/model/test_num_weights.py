"""What is counted from sizes is what a network is made of."""

from dataclasses import replace

import jax
import pytest
from tests.oracle.networks import Case

from lfads.config import ModelSettings
from lfads.model.generators.generator import Generator, generator_class
from lfads.model.num_weights import num_weights
from lfads.model.shapes import SessionShape, Shapes
from lfads.parts import parts
from lfads.training.start import empty_model

CONFIG = replace(
    Case("any").config, num_factors=4, generator_size=9, encoder_size=7, controller_size=5,
    initial_condition_size=3, num_inferred_inputs=2, read_in_size=0, slow_offsets=0,
)  # fmt: skip
ONE = Shapes((SessionShape(12, tuple(range(10))),), 20, 0, 2)
PLACES = ((0.0, 1.0, 3.0), (0.0, 2.0))
TWO = ONE._replace(sessions=(*ONE.sessions, SessionShape(8, tuple(range(8)))), slow_places=PLACES)
OURS = [n for n in parts("generators") if "num_weights" in vars(generator_class(n))]


def count(config: ModelSettings, shapes: Shapes) -> int:
    arrays, _ = empty_model(config, shapes)
    return sum(each.size for each in jax.tree.leaves(arrays))


@pytest.mark.parametrize("encoder", ["gru", "lru"])
@pytest.mark.parametrize("generator", [*OURS, "gru"])
def test_every_generator_and_encoder(generator, encoder):
    config = replace(CONFIG, generator=generator, encoder=encoder)
    assert num_weights(config, ONE) == count(config, ONE)


@pytest.mark.parametrize(
    "changed",
    [
        {"num_inferred_inputs": 0},
        {"causal": True, "initial_condition_length": 3},
        {"causal": True, "initial_condition_length": 3, "encoder": "lru", "encoder_size": 6},
        {"inferred_input_prior": "autoregressive", "initial_condition_prior": "learned_gaussian"},
        {"inferred_input_prior": "none", "initial_condition_prior": "fixed_gaussian"},
        {"external_inputs_to": "encoders"},
        {"external_inputs_to": "both"},
        {"generator": "low_rank_rnn", "generator_rank": 3},
        {"generator": "residual_mlp", "generator_hidden_size": 11},
    ],
)
def test_what_else_has_weights(changed):
    config = replace(CONFIG, **changed)
    assert num_weights(config, ONE) == count(config, ONE)


@pytest.mark.parametrize("observation", parts("observations"))
def test_maps_of_sessions(observation):
    config = replace(CONFIG, observation=observation, read_in_size=4, slow_offsets=2)
    assert num_weights(config, TWO) == count(config, TWO)
    one = replace(config, slow_offsets=0)
    assert num_weights(one, ONE) == count(one, ONE)


def test_generators_that_say_nothing_are_taken_for_a_gru():
    assert Generator.num_weights(2, CONFIG) == generator_class("gru").num_weights(2, CONFIG)
