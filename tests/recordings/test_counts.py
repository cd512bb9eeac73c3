"""Recordings of counts: bins that can be made of bins, and runs whose trials were cut from such."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from tests.formats.matlab_files import save_v5

import lfads
from lfads.checks import UserError
from lfads.cli.data_of_runs import run_and_data
from lfads.recordings.binning import trial_bins
from lfads.recordings.counts import say_where_bins_lie
from lfads.recordings.recording import Recording

rng = np.random.default_rng(0)
CUBE = rng.poisson(1.0, (12, 60, 5)).astype(float)


def prepared(path, **choices):
    with lfads.open_recording(path) as recording:
        return lfads.prepare(recording, **choices)


@pytest.fixture
def counts(tmp_path):
    save_v5(tmp_path / "a.mat", {"spikes": CUBE, "bin_width_s": 0.01})
    return tmp_path / "a.mat"


def test_bins_are_sums_of_bins(counts):
    dataset = prepared(counts, bin_width_s=0.03)
    np.testing.assert_array_equal(dataset.session.spikes, CUBE.reshape(12, 20, 3, 5).sum(2))
    around = {"align_to": "zero_time", "window_s": (0.1, 0.3)}
    dataset = prepared(counts, bin_width_s=0.02, **around)
    expected = CUBE[:, 10:30].reshape(12, 10, 2, 5).sum(2)
    np.testing.assert_array_equal(dataset.session.spikes, expected)


@pytest.mark.parametrize(("width", "near"), [(0.015, "0.02"), (0.001, "0.01"), (0.032, "0.03")])
def test_bins_that_are_no_sums_are_refused(width, near, counts):
    with pytest.raises(UserError) as told:
        prepared(counts, bin_width_s=width)
    said = f"counts in bins of 10 ms can be summed to multiples of it, such as {near}; got {width}"
    assert said in str(told.value)


def test_windows_within_bins_are_refused(counts):
    with pytest.raises(UserError, match=r"such as `window_s=\(0, 0\.3\)`; got \(0\.005, 0\.305\)"):
        prepared(counts, bin_width_s=0.01, align_to="zero_time", window_s=(0.005, 0.305))


def test_events_within_bins_are_said(tmp_path):
    trials = {"go": np.where(np.arange(12) < 3, 0.104, 0.1)[:, None]}
    save_v5(tmp_path / "a.mat", {"spikes": CUBE, "bin_width_s": 0.01, "trial_table": trials})
    around = {"align_to": "go", "relative_to_trial": True, "window_s": (0.0, 0.2)}
    with pytest.warns(UserWarning, match="3 of 12 trials begin within a bin of the counts.* 5 ms"):
        dataset = prepared(tmp_path / "a.mat", bin_width_s=0.02, **around)
    expected = CUBE[:, 10:30].reshape(12, 10, 2, 5).sum(2)
    np.testing.assert_array_equal(dataset.session.spikes, expected)


def test_trials_lie_among_the_bins_of_their_own_counts(recwarn):
    """A trial is compared with the last that began before it, or within a hundredth of a bin."""
    starts = np.array([0.0, 0.604, 1.211])
    counted = Recording.from_spike_times(
        [[0.1]], trials={"start_time": starts, "stop_time": starts + 0.6}
    )
    counted = replace(counted, counted_in_s=0.01)
    say_where_bins_lie(counted, trial_bins(0.02, starts + 0.1 - 5e-5, window_s=(0.0, 0.2)))
    say_where_bins_lie(counted, trial_bins(0.02, starts - 5e-5, window_s=(0.0, 0.2)))
    assert not recwarn.list
    with pytest.warns(UserWarning, match="3 of 3 trials begin within a bin"):
        say_where_bins_lie(counted, trial_bins(0.02, starts + 0.104, window_s=(0.0, 0.2)))


def run_on(dataset, monkeypatch):
    """A run that was trained on a data set, as far as reading others like it goes."""
    data = {"prepared": dict(dataset.prepared), "bin_width_s": dataset.bin_width_s}
    monkeypatch.setattr("lfads.runs.places.open_run", lambda run: SimpleNamespace(data=data))


def test_a_run_cuts_counts_as_those_it_knows(counts, tmp_path, monkeypatch):
    dataset = prepared(counts, bin_width_s=0.02)
    run_on(dataset, monkeypatch)
    _, found = run_and_data(tmp_path, [counts], None)
    np.testing.assert_array_equal(found.session.spikes, dataset.session.spikes)
    assert found.bin_width_s == 0.02
    with pytest.raises(
        UserError, match=r"one file at a time: give it alone; or, .*`bin_width_s=0\.02`"
    ):
        run_and_data(tmp_path, [counts, counts], None)
    save_v5(tmp_path / "b.mat", {"spikes": CUBE})
    with pytest.raises(
        UserError, match=r"holds counts in bins whose width it does not say.*as they are"
    ):
        run_and_data(tmp_path, [tmp_path / "b.mat"], None)
    _, found = run_and_data(tmp_path, [tmp_path / "b.mat"], 0.02)
    np.testing.assert_array_equal(found.session.spikes, CUBE)


def test_a_run_on_counts_as_they_are_reads_others_so(counts, tmp_path, monkeypatch):
    run_on(lfads.read(counts), monkeypatch)
    _, found = run_and_data(tmp_path, [counts], None)
    np.testing.assert_array_equal(found.session.spikes, CUBE)


def test_bins_that_were_not_observed_stay_so(tmp_path):
    seen = np.ones(CUBE.shape)
    seen[:, 31:33, 2] = 0
    seen[4, 10:20] = 0
    seen[5] = 0
    values = {
        "spikes": CUBE,
        "bin_width_s": 0.01,
        "observed": seen,
        "trial_index": np.arange(12.0) + 40,
    }
    save_v5(tmp_path / "a.mat", values)
    with pytest.warns(UserWarning, match="marked as not observed.*1 of 12 trials.*left out: row"):
        session = prepared(tmp_path / "a.mat", bin_width_s=0.02).session
    expected = np.delete(seen.reshape(12, 30, 2, 5).all(2), 5, axis=0)
    np.testing.assert_array_equal(session.observed, expected)
    counts = np.delete(CUBE.reshape(12, 30, 2, 5).sum(2), 5, axis=0)
    np.testing.assert_array_equal(session.spikes, counts * expected)
    assert session.trial_table["trial_index"].tolist() == [*range(40, 45), *range(46, 52)]
    seen[:, :, 3] = 0
    save_v5(tmp_path / "a.mat", values)
    with pytest.raises(UserError, match="unit 4 is observed in no trial: leave it out"):
        prepared(tmp_path / "a.mat", bin_width_s=0.02)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("external_inputs", np.ones((12, 60, 2))),
        ("held_out_neurons", np.array([0, 0, 0, 0, 1.0])),
        ("num_forward_bins", 10.0),
    ],
)
def test_what_cannot_be_binned_anew_is_refused(name, value, tmp_path):
    save_v5(tmp_path / "a.mat", {"spikes": CUBE, "bin_width_s": 0.01, name: value})
    with pytest.raises(UserError, match=f"holds `{name}` beside the counts.*`lfads train "):
        prepared(tmp_path / "a.mat", bin_width_s=0.02)


def test_columns_of_trials_may_be_in_bins(tmp_path):
    trials = {"go": np.full(12, 10.0)[:, None]}  # bins, as `idx_goCueTime` of trial_data is
    save_v5(tmp_path / "a.mat", {"spikes": CUBE, "bin_width_s": 0.01, "trial_table": trials})
    around = {"align_to": "go", "relative_to_trial": True, "window_s": (0.0, 0.2)}
    said = {"trial_time_unit": "samples", "sampling_rate_hz": 100.0}
    with lfads.open_recording(tmp_path / "a.mat", **said) as recording:
        dataset = lfads.prepare(recording, bin_width_s=0.02, **around)
    expected = CUBE[:, 10:30].reshape(12, 10, 2, 5).sum(2)
    np.testing.assert_array_equal(dataset.session.spikes, expected)
