"""MATLAB files: what their kinds of values become, and files that would harm."""

import h5py
import numpy as np
import pytest
from scipy.io import savemat
from tests.recordings.files import TIMES, as_mat73, cell, read

from lfads.checks import UserError
from lfads.guarded import memory
from lfads.recordings.expressions import select
from lfads.recordings.sources import (
    open_recording,
)


def test_links_out_of_a_file_are_refused(tmp_path):
    path = tmp_path / "bad.mat"
    as_mat73(path)
    with h5py.File(path, "r+") as file:
        file["trials/more"] = h5py.ExternalLink("/etc/hostname", "/x")
    with (
        pytest.raises(UserError, match=r"`trials\.more` leads out of the file"),
        open_recording(path),
    ):
        pass


@pytest.mark.parametrize("circle", ["cell", "struct", "two"])
def test_cells_that_lead_back_to_themselves_are_refused(circle, tmp_path):
    path = tmp_path / "bad.mat"
    as_mat73(path)
    with h5py.File(path, "r+") as file:
        trials = file["trials"]
        assert isinstance(trials, h5py.Group)
        if circle == "struct":
            trials["again"] = trials
        else:
            places = [
                trials.create_dataset(name, (4,), dtype=h5py.ref_dtype) for name in ("one", "two")
            ]
            back = places if circle == "cell" else places[::-1]
            for place, other in zip(places, back, strict=True):
                place[:] = [other.ref] * 4
    with pytest.raises(UserError, match="leads back to itself: a cell or struct cannot hold"):
        read(path)


def test_cells_that_stand_for_endless_values_are_refused(tmp_path):
    """Nine cells, each with ten references to the next: a billion values in a few kilobytes."""
    path = tmp_path / "bad.mat"
    as_mat73(path)
    with h5py.File(path, "r+") as file:
        inner = file.create_dataset("#refs#/end", data=np.ones((1, 1)))
        for level in range(10):
            outer = file.create_dataset(f"#refs#/n{level}", (10,), dtype=h5py.ref_dtype)
            outer[:] = [inner.ref] * 10
            inner = outer
        del file["trials"]
        file["trials"] = inner
    with pytest.raises(UserError, match="of memory are available: leave out of the file what is"):
        read(path)


def test_a_compressed_variable_larger_than_memory_is_refused(tmp_path, monkeypatch):
    savemat(tmp_path / "a.mat", {"spike_times": cell([np.zeros(10**6)])}, do_compression=True)
    assert (tmp_path / "a.mat").stat().st_size < 2**16
    monkeypatch.setattr(memory, "LIMIT_BYTES", 2**20)
    with pytest.raises(UserError, match=r"`spike_times.* would take .* leave out of the file"):
        read(tmp_path / "a.mat")


def in_mat5(path, **columns):
    savemat(path, {"spike_times": cell(TIMES), "trials": columns})


def in_mat73(path, **columns):
    as_mat73(path)
    with h5py.File(path, "r+") as file:
        del file["trials"]
        trials = file.create_group("trials")
        for name, values in columns.items():
            kind = "logical" if values.dtype.kind == "b" else "char"
            if kind == "char":
                rows = [list(text.ljust(max(map(len, values)))) for text in values]
                values = np.array([[ord(c) for c in row] for row in rows], np.uint16)
            else:
                values = values.astype(np.uint8)
            item = trials.create_dataset(name, data=values.T)
            item.attrs["MATLAB_class"] = np.bytes_(kind)


@pytest.mark.parametrize("write", [in_mat5, in_mat73])
def test_logicals_and_rows_of_characters(write, tmp_path):
    correct = np.array([[True], [False], [True]])
    write(tmp_path / "a.mat", correct=correct, side=np.array(["left", "right", "up"]))
    with open_recording(tmp_path / "a.mat") as recording:
        assert recording.trials["side"].tolist() == ["left", "right", "up"]
        assert recording.trials["correct"].dtype == bool
        kept = select('correct and side != "up"', recording.trials, "--trials")
    assert kept.tolist() == [True, False, False]


def test_arrays_of_structs_are_tables(tmp_path):
    trials = np.zeros((2, 1), dtype=[("go_time", object), ("side", object)])
    trials["go_time"][:, 0] = [0.1, 1.1]
    trials["side"][:, 0] = ["left", "right"]
    savemat(tmp_path / "a.mat", {"spike_times": cell(TIMES), "trials": trials})
    with open_recording(tmp_path / "a.mat") as recording:
        assert recording.trials["go_time"].tolist() == [0.1, 1.1]
        assert recording.trials["side"].tolist() == ["left", "right"]


def test_empty_cells_are_missing_values(tmp_path):
    trials = {"go_time": cell([0.1, np.empty((0, 0))]), "side": cell(["left", ""])}
    savemat(tmp_path / "a.mat", {"spike_times": cell(TIMES), "trials": trials})
    with open_recording(tmp_path / "a.mat") as recording:
        np.testing.assert_array_equal(recording.trials["go_time"], [0.1, np.nan])
        assert recording.trials["side"].tolist() == ["left", ""]


def test_objects_of_matlab_are_left_out_and_said(tmp_path):
    path = tmp_path / "a.mat"
    as_mat73(path)
    with h5py.File(path, "r+") as file:
        item = file.create_dataset("trials/name", data=np.ones((1, 6), np.uint32))
        item.attrs["MATLAB_class"] = np.bytes_("string")
        item.attrs["MATLAB_object_decode"] = 3
        file["notes"] = np.ones((3, 2))
    with (
        pytest.warns(
            UserWarning,
            match=r"not used: `trials\.name` \(a MATLAB string .*`cellstr.*`notes` \(2 × 3",
        ),
        open_recording(path) as recording,
    ):
        assert list(recording.trials) == ["go_time", "side"]


def test_cells_without_end_are_refused(tmp_path):
    value = cell(TIMES)
    for _ in range(30):
        value = cell([value])
    savemat(tmp_path / "a.mat", {"spike_times": value})
    savemat(tmp_path / "b.mat", {"spike_times": value}, do_compression=True)
    for name in ("a.mat", "b.mat"):
        with pytest.raises(UserError, match=rf"{name}: a variable holds more than 20 structs and"):
            read(tmp_path / name)
