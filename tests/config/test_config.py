"""Settings: checked, merged, and the same after a round trip through TOML."""

import dataclasses
import tomllib

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lfads.checks import UserError
from lfads.config import (
    ModelConfig,
    RunConfig,
    TrainingConfig,
    load_config,
    merge,
    preset_names,
    read_preset,
)
from lfads.hyperparameters import HyperParameterConfig

SIZES = st.one_of(st.none(), st.integers(1, 500))
RATES = st.floats(0, 0.99)


@given(
    num_factors=SIZES,
    causal=st.booleans(),
    prior=st.sampled_from(["autoregressive", "gaussian"]),
    dropout=RATES,
    learning_rate=st.floats(1e-12, 1e3),
    epochs=SIZES,
    seed=st.integers(0, 2**32 - 1),
)
def test_toml_round_trip(num_factors, causal, prior, dropout, learning_rate, epochs, seed):
    config = RunConfig(
        model=ModelConfig(
            num_factors=num_factors,
            causal=causal,
            initial_condition_length=3,
            inferred_input_prior=prior,
        ),
        training=TrainingConfig(num_epochs=epochs),
        hyperparameters=HyperParameterConfig(learning_rate=learning_rate, dropout_rate=dropout),
        seed=seed,
    )
    assert RunConfig.from_dict(tomllib.loads(config.to_toml())) == config


def test_every_problem_is_named_at_once():
    tables = {"model": {"num_factors": -1, "causal": 3}, "trainning": {}, "seed": "x"}
    with pytest.raises(UserError) as raised:
        RunConfig.from_dict(tables, where="run.toml")
    message = str(raised.value)
    for word in ("run.toml", "num_factors", "causal", "`training`", "`seed`"):
        assert word in message


def test_whole_numbers_serve_as_numbers():
    assert TrainingConfig(max_hours=2).max_hours == 2.0


def test_configurations_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ModelConfig().num_factors = 3  # pyright: ignore[reportAttributeAccessIssue]


def test_later_layers_win(tmp_path):
    (tmp_path / "run.toml").write_text("seed = 3\n[model]\nnum_factors = 7\ngenerator_size = 11\n")
    config = load_config(tmp_path / "run.toml", flags={"model": {"num_factors": 9}, "seed": 4})
    assert (config.model.num_factors, config.model.generator_size, config.seed) == (9, 11, 4)


def test_merge_leaves_its_layers_alone():
    layer = {"model": {"num_factors": 1}}
    merge(layer, {"model": {"num_factors": 2}})
    assert layer == {"model": {"num_factors": 1}}


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_valid(name):
    assert read_preset(name)
    load_config(preset=name)


def test_traced_hyperparameters_hold_the_same_numbers():
    config = HyperParameterConfig(learning_rate=0.5, dropout_rate=0.25)
    traced = config.traced()
    assert set(traced._fields) == {f.name for f in dataclasses.fields(config)}
    assert float(traced.learning_rate) == 0.5
    assert float(traced.dropout_rate) == 0.25
