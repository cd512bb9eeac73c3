"""Counts of trials in MATLAB files as labs keep them: structs, cells, cubes of an event."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from tests.formats.matlab_files import BOTH, cell, save_v5, structs

import lfads
from lfads.checks import UserError
from lfads.formats.matlab import objects as matlab_objects
from lfads.formats.table import describe_file

rng = np.random.default_rng(0)
LENGTHS = [30 + 2 * k for k in range(8)]
ONES = [(rng.random((5, length)) < 0.3).astype(float) for length in LENGTHS]
"""Neuron × time of each trial."""


def session_of(save, values, path, **more):
    save(path, values)
    return lfads.read(path, **more).session


def are_the_trials(session, trials):
    """Whether a session holds these matrices, neuron × time."""
    assert session.num_trials == len(trials)
    assert session.trial_length.tolist() == [one.shape[1] for one in trials]
    for counts, one in zip(session.spikes, trials, strict=True):
        np.testing.assert_array_equal(counts[: one.shape[1]].T, one)
        assert not counts[one.shape[1] :].any()
    return True


@pytest.mark.parametrize("save", BOTH)
@pytest.mark.parametrize("sparse", [False, True])
def test_structs_of_rasters_of_unequal_length(save, sparse, tmp_path):
    trials = structs(*(
        {"trialId": k + 1.0, "side": "left", "spikes": sp.csc_matrix(one) if sparse else one}
        for k, one in enumerate(ONES)
    ))  # fmt: skip
    session = session_of(save, {"dat": trials}, tmp_path / "a.mat", bin_width_s=0.001)
    assert are_the_trials(session, ONES)
    assert session.trial_table["trialId"].tolist() == list(range(1, 9))
    assert session.trial_table["side"].tolist() == ["left"] * 8
    assert describe_file(tmp_path / "a.mat").layout == "MATLAB, `dat.spikes` (neuron × time)"


@pytest.mark.parametrize("save", BOTH)
def test_areas_behavior_and_bin_width_of_trial_data(save, tmp_path):
    trials = structs(*(
        {
            "target": 1.0 * k, "idx_go": 20.0, "bin_size": 0.01, "M1_spikes": one[:3].T,
            "PMd_spikes": one[3:].T, "vel": np.full((one.shape[1], 2), 1.0 * k),
        }
        for k, one in enumerate(ONES)
    ))  # fmt: skip
    session = session_of(save, {"trial_data": trials}, tmp_path / "a.mat")
    assert are_the_trials(session, ONES)
    assert session.neuron_table["area"].tolist() == ["M1"] * 3 + ["PMd"] * 2
    assert lfads.read(tmp_path / "a.mat").bin_width_s == 0.01
    assert set(session.trial_table) == {"target", "idx_go"}
    assert session.behavior["vel"].shape == (8, 44, 2)
    assert (session.behavior["vel"][2, :34] == 2).all()
    assert np.isnan(session.behavior["vel"][2, 34:]).all()


@pytest.mark.parametrize("save", BOTH)
@pytest.mark.parametrize("turned", [False, True])
def test_cells_of_rasters_beside_other_keys(save, turned, tmp_path):
    values = {
        "spikes": cell([sp.csc_matrix(one.T if turned else one) for one in ONES]),
        "condition": cell(["a", "b"] * 4), "binWidth": 0.02, "contrast": np.arange(8.0)[:, None],
        "depth": np.arange(5.0)[None],
    }  # fmt: skip
    session = session_of(save, values, tmp_path / "a.mat")
    assert are_the_trials(session, ONES)
    assert session.condition is not None
    assert session.condition.tolist() == ["a", "b"] * 4
    assert session.trial_table["contrast"].tolist() == list(range(8))
    assert session.neuron_table["depth"].tolist() == list(range(5))
    assert lfads.read(tmp_path / "a.mat").bin_width_s == 0.02


def test_a_matrix_of_trials_keeps_rows_and_columns(tmp_path):
    trials = structs(*({"spikes": one} for one in ONES), shape=(4, 2))
    session = session_of(save_v5, {"trial": trials}, tmp_path / "a.mat", bin_width_s=0.001)
    assert are_the_trials(session, ONES)
    assert session.trial_table["row"].tolist() == [1, 2, 3, 4] * 2
    assert session.trial_table["column"].tolist() == [1] * 4 + [2] * 4


EVEN = [one[:, :30] for one in ONES]


def test_other_fields_tell_the_axis_of_time(tmp_path):
    trials = structs(*({"spikes": one, "vel": np.ones((30, 2))} for one in EVEN))
    session = session_of(save_v5, {"x": trials}, tmp_path / "a.mat", bin_width_s=0.001)
    assert are_the_trials(session, EVEN)


@pytest.mark.parametrize(
    ("name", "field", "turned", "reason"),
    [
        ("dat", {}, False, "as in the layout of that name"),
        ("td", {"idx_go": 3.0}, True, "as beside fields named `idx_…`"),
        ("x", {}, True, "time being the longer axis"),
    ],
)
def test_trials_of_one_length_are_read_by_custom_with_a_remark(
    name, field, turned, reason, tmp_path
):
    trials = structs(*({"spikes": one.T if turned else one, **field} for one in EVEN))
    with pytest.warns(UserWarning, match=rf"30 bins of 5 neurons, {reason}; all .* transpose each"):
        session = session_of(save_v5, {name: trials}, tmp_path / "a.mat", bin_width_s=0.001)
    assert are_the_trials(session, EVEN)


def refused(values, path, save=save_v5):
    save(path, values)
    with pytest.raises(UserError) as told:
        lfads.read(path, bin_width_s=0.01)
    return str(told.value)


def test_what_cannot_be_told_is_refused(tmp_path):
    path = tmp_path / "a.mat"
    square = structs(*({"spikes": one[:, :5]} for one in ONES))
    assert "5 × 5, which do not tell neurons from time" in refused({"x": square}, path)
    odd = structs(*({"spikes": one[: 2 + k % 3]} for k, one in enumerate(ONES)))
    assert "differ along both axes" in refused({"x": odd}, path)
    empty = structs({"spikes": np.empty((0, 0))}, *({"spikes": one} for one in ONES))
    assert "of trial 1 is empty: delete such trials, `x(1) = []`" in refused({"x": empty}, path)
    two = {"A_spikes": cell(ONES), "B_spikes": cell(ONES)}
    assert "`A_spikes`, `B_spikes`. Save the one that is meant" in refused(two, path)
    late = structs(*({"spikes": one + 0.5 * (k == 70)} for k, one in enumerate(ONES * 10)))
    assert "`x.spikes` of trial 71 must hold counts" in refused({"x": late}, path)
    areas = structs(*({"A_spikes": one, "B_spikes": one[:, k:]} for k, one in enumerate(ONES)))
    assert "must have the same bins in every trial" in refused({"x": areas}, path)


@pytest.mark.parametrize("save", BOTH)
def test_structs_of_another_kind_are_named_with_what_would_open(save, tmp_path):
    said = refused(
        {"dat": structs({"a": 1.0, "b": "x"}, {"a": 2.0, "b": "y"})}, tmp_path / "a.mat", save
    )
    assert "`dat` (1 × 2 structs with the fields `a`, `b`). What opens as counts: `spikes`" in said
    assert "`spike_times`" in said
    said = refused({"spikes": {"a": 1.0}}, tmp_path / "b.mat", save)
    assert "`spikes` (a struct with the fields `a`)" in said
    said = refused({"spikes": sp.csc_matrix(ONES[0])}, tmp_path / "c.mat", save)
    assert "one matrix (5 × 30, sparse or full)" in said
    assert "`reshape(full(spikes), 1, 5, 30)`" in said


def test_fields_without_a_place_are_named_once(tmp_path):
    trials = structs(*({"spikes": one, "guide": np.ones((7, 2))} for one in ONES))
    with pytest.warns(UserWarning, match=r"not used: `x\.guide`"):
        session_of(save_v5, {"x": trials}, tmp_path / "a.mat", bin_width_s=0.01)


COUNTS = rng.poisson(0.4, (20, 30, 60)).astype(float)
"""Neuron × time × trial."""


def around_peak(values):
    return {
        "spikes_peakVel": values, "conditionID_peakVel": np.arange(60.0)[:, None] % 4,
        "JoystickPos_peakVel": np.ones((2, 30, 60)), "note_peakVel": "x",
    }  # fmt: skip


@pytest.mark.parametrize("save", BOTH)
def test_cubes_of_an_event_in_rates(save, tmp_path):
    values = COUNTS / 0.02
    values[:, :, 7] = np.nan
    save(tmp_path / "a.mat", around_peak(values))
    with pytest.warns(
        UserWarning, match="read as spikes/s in bins of 20 ms.*1 trial .* with NaN.*note"
    ):
        dataset = lfads.read(tmp_path / "a.mat")
    kept = np.delete(COUNTS, 7, axis=2)
    np.testing.assert_array_equal(dataset.session.spikes, kept.transpose(2, 1, 0))
    assert dataset.bin_width_s == 0.02
    assert dataset.session.behavior["JoystickPos"].shape == (59, 30, 2)
    assert dataset.session.condition is not None
    assert dataset.session.condition.tolist() == np.delete(np.arange(60) % 4, 7).tolist()


def test_cubes_of_an_event_in_counts_and_smoothed(tmp_path):
    values = around_peak(COUNTS)
    del values["note_peakVel"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session = session_of(save_v5, values, tmp_path / "a.mat", bin_width_s=0.02)
    np.testing.assert_array_equal(session.spikes, COUNTS.transpose(2, 1, 0))
    smoothed = around_peak(COUNTS / 0.02 + rng.random(COUNTS.shape))
    assert "neither counts nor rates of whole counts" in refused(smoothed, tmp_path / "b.mat")
    alone = {"spikes_peakVel": COUNTS}
    assert "`spikes = permute(spikes_peakVel, [3 2 1])`" in refused(alone, tmp_path / "c.mat")


def test_a_struct_that_holds_a_cell_of_rasters(tmp_path):
    values = {
        "spikes": cell(ONES), "condition": cell(["a", "b"] * 4), "bin_size": 0.02,
        "depth": np.arange(5.0), "note": "x",
    }  # fmt: skip
    with pytest.warns(UserWarning, match=r"not used: `data\.note`"):
        session = session_of(save_v5, {"data": values}, tmp_path / "a.mat")
    assert are_the_trials(session, ONES)
    assert session.condition is not None
    assert session.condition.tolist() == ["a", "b"] * 4
    assert session.neuron_table["depth"].tolist() == list(range(5))


def test_silent_units_hide_nothing(tmp_path):
    """The first items of a cell are all that is looked at."""
    trains = [np.empty((0, 0))] * 40 + [np.array([0.5, 1.25, 2.5])] * 3
    save_v5(tmp_path / "a.mat", {"spikeTimes": cell(trains)})
    with lfads.open_recording(tmp_path / "a.mat") as recording:
        assert recording.num_units == 43


def with_text(value, key):
    """Trials with a field of strings, as mat-io writes them."""
    text: type = np.dtypes.StringDType
    return structs(*({"spikes": one, key: np.array([[value]], dtype=text())} for one in ONES))


@pytest.mark.parametrize("version", ["v7", "v7.3"])
def test_objects_in_structs_of_trials(version, tmp_path, monkeypatch):
    matio = pytest.importorskip("matio", reason="of the extra `matlab`")
    path = tmp_path / "a.mat"
    matio.save_to_mat(path, {"dat": with_text("left", "side")}, version=version)
    session = lfads.read(path, bin_width_s=0.01).session
    assert session.trial_table["side"].tolist() == ["left"] * 8
    monkeypatch.setattr(matlab_objects, "is_installed", lambda: False)
    with pytest.warns(UserWarning, match=r"not used: `dat\.side` \(a MATLAB string object; `pip"):
        lfads.read(path, bin_width_s=0.01)
    matio.save_to_mat(path, {"dat": with_text("train", "split")}, version=version)
    with pytest.raises(UserError, match=r"split` is a MATLAB string object: `pip install"):
        lfads.read(path, bin_width_s=0.01)
