"""Recordings from MATLAB files as labs keep spike times: structs of units, cells, trials; and rasters."""

import re

import numpy as np
import pytest
from tests.formats.matlab_files import BOTH, cell, save_v5, structs

import lfads
from lfads.checks import UserError
from lfads.recordings.reading import Reading
from lfads.recordings.sources import is_recording, opened_recording

rng = np.random.default_rng(0)
TIMES = [np.sort(rng.uniform(0, 100, 40 + k)) for k in range(5)]
COLUMNS = [one[:, None] for one in TIMES]


def recording_of(save, values, path, **said):
    save(path, values)
    with opened_recording(path, Reading(**said)) as recording:
        return recording


def refused(values, path, **said):
    with pytest.raises(UserError) as told:
        recording_of(save_v5, values, path, **said)
    return str(told.value)


def holds(recording, times=TIMES):
    assert recording.num_units == len(times)
    for found, expected in zip(recording.spike_times_s, times, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)
    return True


OF_UNITS = {
    "cell": {"spikeTimes": cell(COLUMNS), "depth": np.arange(5.0)[None]},
    "spikes": {"spikes": cell(TIMES), "units": {"depth": np.arange(5.0)[None]}},
    "struct": {
        "spikes": {
            "times": cell(COLUMNS), "ts": cell([np.round(30000 * one) for one in COLUMNS]),
            "depth": np.arange(5.0)[None], "region": cell(["CA1"] * 5), "samplingRate": 30000.0,
        }
    },
    "cell of structs": {
        "neuron": cell([{"spikeTimes": one, "depth": 1.0 * k} for k, one in enumerate(COLUMNS)])
    },
    "structs": {
        "units": structs(*({"ts": one, "depth": 1.0 * k} for k, one in enumerate(TIMES)))
    },
    "session": {"session": {"spikes": cell(TIMES)}, "depth": np.arange(5.0)},
}  # fmt: skip


@pytest.mark.parametrize("save", BOTH)
@pytest.mark.parametrize("kind", OF_UNITS)
def test_times_of_units_under_other_names(save, kind, tmp_path):
    recording = recording_of(save, OF_UNITS[kind], tmp_path / "a.mat")
    assert holds(recording)
    assert recording.units["depth"].tolist() == [0, 1, 2, 3, 4]
    assert is_recording(tmp_path / "a.mat")
    with pytest.raises(UserError, match=r"holds spike times \(`.*lfads show .*lfads\.prepare"):
        lfads.read(tmp_path / "a.mat")


@pytest.mark.parametrize("save", BOTH)
def test_what_is_not_used_of_a_struct_is_named(save, tmp_path):
    recording = recording_of(
        save, OF_UNITS["struct"] | {"lfp": np.ones((9, 4))}, tmp_path / "a.mat"
    )
    listed = "; ".join(recording.left_out)
    for name in ("`spikes.ts`", "`spikes.samplingRate`", "`lfp` (9 × 4 double)"):
        assert name in listed


def test_trials_beside_times_under_another_name(tmp_path):
    values = {**OF_UNITS["cell"], "trials": {"go": np.arange(9.0)[:, None]}}
    recording = recording_of(save_v5, values, tmp_path / "a.mat")
    assert recording.trials["go"].tolist() == list(range(9))


def test_several_that_suit_are_listed_and_one_is_chosen(tmp_path):
    values = {"spikesA": cell(TIMES), "spikesB": cell(TIMES[:3])}
    path = tmp_path / "a.mat"
    assert "say which is meant: `layout='spikesA'`, `layout='spikesB'`" in refused(values, path)
    assert holds(recording_of(save_v5, values, path, layout="spikesB"), TIMES[:3])
    said = refused(values, path, layout="spikesC")
    assert "there is no layout `spikesC`; this file knows `layout='spikesA'`, " in said


def grid_of(num_trials, num_units):
    return [[np.sort(rng.uniform(-0.5, 1, 9)) for _ in range(num_units)] for _ in range(num_trials)]


GRID = grid_of(7, 3)


def as_matrix(grid):
    return cell(
        [unit for trial in zip(*grid, strict=True) for unit in trial], (len(grid), len(grid[0]))
    )


def are_the_trials(recording, grid=GRID):
    """Whether the times of a recording, counted from each trial's zero, are those of a grid."""
    assert (recording.num_trials, recording.num_units) == (len(grid), len(grid[0]))
    zeros = recording.times_of_trials("zero_time")
    for unit, times in enumerate(recording.spike_times_s):
        expected = [trial[unit] + zero for trial, zero in zip(grid, zeros, strict=True)]
        np.testing.assert_allclose(times, np.concatenate(expected), atol=1e-9)
    return True


TURNED = [list(units) for units in zip(*GRID, strict=True)]
DIRECTION = np.arange(7.0)[:, None]
OF_TRIALS = {
    "table": {"spike_times": as_matrix(GRID), "trials": {"direction": DIRECTION}},
    "turned": {"spike_times": as_matrix(TURNED), "trials": {"direction": DIRECTION}},
    "vector": {"spikes": as_matrix(GRID), "direction": DIRECTION},
    "area": {"spikes": as_matrix(TURNED), "area": cell(["M1"] * 3), "direction": DIRECTION},
    "cells in a cell": {"spikes": cell([cell(trial) for trial in GRID]), "direction": DIRECTION},
    "trial": {
        "trial": structs(*({"spike_times": cell(one), "direction": 1.0 * k} for k, one in enumerate(GRID)))
    },
    "data": {
        "data": structs(*(
            {"unit": structs(*({"spikes": times, "depth": 1.0} for times in one)), "direction": 1.0 * k}
            for k, one in enumerate(GRID)
        ))
    },
    "fields": {"trials": {"spike_times": as_matrix(TURNED), "direction": DIRECTION}},
    "fields of cells": {
        "trials": {"spikes": cell([cell(trial) for trial in GRID]), "direction": DIRECTION}
    },
    "units": {
        "unit": structs(*({"trials": cell(one), "area": "M1"} for one in TURNED)),
        "direction": DIRECTION,
    },
}  # fmt: skip


@pytest.mark.parametrize("save", BOTH)
@pytest.mark.parametrize("kind", OF_TRIALS)
def test_times_of_trials_and_units(save, kind, tmp_path):
    recording = recording_of(save, OF_TRIALS[kind], tmp_path / "a.mat")
    assert are_the_trials(recording)
    assert recording.trials["direction"].tolist() == list(range(7))
    if kind == "units":
        assert recording.units["area"].tolist() == ["M1"] * 3
    if kind == "data":
        assert recording.units["depth"].tolist() == [1.0] * 3


def test_a_matrix_of_cells_that_nothing_explains_is_refused(tmp_path):
    path, values = tmp_path / "a.mat", {"spike_times": as_matrix(GRID)}
    said = refused(values, path)
    assert "`spike_times` is 7 × 3 lists of times, and nothing in the file tells which are" in said
    assert (
        "`layout='trials-by-units'` for 7 trials of 3 units, or `layout='units-by-trials'`" in said
    )
    assert are_the_trials(recording_of(save_v5, values, path, layout="trials-by-units"))
    assert are_the_trials(recording_of(save_v5, values, path, layout="units-by-trials"), TURNED)
    named = recording_of(save_v5, values, path, layout="spike_times/units-by-trials")
    assert are_the_trials(named, TURNED)
    assert "a layout ends with one of trials-by-units" in refused(
        values, path, layout="spike_times/rows"
    )
    at_odds = values | {"a": np.arange(7.0), "b": np.arange(3.0)}
    assert "parts of the file disagree on which are trials" in refused(at_odds, path)


def test_trials_that_differ_in_their_units_are_refused(tmp_path):
    uneven = structs({"spikes": cell(GRID[0])}, {"spikes": cell(GRID[1][:2])})
    said = refused({"trial": uneven}, tmp_path / "a.mat")
    assert "as many lists of times in each trial, one a unit; got 2 to 3" in said


@pytest.mark.parametrize("save", BOTH)
def test_structs_of_trials_with_one_unit(save, tmp_path):
    trials = structs(*({"spike_times": one[0]} for one in GRID))
    recording = recording_of(save, {"trial": trials}, tmp_path / "a.mat")
    assert are_the_trials(recording, [[one[0]] for one in GRID])


def test_structs_that_lack_the_field_are_refused(tmp_path):
    values = {"neuron": cell([{"ts": TIMES[0]}] * 70 + [{"times": TIMES[1]}])}
    said = refused(values, tmp_path / "a.mat")
    assert "`neuron.ts`: struct 71 has no field `ts`, as the first one has" in said
    mixed = {"trial": structs(*({"spikes": cell([one])} for one in [*TIMES * 20, "text"]))}
    assert "must hold lists of times; one item is str" in refused(mixed, tmp_path / "b.mat")


def test_a_table_of_trials_with_a_cell_of_one_unit(tmp_path):
    trials = {"spike_times": cell([one[0] for one in GRID]), "direction": DIRECTION}
    recording = recording_of(save_v5, {"trials": trials}, tmp_path / "a.mat")
    assert are_the_trials(recording, [[one[0]] for one in GRID])
    assert recording.trials["direction"].tolist() == list(range(7))


def test_times_that_run_on_over_trials_lie_on_one_clock(tmp_path):
    running = [[times + 3 * k for times in one] for k, one in enumerate(GRID)]
    trials = structs(*({"spikes": cell(one), "go": 3.0 * k} for k, one in enumerate(running)))
    recording = recording_of(save_v5, {"trial": trials}, tmp_path / "a.mat")
    assert holds(recording, [np.concatenate(unit) for unit in zip(*running, strict=True)])
    assert recording.trials["go"].tolist() == [3.0 * k for k in range(7)]


def test_milliseconds_of_trials(tmp_path):
    thousands = [[1000 * times for times in one] for one in GRID]
    values = {
        "trial": structs(*({"spikes": cell(one), "go": 200.0} for one in thousands)),
        "trials": {
            "start_time": 5000.0 * np.arange(7)[:, None]
        },  # not the zero: times are negative
    }
    recording = recording_of(save_v5, values, tmp_path / "a.mat", time_unit="ms")
    assert are_the_trials(recording)
    assert recording.trials_apart
    np.testing.assert_allclose(recording.times_of_trials("start_time_in_file"), 5 * np.arange(7))
    np.testing.assert_allclose(recording.times_of_trials("go"), 0.2)


RASTERS = [(rng.random((4, 50 + k)) < 0.2).astype(float) * 2 for k in range(6)]


@pytest.mark.parametrize("save", BOTH)
def test_rasters_are_binned_anew(save, tmp_path):
    path = tmp_path / "a.mat"
    values = {"dat": structs(*({"spikes": one, "side": "left"} for one in RASTERS))}
    save(path, values)
    assert not is_recording(path)
    with lfads.open_recording(path, sampling_rate_hz=1000.0) as recording:
        dataset = lfads.prepare(
            recording, bin_width_s=0.01, align_to="zero_time", window_s=(0.0, 0.05)
        )
    expected = [one[:, :50].reshape(4, 5, 10).sum(2).T for one in RASTERS]
    np.testing.assert_array_equal(dataset.session.spikes, expected)
    assert recording.trials["side"].tolist() == ["left"] * 6
    said = refused(values, path)
    assert "holds counts in bins whose width it does not say" in said
    assert "`sampling_rate_hz=1000` for bins of 1 ms" in said


def test_rasters_that_say_their_bin_width(tmp_path):
    values = {"dat": structs(*({"spikes": one, "bin_size": 0.01} for one in RASTERS))}
    recording = recording_of(save_v5, values, tmp_path / "a.mat")
    np.testing.assert_allclose(
        recording.times_of_trials("stop_time") - recording.times_of_trials("start_time"),
        [0.5 + 0.01 * k for k in range(6)],
    )
    assert "the file says bins of 0.01 s, but" in refused(
        values, tmp_path / "a.mat", sampling_rate_hz=1000.0
    )


def test_a_file_without_spikes_says_what_would_open(tmp_path):
    said = refused({"dat": structs({"a": 1.0}, {"a": 2.0})}, tmp_path / "a.mat")
    assert re.search(r"`dat` \(1 × 2 structs with the fields `a`\). What opens as counts", said)
