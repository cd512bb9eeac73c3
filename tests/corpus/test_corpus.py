"""Files of every release are opened, say what they said, and are gone on with."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.corpus.opened import VERSIONS, copied, expected, unpacked
from tests.small import tiny_dataset, tiny_sessions

import lfads as library
from lfads.cli.main import run
from lfads.config import read_config
from lfads.runs.kept_decoder import kept_decoder
from lfads.search.record import read_population
from lfads.studio.data.shelf import Shelf
from lfads.training.tracking import read_metrics


@pytest.fixture(scope="module", params=VERSIONS)
def release(request, tmp_path_factory) -> Path:
    return unpacked(request.param, tmp_path_factory.mktemp("corpus"))


@pytest.fixture
def told(release) -> dict:
    return expected(release.name)


def lfads(*words: object) -> None:
    assert run([str(word) for word in words]) == 0


def answer(capsys, *words: object) -> dict:
    capsys.readouterr()
    lfads(*words, "--json")
    return json.loads(capsys.readouterr().out)


def test_there_is_a_release():
    assert "0.2.0" in VERSIONS


def test_data(release):
    session = library.read(release / "data.h5").session
    np.testing.assert_array_equal(session.spikes, tiny_dataset().session.spikes)
    assert session.name == "monday"
    assert session.behavior["hand_vel"].shape == (12, 9, 2)
    assert list(session.neuron_table["area"]) == ["PMd", "PMd", "M1", "M1"]
    plain = library.read(release / "data.npz").session
    np.testing.assert_array_equal(plain.spikes, session.spikes)
    np.testing.assert_array_equal(plain.condition, np.arange(12) % 3)
    both = library.read(release / "sessions.h5")
    assert both.fingerprint() == tiny_sessions().fingerprint()
    assert both.sessions[1].true_rates_hz is not None


def test_settings(release):
    config = read_config(release / "config.toml")
    assert (config.seed, config.model.num_factors, config.training.batch_size) == (3, 2, 4)
    assert config.hyperparameters.learning_rate == 0.02
    assert config.objective.augmentations == "coordinated_dropout(pass_rate=0.7)"


def test_a_run_says_what_it_said(release, told, capsys):
    found = answer(capsys, "show", release / "run")
    kept = told["run"]
    own = {"run": "run", "files": kept["files"]}  # later versions may say more
    assert {**{name: found[name] for name in kept}, **own} == kept
    scores = json.loads((release / "run" / "scores.json").read_text(encoding="utf-8"))
    assert scores["splits"] == told["scores"]


def test_results_are_those_of_the_weights(release, told):
    """Scores of what was inferred, to the digit; what is inferred today, within its spread."""
    dataset = library.read(release / "data.h5")
    opened = library.open_run(release / "run")
    kept = library.open_posterior(release / "run" / "posterior.nc")
    scores = opened.evaluate(dataset, posterior=kept, baselines=False).to_dict()["splits"]
    for split, values in told["scores"].items():
        assert scores[split] == pytest.approx(values, rel=1e-5)
    again = opened.infer(dataset, num_samples=10, progress=False).dataset
    apart = np.abs(again["rates"] - kept.dataset["rates"])
    assert float((apart / kept.dataset["rates_std"]).mean()) < 1


def test_results_for_others(release):
    merged = library.open_continuous(release / "windows.continuous.nc")
    assert merged["rates"].shape == (30, 4)
    kept = library.open_posterior(release / "run" / "posterior.nc").dataset
    lfads("import-results", release / "posterior.mat", "--out", release / "imported.nc")
    found = library.open_posterior(release / "imported.nc").dataset
    np.testing.assert_allclose(found["rates"], kept["rates"], rtol=1e-6)


def test_a_training_goes_on(release, tmp_path):
    folder = copied(release / "run", tmp_path)
    before = read_metrics(folder / "metrics.jsonl")
    budget = ("--training.num-epochs", 4)
    lfads("train", release / "data.h5", "--out", folder, "--resume", *budget)
    after = read_metrics(folder / "metrics.jsonl")
    assert after[:3] == before
    assert [record["epoch"] for record in after] == [1, 2, 3, 4]
    assert np.isfinite(after[3]["valid_nll"])


def test_a_search_goes_on(release, tmp_path):
    folder = copied(release / "search", tmp_path)
    before = read_population(folder / "population.csv")
    budget = ("--search.num-generations", 2)
    lfads("search", release / "data.npz", "--out", folder, "--resume", *budget)
    after = read_population(folder / "population.csv")
    assert after[: len(before)] == before
    assert {row.generation for row in after} == {1, 2}


def test_a_new_session_is_fitted_to_a_run(release, tmp_path):
    others = ("--training-data", release / "sessions.h5")
    words = ("--training.num-epochs", 1, "--training.batch-size", 4, "--training.num-shards", 1)
    lfads(
        "adapt",
        release / "stitched",
        release / "data.h5",
        "--out",
        tmp_path / "new",
        *others,
        *words,
    )
    assert library.open_run(tmp_path / "new").data["sessions"] == ["monday"]


def test_a_baseline(release):
    opened = library.open_run(release / "baseline")
    kept = library.open_posterior(release / "baseline" / "posterior.nc").dataset
    found = opened.infer(library.read(release / "data.h5"), progress=False).dataset
    np.testing.assert_allclose(found["rates"], kept["rates"], rtol=1e-6)


def test_a_decoder(release):
    sizes = {"factors": 2, "rates": 4}
    decoder = kept_decoder(release / "causal", "causal", "monday", "hand_vel", sizes)
    assert np.shape(decoder.weights)[1:] == (sizes[decoder.signal], 2)


def test_jobs_people_and_what_they_brought(release, capsys):
    jobs = answer(capsys, "jobs", "list", "--folder", release / "jobs")["jobs"]
    assert [(job["what"], job["state"]) for job in jobs] == [("train data.h5", "queued")]
    users = answer(capsys, "studio", "users", "list", "--folder", release / "jobs")["users"]
    assert [(user["name"], user["group"]) for user in users] == [("anna", "motor")]
    assert [item.name for item in Shelf(release / "shelf").items()] == ["monday.h5"]
