"""From files of the benchmark's structure to its scores, by one command."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr
from tests.nlb.made_nwb import Made, write_nwb

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.config import read_config
from lfads.formats.read import read
from lfads.nlb import run as nlb_run
from lfads.nlb.datasets import DATASETS
from lfads.nlb.prepare import prepare_nlb
from lfads.nlb.run import benchmark
from lfads.nlb.scores import read_targets, scored
from lfads.nlb.scoring import LOG, name_of, score_run
from lfads.results import open_posterior
from lfads.runs import train as training
from lfads.runs.trained_run import Run
from lfads.simulate.lorenz import simulate_lorenz

BINS, FORWARD, HELD_IN, HELD_OUT, TRAIN = 20, 5, 8, 4, 30
TINY = (
    "--training.num-epochs", "2", "--model.generator-size", "8", "--model.encoder-size", "8",
    "--model.controller-size", "8", "--model.initial-condition-size", "4", "--model.num-factors", "3",
    "--model.num-inferred-inputs", "0", "--training.ramp-epochs", "1", "--num-samples", "2",
)  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[Path, Path]:
    """Tensors of a small data set, and the targets of its evaluation."""
    place = tmp_path_factory.mktemp("nlb")
    session = simulate_lorenz(
        num_neurons=HELD_IN + HELD_OUT,
        num_bins=BINS + FORWARD,
        num_conditions=4,
        trials_per_condition=10,
    ).session
    assert session.true_latents is not None
    spikes, velocity = session.spikes, session.true_latents[:, :BINS, :2]
    parts = {"train": slice(TRAIN), "eval": slice(TRAIN, None)}
    kinds = {"heldin": slice(HELD_IN), "heldout": slice(HELD_IN, None)}
    with h5py.File(place / "mc_maze.h5", "w") as data, h5py.File(place / "targets.h5", "w") as file:
        targets = file.create_group("mc_maze")
        for part, trials in parts.items():
            targets[f"{part}_behavior"] = velocity[trials]
            for kind, neurons in kinds.items():
                for ending, bins in {"": slice(BINS), "_forward": slice(BINS, None)}.items():
                    hidden = part == "eval" and (kind == "heldout" or ending)
                    where = targets if hidden else data
                    where[f"{part}_spikes_{kind}{ending}"] = spikes[trials, bins, neurons].astype(
                        float
                    )
    return place / "mc_maze.h5", place / "targets.h5"


def test_one_command_trains_infers_submits_and_scores(files, tmp_path, capsys):
    data, targets = files
    words = [
        "nlb",
        "mc_maze",
        str(data),
        "--out",
        str(tmp_path / "r"),
        "--targets",
        str(targets),
        *TINY,
    ]
    assert run([*words, "--json"]) == 0
    printed = capsys.readouterr()
    assert (
        "mc_maze has 137 held-in and 45 held-out neurons; these files have 8 and 4" in printed.err
    )
    answer = json.loads(printed.out)
    with h5py.File(tmp_path / "r" / "submission.h5") as file:
        group: Any = file["mc_maze"]
        submission = {key: values[()] for key, values in group.items()}
    found = scored("mc_maze", submission, read_targets(targets, "mc_maze")).named()
    assert answer["scores"] == pytest.approx(found, abs=1e-6)
    assert set(found) == {"co-bps", "vel R2", "fp-bps"}
    shapes = {key: values.shape for key, values in submission.items()}
    assert shapes["train_rates_heldin"] == (30, BINS, HELD_IN)
    assert shapes["eval_rates_heldout"] == (10, BINS, HELD_OUT)
    assert shapes["eval_rates_heldin_forward"] == (10, FORWARD, HELD_IN)
    rates = open_posterior(tmp_path / "r" / "posterior.nc").dataset["rates"].values
    np.testing.assert_allclose(
        submission["train_rates_heldin"], rates[:30, :BINS, :HELD_IN] * 0.005, rtol=1e-5
    )
    trained = (tmp_path / "r" / "run" / "metrics.jsonl").read_bytes()
    assert run(words) == 0  # what is there is used again
    assert (tmp_path / "r" / "run" / "metrics.jsonl").read_bytes() == trained
    table = capsys.readouterr().out
    assert "STNDT ensemble" in table
    assert "this run, test trials" in table
    lines = (
        (tmp_path / "r" / "run" / LOG).read_text().splitlines()
    )  # the same rates were scored once
    assert [json.loads(line)["dataset"] for line in lines] == ["mc_maze"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("mc_maze", "--ensemble", "3"),
            "averages rates over the members of a search: search as well",
        ),
        (("mc_maze", "--bin-width-s", "0.01"), "must be 0.005 or 0.02; got 0.01"),
        (("mc_mase",), "there is no data set `mc_mase`. Did you mean `mc_maze`?"),
        (("mc_rtt", "--targets"), "has no targets of mc_rtt; it has mc_maze"),
        (("mc_maze", "--bin-width-s", "0.02", "--targets"), "has no targets of mc_maze_20"),
    ],
)
def test_mistakes(files, tmp_path, capsys, words, said):
    data, targets = files
    more = (str(targets),) if words[-1] == "--targets" else ()
    assert run(["nlb", words[0], str(data), "--out", str(tmp_path / "r"), *words[1:], *more]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "r" / "run").exists()


def test_data_without_held_out_neurons_cannot_be_scored(tmp_path, capsys):
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["train_spikes_heldin"] = np.ones((10, 5, 3))
        file["eval_spikes_heldin"] = np.ones((5, 5, 3))
    assert run(["nlb", "mc_maze", str(tmp_path / "d.h5"), "--out", str(tmp_path / "r")]) == 2
    assert (
        "hold 0 held-out neurons and 5 evaluation trials; its scores need both"
        in capsys.readouterr().err
    )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """NWB files of training and test trials in bins of 20 ms, and targets that only the benchmark has."""
    pytest.importorskip("pynwb")
    place = tmp_path_factory.mktemp("recorded")
    few = Made(held_in=5, held_out=3, train=11, valid=5, test=5)
    train, test, private = write_nwb("mc_maze", place, few)
    prepare_nlb("mc_maze", [private], bin_width_s=0.02).write(place / "targets.h5")
    return train, test, place / "targets.h5"


def test_from_recordings_to_scores_of_validation_and_test_trials(recorded, tmp_path, capsys):
    train, test, targets = recorded
    out = tmp_path / "r"
    words = ["nlb", "mc_maze", str(train), str(test), "--out", str(out), "--bin-width-s", "0.02"]
    words += ["--targets", str(targets), *TINY, "--json"]
    assert run(words) == 0
    printed = capsys.readouterr()
    assert "batches of 256 trials are more than the 11 that train" in printed.err
    answer = json.loads(printed.out)
    assert answer["dataset"] == "mc_maze_20"
    names = {"co-bps", "vel R2", "psth R2", "fp-bps"}
    assert answer["scores"].keys() == answer["validation"].keys() == names
    settings = read_config(out / "run" / "config.toml")
    assert settings.objective.loss_scale == 1e4  # of the preset
    assert run(["evaluate", str(out / "run"), "--nlb", "--num-samples", "2", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again == {
        "dataset": "mc_maze_20",
        "trials": "validation",
        "scores": answer["validation"],
    }
    words = ["evaluate", str(out / "run"), "--targets", str(targets), "--num-samples", "2"]
    assert run(words) == 0
    assert "the same rates were scored before" in capsys.readouterr().out
    assert run([*words, "--out", str(tmp_path / "scores.csv")]) == 2
    assert "stand alone: leave out --out" in capsys.readouterr().err
    lines = [json.loads(line) for line in (out / "run" / LOG).read_text().splitlines()]
    assert [line["trials"] for line in lines] == ["validation", "test"]
    words = ["nlb", "mc_maze", str(train), "--out", str(out), "--bin-width-s", "0.02", *TINY]
    assert run(words) == 2  # cut from other files
    assert "data.h5 holds mc_maze of" in capsys.readouterr().err


def test_other_settings_than_those_of_a_run_that_is_done_are_refused(
    recorded, tmp_path, monkeypatch
):
    monkeypatch.setattr(nlb_run, "is_done", lambda folder: True)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "population.csv").touch()
    train, test, _ = recorded
    with (
        pytest.warns(UserWarning, match="these files have 5 and 3|more than the 11 that train"),
        pytest.raises(UserError, match="run holds a search, not a single training"),
    ):
        benchmark("mc_maze", [train, test], out=tmp_path, bin_width_s=0.02)


@pytest.mark.filterwarnings("ignore:mc_maze has 137", "ignore:batches of 256")
def test_a_search_has_the_published_ranges_and_its_members_are_averaged(
    recorded, tmp_path, monkeypatch
):
    asked = {}

    def infer(self, dataset, **how):
        asked.update(how)
        raise KeyboardInterrupt

    def search(dataset, config, *, out, resume, given, progress):
        asked.update(config=config, out=out, resume=resume)
        out.mkdir()
        (out / "population.csv").touch()
        monkeypatch.setattr(training, "is_done", lambda folder: True)

    monkeypatch.setattr(training, "search_population", search)
    monkeypatch.setattr(Run, "infer", infer)
    train, test, _ = recorded
    with pytest.raises(KeyboardInterrupt):
        benchmark(
            "mc_maze", [train, test], out=tmp_path / "r", bin_width_s=0.02, search=True, ensemble=4,
            progress=False,
        )  # fmt: skip
    assert asked["ensemble"] == 4
    assert asked["out"] == tmp_path / "r" / "run"
    assert not asked["resume"]
    assert asked["config"].search.space["inferred_input_kl_weight"].high == 1e-4


@pytest.mark.parametrize("name", DATASETS)
def test_published_settings(name):
    config = read_config(preset=f"nlb_{name}")
    assert config.model.num_inferred_inputs == 4
    assert config.search is not None
    space = config.search.space
    assert config.search.population == 20
    assert space["learning_rate"].high == (7e-3 if name == "dmfc_rsg" else 5e-3)
    high = 1e-4 if name == "area2_bump" else 1e-3
    assert space["initial_condition_kl_weight"].high == high
    batch = {"mc_maze_medium": 128, "mc_maze_small": 64, "dmfc_rsg": 200}.get(name, 256)
    assert config.training.batch_size == batch
    assert config.model.num_factors == (100 if name == "mc_maze" else 40)


def test_scores_of_the_benchmark_stand_alone(capsys):
    assert run(["evaluate", "nowhere", "--nlb", "--decode", "hand_vel", "--no-baselines"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "stand alone: leave out --decode, --no-baselines, or ask for" in said


def test_runs_on_other_data_have_no_scores_of_the_benchmark(tmp_path):
    np.savez(tmp_path / "monday.npz", spikes=np.ones((10, 5, 3), int), bin_width_s=0.005)
    with pytest.raises(UserError, match=r"monday.npz: is not known as a data set of the Neural"):
        name_of(read(tmp_path / "monday.npz"))
    np.savez(tmp_path / "mc_rtt.npz", spikes=np.ones((10, 5, 3), int), bin_width_s=0.005)
    dataset = read(tmp_path / "mc_rtt.npz")
    assert name_of(dataset) == "mc_rtt"
    with pytest.raises(UserError, match="holds no targets of validation trials of mc_rtt"):
        score_run(dataset, xr.Dataset(), targets=None, log=tmp_path / "log")
