"""Trials of the benchmark from NWB files of its structure: which bins, which trials, what is scored.

That they equal those of the benchmark's own package is tested with it
(`tests/libraries/test_nlb_tensors.py`).
"""

import warnings
from typing import Any

import h5py
import numpy as np
import pytest
from tests.nlb.made_nwb import Made, write_nwb

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.formats.read import read
from lfads.nlb.behavior import decimated
from lfads.nlb.clock import first_bins, known_bins, last_bins
from lfads.nlb.prepare import prepare_nlb
from lfads.nlb.scores import read_targets
from lfads.nlb.scoring import own_targets

pynwb: Any = pytest.importorskip("pynwb")
FEW = Made(held_in=3, held_out=2, train=8, valid=3, test=2)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nwb")
    names = ("mc_maze", "area2_bump", "mc_rtt", "dmfc_rsg")
    return {name: write_nwb(name, folder / name, FEW) for name in names}


@pytest.fixture(scope="module")
def cut(places):
    return {name: prepare_nlb(name, places[name][:2], bin_width_s=0.02) for name in places}


def test_bins_are_those_of_the_session():
    events = np.array([1.0, 1.0001, 1.0199999, 0.9999999])
    assert first_bins(events, 0.0, 0.02).tolist() == [50, 51, 51, 50]
    assert first_bins(events, -0.25, 0.02).tolist() == [38, 38, 39, 38]
    assert last_bins(np.array([1_000_000_000, 1_000_001_001]), 0.02).tolist() == [49, 50]
    observed = ((0.0, 1.0102), (1.0501, 2.0))
    assert known_bins(np.array([50]), 4, 0.02, observed).tolist() == [[True, False, False, True]]
    assert known_bins(np.array([50]), 2, 0.02, ()).all()


def test_behaviour_is_low_passed_and_gaps_stay_gaps():
    time = np.arange(4000)
    there = (time < 1500) | (time >= 1540)
    slow = np.sin(2 * np.pi * time / 1000)
    fast = 0.5 * np.sin(2 * np.pi * time / 4)  # 250 Hz
    found = decimated(time[there], (slow + fast)[there, None], 20)[:, 0]
    assert np.flatnonzero(np.isnan(found)).tolist() == [75, 76]
    inside = np.r_[20:60, 95:185]
    np.testing.assert_allclose(found[inside], slow[::20][inside], atol=2e-3)


def test_trials_splits_and_neurons(cut):
    data = cut["mc_maze"]
    session = data.dataset.session
    assert data.group == "mc_maze_20"
    assert session.spikes.shape == (12, 45, 5)
    assert data.dataset.num_forward_bins == 10
    assert [int(session.of_split(one).sum()) for one in ("train", "valid", "test")] == [7, 3, 2]
    assert session.held_out_neurons.tolist() == [False] * 3 + [True] * 2
    assert np.all(np.diff(session.neuron_table["id"][:3]) > 0)
    assert session.observed is not None
    tests = session.of_split("test")
    assert session.observed[tests][:, :35, :3].all()
    assert not session.observed[tests][:, :, 3:].any()
    assert not session.observed[tests][:, 36:].any()
    assert session.observed[~tests].all()
    assert session.condition is not None
    assert set(session.condition[tests]) == {"unknown"}
    assert np.isfinite(session.behavior["hand_vel"][~tests][:, :35]).all()
    assert np.isnan(session.behavior["hand_vel"][~tests][:, 35:]).all()
    assert data.dataset.prepared["nlb"] == "mc_maze"


def test_counts_are_of_the_bins_that_are_said(cut, places):
    session = cut["mc_maze"].dataset.session
    with pynwb.NWBHDF5IO(places["mc_maze"][0], "r") as io:
        file = io.read()
        trials, units = file.trials.to_dataframe(), file.units.to_dataframe()
    used = trials[trials.split.isin(["train", "val"])]
    for trial, event in enumerate(used.move_onset_time):
        edges = (np.ceil(round((event - 0.25) / 0.02, 6)) + np.arange(46)) * 0.02 - 1e-9
        for neuron, unit in enumerate(session.neuron_table["id"]):
            own, _ = np.histogram(units.loc[unit].spike_times, edges)
            assert own.tolist() == session.spikes[trial, :, neuron].tolist()


def test_targets_of_validation_trials(cut):
    targets = cut["mc_maze"].targets
    session = cut["mc_maze"].dataset.session
    valid = session.of_split("valid")
    expected = session.spikes[valid][:, :35, 3:]
    np.testing.assert_array_equal(targets["eval_spikes_heldout"], expected)
    assert targets["psth"].shape == (3, 35, 5)
    of = np.concatenate(targets["train_cond_idx"])
    assert sorted(of.tolist()) == list(range(7))
    area = cut["area2_bump"].targets
    assert (area["train_decode_mask"].sum(1) == 1).all()
    assert "psth" not in cut["mc_rtt"].targets
    assert cut["mc_rtt"].dataset.session.condition is None


def test_set_to_go_is_scored_at_the_end_of_a_window_that_is_shifted(cut):
    data = cut["dmfc_rsg"]
    spikes, shift = data.targets["eval_spikes_heldout"], data.targets["eval_jitter"]
    produced = data.targets["eval_behavior"][:, -1] / 1000
    assert spikes.shape[1] == 75
    assert shift.max() > 0
    for trial, bins, seconds in zip(spikes, shift, produced, strict=True):
        known = np.flatnonzero(np.isfinite(trial).all(1))
        assert known[-1] == 74 - bins
        if np.isfinite(seconds):
            assert abs(len(known) - seconds / 0.02) <= 1
    table = data.dataset.session.trial_table["window_shift_bins"]
    assert table[data.dataset.session.of_split("test")].tolist() == [0, 0]


def test_one_file_holds_trials_and_targets(places, tmp_path, capsys):
    train, test, _ = places["mc_maze"]
    out = tmp_path / "maze.h5"
    words = ["prepare", str(test), str(train), "--nlb", "mc_maze", "--bin-width-s", "0.02"]
    assert run([*words, "--out", str(out)]) == 0
    assert "12 trials, 45 bins, 5 neurons (7 train, 3 valid, 2 test) of mc_maze_20" in (
        capsys.readouterr().out
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset = read(out)
    own = prepare_nlb("mc_maze", [train, test], bin_width_s=0.02)
    np.testing.assert_array_equal(dataset.session.spikes, own.dataset.session.spikes)
    targets = own_targets(dataset, "mc_maze_20")
    assert targets is not None
    assert targets.keys() == read_targets(out, "mc_maze_20").keys() == own.targets.keys()
    np.testing.assert_array_equal(targets["psth"], own.targets["psth"])
    assert own_targets(dataset, "mc_rtt_20") is None


def changed(source, path, change):
    path.write_bytes(source.read_bytes())
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def without_split(file):
    del file["intervals/trials/split"]
    names = [name for name in file["intervals/trials"].attrs["colnames"] if name != "split"]
    file["intervals/trials"].attrs["colnames"] = names


def with_all_held_in(file):
    file["units/heldout"][:] = False


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_split, "trials lack `split`; they have "),
        (with_all_held_in, "`heldout` of this file leaves 5 of 5 units held in and 0 held out"),
    ],
)
def test_files_that_are_not_of_the_benchmark(change, said, places, tmp_path):
    path = changed(places["mc_maze"][0], tmp_path / "changed.nwb", change)
    with pytest.raises(UserError, match=said):
        prepare_nlb("mc_maze", [path], bin_width_s=0.02)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--nlb", "mc_mase"], "there is no data set `mc_mase`. Did you mean `mc_maze`?"),
        (["--nlb", "mc_maze", "--bin-width-s", "0.01"], "must be 0.005 or 0.02; got 0.01"),
        (["--nlb", "mc_maze", "--align-to", "go"], "--align-to does not go with it"),
        (
            ["--nlb", "dmfc_rsg"],
            "as a file of dmfc_rsg (DANDI 000130): trials lack `go_time`, `is_eye`",
        ),
        ([], "two recordings are cut at once only of the Neural Latents Benchmark"),
    ],
)
def test_mistakes(words, said, places, tmp_path, capsys):
    train, test, _ = places["mc_maze"]
    width = [] if "--bin-width-s" in words else ["--bin-width-s", "0.02"]
    words = ["prepare", str(train), str(test), "--out", str(tmp_path / "d.h5"), *width, *words]
    assert run(words) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "d.h5").exists()


def test_two_files_of_the_same_trials_are_refused(places):
    train, test, _ = places["mc_maze"]
    for files in ([train, train], [test]):
        with pytest.raises(UserError, match="expected one file with trials whose `split` is train"):
            prepare_nlb("mc_maze", files, bin_width_s=0.02)
