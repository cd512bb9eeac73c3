"""What spreads of a run lack: measured once on its training data, and kept for its weights and data."""

import dataclasses
import json
from unittest import mock

import numpy as np
import pytest
from tests.small import AUTONOMOUS, tiny_config, tiny_dataset

from lfads.checks import UserError
from lfads.config import read_config
from lfads.data.dataset import Dataset
from lfads.inference.rate_error import USUAL, RateError
from lfads.inference.spread import KLWeights
from lfads.results.posterior import open_posterior
from lfads.runs import rate_errors
from lfads.runs.places import open_run
from lfads.runs.train import train

NEW = RateError(0.5, 2.0, of_rates_std=0.1)


def dataset(seed=0, name="session") -> Dataset:
    counts = np.random.default_rng(seed).poisson(0.5, (120, 9, 4))
    return Dataset.from_arrays(counts, bin_width_s=0.02, name=name)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(dataset(), tiny_config(num_epochs=1), out=tmp_path_factory.mktemp("e") / "run")


@pytest.fixture(autouse=True)
def nothing_kept(run):
    yield
    (run.folder / "spread.json").unlink(missing_ok=True)


def asked(run, given=None):
    return rate_errors.rate_errors(
        run.folder, given or dataset(), run.trained, run.training_data_if_there
    )


def measured(value=NEW):
    return mock.patch.object(rate_errors, "_measured", return_value=value)


def test_it_is_measured_once_and_kept(run):
    found = run.infer(num_samples=4, progress=False).dataset
    kept = json.loads((run.folder / "spread.json").read_text())
    error = kept["sessions"]["session"]
    assert kept["fingerprint"] == dataset().fingerprint()
    assert found.attrs["rate_error"] == error["of_rates"]
    assert found.attrs["rate_error_std"] == error["of_rates_std"]
    assert "held-out samples show" in found.attrs["spread"]
    with measured() as again:
        same = run.infer(num_samples=4, progress=False).dataset
    again.assert_not_called()
    np.testing.assert_array_equal(same["rates_std"], found["rates_std"])
    notes = run.evaluate(progress=False, baselines=False).notes
    assert any("held-out samples show. The variance of that error is" in note for note in notes)


def test_a_file_that_is_opened_elsewhere_says_what_error_bars_are(run, tmp_path):
    found = run.infer(num_samples=4, progress=False)
    again = open_posterior(found.save(tmp_path / "posterior.nc")).dataset
    told = "spread", "rate_error", "rate_error_std", "rates_std_times", "factors_std_times"
    for name in told:
        assert again.attrs[name] == found.dataset.attrs[name]
    assert "at Kullback-Leibler weights of 1" in again.attrs["spread"]


def test_it_is_of_the_training_data_whatever_is_inferred(run):
    other = dataset(seed=1, name="another")  # of one session, which need not be named alike
    with measured() as of:
        found = asked(run, other)
    of.assert_called_once()
    np.testing.assert_array_equal(of.call_args.args[0].values, dataset().session.values)
    assert found == {"another": NEW}


def test_without_the_training_data_it_is_what_is_usual(run, tmp_path):
    again = open_run(run.folder)  # trained on arrays, which are gone
    with measured() as of:
        assert asked(again, dataset(seed=1)) == {}
        of.assert_not_called()
        assert asked(again) == {"session": NEW}  # but here they are
    assert asked(again, dataset(seed=1)) == {"session": NEW}  # and it is kept


def test_training_data_that_are_damaged_are_as_if_they_were_not_there(run):
    def damaged():
        raise UserError("damaged")

    other = dataset(seed=1)
    assert rate_errors.rate_errors(run.folder, other, run.trained, damaged) == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"best_epoch": 99},
        {"fingerprint": "of other data"},
        {"sessions": {"session": {**NEW._asdict(), "of_rates": float("nan")}}},
        {"sessions": {"session": {**NEW._asdict(), "of_factors": -1.0}}},
        {"sessions": {"session": {"of_rates": 1.0}}},
        {"sessions": "none"},
    ],
)
def test_what_is_of_something_else_or_no_number_is_measured_again(run, changed):
    path = run.folder / "spread.json"
    with measured(RateError(0.1, 1.1, of_rates_std=0.0)):
        asked(run)
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
    with measured():
        assert asked(run) == {"session": NEW}
    with measured() as again:
        assert asked(run) == {"session": NEW}
    again.assert_not_called()


def test_a_damaged_file_is_as_if_it_were_not_there(run):
    (run.folder / "spread.json").write_text("{")
    with measured() as of:
        asked(run)
    of.assert_called_once()


def test_a_folder_that_cannot_be_written_says_so(run):
    with (
        measured(),
        mock.patch.object(rate_errors, "write_kept", side_effect=PermissionError("read-only")),
        pytest.warns(UserWarning, match="the error of rates is not kept: read-only"),
    ):
        asked(run)


def test_one_sample_has_no_error_bars_and_says_so(run):
    with pytest.warns(UserWarning, match=r"`num_samples=1`: one posterior sample has no spread"):
        found = run.infer(num_samples=1, progress=False)
    assert np.isnan(found.dataset["rates_std"]).all()
    assert np.isnan(found.dataset["factors_std"]).all()
    assert np.isfinite(found.dataset["initial_condition_std"]).all()  # in closed form
    assert np.isfinite(found.rates).all()


def test_few_unseen_trials_leave_what_is_usual(tmp_path):
    run = train(tiny_dataset(), tiny_config(num_epochs=1), out=tmp_path / "run", progress=False)
    found = run.infer(num_samples=4, progress=False).dataset
    kept = json.loads((run.folder / "spread.json").read_text())
    assert kept["sessions"] == {"session": None}  # nor is it tried again
    assert found.attrs["rates_std_times"] == USUAL.times
    assert "rate_error_std" not in found.attrs
    assert "usual on simulations" in found.attrs["spread"]


def test_signals_have_the_posterior_spread_alone(tmp_path):
    values = np.random.default_rng(0).normal(size=(60, 9, 4))
    signals = Dataset.from_arrays(signals=values, bin_width_s=0.02)
    run = train(signals, tiny_config(num_epochs=1), out=tmp_path / "run", progress=False)
    found = run.infer(num_samples=4, progress=False).dataset
    assert "rate_error" not in found.attrs
    assert found.attrs["spread"] == "posterior spread at Kullback-Leibler weights of 1"


def test_a_weight_of_0_widens_nothing_and_says_so(tmp_path):
    given = {"hyperparameters": {"initial_condition_kl_weight": 0.0}}
    config = read_config(
        flags={**AUTONOMOUS, **given, "training": {**AUTONOMOUS["training"], "num_epochs": 1}}
    )
    run = train(tiny_dataset(), config, out=tmp_path / "run", progress=False)
    found = run.infer(num_samples=4, progress=False).dataset
    assert "but as trained of the initial condition, whose weight is 0" in found.attrs["spread"]


def test_weights_are_those_of_the_run_that_trained_the_encoders(run):
    own = run.trained
    assert rate_errors.kl_weights_of(own) == KLWeights(0.2, 0.1)
    data = {**own.data, rate_errors.ENCODERS_KL_WEIGHTS: [0.5, 0.4]}
    assert rate_errors.kl_weights_of(dataclasses.replace(own, data=data)) == KLWeights(0.5, 0.4)
