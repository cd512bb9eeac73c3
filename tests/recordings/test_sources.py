"""Recordings from MATLAB, .npz and objects of other libraries."""

import os

import h5py
import numpy as np
import pytest
from scipy.io import savemat
from tests.recordings.files import SIDES, TIMES, as_mat5, as_mat73, as_npz, cell, read

from lfads.checks import UserError
from lfads.formats.read import read as read_data
from lfads.guarded import memory
from lfads.recordings.prepare import prepare
from lfads.recordings.reading import Reading
from lfads.recordings.sources import is_recording, open_recording, opened_recording


@pytest.mark.filterwarnings("ignore:.*silent", "ignore:.*validate")
@pytest.mark.parametrize(
    ("write", "name"), [(as_mat5, "a.mat"), (as_mat73, "b.mat"), (as_npz, "c.npz")]
)
def test_every_kind_of_file_gives_the_same_trials(write, name, tmp_path):
    write(tmp_path / name)
    with open_recording(tmp_path / name) as recording:
        dataset = prepare(
            recording, bin_width_s=0.1, align_to="go_time", window_s=(0.0, 0.3),
            units='area == "M1"', conditions=["side"], behavior=["hand"], valid=0.0,
            input_events=["reward"],
        )  # fmt: skip
    session = dataset.session
    assert session.spikes.tolist() == [[[1, 0], [0, 0], [1, 0]], [[1, 0], [0, 0], [0, 1]]]
    assert session.condition is not None
    assert session.condition.tolist() == SIDES
    assert session.external_inputs is not None
    assert session.external_inputs[:, :, 0].tolist() == [[0, 1, 0], [0, 0, 0]]
    expected = 2 * (50 * 0.1 + 5 * np.arange(3) + 2)  # the mean of five samples
    np.testing.assert_allclose(session.behavior["hand"][0, :, 0], expected)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"spikes": np.zeros((3, 4, 2))}, "holds counts in bins whose width it does not say"),
        ({"spike_times": cell(TIMES), "trials": 3.0}, "`trials` must be a struct"),
        ({"spike_times": np.zeros((4, 5))}, "got a matrix of shape (4, 5)"),
        (
            {"spike_times": np.zeros(3), "unit": np.zeros(2)},
            "`unit` must name one unit for each of 3 spike times",
        ),
        ({"spike_times": "text"}, "must be a cell with a list of times for each unit; got text"),
        ({"spike_times": {"a": [1.0]}}, "for each unit; got a struct"),
        ({"spike_times": cell(["a", TIMES[0]])}, "`spike_times{1}` must be numbers; got text"),
    ],
)
def test_mistakes_in_variables_are_named(content, message, tmp_path):
    savemat(tmp_path / "bad.mat", content)
    with pytest.raises(UserError) as told, open_recording(tmp_path / "bad.mat"):
        pass
    assert message in str(told.value)
    assert "bad.mat" in str(told.value)


@pytest.mark.parametrize(
    ("series", "reason"),
    [
        ({"values": [1.0, 2.0]}, "(give either `times_s` or `rate_hz`)"),
        ({"values": [1.0], "rate_hz": []}, "(`series.h.rate_hz` must be one number; got 0)"),
        (
            {"values": [1.0], "rate_hz": 0.0},
            "(`rate_hz` must be samples per second, positive and finite; got 0.0)",
        ),
        (
            {"values": np.ones((2, 9)), "times_s": np.arange(9.0)},
            "look like (channel, sample), and must be (sample, channel). Transpose them)",
        ),
        (1.0, "(must be a struct with `values` and `times_s` or `rate_hz`)"),
    ],
)
def test_series_that_cannot_be_used_are_left_out_and_said(series, reason, tmp_path):
    savemat(tmp_path / "a.mat", {"spike_times": cell(TIMES), "series": {"h": series}})
    with opened_recording(tmp_path / "a.mat", Reading()) as recording:
        assert not recording.series
        assert recording.left_out[0].startswith("`series.h` (")
        assert recording.left_out[0].endswith(reason)


@pytest.mark.parametrize(
    ("trials", "reason"),
    [
        ({"go": [1.0, 2.0], "b": [1.0]}, "`trials.b` (1 row, where 2 were expected)"),
        (
            {"go": [1.0, 2.0], "side": cell([TIMES[0], "left"])},
            "`trials.side` (must hold one number or text a row; a cell of it holds numbers or text, "
            "float64 (1, 3))",
        ),
        (
            {"go": [1.0, 2.0], "side": {"a": 1.0}},
            "`trials.side` (must hold one number or text a row; got a struct)",
        ),
        (
            {"start_time": [1.0, 2.0], "hand": np.zeros((2, 40)), "a": np.ones(3), "b": np.ones(3)},
            "`trials.hand` (has shape (2, 40): one value a row is needed), "
            "`trials.a` (3 rows, where 2 were expected)",
        ),
    ],
)
def test_columns_that_are_none_are_left_out_and_said(trials, reason, tmp_path):
    savemat(tmp_path / "a.mat", {"spike_times": cell(TIMES), "trials": trials})
    name = reason.split("`")[1].removeprefix("trials.")
    with opened_recording(tmp_path / "a.mat", Reading()) as recording:
        assert recording.num_trials == 2
        assert reason in ", ".join(recording.left_out)
        with pytest.raises(
            UserError, match=rf"there is no trial column or event `{name}`\. Not used"
        ):
            prepare(recording, bin_width_s=0.1, align_to=name, window_s=(0.0, 0.2))
        with pytest.raises(UserError, match=rf"no trial column `{name}`\. Not used was `trials"):
            recording.trial_column(name, "`conditions=`")
    with pytest.warns(UserWarning, match="not used: `trials"):
        read(tmp_path / "a.mat")


@pytest.mark.parametrize("write", [as_mat5, as_mat73])
def test_damaged_files_give_one_message(write, tmp_path):
    path = tmp_path / "bad.mat"
    write(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(UserError, match=r"bad\.mat"), open_recording(path):
        pass


def test_variables_that_are_not_needed_stay_in_the_file(tmp_path, monkeypatch):
    """In files that hold more than memory, beside a recording."""
    older, newer, archive = (tmp_path / name for name in ("a.mat", "b.mat", "c.npz"))
    lfp = np.zeros((1000, 2000))
    savemat(older, {"spike_times": cell(TIMES), "lfp": lfp}, do_compression=True)
    as_mat73(newer)
    with h5py.File(newer, "r+") as file:
        file["lfp"] = lfp
    np.savez_compressed(archive, spike_times=np.ones(3), unit=np.arange(3), lfp=lfp)
    monkeypatch.setattr(memory, "LIMIT_BYTES", 2**20)
    for path in (older, newer, archive):
        with opened_recording(path, Reading()) as recording:
            assert recording.num_units == 3
            assert "`lfp` (" in recording.left_out[0]


def test_names_of_an_archive_must_agree(tmp_path):
    np.savez(tmp_path / "a.npz", **{"spike_times": [1.0], "unit": [0], "trials": 1, "trials.a": 1})
    with pytest.raises(UserError, match="is in the way of an array or table of the same name"):
        read(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", spike_times=[1.0], unit=[0], trials=1)
    with pytest.raises(UserError, match="`trials` must be a struct; got numbers or text, int64"):
        read(tmp_path / "b.npz")


def test_archives_are_recordings_if_they_hold_spike_times(tmp_path):
    as_npz(tmp_path / "a.npz")
    assert is_recording(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", spikes=np.ones((3, 4, 5)), spike_times=[1.0])
    np.savez(tmp_path / "c.npz", rates=[1.0])
    (tmp_path / "d.npz").write_bytes(b"PK no archive")
    os.mkfifo(tmp_path / "e.npz")
    assert not any(is_recording(tmp_path / f"{name}.npz") for name in "bcdef")
    with pytest.raises(UserError, match="holds spike times, of which trials must be cut first"):
        read_data(tmp_path / "a.npz")


def test_other_files_are_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("spikes")
    with (
        pytest.raises(UserError, match="is no recording; expected an NWB file"),
        open_recording(tmp_path / "notes.txt"),
    ):
        pass


def test_a_truncated_archive_gives_one_message(tmp_path):
    as_npz(tmp_path / "cut.npz")
    content = (tmp_path / "cut.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"cut\.npz: cannot be read as \.npz"):
        read(tmp_path / "cut.npz")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.mat")
    with pytest.raises(UserError, match="is a pipe"):
        read(tmp_path / "pipe.mat")
