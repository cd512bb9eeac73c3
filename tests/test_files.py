"""Files are whole or not there."""

import os

import numpy as np
import pytest

from lfads.files import CannotWrite, fingerprint, write_text, written_beside


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
def test_files_get_the_usual_permissions(tmp_path):
    write_text(tmp_path / "a.txt", "x")
    (tmp_path / "b.txt").write_text("x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode


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
