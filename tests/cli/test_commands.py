"""The command line as a user runs it, from data to results."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr
from tests.small import flags

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.results.netcdf import read_netcdf
from lfads.runs.analyse import analyse
from lfads.runs.places import open_run
from lfads.training.tracking import read_metrics


def lfads(*words):
    return run([str(word) for word in words])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.npz"
    counts = np.random.default_rng(0).poisson(0.5, (12, 9, 4))
    np.savez(path, spikes=counts, bin_width_s=0.02, conditions=np.arange(12) % 2)
    return path


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert lfads("train", data, "--out", folder, *flags()) == 0
    return folder


def test_train_leaves_the_documented_files(trained):
    names = {str(p.relative_to(trained)) for p in trained.rglob("*") if p.is_file()}
    expected = {"config.toml", "metrics.jsonl", "summary.json", "checkpoints/last.npz"}
    assert expected | {"checkpoints/best.npz"} <= names
    assert not [name for name in names if name.startswith(".")]
    records = read_metrics(trained / "metrics.jsonl")
    assert [r["epoch"] for r in records] == [1, 2, 3]
    assert {"train_nll", "valid_nll"} <= set(records[0])
    summary = json.loads((trained / "summary.json").read_text())
    assert summary["stopped_by"] == "num_epochs"
    assert {"best_epoch", "scores", "versions", "device", "seconds"} <= set(summary)


def test_what_was_derived_is_said_before_the_first_epoch(data, tmp_path, capsys):
    assert lfads("train", data, "--out", tmp_path / "run", *flags(num_epochs=1)) == 0
    said = capsys.readouterr().err
    assert said.index("decay_epochs") < said.index("epoch 1/1")


def test_evaluate_says_what_inputs_are_for(data, trained, tmp_path, capsys):
    alone = tmp_path / "alone"
    none = [*flags(num_epochs=1), "--model.num-inferred-inputs", 0]
    assert lfads("train", data, "--out", alone, *none) == 0
    capsys.readouterr()
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    assert lfads("evaluate", run, "--no-baselines") == 0
    said = capsys.readouterr().out
    assert "inferred inputs, valid" in said
    assert "variance of factors it drives" in said
    assert "`lfads evaluate RUN --without RUN0`" in said
    assert lfads("evaluate", run, "--no-baselines", "--without", alone, "--skip-inputs") == 0
    said = capsys.readouterr().out
    assert "do the data need inputs?" in said
    assert "variance of factors" not in said
    kept = json.loads((run / "scores.json").read_text())
    assert {"inputs_needed", "without_inputs"} <= set(kept)
    assert lfads("report", run, "--no-baselines") == 0
    page = (run / "report.html").read_text()
    assert "Do the data need inputs?" in page
    assert "Strength of inferred inputs" in page
    assert lfads("evaluate", alone, "--no-baselines") == 0
    assert "inferred inputs" not in capsys.readouterr().out
    assert lfads("evaluate", run, "--without", run) == 2
    assert "it infers 1 input; train one on the same data with" in capsys.readouterr().err


def test_infer_writes_labelled_results(data, trained, capsys):
    assert lfads("infer", trained, "--num-samples", 2, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    with xr.open_dataset(answer["out"], engine="h5netcdf") as posterior:
        assert posterior.rates.dims == ("trial", "time", "neuron")
        assert posterior.factors.dims == ("trial", "time", "factor")
        assert posterior.inferred_inputs.dims == ("trial", "time", "input")
        assert posterior.rates.attrs["units"] == "spikes/s"
        np.testing.assert_allclose(posterior.time, np.arange(9) * 0.02)
        assert list(posterior.trial_index.values) == list(range(12))
        assert sorted(set(posterior.split.values.tolist())) == ["train", "valid"]


def test_infer_one_new_trial(trained, tmp_path):
    one = np.random.default_rng(5).poisson(0.5, (1, 9, 4))
    np.savez(tmp_path / "new.npz", spikes=one, bin_width_s=0.02)
    out = tmp_path / "posterior.nc"
    assert lfads("infer", trained, tmp_path / "new.npz", "--out", out, "--num-samples", 2) == 0
    with xr.open_dataset(out, engine="h5netcdf") as posterior:
        assert posterior.sizes["trial"] == 1


@pytest.mark.usefixtures("undrawn")
def test_an_analysis_of_the_network_is_handed_it(trained, tmp_path, capsys):
    chosen = {"inputs": "zero", "num_starts": 8, "num_steps": 50}
    words = [word for name, value in chosen.items() for word in ("--choose", f"{name}={value}")]
    given = ("analyse", trained, "fixed_points", "--out", tmp_path, *words)
    capsys.readouterr()
    assert lfads(*given) == 0
    assert "unstable directions" in capsys.readouterr().out
    found = read_netcdf(tmp_path / "fixed_points.nc")
    assert found.attrs["inputs"] == "zero"
    opened = open_run(trained)
    dataset = opened.training_data()
    posterior = opened.infer(dataset)
    again = analyse("fixed_points", posterior, dataset, run=opened, choices=chosen)
    assert again.results["data"].attrs["inputs"] == "zero"
    # Of so few starts and steps not every point is found each time.
    distance = again.results["data"]["state"].values[:, None] - found["state"].values[None]
    assert np.abs(distance).max(2).min() < 1e-4
    with pytest.raises(UserError, match="is of the network itself: give the run that"):
        analyse("fixed_points", posterior, dataset)


@pytest.mark.usefixtures("undrawn")
def test_results_on_other_data_do_not_replace_those_of_the_run(trained, tmp_path, capsys):
    counts = np.random.default_rng(5).poisson(0.5, (3, 9, 4))
    np.savez(tmp_path / "new.npz", spikes=counts, bin_width_s=0.02)
    assert lfads("infer", trained, tmp_path / "new.npz", "--num-samples", 2) == 2
    assert "say where to write with `--out FILE.nc`" in capsys.readouterr().err
    assert lfads("report", trained, tmp_path / "new.npz") == 2
    assert "say where to write with `--out FILE.html`" in capsys.readouterr().err
    assert not (trained / "report.html").exists()
    assert lfads("report", trained, tmp_path / "new.npz", "--out", tmp_path / "new.html") == 0
    assert "Applied here to" in (tmp_path / "new.html").read_text(encoding="utf-8")


def test_infer_remembers_the_bin_width(trained, tmp_path):
    np.savez(tmp_path / "new.npz", spikes=np.ones((2, 9, 4), int))
    out = tmp_path / "posterior.nc"
    assert lfads("infer", trained, tmp_path / "new.npz", "--out", out, "--num-samples", 2) == 0


def test_other_neurons_are_refused(trained, tmp_path, capsys):
    np.savez(tmp_path / "new.npz", spikes=np.ones((2, 9, 5), int), bin_width_s=0.02)
    assert lfads("infer", trained, tmp_path / "new.npz", "--out", tmp_path / "p.nc") == 2
    assert "trained on 4 neurons; the data have 5" in capsys.readouterr().err
    assert not (tmp_path / "p.nc").exists()


def test_changed_training_data_are_refused(tmp_path, capsys):
    path = tmp_path / "data.npz"
    counts = np.random.default_rng(0).poisson(0.5, (12, 9, 4))
    np.savez(path, spikes=counts, bin_width_s=0.02)
    assert lfads("train", path, "--out", tmp_path / "run", *flags(num_epochs=1)) == 0
    np.savez(path, spikes=counts + 1, bin_width_s=0.02)
    assert lfads("infer", tmp_path / "run") == 2
    assert "has changed since" in capsys.readouterr().err
    path.unlink()
    assert lfads("infer", tmp_path / "run") == 2
    assert "no longer at" in capsys.readouterr().err


def test_damaged_checkpoint(trained, tmp_path, capsys):
    best = trained / "checkpoints" / "best.npz"
    whole = best.read_bytes()
    try:
        best.write_bytes(whole[: len(whole) // 2])
        assert lfads("infer", trained, "--out", tmp_path / "p.nc") == 2
    finally:
        best.write_bytes(whole)
    assert "may be damaged" in capsys.readouterr().err


def test_evaluate(trained, capsys):
    assert lfads("evaluate", trained, "--num-samples", 2, "--json") == 0
    scores = json.loads(capsys.readouterr().out)
    assert {"train", "valid"} <= set(scores["splits"])
    assert list(scores["baselines"]) == ["smoothing", "psth", "constant"]
    for of in scores["baselines"].values():
        assert set(of["splits"]["valid"]) == {"num_trials", "nll_per_sample", "bits_per_spike"}
    kept = json.loads((trained / "scores.json").read_text())
    assert kept.pop("best_epoch") == open_run(trained).summary["best_epoch"]
    assert kept == scores
    assert lfads("evaluate", trained, "--num-samples", 2) == 0
    answer = capsys.readouterr().out
    assert re.search(r"beside baselines, valid +this run +smoothing +psth +constant", answer)
    assert f"wrote {trained / 'scores.json'}" in answer


def test_baselines_are_computed_once_and_may_be_left_out(trained, capsys, monkeypatch):
    from lfads.runs import beside

    assert lfads("evaluate", trained, "--num-samples", 2, "--json") == 0
    kept = json.loads(capsys.readouterr().out)["baselines"]
    monkeypatch.setattr(beside, "_scores_of", lambda *_: pytest.fail("computed again"))
    assert lfads("evaluate", trained, "--num-samples", 2, "--json") == 0
    assert json.loads(capsys.readouterr().out)["baselines"] == kept
    (trained / "baselines.json").unlink()
    assert lfads("evaluate", trained, "--num-samples", 2, "--no-baselines", "--json") == 0
    assert "baselines" not in json.loads(capsys.readouterr().out)
    assert not (trained / "baselines.json").exists()


def test_report(trained):
    assert lfads("report", trained, "--num-samples", 2) == 0
    page = (trained / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "Beside baselines" in page
    assert re.search(r"posterior samples</t[hd]>\s*<td[^>]*>2<", page)


@pytest.mark.parametrize(
    ("command", "suffix"), [("infer", "nc"), ("export", "mat"), ("report", "html")]
)
def test_other_files_are_replaced_only_where_it_is_asked_for(
    command, suffix, trained, tmp_path, capsys
):
    out = tmp_path / f"notes.{suffix}"
    out.write_text("precious")
    assert lfads(command, trained, "--out", out) == 2
    assert "choose another name, or `--overwrite` to replace it" in capsys.readouterr().err
    assert out.read_text() == "precious"
    if command != "report":  # which would draw all figures
        assert lfads(command, trained, "--out", out, "--overwrite") == 0
        assert out.read_bytes()[:8] != b"precious"


def test_sample_is_data_that_can_be_shown(trained, tmp_path, capsys):
    out = tmp_path / "generated.h5"
    assert lfads("sample", trained, "--num-trials", 5, "--out", out) == 0
    assert lfads("show", out) == 0
    assert "5 (" in capsys.readouterr().out


def test_show_a_run_and_a_file(data, trained, capsys):
    assert lfads("show", trained) == 0
    said = capsys.readouterr().out
    assert "all epochs done, epoch 3" in said
    assert re.search(r"best epoch +\d: -?\d\.\d{4} bits/spike on validation trials", said)
    assert lfads("show", data, "--json") == 0
    assert json.loads(capsys.readouterr().out)["bin_width_s"] == 0.02


def test_programs_get_values_of_a_run(trained, capsys):
    """Numbers, lists and tables, not the words of the table."""
    assert lfads("show", trained, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["run"], told["num_bins"], told["bin_width_s"]) == (str(trained), 9, 0.02)
    assert (told["num_neurons"], told["num_held_out"], told["unit"]) == ([4], [0], None)
    assert (told["num_factors"], told["generator_size"], told["slow_offsets"]) == (2, 4, 0)
    assert (told["stopped_by"], told["epochs"], told["seed"]) == ("num_epochs", 3, 0)
    assert sum(told["trials"].values()) == 12
    assert told["best_epoch"] in (1, 2, 3)
    assert told["seconds"] > 0
    assert isinstance(told["scores"]["valid_bits_per_spike"], float)
    assert "config.toml" in told["files"]
    assert set(told["versions"]) >= {"lfads", "jax"}


def test_a_silent_neuron_is_a_warning_and_trains(tmp_path, capsys):
    counts = np.random.default_rng(0).poisson(0.5, (12, 9, 4))
    counts[:, :, 2] = 0
    np.savez(tmp_path / "x.npz", spikes=counts, bin_width_s=0.02)
    assert lfads("train", tmp_path / "x.npz", "--out", tmp_path / "run", *flags(num_epochs=1)) == 0
    said = capsys.readouterr().err
    assert "lfads: warning:" in said
    assert "silent" in said or "no spikes" in said


def test_used_folder_names_resume(data, trained, capsys):
    assert lfads("train", data, "--out", trained, *flags()) == 2
    assert "--resume" in capsys.readouterr().err


def test_resume_with_other_settings_is_refused(data, trained, capsys):
    words = ["train", data, "--out", trained, "--resume", "--model.num-factors", 3]
    assert lfads(*words) == 2
    assert "[model] num_factors was 2 in the run and is 3 now" in capsys.readouterr().err


def test_a_budget_below_what_is_done_is_refused(data, trained, capsys):
    before = (trained / "config.toml").read_text()
    words = ["train", data, "--out", trained, "--resume", "--training.num-epochs", 2]
    assert lfads(*words) == 2
    assert "the run has 3 epochs already" in capsys.readouterr().err
    assert (trained / "config.toml").read_text() == before


def test_flags_win_over_the_file_and_the_file_over_the_preset(data, tmp_path):
    (tmp_path / "run.toml").write_text("[model]\nnum_factors = 3\n[training]\nramp_epochs = 7\n")
    words = ["--preset", "demo", "--config", tmp_path / "run.toml", "--model.num-factors", 2]
    words += ["--training.num-epochs", 0, "--training.num-shards", 1]
    assert lfads("train", data, "--out", tmp_path / "run", *words) == 0
    text = (tmp_path / "run" / "config.toml").read_text()
    assert "num_factors = 2" in text
    assert "ramp_epochs = 7" in text
    assert "decay_epochs = 45" in text


def test_one_trial_can_be_sampled(trained, tmp_path):
    assert lfads("sample", trained, "--num-trials", 1, "--out", tmp_path / "one.h5") == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["infer", "--num-samples", 99999999999], "`--num-samples` must be"),
        (["infer", "--seed", -1], "`--seed` must be"),
        (["infer", "--num-samples", 1.5], "1.5"),
    ],
)
def test_numbers_out_of_range(words, said, trained, tmp_path, capsys):
    assert lfads(words[0], trained, *words[1:], "--out", tmp_path / "p.nc") == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("summary.json", '{"a":', "may be damaged"),
        ("config.toml", "seed = 0", "`num_factors` is missing"),
        ("checkpoints/best.npz", "text", "may be damaged"),
    ],
)
def test_damaged_files_of_a_run(name, content, said, trained, tmp_path, capsys):
    copy = tmp_path / "run"
    shutil.copytree(trained, copy)
    (copy / name).write_text(content)
    assert lfads("show", copy) == 2
    assert said in capsys.readouterr().err


def test_damaged_metrics_do_not_stop_a_run_from_resuming(data, trained, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(trained, copy)
    (copy / "metrics.jsonl").write_bytes(b"\xff\xfe\n5\n")
    assert lfads("train", data, "--out", copy, "--resume", *flags(num_epochs=4)) == 0


def test_a_run_killed_before_its_first_checkpoint_begins_again(data, trained, tmp_path):
    copy = tmp_path / "run"
    copy.mkdir()
    shutil.copy(trained / "config.toml", copy)
    assert lfads("train", data, "--out", copy, "--resume", *flags()) == 0
    assert [r["epoch"] for r in read_metrics(copy / "metrics.jsonl")] == [1, 2, 3]


def test_a_reader_that_leaves_early_is_no_error(data):
    code = "import os, sys; from lfads.cli.entry import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "show", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(60)


def start(data, folder, **training):
    command = [sys.executable, "-c", "from lfads.cli.entry import main; main()"]
    words = ["train", data, "--out", folder, *flags(checkpoint_epochs=1, **training)]
    return subprocess.Popen([*command, *map(str, words)], stderr=subprocess.PIPE, text=True)


def wait_for_epochs(folder, number, process):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if len(read_metrics(folder / "metrics.jsonl")) >= number:
            return
        time.sleep(0.02)
    raise AssertionError(f"no {number} epochs: {process.communicate()}")


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_interrupted_and_killed_runs_resume(number, status, data, tmp_path):
    folder = tmp_path / "run"
    process = start(data, folder, num_epochs=100_000, patience_epochs=100_000)
    wait_for_epochs(folder, 3, process)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == status, said
    assert "Traceback" not in said
    done = len(read_metrics(folder / "metrics.jsonl"))
    more = flags(checkpoint_epochs=1, num_epochs=done + 2, patience_epochs=100_000)
    assert lfads("train", data, "--out", folder, "--resume", *more) == 0
    epochs = [r["epoch"] for r in read_metrics(folder / "metrics.jsonl")]
    assert epochs == list(range(1, done + 3))
