"""Nothing follows a link out of an HDF5 file, whichever reader opens it."""

import h5py
import numpy as np
import pytest
import scipy.sparse as sp
from tests.formats.matlab_files import save_v73

from lfads.checks import UserError
from lfads.formats.matlab import objects
from lfads.formats.matlab.file import read_matlab, variables_of
from lfads.formats.matlab.values import Unreadable
from lfads.guarded.links import held, lies_inside, what_lies_outside
from lfads.recordings.nwb.file import is_nwb
from lfads.recordings.nwb.older import refuse_version_1
from lfads.recordings.temporaldata import is_temporaldata


@pytest.fixture
def secret(tmp_path):
    """A file that another one leads to, with what each reader would look for."""
    path = tmp_path / "secret.h5"
    with h5py.File(path, "w") as file:
        file["data"], file["ir"] = np.arange(1.0, 4.0), np.arange(3)
        file["jc"] = np.array([0, 2, 3])
        file["nwb_version"] = "NWB-1.0.5"
        file["spikes/unit_index"] = np.zeros(3, int)
        file["refs"] = np.array([file["data"].ref], h5py.ref_dtype)
    return path


def leading_out(path, secret, *names):
    with h5py.File(path, "a") as file:
        for name in names:
            if name in file:
                del file[name]
            file[name] = h5py.ExternalLink(str(secret), f"/{name.rsplit('/')[-1]}")
    return path


@pytest.mark.parametrize("part", ["data", "ir", "jc"])
def test_parts_of_sparse_matrices(part, secret, tmp_path):
    path = tmp_path / "a.mat"
    save_v73(path, {"x": sp.csc_matrix(np.eye(3))})
    leading_out(path, secret, f"x/{part}")
    with pytest.raises(UserError, match="`x` leads out of the file; this is refused"):
        read_matlab(path)
    shape = variables_of(path)[0].shape
    assert shape == ((3, 0) if part == "jc" else (3, 3))


def test_fields_of_structs(secret, tmp_path):
    path = tmp_path / "a.mat"
    save_v73(path, {"s": {}, "x": 1.0})
    leading_out(path, secret, "s/refs")
    assert [one.kind for one in variables_of(path)] == ["struct", "double"]
    with pytest.raises(UserError, match=r"`s\.refs` leads out of the file"):
        read_matlab(path)


def test_nothing_is_decoded_of_a_file_that_leads_out_of_itself(secret, tmp_path, monkeypatch):
    monkeypatch.setattr(objects, "is_installed", lambda: True)
    path = tmp_path / "a.mat"
    save_v73(path, {"x": 1.0})
    leading_out(path, secret, "#subsystem#/data")
    with pytest.raises(UserError, match="`/#subsystem#/data` is a link to another file"):
        objects.decoded({"t": Unreadable("table", "t")}, path)


def test_telling_what_a_file_is(secret, tmp_path):
    path = leading_out(tmp_path / "a.h5", secret, "nwb_version", "processing", "spikes")
    with h5py.File(path, "r+") as file:
        file.attrs["object"] = "Data"
        refuse_version_1(file, "a.h5")
        assert "nwb_version" in what_lies_outside(file)
        assert not lies_inside(file, "nwb_version")
        assert not lies_inside(file, "spikes/unit_index")
        assert held(file, "spikes") is None
    assert not is_nwb(path)
    assert not is_temporaldata(path)


def test_a_damaged_file_is_no_nwb(tmp_path):
    """Where the names of groups lie is overwritten, which HDF5 tells as RuntimeError or KeyError."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(3)
    data = (tmp_path / "a.h5").read_bytes()
    for mark in (b"HEAP", b"SNOD", b"TREE"):
        (tmp_path / "b.h5").write_bytes(data.replace(mark, b"XXXX"))
        assert not is_nwb(tmp_path / "b.h5")
        assert not is_temporaldata(tmp_path / "b.h5")
