"""HDF5 files that are damaged or mean harm are refused, with one message."""

import shutil

import h5py
import numpy as np
import pytest

from lfads.checks import UserError
from lfads.formats.guarded import opened_hdf5
from lfads.formats.read import read
from lfads.guarded import memory
from lfads.guarded.memory import Budget, memory_limit_bytes
from lfads.guarded.messages import quoted


def made(path, fill):
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def refused(path, key, message):
    with opened_hdf5(path) as root, pytest.raises(UserError, match=message):
        root.array(key)


def test_numbers_and_text_come_out(tmp_path):
    def fill(file):
        file["number"] = np.arange(3)
        file["text"] = ["a", "é"]
        file["fixed"] = np.array([b"ab", b"c"])
        file["scalar"] = "one"
        file.attrs["bytes"] = np.bytes_(b"ok")

    with opened_hdf5(made(tmp_path / "a.h5", fill)) as root:
        assert root.array("number").tolist() == [0, 1, 2]
        assert root.array("text").tolist() == ["a", "é"]
        assert root.array("fixed").tolist() == ["ab", "c"]
        assert root.array("scalar") == "one"
        assert root.attribute("bytes") == "ok"
        assert root.optional("none") is None
        assert root.attribute("none") is None


def test_a_missing_array_is_named(tmp_path):
    refused(
        made(tmp_path / "a.h5", lambda f: f.create_group("g")),
        "x",
        "`x` is missing; the file has `g`",
    )


def test_groups_and_arrays_are_told_apart(tmp_path):
    def fill(file):
        file.create_group("g")
        file["a"] = 1

    path = made(tmp_path / "a.h5", fill)
    refused(path, "g", "expected `g` to be an array; it is a group")
    with opened_hdf5(path) as root, pytest.raises(UserError, match="expected `a` to be a group"):
        root.group("a")


def test_external_links_are_refused(tmp_path):
    made(tmp_path / "secret.h5", lambda f: f.create_dataset("x", data=[1]))
    path = made(
        tmp_path / "a.h5", lambda f: f.__setitem__("x", h5py.ExternalLink("secret.h5", "/x"))
    )
    refused(path, "x", "`x` is a link to another place; this is refused")


def test_soft_links_are_refused(tmp_path):
    path = made(tmp_path / "a.h5", lambda f: f.__setitem__("x", h5py.SoftLink("/y")))
    refused(path, "x", "`x` is a link to another place; this is refused")


def test_external_storage_is_refused(tmp_path):
    (tmp_path / "raw").write_bytes(b"\1" * 8)
    outside = [(str(tmp_path / "raw"), 0, 8)]
    path = made(tmp_path / "a.h5", lambda f: f.create_dataset("x", (8,), "u1", external=outside))
    refused(path, "x", "`x` is stored in another file; this is refused")


def test_virtual_datasets_are_refused(tmp_path):
    layout = h5py.VirtualLayout((2,), "u1")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "y", (2,))
    path = made(tmp_path / "a.h5", lambda f: f.create_virtual_dataset("x", layout))
    refused(path, "x", "`x` is stored in another file; this is refused")


def test_a_hostile_shape_is_refused_before_it_is_allocated(tmp_path):
    shape = (10**6, 10**6, 1000)
    path = made(
        tmp_path / "a.h5", lambda f: f.create_dataset("x", shape, "f8", chunks=(1, 100, 10))
    )
    assert path.stat().st_size < 10_000
    refused(path, "x", r"`x` of shape \(1000000, 1000000, 1000\) would take .* GiB; at most")


def test_the_sizes_of_all_arrays_count(monkeypatch):
    monkeypatch.setattr(memory, "LIMIT_BYTES", 100)
    budget = Budget("here")
    budget.spend(60, "a", (60,))
    with pytest.raises(
        UserError, match=r"here: arrays up to `b` of shape \(60,\) would take .* fewer trials"
    ):
        budget.spend(60, "b", (60,))


def test_the_limit_is_at_most_64_gib():
    assert 0 < memory_limit_bytes() <= 64 * 2**30


@pytest.mark.parametrize(
    "value", [np.zeros(2, np.dtype([("a", "f4"), ("b", "i4")])), np.array([1 + 2j])]
)
def test_other_types_are_refused(tmp_path, value):
    path = made(tmp_path / "a.h5", lambda f: f.create_dataset("x", data=value))
    refused(path, "x", "`x` must hold numbers or text; got")


def test_an_array_without_values_is_refused(tmp_path):
    path = made(tmp_path / "a.h5", lambda f: f.create_dataset("x", data=h5py.Empty("f4")))
    refused(path, "x", "`x` is an array without values")


def test_a_truncated_file_is_refused(tmp_path):
    values = np.random.default_rng(0).random((100, 10, 10))
    path = made(tmp_path / "a.h5", lambda f: f.create_dataset("train_data", data=values))
    whole = path.read_bytes()
    for size in (9, 200, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(
            UserError, match=r"cannot be read as HDF5, it may be damaged or cut short"
        ):
            read(path, bin_width_s=0.01)


def test_a_file_that_is_open_elsewhere_is_not_called_damaged(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")  # Windows has none
    monkeypatch.delenv("HDF5_USE_FILE_LOCKING", raising=False)
    path = made(tmp_path / "a.h5", lambda file: None)
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        message = (
            r"a.h5: is open in another program, which keeps it locked: close it there .*LOCKING=F"
        )
        with pytest.raises(UserError, match=message) as error:
            read(path)
        assert "damaged" not in str(error.value)


def test_a_file_that_is_being_written_is_not_called_damaged(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w", libver="latest") as file:
        file.swmr_mode = True
        file.flush()
        shutil.copy(tmp_path / "a.h5", tmp_path / "copy.h5")
    with pytest.raises(
        UserError, match=r"copy.h5: is being written, or was not closed .*`h5clear -s"
    ):
        read(tmp_path / "copy.h5")


def test_damaged_chunks_are_refused(tmp_path):
    values = np.random.default_rng(0).integers(0, 9, (100, 10, 10))
    path = made(
        tmp_path / "a.h5", lambda f: f.create_dataset("x", data=values, chunks=True, compression=1)
    )
    whole = bytearray(path.read_bytes())
    whole[-400:] = bytes(400)
    path.write_bytes(whole)
    refused(path, "x", "`x`: cannot be read as HDF5, it may be damaged or cut short")


def test_long_lists_are_shortened():
    assert quoted([]) == "nothing"
    assert quoted([str(n) for n in range(30)]).endswith("`19` and 10 more")
