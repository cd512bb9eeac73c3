"""The memory that reading is said to take is what it takes."""

import tracemalloc
import warnings
from typing import Any

import h5py
import numpy as np
import pytest

from lfads.checks import UserError
from lfads.formats.guarded import opened_hdf5
from lfads.formats.read import read
from lfads.formats.table import describe_file
from lfads.guarded import memory
from lfads.guarded.memory import CHECKED, Budget

SPARE = 5 * 2**20
"""Of bytes, for what does not grow with the data."""


@pytest.mark.parametrize("dtype", ["u1", "u2", "i8", "f4", "f8"])
@pytest.mark.parametrize("with_mask", [False, True])
def test_checking_takes_no_more_than_is_counted(dtype, with_mask, tmp_path):
    spikes = np.zeros((100, 200, 200), dtype)
    spikes[:, ::7, ::3] = 1
    observed = {"observed": np.arange(200) % 5 > 0} if with_mask else {}
    arrays = {name: np.broadcast_to(mask, spikes.shape) for name, mask in observed.items()}
    everything: dict[str, Any] = {"spikes": spikes, "bin_width_s": 0.01, **arrays}
    np.savez(tmp_path / "a.npz", **everything)
    stored = spikes.nbytes + sum(array.size for array in arrays.values())
    del spikes, arrays, everything
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read(tmp_path / "a.npz")  # imports what it needs
        tracemalloc.start()
        try:
            read(tmp_path / "a.npz")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < CHECKED * stored + SPARE


def test_a_look_at_much_data_takes_little_more(tmp_path, monkeypatch):
    from lfads.data import remarks

    monkeypatch.setattr(remarks, "_SAMPLES_LOOKED_AT", 10**4)
    np.save(tmp_path / "a.npy", np.ones((100, 200, 200), np.uint8))
    describe_file(tmp_path / "a.npy")
    tracemalloc.start()
    try:
        describe_file(tmp_path / "a.npy")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < CHECKED * 4e6 + SPARE


def test_an_array_counts_as_often_as_checking_it_takes(monkeypatch):
    monkeypatch.setattr(memory, "LIMIT_BYTES", 100)
    Budget("here", times=2.5).spend(40, "a", (40,))
    with pytest.raises(UserError, match="`a` of shape"):
        Budget("here", times=2.5).spend(41, "a", (41,))


def made(path, fill):
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def test_texts_that_share_one_place_are_counted_each(tmp_path, monkeypatch):
    def fill(file):
        # As many texts as a hostile file lets point to one long one.
        file["x"] = np.array(["a" * 20_000] * 200, dtype=object)

    monkeypatch.setattr(memory, "LIMIT_BYTES", 10**6)
    with opened_hdf5(made(tmp_path / "a.h5", fill)) as root, pytest.raises(UserError, match="`x`"):
        root.array("x")


def test_texts_in_parts_are_the_same(tmp_path, monkeypatch):
    words = np.array([["a", "", "é" * k] for k in range(50)], dtype=object)
    path = made(tmp_path / "a.h5", lambda file: file.__setitem__("x", words))
    monkeypatch.setattr(memory, "LIMIT_BYTES", 30 * path.stat().st_size)
    with opened_hdf5(path) as root:
        assert root.array("x").tolist() == words.tolist()


def test_a_chunk_is_unpacked_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "LIMIT_BYTES", 10**6)
    path = made(
        tmp_path / "a.h5",
        lambda f: f.create_dataset("x", (1,), "u1", chunks=(10**6,), maxshape=(None,)),
    )
    with opened_hdf5(path) as root, pytest.raises(UserError, match="`x` of shape"):
        root.array("x")
