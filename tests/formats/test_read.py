"""One door for every layout: it says what it found where it cannot open something."""

import os
import pickle
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from tests.data.sessions import counts, full_dataset

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.formats.hdf5 import write
from lfads.formats.read import listed_paths, read
from lfads.formats.table import describe_file


def npz(path, **others):
    np.savez(path, **({"spikes": counts(), "bin_width_s": 0.01} | others))
    return path


def test_the_bin_width_is_asked_for(tmp_path):
    np.savez(tmp_path / "a.npz", spikes=counts())
    message = r"a.npz: the bin width is not in the file \(npz layout\): .* `bin_width_s=0.01`"
    with pytest.raises(UserError, match=message):
        read(tmp_path / "a.npz")
    assert read(tmp_path / "a.npz", bin_width_s=0.02).bin_width_s == 0.02


def test_a_default_bin_width_is_no_claim(tmp_path):
    path = npz(tmp_path / "a.npz")
    assert read(path, default_bin_width_s=0.02).bin_width_s == 0.01
    np.savez(tmp_path / "b.npz", spikes=counts())
    assert read(tmp_path / "b.npz", default_bin_width_s=0.02).bin_width_s == 0.02
    given = read(tmp_path / "b.npz", bin_width_s=0.04, default_bin_width_s=0.02)
    assert given.bin_width_s == 0.04
    with pytest.raises(
        UserError, match=r"b.npz: `bin_width_s=` must be positive and finite; got 0"
    ):
        read(tmp_path / "b.npz", default_bin_width_s=0.0)


def test_two_bin_widths_must_agree(tmp_path):
    path = npz(tmp_path / "a.npz")
    assert read(str(path), bin_width_s=0.01).bin_width_s == 0.01
    with pytest.raises(UserError, match=r"file says bins of 0.01 s, but 0.02 s were given"):
        read(path, bin_width_s=0.02)


def test_bin_widths_of_files_are_checked(tmp_path):
    path = npz(tmp_path / "a.npz", bin_width_s=float("nan"))
    with pytest.raises(
        UserError, match=r"a.npz: `bin_width_s` must be positive and finite; got nan"
    ):
        read(path)
    with pytest.raises(UserError, match=r"`bin_width_s=` must be positive and finite; got -1.0"):
        read(npz(tmp_path / "b.npz"), bin_width_s=-1.0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"bin_width_s": np.nan}, "a.h5: `bin_width_s` must be positive and finite; got nan"),
        ({"start_s": np.nan}, "a.h5: `start_s` must be a time in seconds, finite; got nan"),
        ({"start_s": np.inf}, "a.h5: `start_s` must be a time in seconds, finite; got inf"),
    ],
)
def test_times_of_files_are_checked_also_to_describe_them(tmp_path, wrong, message):
    path = write(full_dataset(), tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        file.attrs.update(wrong)
    for opened in (read, describe_file):
        with pytest.raises(UserError, match=message):
            opened(path)


def test_problems_name_the_file(tmp_path):
    path = npz(tmp_path / "a.npz", spikes=counts() + 0.5)
    with pytest.raises(UserError, match=r"a.npz: `spikes` must be counts, whole numbers"):
        read(path)


def test_several_files_are_several_sessions(tmp_path):
    paths = [npz(tmp_path / "a.npz"), npz(tmp_path / "b.npz", spikes=counts(6, 6, 3))]
    paths.append(write(Dataset.from_arrays(counts(), bin_width_s=0.01), tmp_path / "c.h5"))
    paths.append(
        write(Dataset.from_arrays(counts(), bin_width_s=0.01, name="monday"), tmp_path / "d.h5")
    )
    dataset = read(paths)
    assert [s.name for s in dataset.sessions] == ["a", "b", "c", "monday"]
    assert [s.num_neurons for s in dataset.sessions] == [4, 3, 4, 4]
    assert [p.name for p in dataset.paths] == ["a.npz", "b.npz", "c.h5", "d.h5"]
    assert dataset.path is None


def test_sessions_that_cannot_be_told_apart_are_refused(tmp_path):
    (tmp_path / "b").mkdir()
    paths = [npz(tmp_path / "a.npz"), npz(tmp_path / "b" / "a.npz", spikes=counts(6, 6, 3))]
    with pytest.raises(UserError, match=r"different names.*`a` is in .*a\.npz and in .*a\.npz"):
        read(paths)
    with pytest.raises(UserError, match="Give each session once"):
        read([paths[0], paths[0]])


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"bin_width_s": 0.02}, r"must share `bin_width_s`; .*a.npz has 0.01, .*b.npz has 0.02"),
        ({"num_forward_bins": 1}, r"must share `num_forward_bins`; .*has 0, .*has 1"),
        ({"start_s": 1.0}, r"must share `start_s`; .*has 0, .*has 1"),
    ],
)
def test_sessions_must_agree(tmp_path, others, message):
    with pytest.raises(UserError, match=message):
        read([npz(tmp_path / "a.npz"), npz(tmp_path / "b.npz", **others)])


def test_inference_needs_no_training_trials(tmp_path):
    path = npz(tmp_path / "a.npz", split=["test"] * 10)
    assert read(path, for_inference=True).session.of_split("test").all()
    with pytest.raises(UserError, match=r"a.npz: training needs at least 2 training trials; got 0"):
        read(path)


def test_no_files():
    with pytest.raises(UserError, match="expected at least one data file; got none"):
        read([])


EXPECTED = (
    r"; expected HDF5 written by `lfads`, or HDF5 with `train_encod_data` \(lfads-torch\), .*"
    r"or \.npz or \.mat with `spikes` or `signals`, or \.npy of counts"
)
MAKE_ONE = (
    r"\. From other files, make an array of counts .*`np.savez\('data.npz', spikes=counts, "
    r"bin_width_s=0.01\)`, see docs/data.md"
)


def test_a_missing_file(tmp_path):
    with pytest.raises(UserError, match=r"none.h5: there is no such file" + EXPECTED):
        read(tmp_path / "none.h5")


def test_a_folder(tmp_path):
    with pytest.raises(UserError, match=r"is a folder" + EXPECTED):
        read(tmp_path)


@pytest.mark.parametrize("paths", [None, 5, b"data.h5"])
def test_what_is_no_path(paths):
    with pytest.raises(
        UserError, match="expected the path of a data file, or a list of paths; got"
    ):
        listed_paths(paths)


def test_a_path_holds_no_nul():
    with pytest.raises(UserError, match=r"got 'a\\x00b.h5': a path cannot hold NUL"):
        read("a\0b.h5")


def test_what_is_no_regular_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(UserError, match="is a pipe or a device, not a file: save its" + ".*"):
            read(path)


def test_links_that_lead_round_and_names_that_are_too_long(tmp_path):
    (tmp_path / "a.h5").symlink_to(tmp_path / "a.h5")
    with pytest.raises(UserError, match=r"a.h5: cannot be opened: .*symbolic links" + EXPECTED):
        read(tmp_path / "a.h5")
    with pytest.raises(UserError, match=r"aaa: cannot be opened: File name too long" + EXPECTED):
        read("a" * 5000)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere such names cannot be made")
def test_names_that_are_not_utf8_can_be_printed(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.npz"))
    with path.open("wb") as file:
        np.savez(file, spikes=counts(), bin_width_s=0.01)
    dataset = read(path)
    assert dataset.session.name == "caf\N{REPLACEMENT CHARACTER}"
    assert dataset.source.encode("utf-8").endswith("caf\N{REPLACEMENT CHARACTER}.npz".encode())
    assert dict(describe_file(path).rows())["file"] == dataset.source
    with pytest.raises(UserError, match=r"there is no such file"):
        read("\ud800.npz")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "an empty file"),
        (b"trial,neuron\n1,2\n", "a text file"),
        ("é".encode() * 300, "a text file"),
        (("a" + "é" * 300).encode(), "a text file"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"CDF\x01", "a NetCDF 3 file"),
        (pickle.dumps({"spikes": 1}), "a Python pickle, which can run code when opened"),
        (b"a\0b", "a file of an unknown kind"),
        (b"\xfe\xff" * 100, "a file of an unknown kind"),
    ],
)
def test_another_kind_of_file(tmp_path, content, kind):
    (tmp_path / "data.h5").write_bytes(content)
    with pytest.raises(UserError, match=rf"data.h5: is {kind}.*" + EXPECTED + MAKE_ONE):
        read(tmp_path / "data.h5", bin_width_s=0.01)


def test_a_damaged_matlab_file(tmp_path):
    (tmp_path / "a.mat").write_bytes(b"MATLAB 5.0 MAT-file" + b" " * 200)
    with pytest.raises(UserError, match=r"a\.mat: cannot be read as MATLAB"):
        read(tmp_path / "a.mat")


def hdf5(path, arrays, **attributes):
    with h5py.File(path, "w") as file:
        file.attrs.update(attributes)
        for key, value in arrays.items():
            file[key] = value
    return path


def test_hdf5_of_an_unknown_layout(tmp_path):
    path = hdf5(tmp_path / "a.h5", {"rates": [1], "x": [2]})
    with pytest.raises(
        UserError, match=r"is HDF5 of an unknown layout; it has `rates`, `x`" + EXPECTED + MAKE_ONE
    ):
        read(path)


def test_a_posterior_is_no_data(tmp_path):
    path = hdf5(tmp_path / "a.nc", {}, format="lfads posterior")
    with pytest.raises(UserError, match=r"is a posterior written by `lfads infer`, not data"):
        read(path)


def test_nwb_is_to_be_binned(tmp_path):
    path = hdf5(tmp_path / "a.nwb", {"units": [1]}, nwb_version="2.7")
    with pytest.raises(UserError, match=r"is an NWB file, .* `lfads.prepare` makes trials"):
        read(path)


@pytest.mark.parametrize(
    ("key", "missing"),
    [
        ("valid_encod_data", "train_encod_data"),
        ("valid_data", "train_data"),
        ("eval_spikes_heldin", "train_spikes_heldin"),
    ],
)
@pytest.mark.filterwarnings("ignore:.* 1 array is not read")
def test_training_data_that_are_missing(tmp_path, key, missing):
    path = hdf5(tmp_path / "a.h5", {key: counts(), "z": 1})
    with pytest.raises(UserError, match=rf"`{missing}` is missing; the file has `{key}`, `z`"):
        read(path, bin_width_s=0.01)
    assert read(path, bin_width_s=0.01, for_inference=True).session.num_trials == 10
