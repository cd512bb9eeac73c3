"""Configurations of jobs: every key of AutoLFADS' one file has a counterpart or is refused by name."""

import copy
import json
from typing import Any

import pytest
from tests.neurocaas.one_file import one_file, several_sessions, tiny_file, weight, write_input
from tests.small import tiny_dataset, tiny_sessions

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.config import read_config
from lfads.neurocaas.job_config import JobConfig, read_job_config, settings_of
from lfads.neurocaas.job_data import NO_WIDTH, files_of, read_sessions
from lfads.neurocaas.limits import Limits

yaml = pytest.importorskip("yaml")


def job_of(folder, values) -> JobConfig:
    path = folder / "c.yaml"
    path.write_text(yaml.safe_dump(values))
    return read_job_config(path)


def changed(place: str, value) -> dict:
    """The one file with another value at a place; keys of `pbt.hps` have dots themselves."""
    values = one_file()
    at: Any = values
    keys = place.split("/")
    for key in keys[:-1]:
        at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
    at[keys[-1]] = value
    return values


def test_every_key_of_the_file_by_default_has_a_counterpart_or_changes_nothing(tmp_path):
    job = job_of(tmp_path, one_file())
    assert (job.is_ours, job.num_samples, job.pattern) == (False, 50, "*")
    found = settings_of(job, tiny_dataset())
    preset = read_config(preset="autolfads")
    assert found.config.search is not None
    assert preset.search is not None
    assert found.config.search.space == preset.search.space
    assert (found.config.search.population, found.config.search.num_generations) == (16, 36)
    assert found.config.model.controller_size == 80
    assert found.config.training.batch_size == 256
    assert found.config.objective == preset.objective
    assert read_config(flags=dict(found.given)) == found.config
    notes = "\n".join(found.notes)
    for said in (
        "pbt.resources_per_trial = {'cpu': 2, 'gpu': 0.5}: changes nothing here",
        "callbacks", "logger", "seed = null: 0 here", "use_best_ckpt = False: results are of",
        "model.encod_data_dim = 50: the data have 4, which count",
        "model.recon_seq_len = 35: the data have 9, which count",
    ):  # fmt: skip
        assert said in notes
    assert "readout" not in notes


RANDINT = weight(10, 100, sample_fn="randint")


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("pbt/hps/model.fac_dim", RANDINT, "`pbt.hps.model.fac_dim"),
        ("pbt/hps/model.lr_init", RANDINT, "write `uniform` for a rate or weight"),
        ("pbt/hps/model.cell_clip", weight(1, 9), "give it once, for all members"),
        ("pbt/hps/model.lr_init/weird", 3, "pbt.hps.model.lr_init.weird = 3"),
        ("pbt/metric", "valid/bps", "write `metric: valid/recon_smth`"),
        ("pbt/burn_in_period", 200, "set it to the ramp and one `perturbation_interval`"),
        ("pbt/quantile", 0.2, "`pbt.quantile = 0.2`"),
        ("model/lr_scheduler", True, "write `lr_scheduler: false`"),
        ("model/kl_start_epoch", 5, "ramps begin with the first epoch"),
        ("model/l2_ic_enc_scale", 1e-3, "write 0: the recurrent kernels"),
        ("model/variational", False, "write `variational: true`"),
        ("model/reconstruction/_target_", "a.Gamma", "use Poisson or Gaussian"),
        ("model/train_aug_stack/transforms/0/cd_pass_rate", 0.5, "CoordinatedDropout"),
        ("model/infer_aug_stack/transforms", [{"_target_": "a.Jitter"}], "a.Jitter"),
        ("model/ic_prior/mean", 1.0, "write 0: the mean of the prior"),
        ("model/co_prior/_target_", "a.Laplace", "use MultivariateNormal"),
        ("model/readout/modules/0/_target_", "a.MLP", "use a linear read-out"),
        ("model/fac_dim", "many", "`model.fac_dim = many` has no counterpart"),
        ("model/fac_dim", [3], "`model.fac_dim = [3]` has no counterpart"),
        ("model/fac_dim", float("inf"), "`model.fac_dim` must be a finite number"),
        ("model/ci_enc_dim", 50, "are one setting here, `model.encoder_size`"),
        ("model/new_thing", 3, "`model.new_thing = 3` has no counterpart here: take it out"),
        ("datamodule/reshuffle_tv_ratio", 0.2, "write files with the split of trials"),
        ("trainer/accumulate_grad_batches", 4, "`trainer.accumulate_grad_batches = 4`"),
        ("multisession", "yes please", "`multisession` must be True or False"),
        ("__duration__", -5, "`__duration__` must be a number of minutes above 0"),
        ("__dataset_size__", "large", "`__dataset_size__` must be a number of GB"),
        ("bin_width_s", 20, "must be in seconds, not milliseconds"),
        ("posterior_sampling/num_samples", 0, "`posterior_sampling.num_samples` must be a whole"),
    ],
)  # fmt: skip
def test_what_would_change_the_numbers_is_refused_by_name_with_what_to_do(
    tmp_path, place, value, said
):
    with pytest.raises(UserError) as error:
        job_of(tmp_path, changed(place, value))
    assert said in str(error.value)
    assert str(error.value).startswith("c.yaml: ") or "one setting here" in said or "finite" in said


@pytest.mark.parametrize(
    ("place", "value", "becomes"),
    [
        ("model/con_dim", 0, ("model", "num_inferred_inputs", 0)),
        ("model/train_aug_stack", {"_target_": "a.AugmentationStack"},
         ("hyperparameters", "coordinated_dropout_rate", 0.0)),
        ("model/co_prior/_target_", "a.MultivariateNormal", ("model", "inferred_input_prior", "gaussian")),
        ("model/reconstruction/_target_", "a.Gaussian", ("model", "observation", "gaussian")),
        ("datamodule/sv_rate", 0.2, ("objective", "sample_validation_rate", 0.2)),
        ("model/ic_enc_seq_len", 5, ("model", "initial_condition_length", 5)),
        ("pbt/min_improvement_ratio", 1e-3, ("search", "min_improvement", 1e-3)),
        ("pbt/patience", 2, ("search", "patience_generations", 2)),
        ("seed", 7, ("seed", None, 7)),
    ],
)  # fmt: skip
def test_counterparts(tmp_path, place, value, becomes):
    values = changed(place, value)
    if place.endswith("aug_stack"):
        del values["pbt"]["hps"]["model.train_aug_stack.transforms.0.cd_rate"]
    if place.endswith("co_prior/_target_"):
        values["model"]["co_prior"] = {"_target_": value, "variance": 0.3, "mean": 0}
    config = settings_of(job_of(tmp_path, values), tiny_dataset()).config
    table, name, expected = becomes
    found = getattr(config, table)
    assert (found if name is None else getattr(found, name)) == expected


def test_weights_that_are_not_searched_are_converted_by_the_data(tmp_path):
    values = one_file(kl_co_scale=1e-5)
    del values["pbt"]["hps"]["model.kl_co_scale"]
    config = settings_of(job_of(tmp_path, values), tiny_dataset()).config
    assert config.hyperparameters.inferred_input_kl_weight == pytest.approx(1e-5 * 9 * 4)


def test_sessions_without_conditions_start_by_their_time_course(tmp_path):
    job = job_of(tmp_path, several_sessions(one_file(), 3))
    assert (job.limits.is_multisession, job.pattern) == (True, "lfads_*.h5")
    shared = settings_of(job, tiny_sessions())
    assert (shared.config.model.read_in_start, shared.config.model.read_in_size) == (
        "conditions",
        3,
    )
    alone = settings_of(job, tiny_dataset())
    assert alone.config.model.read_in_start == "time_course"
    assert any("not every file has a `readin_weight`" in note for note in alone.notes)
    assert alone.config.training.freeze == "read_in"


def test_our_tables_as_toml_yaml_and_json(tmp_path):
    tables = {"model": {"num_factors": 3}, "search": {"population": 2}, "seed": 4}
    text = "seed = 4\n__duration__ = 90\nmodel.num_factors = 3\nsearch.population = 2\n"
    (tmp_path / "c.toml").write_text(text)
    (tmp_path / "c.json").write_text(json.dumps({**tables, "__duration__": 90}))
    (tmp_path / "c.yml").write_text(yaml.safe_dump({**tables, "__duration__": 90}))
    for name in ("c.toml", "c.json", "c.yml"):
        job = read_job_config(tmp_path / name)
        assert job.is_ours
        assert job.limits == Limits(hours=1.5)
        found = settings_of(job, tiny_dataset())
        assert found.config == read_config(flags=tables)
        assert found.notes == ()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("c.yaml", "model: [1", "is no YAML"),
        ("c.yaml", "a: &a [*a]\nfac_dim: 3", "anchors"),
        ("c.yaml", "", "holds no settings"),
        ("c.yaml", "model: {num_factor: 3}", "Did you mean `num_factors`?"),
        ("c.yaml", "search: {method: random}", "a job trains a population"),
        ("c.txt", "x", "a configuration ends in .yaml"),
        ("c.toml", "model = ", "is not valid TOML"),
        ("c.json", "{", "is no JSON"),
    ],
)
def test_files_that_are_no_configuration(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=None) as error:
        read_job_config(tmp_path / name)
    assert said in str(error.value)


def test_a_configuration_is_checked_before_it_is_submitted(tmp_path, capsys):
    data = write_input(tmp_path / "monday.h5")
    (tmp_path / "c.yaml").write_text(yaml.safe_dump({**tiny_file(), "__duration__": 90}))
    assert run(["neurocaas", "check", str(tmp_path / "c.yaml")]) == 0
    assert "1.5 h at most" in capsys.readouterr().out
    assert run(["neurocaas", "check", str(tmp_path / "c.yaml"), str(data), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["settings"]["model"]["num_factors"] == 2
    assert NO_WIDTH in answer["notes"]
    (tmp_path / "c.yaml").write_text(yaml.safe_dump({**tiny_file(), "new": 1}))
    assert run(["neurocaas", "check", str(tmp_path / "c.yaml")]) == 2
    assert "`new = 1` has no counterpart here: take it out" in capsys.readouterr().err


def test_anchors_that_repeat_without_end_are_refused(tmp_path):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    (tmp_path / "c.yaml").write_text("\n".join(lines))
    with pytest.raises(UserError, match="at most 20000 values"):
        read_job_config(tmp_path / "c.yaml")


def test_data_of_a_job(tmp_path):
    several = job_of(tmp_path, several_sessions(tiny_file(), 2))
    alone = job_of(tmp_path, tiny_file())
    one = write_input(tmp_path / "week/lfads_mon.h5")
    two = write_input(tmp_path / "week/lfads_tue.h5", 1, 5)
    (tmp_path / "week" / "notes.txt").write_text("x")
    (tmp_path / "week" / ".hidden.h5").write_text("x")
    assert files_of(tmp_path / "week", several) == (
        [one, two], ["not among the sessions, by their names: notes.txt"],
    )  # fmt: skip
    assert files_of(one, alone) == ([one], [])
    with pytest.warns(UserWarning, match="psth"):
        dataset, unknown = read_sessions([one], alone)
    assert (dataset.bin_width_s, unknown) == (1.0, [NO_WIDTH])
    with pytest.warns(UserWarning, match="psth"):
        _, unknown = read_sessions([one], job_of(tmp_path, {**tiny_file(), "bin_width_s": 0.02}))
    assert unknown == []


@pytest.mark.parametrize(
    ("place", "more", "said"),
    [
        ("week", {}, "need `multisession: True` in c.yaml"),
        ("none.h5", {}, "there are no such data"),
        ("empty", {"multisession": True}, "expected files whose names are like `*`"),
        ("week/lfads_mon.h5", {"__dataset_size__": 1e-9}, "says 1e-09 GB at most; the data have"),
        ("week", {"multisession": True, "__dataset_size__": 1e-9}, "raise it, or leave it out"),
    ],
)
def test_data_that_a_job_cannot_have(tmp_path, place, more, said):
    write_input(tmp_path / "week/lfads_mon.h5")
    (tmp_path / "empty").mkdir()
    job = job_of(tmp_path, copy.deepcopy({**tiny_file(), **more}))
    with pytest.raises(UserError) as error:
        files_of(tmp_path / place, job)
    assert said in str(error.value)
