"""`c_…` parameters of lfads-run-manager: what they become here, and which are refused by name."""

import json
from pathlib import Path

import pytest

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.config import RunConfig, read_config
from lfads.config.imported import carried_over
from lfads.config.imported_names import Sizes
from lfads.config.run_manager import parameters, settings_of_run_manager


def test_defaults_of_the_network_are_those_of_the_run_manager():
    tables = settings_of_run_manager({}, Sizes())
    config = RunConfig.from_dict(tables)
    model, weights = config.model, config.hyperparameters
    assert (model.num_factors, model.generator_size, model.encoder_size) == (50, 100, 128)
    assert (model.controller_size, model.initial_condition_size) == (128, 64)
    assert (model.num_inferred_inputs, model.observation) == (4, "poisson")
    assert (model.prior_correlation_bins, model.initial_condition_prior_variance) == (10, 0.1)
    assert model.external_inputs_to == "encoders"
    assert model.read_in_size is None
    assert (weights.initial_condition_kl_weight, weights.generator_l2_weight) == (1, 500)
    assert weights.dropout_rate == 0.05
    assert "training" not in tables  # how it is optimised is derived from the data
    assert "learning_rate" not in tables["hyperparameters"]


def test_what_was_changed_is_carried_over():
    changed = {
        "c_factors_dim": 8, "c_ic_enc_dim": 64, "c_co_dim": 0, "c_learning_rate_init": 2e-3,
        "c_learning_rate_decay_factor": 0.95, "c_batch_size": 32, "c_kl_increase_steps": 500,
        "c_do_train_readin": False, "c_max_grad_norm": 100.0, "c_output_dist": "gaussian",
    }  # fmt: skip
    tables = settings_of_run_manager(changed, Sizes(steps=5))
    config = RunConfig.from_dict(tables)
    assert (config.model.num_factors, config.model.encoder_size) == (8, 64)
    assert (config.model.num_inferred_inputs, config.model.observation) == (0, "gaussian")
    assert config.hyperparameters.learning_rate == 2e-3
    training = config.training
    assert (training.learning_rate_schedule, training.plateau_factor) == ("plateau", 0.95)
    assert (training.batch_size, training.ramp_epochs, training.freeze) == (32, 100, "read_in")
    assert training.gradient_clip_norm == 100


def test_what_has_no_counterpart_is_refused_by_name():
    with pytest.raises(UserError) as error:
        settings_of_run_manager(
            {"c_learning_rate_stop": 1e-3, "c_my_own": 3, "c_kl_start_step": 10}, Sizes()
        )
    said = str(error.value)
    assert "`c_learning_rate_stop` = 0.001 has no counterpart here: training ends after" in said
    assert "`c_my_own` is no setting of LFADS that is known here" in said
    assert "`c_kl_start_step` = 10 has no counterpart" in said
    settings_of_run_manager({"c_learning_rate_stop": 1e-5}, Sizes())  # as it was anyway
    with pytest.raises(UserError, match="`c_kl_increase_steps` and `c_l2_increase_steps` are one"):
        settings_of_run_manager(
            {"c_kl_increase_steps": 9, "c_l2_increase_steps": 8}, Sizes(steps=1)
        )
    with pytest.raises(UserError, match=r"c_kl_increase_steps = 9 .needs steps of the data"):
        settings_of_run_manager({"c_kl_increase_steps": 9}, Sizes())
    with pytest.raises(UserError, match=r"cannot be carried over: c_output_dist = gamma"):
        settings_of_run_manager({"c_output_dist": "gamma"}, Sizes())


def test_every_parameter_has_a_place_that_exists_or_a_reason():
    for one in parameters():
        assert one.text, one.name
        if one.place:
            table, _, field = one.place.partition(".")
            assert hasattr(getattr(RunConfig(), table), field), one.place
    page = (Path(__file__).parents[2] / "docs" / "run-manager.md").read_text(encoding="utf-8")
    assert all(f"`{one.name}`" in page for one in parameters() if not one.place)
    assert len({one.name for one in parameters()}) == len(parameters())


@pytest.mark.parametrize("prefix", ["", "c_"])
def test_import_config_reads_files_of_the_run_manager(prefix, tmp_path, capsys):
    """`hyperparameters-0.txt` of a run, or `jsonencode` of its RunParams."""
    given = {
        f"{prefix}factors_dim": 8, f"{prefix}keep_prob": 0.9, f"{prefix}ic_prior_var_min": 0.2,
        f"{prefix}output_dist": "poisson", f"{prefix}learning_rate_n_to_compare": 4,
        f"{prefix}learning_rate_stop": 1e-4, "spikeBinMs": 2,
    }  # fmt: skip
    file = tmp_path / "hyperparameters-0.txt"
    file.write_text(json.dumps(given))
    out = tmp_path / "run.toml"
    assert run(["import-config", str(file), "--out", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    config = read_config(out)
    assert (config.model.num_factors, config.model.observation) == (8, "poisson")
    assert config.model.initial_condition_prior_variance == 0.2
    assert config.hyperparameters.dropout_rate == pytest.approx(0.1)
    assert config.training.learning_rate_schedule == "plateau"
    assert config.training.plateau_epochs == 4
    assert answer["not_used"] == [f"{prefix}learning_rate_stop = 0.0001", "spikeBinMs = 2"]


def test_one_encoder_size_for_both():
    given = {"c_factors_dim": 3, "c_ic_enc_dim": 64, "c_ci_enc_dim": 32}
    with pytest.raises(UserError, match="`c_ic_enc_dim` and `c_ci_enc_dim` are one setting here"):
        carried_over(given, Sizes())
