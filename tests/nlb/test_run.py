"""From files of the benchmark's structure to its scores, by one command."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lfads.cli.main import run
from lfads.nlb.scores import read_targets, scored
from lfads.results import open_posterior
from lfads.simulate.lorenz import simulate_lorenz

BINS, FORWARD, HELD_IN, HELD_OUT, TRAIN = 20, 5, 8, 4, 30
TINY = (
    "--training.num-epochs", "2", "--model.generator-size", "8", "--model.encoder-size", "8",
    "--model.controller-size", "8", "--num-samples", "2", "--bin-width-s", "0.005",
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
    assert "this run" in table
    lines = (tmp_path / "r" / "scores.jsonl").read_text().splitlines()
    assert [json.loads(line)["dataset"] for line in lines] == ["mc_maze", "mc_maze"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
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
