"""Settings of other implementations: numbers converted, and what has no counterpart named."""

import json
from pathlib import Path

import pytest

from lfads.cli.main import run
from lfads.config import read_config
from lfads.config.imported import Sizes, carried_over
from lfads.formats.hdf5 import write
from lfads.simulate.lorenz import simulate_lorenz

TORCH = """
model:
  _target_: lfads_torch.model.LFADS
  encod_data_dim: 40
  ic_enc_dim: 64
  ci_enc_dim: 64
  con_dim: 32
  co_dim: 2
  gen_dim: 100
  fac_dim: 12
  ci_lag: 1
  co_prior: {_target_: a.AutoregressiveMultivariateNormal, tau: 10.0, nvar: 0.1, shape: 2}
  train_aug_stack: {transforms: [{_target_: a.CoordinatedDropout, cd_rate: 0.3}]}
  kl_co_scale: 1e-5
  lr_patience: 6
  loss_scale: 1e4
datamodule: {batch_size: 32}
trainer: {gradient_clip_val: 200}
seed: 3
"""


def test_lfads_torch(tmp_path, capsys):
    (tmp_path / "c.yaml").write_text(TORCH)
    data = write(simulate_lorenz(num_neurons=8, num_bins=20, num_conditions=2), tmp_path / "d.h5")
    out = tmp_path / "run.toml"
    assert (
        run(["import-config", str(tmp_path / "c.yaml"), str(data), "--out", str(out), "--json"])
        == 0
    )
    answer = json.loads(capsys.readouterr().out)
    config = read_config(out)
    assert (config.model.num_factors, config.model.encoder_size, config.seed) == (12, 64, 3)
    assert config.hyperparameters.inferred_input_kl_weight == pytest.approx(1e-5 * 20 * 8)
    assert config.hyperparameters.coordinated_dropout_rate == 0.3
    assert (config.training.plateau_epochs, config.training.batch_size) == (7, 32)
    assert (config.objective.loss_scale, config.training.gradient_clip_norm) == (1e4, 200)
    assert answer["from_data"] == ["model.encod_data_dim"]
    assert "model.co_prior.shape = 2" in answer["not_used"]
    assert run(["import-config", str(tmp_path / "c.yaml"), "--out", str(out)]) == 2  # it is there
    assert "exists already" in capsys.readouterr().err


def test_flags_of_the_original():
    given = {"factors_dim": 20, "keep_prob": 0.95, "kl_ic_weight": 2.0, "kl_increase_steps": 2000}
    found = carried_over(given, Sizes(steps=10))
    assert found.tables["hyperparameters"] == {
        "dropout_rate": 0.05,
        "initial_condition_kl_weight": 2.0,
    }
    assert found.tables["training"] == {"ramp_epochs": 200}


def test_names_in_capitals():
    given = {"MODEL": {"FAC_DIM": 8, "CELL_CLIP": 5.0}, "TRAIN": {"KL": {"IC_WEIGHT": 1e-4}}}
    found = carried_over(given, Sizes(bins=10, neurons=10))
    assert found.tables["model"] == {"num_factors": 8, "state_limit": 5.0}
    assert found.tables["hyperparameters"]["initial_condition_kl_weight"] == pytest.approx(0.01)


def test_weights_wait_for_the_data():
    found = carried_over({"fac_dim": 3, "kl_co_scale": 1e-5}, Sizes())
    assert found.not_used == ["kl_co_scale = 1e-05 (needs bins and neurons of the data)"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "c.yaml",
            "model: {ic_enc_dim: 64, ci_enc_dim: 32}",
            "are one setting here, `model.encoder_size`",
        ),
        ("c.yaml", "a: 1", "no setting of lfads-torch"),
        ("c.yaml", "a: [1", "is no YAML"),
        ("c.yaml", "!!python/object/apply:os.system ['touch hacked']", "is no YAML"),
        ("c.json", "{1", "is no JSON"),
        ("c.txt", "nothing", "holds no settings"),
        ("none.yaml", None, "there is no configuration file"),
    ],
)
def test_mistakes(tmp_path, monkeypatch, capsys, name, text, said):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path(name).write_text(text)
    assert run(["import-config", name, "--out", "run.toml"]) == 2
    assert said in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} <= {name}
