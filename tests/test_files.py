"""Files are whole or not there."""

import errno
import gc
import os
from multiprocessing import get_context
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from lfads.data.dataset import Dataset
from lfads.files import CannotWrite, append_text, fingerprint, write_text, written_beside
from lfads.formats.hdf5 import write
from lfads.results.posterior import Posterior
from lfads.streams import raised_at_end
from lfads.windows.merge import write_continuous


def test_a_failure_leaves_the_old_file_and_nothing_beside(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def write_half() -> None:
        with written_beside(path) as beside:
            beside.write_text("half")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made(tmp_path):
    write_text(tmp_path / "a" / "b" / "c.txt", "x")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "x"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotWrite, match=r"cannot write .*Choose a folder that you may write to"):
        write_text(tmp_path / "file" / "b.txt", "x")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_old_leftovers_go_and_folders_stay(tmp_path):
    leftover, folder = tmp_path / ".x.json.123.json", tmp_path / ".x.json.parts"
    leftover.touch()
    folder.mkdir()
    for path in (leftover, folder):
        os.utime(path, (0, 0))
    write_text(tmp_path / "x.json", "{}")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".x.json.parts", "x.json"]


def test_files_get_the_usual_permissions(tmp_path):
    write_text(tmp_path / "a.txt", "x")
    (tmp_path / "b.txt").write_text("x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode


@pytest.fixture
def small_disk():
    """Files can grow to so many bytes and no further."""
    resource = pytest.importorskip("resource")  # Windows has none
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(num_bytes):
        resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


SAID = r"cannot write .*: File too large; nothing was written. Make room, or choose a folder on another"


def test_a_full_disk_is_one_message_and_leaves_nothing(tmp_path, small_disk):
    small_disk(1000)
    with pytest.raises(CannotWrite, match=SAID):
        write_text(tmp_path / "a.txt", "x" * 2000)
    assert list(tmp_path.iterdir()) == []


def write_while_the_disk_fills(folder: Path) -> None:
    """In a process of its own: HDF5 files that other tests hold open would be on the full disk as well."""
    import resource

    spikes = np.random.default_rng(0).poisson(3.0, (40, 100, 30))
    dataset = Dataset.from_arrays(
        spikes, bin_width_s=0.01, neuron_table={f"column{k}": np.arange(30.0) for k in range(20)}
    )
    results = xr.Dataset({"rates": (("trial", "time", "neuron"), spikes / 3.0)})
    writers = [
        lambda path: write(dataset, path),
        lambda path: write_continuous(results, path),
        Posterior({"a": results}).save,
        Posterior({"a": results[{"trial": [0]}], "b": results}).save,
    ]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for num_bytes in (0, 100, 1000, 3000, 9000, 20_000, 60_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
        for k, writer in enumerate(writers):
            with pytest.raises(CannotWrite, match=SAID):
                writer(folder / f"{k}.{'h5' if k == 0 else 'nc'}")
            gc.collect()
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert list(folder.iterdir()) == [], num_bytes


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of the size of files")
def test_a_disk_that_fills_while_hdf5_is_written(tmp_path):
    child = get_context("spawn").Process(target=write_while_the_disk_fills, args=(tmp_path,))
    child.start()
    child.join(120)
    assert child.exitcode == 0


def test_what_else_goes_wrong_while_hdf5_is_written_is_not_hidden(tmp_path):
    def write_wrongly() -> None:
        with raised_at_end(tmp_path / "a.h5", "w+b") as stream, h5py.File(stream, "w"):
            raise KeyError("other")

    with pytest.raises(KeyError, match="other"):
        write_wrongly()


def test_lines_are_appended(tmp_path):
    append_text(tmp_path / "metrics.jsonl", "1\n", "")
    append_text(tmp_path / "metrics.jsonl", "2\n", "")
    assert (tmp_path / "metrics.jsonl").read_text() == "1\n2\n"


def test_of_lines_that_cannot_be_appended_nothing_stays(tmp_path, small_disk):
    path = tmp_path / "metrics.jsonl"
    append_text(path, "one\n", "")
    small_disk(10)
    with pytest.raises(CannotWrite, match=SAID + r".*goes on with `resume=True`"):
        append_text(path, "another line\n", "It goes on with `resume=True`.")
    assert path.read_text() == "one\n"


@pytest.mark.parametrize(
    ("number", "said"), [(errno.EIO, "Is the disk still"), (errno.ENOSPC, "Make room")]
)
def test_a_disk_that_fails_while_an_epoch_is_noted_is_named(tmp_path, monkeypatch, number, said):
    def fails(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(Path, "open", fails)
        with pytest.raises(CannotWrite) as told:
            append_text(tmp_path / "metrics.jsonl", "1\n", "It goes on.")
    for part in (
        f"cannot write {tmp_path / 'metrics.jsonl'}: {os.strerror(number)}",
        said,
        "It goes on.",
    ):
        assert part in str(told.value)


def test_fingerprints_tell_values_shapes_dtypes_and_names_apart():
    base = np.arange(6)
    prints = {
        fingerprint({"a": base}),
        fingerprint({"b": base}),
        fingerprint({"a": base + 1}),
        fingerprint({"a": base.reshape(2, 3)}),
        fingerprint({"a": base.astype(np.int16)}),
        fingerprint({"a": np.array(["x", "y"])}),
        fingerprint({"a": np.array(["xy", ""])}),
    }
    assert len(prints) == 7
