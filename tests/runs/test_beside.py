"""Scores of baselines beside those of a run; a baseline's run stands for any."""

import dataclasses
import json

import numpy as np
import pytest
from tests.baselines.recordings import driven

from lfads.data.dataset import Dataset
from lfads.evaluation.scores import score_dataset
from lfads.runs import beside as module
from lfads.runs.beside import beside
from lfads.runs.fit_baseline import fit_baseline


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("beside") / "run"
    return fit_baseline("constant", driven(held_out_neurons=[1], num_forward_bins=3), out=folder)


def test_a_baseline_stands_beside_the_others(run):
    scores = run.evaluate()
    assert list(scores.baselines) == ["smoothing", "psth"]
    smoothing = scores.baselines["smoothing"]["splits"]["test"]
    assert smoothing["held_out_bits_per_spike"] > 0.1
    assert "forward_bits_per_spike" in smoothing
    for shown in (str(scores), scores._repr_html_()):
        assert "beside baselines, test" in shown
        assert "worse than a constant rate" in shown
    assert json.loads(json.dumps(scores.to_dict())) == scores.to_dict()


def test_what_is_kept_is_used_for_the_same_data_alone(run, tmp_path, monkeypatch):
    dataset = run.training_data()
    posterior, asked = run.infer(), []

    def counted(name, dataset, posterior):
        asked.append(name)
        return {"splits": {}, "notes": [str(len(asked))]}

    monkeypatch.setattr(module, "_scores_of", counted)
    first = beside(tmp_path, dataset, posterior)
    assert beside(tmp_path, dataset, posterior) == first
    assert len(asked) == 3
    labelled = dataclasses.replace(dataset.session, condition=np.arange(40) % 2)
    other = dataclasses.replace(dataset, sessions=(labelled,))
    assert beside(tmp_path, other, posterior) != first
    assert beside(tmp_path, dataset, posterior) == first  # both are kept
    assert len(asked) == 6
    kept = json.loads((tmp_path / "baselines.json").read_text())
    for damage in ({**kept, "lfads": "0.0"}, {**kept, "data": 3}, [kept]):
        (tmp_path / "baselines.json").write_text(json.dumps(damage))
        assert beside(tmp_path, dataset, posterior) != first


def test_trials_and_bins_are_those_of_the_run(run, tmp_path):
    """A network that starts after an initial condition is not scored on that, nor are baselines."""
    found = run.infer().dataset.isel(time=slice(5, None), trial=slice(2, 20))
    found = found.assign_attrs(first_bin=5)
    posterior = dataclasses.replace(run.infer(), sessions={run.training_data().session.name: found})
    own = beside(tmp_path, run.training_data(), posterior)["constant"]["splits"]
    expected = score_dataset(run.training_data(), posterior.sessions).to_dict()["splits"]
    assert own["train"] == pytest.approx(expected["train"])
    assert own["test"]["num_trials"] == expected["test"]["num_trials"] == 5


def test_what_cannot_be_fitted_is_left_out_with_a_note(tmp_path):
    counts = np.random.default_rng(0).poisson(0.5, (12, 10, 1))
    one = fit_baseline(
        "constant", Dataset.from_arrays(counts, bin_width_s=0.02), out=tmp_path / "a"
    )
    scores = one.evaluate()
    assert scores.baselines["smoothing"]["splits"] == {}
    assert "no baseline `smoothing`: smoothing predicts each neuron from the others" in str(scores)
    assert "psth" in str(scores)
    test = dataclasses.replace(one.training_data().session, split=np.full(12, "test"))
    scores = one.evaluate(Dataset(sessions=(test,), bin_width_s=0.02))
    assert "no baseline `psth`" in str(scores)
    assert "has no training trials to fit to" in str(scores)
    assert scores.splits["test"].num_trials == 12
