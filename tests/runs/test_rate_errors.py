"""What spreads of a run lack: measured once, and kept for its weights."""

import json
from unittest import mock

import numpy as np
import pytest
from tests.small import tiny_config, tiny_dataset

from lfads.data.dataset import Dataset
from lfads.inference.rate_error import USUAL, RateError
from lfads.runs import rate_errors
from lfads.runs.train import train


def dataset(num_trials=120) -> Dataset:
    counts = np.random.default_rng(0).poisson(0.5, (num_trials, 9, 4))
    return Dataset.from_arrays(counts, bin_width_s=0.02)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(dataset(), tiny_config(num_epochs=1), out=tmp_path_factory.mktemp("e") / "run")


def test_it_is_measured_once_and_kept(run):
    found = run.infer(num_samples=4, progress=False).dataset
    kept = json.loads((run.folder / "spread.json").read_text())
    error = kept["sessions"][dataset().session.name]
    assert found.attrs["rate_error"] == error["of_rates"]
    assert "held-out samples show" in found.attrs["spread"]
    with mock.patch.object(rate_errors, "_measured", side_effect=AssertionError("measured again")):
        again = run.infer(num_samples=4, progress=False).dataset
    np.testing.assert_array_equal(again["rates_std"], found["rates_std"])


def test_it_is_measured_again_for_other_weights(run):
    (run.folder / "spread.json").write_text(
        json.dumps({"about": {"format_version": 1, "best_epoch": 99}, "sessions": {}})
    )
    new = RateError(0.5, 2.0)
    with mock.patch.object(rate_errors, "_measured", return_value=new):
        found = rate_errors.rate_errors(run.folder, dataset(), run.trained)
    assert found == {dataset().session.name: new}
    (run.folder / "spread.json").write_text("{")  # damaged: as if it were not there
    with mock.patch.object(rate_errors, "_measured", return_value=new) as measured:
        rate_errors.rate_errors(run.folder, dataset(), run.trained)
    measured.assert_called_once()
    (run.folder / "spread.json").unlink()


def test_a_folder_that_cannot_be_written_says_so(run):
    with (
        mock.patch.object(rate_errors, "_measured", return_value=RateError(0.5, 2.0)),
        mock.patch.object(rate_errors, "write_json", side_effect=PermissionError("read-only")),
        pytest.warns(UserWarning, match="the error of rates is not kept: read-only"),
    ):
        rate_errors.rate_errors(run.folder, dataset(), run.trained)


def test_few_unseen_trials_leave_what_is_usual(tmp_path):
    run = train(tiny_dataset(), tiny_config(num_epochs=1), out=tmp_path / "run", progress=False)
    found = run.infer(num_samples=4, progress=False).dataset
    assert not (run.folder / "spread.json").exists()
    assert found.attrs["rates_std_times"] == USUAL.times
    assert "usual on simulations" in found.attrs["spread"]


def test_signals_have_the_posterior_spread_alone(tmp_path):
    values = np.random.default_rng(0).normal(size=(60, 9, 4))
    signals = Dataset.from_arrays(signals=values, bin_width_s=0.02)
    run = train(signals, tiny_config(num_epochs=1), out=tmp_path / "run", progress=False)
    found = run.infer(num_samples=4, progress=False).dataset
    assert "rate_error" not in found.attrs
    assert found.attrs["spread"] == "posterior spread at Kullback-Leibler weights of 1"
