"""Settings: checked, merged, and the same after a round trip through TOML."""

import dataclasses
import os
import tomllib

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from lfads.checks import UserError
from lfads.config import (
    ModelConfig,
    RunConfig,
    RunSettings,
    TrainingConfig,
    TrainingSettings,
    merge,
    preset_names,
    read_config,
    read_preset,
)
from lfads.hyperparameters import HyperParameterConfig, HyperParameterSettings

SIZES = st.one_of(st.none(), st.integers(1, 500))
RATES = st.floats(0, 0.99)


def test_a_configuration_shows_what_differs_from_the_defaults():
    assert repr(RunConfig()) == "RunConfig(seed 0; everything by default)"
    config = read_config(flags={"model": {"generator": "vanilla_rnn"}, "search": {}, "seed": 3})
    words = "seed 3; [model] generator = vanilla_rnn; [search] ; all else by default"
    assert repr(config) == f"RunConfig({words.replace('[search] ;', '[search];')})"
    assert ">generator = vanilla_rnn</td>" in config._repr_html_()


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


def test_resolved_settings_must_be_whole():
    with pytest.raises(
        UserError, match=r"run.toml(.|\n)*`num_factors` is missing: it must be a whole"
    ):
        RunSettings.from_dict({"seed": 0}, where="run.toml")
    with pytest.raises(UserError, match="`stream_steps` is missing"):
        TrainingSettings(num_epochs=3)


def test_whole_numbers_serve_as_numbers():
    assert TrainingConfig(max_hours=2).max_hours == 2.0


def test_configurations_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ModelConfig().num_factors = 3  # pyright: ignore[reportAttributeAccessIssue]


def test_later_layers_win(tmp_path):
    (tmp_path / "run.toml").write_text("seed = 3\n[model]\nnum_factors = 7\ngenerator_size = 11\n")
    config = read_config(tmp_path / "run.toml", flags={"model": {"num_factors": 9}, "seed": 4})
    assert (config.model.num_factors, config.model.generator_size, config.seed) == (9, 11, 4)


def test_merge_leaves_its_layers_alone():
    layer = {"model": {"num_factors": 1}}
    merge(layer, {"model": {"num_factors": 2}})
    assert layer == {"model": {"num_factors": 1}}


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_valid(name):
    assert read_preset(name)
    read_config(preset=name)


def test_traced_hyperparameters_hold_the_same_numbers():
    config = HyperParameterSettings(learning_rate=0.5, dropout_rate=0.25)
    traced = config.traced()
    assert set(traced._fields) == {f.name for f in dataclasses.fields(config)}
    assert float(traced.learning_rate) == 0.5
    assert float(traced.dropout_rate) == 0.25


def test_a_file_from_windows(tmp_path):
    (tmp_path / "run.toml").write_text("seed = 3\n", encoding="utf-8-sig")
    assert read_config(tmp_path / "run.toml").seed == 3


def test_configurations_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(UserError, match="is a pipe or a device, not a file: save its contents"):
            read_config(path)
    with pytest.raises(UserError, match="is a folder; expected a configuration in TOML"):
        read_config(tmp_path)
    with pytest.raises(UserError, match=r"no.toml: there is no configuration file; expected a"):
        read_config(tmp_path / "no.toml")
    with pytest.raises(UserError, match="cannot be opened: File name too long; expected a config"):
        read_config("a" * 5000)


def test_what_is_no_path_or_preset():
    for path in (5, b"run.toml"):
        with pytest.raises(UserError, match="expected the path of a file as text; got"):
            read_config(path)  # pyright: ignore[reportArgumentType]
    with pytest.raises(UserError, match=r"got 'a\\x00.toml': a path cannot hold NUL"):
        read_config("a\0.toml")
    with pytest.raises(UserError, match="a preset is named as text; got 5"):
        read_config(preset=5)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("seed", ["a", True, 1.0, -1, 2**32, None])
def test_seeds_are_checked(seed):
    with pytest.raises(
        UserError, match=r"`seed` must be a whole number from 0 to 2\*\*32 - 1; got"
    ):
        RunConfig(seed=seed)


def test_a_seed_may_be_of_numpy():
    config = RunConfig(seed=np.int64(3))  # pyright: ignore[reportArgumentType]
    assert type(config.seed) is int


def test_tables_are_not_dictionaries():
    message = r"`model` must be a `ModelConfig`; got {'num_factors': 3}: `lfads.config.read_config"
    with pytest.raises(UserError, match=message):
        RunConfig(model={"num_factors": 3})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[model]\nnum_factors = nan", "`num_factors` must be a whole number or left out; got nan"),
        ("[training]\nnum_epochs = inf", "`num_epochs` must be a whole number or left out; got"),
        ("[training]\nadam_beta1 = inf", r"`adam_beta1` must be in \[0, 1\); got inf"),
        (
            f"[training]\nadam_beta1 = 1{'0' * 400}",
            "`adam_beta1` must be below 1e308; got a larger",
        ),
    ],
)
def test_a_value_is_complained_of_once(text, message, tmp_path):
    (tmp_path / "run.toml").write_text(text)
    with pytest.raises(UserError, match=message) as caught:
        read_config(tmp_path / "run.toml")
    assert "problems" not in str(caught.value)
