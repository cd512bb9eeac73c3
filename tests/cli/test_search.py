"""`lfads search` as a user runs it."""

import json
from unittest import mock

import numpy as np
import pytest
from tests.small import SETTINGS, flags

from lfads.cli.main import run
from lfads.runs import inferred
from lfads.search.record import read_population

SEARCH = {"num-generations": 2, "epochs-per-generation": 1}


def lfads(*words):
    return run([str(word) for word in words])


def search_flags(**changed):
    words = [w for k, v in {**SEARCH, **changed}.items() for w in (f"--search.{k}", v)]
    return [*words, "--population", 2, *flags(ramp_epochs=1)]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.npz"
    counts = np.random.default_rng(0).poisson(0.5, (12, 9, 4))
    np.savez(path, spikes=counts, bin_width_s=0.02)
    return path


@pytest.fixture(scope="module")
def searched(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("searches") / "search"
    assert lfads("search", data, "--out", folder, *search_flags()) == 0
    return folder


def test_what_the_user_sees(data, tmp_path, capsys):
    folder = tmp_path / "search"
    assert lfads("search", data, "--out", folder, *search_flags(), "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["stopped_by"] == "num_generations"
    assert said.err.index("learning_rate") < said.err.index("generation 1/2")
    assert "best" in said.err
    assert "min left at most" in said.err
    assert said.err.splitlines()[-1].startswith("all generations done: the best is member")


def test_the_folder_of_a_search_serves_as_that_of_a_run(searched, capsys):
    assert lfads("infer", searched, "--num-samples", 2) == 0
    assert (searched / "best" / "posterior.nc").exists()
    assert lfads("evaluate", searched, "--num-samples", 2, "--json") == 0
    assert (searched / "best" / "scores.json").exists()
    capsys.readouterr()
    assert lfads("show", searched) == 0
    assert "with its search, epoch 3" in capsys.readouterr().out


def test_an_ensemble_is_scored_beside_the_best_alone(searched, capsys):
    """Each of two members infers once."""
    with mock.patch("lfads.runs.inferred.infer", wraps=inferred.infer) as infer:
        assert lfads("evaluate", searched, "--num-samples", 2, "--ensemble", 2, "--json") == 0
    assert infer.call_count == 2
    scores = json.loads(capsys.readouterr().out)
    name = "nll_per_sample"
    assert scores["splits"]["valid"][name] != scores["ensemble"]["splits"]["valid"][name]
    assert lfads("infer", searched, "--num-samples", 2, "--ensemble", 3) == 2
    assert "at most 2 members; got 3" in capsys.readouterr().err


def test_resuming_with_more_generations(data, searched, capsys):
    words = ["search", data, "--out", searched, "--resume"]
    assert lfads(*words, "--search.num-generations", 3) == 0
    assert "continuing after generation 2" in capsys.readouterr().err
    assert (searched / "population.csv").read_text().count("\n") == 1 + 2 * 3


@pytest.mark.parametrize(
    "words",
    [
        ["--preset", "autolfads", "--model.num-inferred-inputs", 0],
        ["--search.space.generator-l2-weight.high", 0.5],
        ["--search.space.learning-rate.high", 0.015],
    ],
)
def test_the_same_command_resumes(data, tmp_path, words):
    command = ["search", data, "--out", tmp_path / "run", *words]
    once = search_flags(**{"num-generations": 1})
    assert lfads(*command, *once) == 0
    assert lfads(*command, *search_flags(), "--resume") == 0
    assert (tmp_path / "run" / "population.csv").read_text().count("\n") == 1 + 2 * 2


def test_a_search_of_one_range_from_a_file_and_flags(data, tmp_path):
    file = tmp_path / "search.toml"
    file.write_text("[search.space.learning_rate]\nlow = 0.001\nhigh = 0.01\nstart = 0.002\n")
    words = ["search", data, "--out", tmp_path / "run", "--config", file, "--seed", 3]
    flag = ["--search.space.learning-rate.high", 0.005]
    assert lfads(*words, *search_flags(), *flag) == 0
    text = (tmp_path / "run" / "config.toml").read_text()
    assert "[search.space.learning_rate]\nlow = 0.001\nhigh = 0.005" in text
    assert text.count("[search.space.") == 1
    assert SETTINGS["model"]["num_factors"] == 2
    rows = read_population(tmp_path / "run" / "population.csv")
    assert {row.hyperparameters["learning_rate"] for row in rows if row.generation == 1} == {0.002}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--population", "0"], "`population` must be above 0"),
        (["--search.space.learning-rat.low", 1], "Did you mean"),
        (["--search.space.dropout-rate.high", 2], "[search.space.dropout_rate] `high`"),
        (["--search.space.weight-decay.low", 1], "needs `low` and `high`"),
        (["--address", "auto"], "add --engine ray"),
        (["--engine", "ray", "--resources", "CPU"], "CPU=2,GPU=1; got 'CPU'"),
        (["--engine", "dask"], "engine"),
        (["--max-hours", "-1"], "`max_hours` must be above 0"),
    ],
)
def test_mistakes(data, tmp_path, capsys, words, said):
    out = tmp_path / "run"
    assert lfads("search", data, "--out", out, *flags(), *words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not out.exists()
