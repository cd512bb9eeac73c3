"""Settings of other implementations: numbers converted, and what has no counterpart named."""

import json
from pathlib import Path

import pytest

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.config import RunConfig, read_config
from lfads.config.imported import carried_over
from lfads.config.imported_names import Sizes
from lfads.formats.hdf5 import write
from lfads.simulate.lorenz import simulate_lorenz

yaml = pytest.importorskip("yaml")

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
  l2_ic_enc_scale: 1e-3
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
    assert answer["not_used"] == ["model.l2_ic_enc_scale = 0.001"]
    assert config.objective.rescale_coordinated_dropout is False
    assert run(["import-config", str(tmp_path / "c.yaml"), "--out", str(out)]) == 2  # it is there
    assert "exists already" in capsys.readouterr().err


ON_NEUROCAAS = """
seed: null
ignore_warnings: true
{multisession}
model:
  _target_: lfads_torch.model.LFADS
  encod_data_dim: 50
  encod_seq_len: 35
  recon_seq_len: 45
  ext_input_dim: 0
  ic_enc_seq_len: 0
  ic_enc_dim: 64
  ci_enc_dim: 64
  ci_lag: 1
  con_dim: 64
  co_dim: 4
  ic_dim: 64
  gen_dim: 200
  fac_dim: 100
  {maps}
  train_aug_stack:
    _target_: lfads_torch.modules.augmentations.AugmentationStack
    transforms: [{{_target_: lfads_torch.modules.augmentations.CoordinatedDropout, cd_rate: 0.5}}]
  infer_aug_stack: {{_target_: lfads_torch.modules.augmentations.AugmentationStack}}
  variational: true
  co_prior: {{_target_: lfads_torch.modules.priors.AutoregressiveMultivariateNormal,
    tau: 10.0, nvar: 0.1, shape: 4}}
  ic_prior: {{_target_: lfads_torch.modules.priors.MultivariateNormal, mean: 0, variance: 0.1, shape: 64}}
  ic_post_var_min: 1.0e-4
  dropout_rate: 0.3
  cell_clip: 5.0
  loss_scale: 1.0e+4
  recon_reduce_mean: true
  lr_scheduler: false
  lr_init: 4.0e-3
  lr_adam_beta1: 0.9
  lr_adam_beta2: 0.999
  lr_adam_epsilon: 1.0e-8
  weight_decay: 0.0
  l2_start_epoch: 0
  l2_increase_epoch: 80
  l2_gen_scale: 1.0e-4
  l2_con_scale: 1.0e-4
  kl_start_epoch: 0
  kl_increase_epoch: 80
  kl_ic_scale: 1.0e-6
  kl_co_scale: 1.0e-6
datamodule:
  _target_: lfads_torch.datamodules.BasicDataModule
  data_paths: [data.h5]
  batch_keys: []
  attr_keys: []
  batch_size: 256
trainer: {{_target_: a.Trainer, gradient_clip_val: 200, max_epochs: 1000, log_every_n_steps: 5}}
callbacks: {{csv: {{_target_: a.Callback}}}}
logger: {{csv: {{_target_: a.CSVLogger}}}}
posterior_sampling: {{use_best_ckpt: false, filename: lfads_output.h5, num_samples: 50}}
pbt:
  metric: valid/recon_smth
  resources_per_trial: {{cpu: 2, gpu: 0.5}}
  num_samples: 16
  perturbation_interval: 25
  burn_in_period: {burn_in}
  patience: 4
  min_improvement_ratio: 5.0e-4
  hps:
    model.lr_init: {{_target_: a.HyperParam, min_samp: 1.0e-5, max_samp: 5.0e-3, init: 4.0e-3,
      sample_fn: loguniform, explore_wt: 0.3, enforce_limits: true}}
    model.dropout_rate: {{min_samp: 0.0, max_samp: 0.6, sample_fn: uniform, explore_wt: 0.3,
      enforce_limits: true}}
    model.train_aug_stack.transforms.0.cd_rate: {{min_samp: 0.01, max_samp: 0.7, init: 0.5,
      sample_fn: uniform, explore_wt: 0.3, enforce_limits: true}}
    model.kl_co_scale: {{min_samp: 1.0e-6, max_samp: 1.0e-4, sample_fn: loguniform, explore_wt: 0.8}}
    model.kl_ic_scale: {{min_samp: 1.0e-6, max_samp: 1.0e-3, sample_fn: loguniform, explore_wt: 0.8}}
    model.l2_gen_scale: {{min_samp: 1.0e-4, max_samp: 1.0, sample_fn: loguniform, explore_wt: 0.8}}
    model.l2_con_scale: {{min_samp: 1.0e-4, max_samp: 1.0, sample_fn: loguniform, explore_wt: 0.8}}
    {more}
"""
ONE = "reconstruction: {_target_: lfads_torch.modules.recons.Poisson}"
SEVERAL = """readin: {_target_: lfads_torch.modules.readin_readout.MultisessionReadin, datafile_pattern: x}
  readout: {_target_: lfads_torch.modules.readin_readout.MultisessionReadout, datafile_pattern: x}
  reconstruction: {_target_: lfads_torch.modules.recons.MultisessionReconstruction, datafile_pattern: x}"""


def on_neurocaas(multisession="", maps=ONE, burn_in=105, more="") -> dict:
    return yaml.safe_load(
        ON_NEUROCAAS.format(multisession=multisession, maps=maps, burn_in=burn_in, more=more)
    )


def test_the_one_file_of_autolfads_on_neurocaas(tmp_path, capsys):
    """Its ranges are those of our preset, without sizes of the data."""
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(on_neurocaas()))
    out = tmp_path / "run.toml"
    assert run(["import-config", str(tmp_path / "c.yaml"), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "callbacks (about the program that trains)" in said
    assert "pbt.resources_per_trial" in said
    assert "needs bins" not in said
    config, preset = read_config(out), read_config(preset="autolfads")
    assert config.search is not None
    assert preset.search is not None
    assert config.search.space == preset.search.space
    assert config.search.population == 16
    assert config.search.num_generations == (1000 - 80) // 25
    for name in (
        "epochs_per_generation",
        "patience_generations",
        "min_improvement",
        "method",
        "selection",
    ):
        assert getattr(config.search, name) == getattr(preset.search, name)
    assert config.training.ramp_epochs == 80
    assert config.training.learning_rate_schedule == "constant"
    assert config.training.num_epochs is None
    assert (config.objective.loss_scale, config.training.gradient_clip_norm) == (1e4, 200)
    assert config.objective == preset.objective
    assert (config.model.num_factors, config.model.num_inferred_inputs) == (100, 4)
    assert config.model.initial_condition_prior_variance == 0.1
    assert config.model.read_in_size is None
    again = read_config(flags=config.to_dict())
    assert again == config


def test_what_would_change_the_numbers_is_said_with_what_to_do(tmp_path, capsys):
    values = on_neurocaas()
    values["pbt"]["metric"] = "valid/bps"
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(values))
    words = ["import-config", str(tmp_path / "c.yaml"), "--out", str(tmp_path / "run.toml")]
    assert run(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        "  pbt.metric = valid/bps: write `metric: valid/recon_smth`, by which members are"
        in "".join(line for line in lines if "pbt.metric" in line)
    )
    (changes_nothing,) = [line for line in lines if "pbt.resources_per_trial" in line]
    assert changes_nothing.endswith("}")


def test_maps_of_several_sessions():
    found = carried_over(on_neurocaas("multisession: true", SEVERAL), Sizes())
    assert found.tables["model"]["read_in_size"] == 50
    assert found.tables["model"]["read_in_start"] == "conditions"
    assert found.tables["training"]["freeze"] == "read_in"
    assert found.tables["training"]["session_weights"] == "session"
    assert "observation" not in found.tables["model"]
    assert not any("readin" in one or "multisession" in one for one in found.not_used)
    RunConfig.from_dict({k: v for k, v in found.tables.items() if k})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"more": "model.fac_dim: {min_samp: 10, max_samp: 100, sample_fn: randint}"}, "fac_dim (no pop"),
        ({"more": "model.weight_decay: {min_samp: 1, max_samp: 2, sample_fn: choice}"}, "fn = choice"),
        ({"burn_in": 200}, "pbt.burn_in_period = 200 (members are first compared after"),
        ({"maps": "reconstruction: {_target_: lfads_torch.modules.recons.ZeroInflatedGamma}"},
         "model.reconstruction._target_ = lfads_torch.modules.recons.ZeroInflatedGamma"),
    ],
)  # fmt: skip
def test_what_a_search_cannot_be_here_is_named(changes, said):
    found = carried_over(on_neurocaas(**changes), Sizes())
    assert any(said in one for one in found.not_used), found.not_used


@pytest.mark.parametrize(
    ("pbt", "said"),
    [
        (3, "`pbt` must be a table"),
        ({"hps": {"model.lr_init": {"sample_fn": "uniform"}}}, "must have numbers `min_samp`"),
        ({"hps": {f"{k}.lr_init": {"sample_fn": "uniform", "min_samp": 0, "max_samp": 1} for k in "ab"}},
         "are one range here, `learning_rate`"),
    ],
)  # fmt: skip
def test_searches_that_are_none(pbt, said):
    with pytest.raises(UserError, match=said):
        carried_over({"fac_dim": 3, "pbt": pbt}, Sizes())


def test_a_likelihood_that_is_summed_keeps_weights():
    found = carried_over({"fac_dim": 3, "kl_co_scale": 0.5, "recon_reduce_mean": False}, Sizes())
    assert found.tables["hyperparameters"] == {"inferred_input_kl_weight": 0.5}
    assert found.not_used == []


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
    own = {"num_factors": 8, "state_limit": 5.0, "inferred_input_prior": "autoregressive"}
    assert found.tables["model"] == own
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


@pytest.mark.parametrize(
    "given",
    [
        {"factors_dim": 20, "co_dim": 0, "prior_ar_atau": 10.0, "prior_ar_nvar": 0.1},
        {"model": {"fac_dim": 20, "co_dim": 0, "co_prior": {"tau": 10.0, "nvar": 0.1}}},
        {
            "model": {
                "fac_dim": 20,
                "co_prior": {"_target_": "a.MultivariateNormal", "tau": 10.0, "variance": 0.1},
            }
        },
    ],
)
def test_a_correlation_time_goes_with_its_prior_alone(given):
    found = carried_over(given, Sizes(bins=10, neurons=10)).tables["model"]
    assert "prior_correlation_bins" not in found
    assert found.get("inferred_input_prior", "gaussian") == "gaussian"
