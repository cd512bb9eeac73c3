"""Files that mean harm: what reads them is limited, and ends alone, with a sentence."""

import io
import sys
import time
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from lfads.guarded import limited
from lfads.studio.looks import Kind, Look, Looks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone keeps these limits")


def looked(place: Path, path: Path, kind: Kind, most_s: float = 60.0) -> Look:
    some, until = Looks(place, most_s=most_s), time.monotonic() + 90
    while (look := some.ask(path, kind)).state == "waits":
        assert time.monotonic() < until
        time.sleep(0.05)
    return look


def test_a_small_file_that_unpacks_to_more_memory_than_there_is(tmp_path, monkeypatch):
    """A compressed array of 480 MB of zeros, read by a process that may hold 400 MiB."""
    monkeypatch.setattr(limited, "LEAST_BYTES", 400 * 2**20)
    monkeypatch.setattr(limited, "available_bytes", lambda: 0)
    path = tmp_path / "bomb.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (40, 100, 30_000)}
    )
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("spikes.npy", "w", force_zip64=True) as file,
    ):
        file.write(header.getvalue())
        for _ in range(30):
            file.write(bytes(16 * 10**6))
    assert path.stat().st_size < 10**7
    look = looked(tmp_path / "looks", path, "show")
    assert look.state == "failed"
    assert "emory" in look.text, look.text


def test_a_claim_of_more_than_there_is_and_a_group_that_holds_itself(tmp_path):
    path = tmp_path / "claims.h5"
    with h5py.File(path, "w") as file:
        spikes = file.create_dataset(
            "train_data", (10**6, 10**4, 10**4), "i1", chunks=(1, 100, 100), fillvalue=1
        )
        spikes.attrs["x"] = 1
        file["valid_data"] = np.ones((2, 10, 3), "i1")
        file.create_group("around")["around"] = file["/"]
    look = looked(tmp_path / "looks", path, "show")
    assert look.state == "failed"
    assert "Traceback" not in look.text
    assert len(look.text) > 20


def test_what_runs_for_ever_is_ended(tmp_path, monkeypatch):
    path = tmp_path / "slow.h5"
    path.write_bytes(b"x")
    words = [sys.executable, "-S", "-c", "while True: pass"]
    monkeypatch.setattr("lfads.studio.looks._words", lambda *_: words)
    look = looked(tmp_path / "looks", path, "show", most_s=0.5)
    assert (look.state, "and was ended" in look.text) == ("failed", True)
