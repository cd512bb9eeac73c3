"""Which process made a file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lfads import makers
from lfads.files import is_leftover, part_beside, part_of, write_text
from lfads.makers import is_gone, machine
from lfads.storage.run_lock import owned


@pytest.fixture(scope="module")
def gone() -> int:
    """The number of a process that has ended."""
    return int(subprocess.check_output([sys.executable, "-c", "import os; print(os.getpid())"]))


@pytest.mark.skipif(os.name == "nt", reason="nothing is known of processes there")
def test_processes_of_this_machine_are_known(gone):
    assert is_gone(machine(), gone)
    assert not is_gone(machine(), os.getpid())
    assert not is_gone(machine(), 1)
    assert not is_gone("0" * 6 if machine() != "0" * 6 else "1" * 6, gone)


def test_machines_without_linux_are_known_by_their_name(tmp_path, monkeypatch):
    monkeypatch.setattr(makers, "BOOT_ID", tmp_path / "none")
    machine.cache_clear()
    assert len(machine()) == 6
    machine.cache_clear()


def begun_by(process: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as other:
        other.setattr(os, "getpid", lambda: process)
        part_beside(path).write_text("half")


@pytest.mark.skipif(os.name == "nt", reason="nothing is known of processes there")
def test_what_killed_processes_left_goes_at_once_and_what_others_write_stays(
    tmp_path, gone, monkeypatch
):
    inside = tmp_path / "checkpoints"
    inside.mkdir()
    begun_by(gone, tmp_path / "config.toml", monkeypatch)
    begun_by(gone, inside / "last.npz", monkeypatch)
    begun_by(gone, tmp_path / "without_suffix", monkeypatch)
    living, own = part_beside(tmp_path / "posterior.nc"), tmp_path / ".mine.txt"
    for path in (living, own):
        path.write_text("")
    assert not is_leftover(living)
    write_text(tmp_path / "without_suffix", "")
    assert len(list(tmp_path.glob(".without_suffix.*"))) == 0
    with owned(tmp_path, "train"):
        pass
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == sorted(
        [living, own, tmp_path / "without_suffix"]
    )


def test_what_trainings_alone_write_goes_whoever_began_it(tmp_path):
    names = [
        ".config.toml._g97vjqc.toml",
        ".last.npz.0a1b2c-7-01234567.npz",
        ".best.0a1b2c-7-01234567",
    ]
    kept = [".config.toml.original", ".posterior.nc._g97vjqc.nc", ".last.npz.swp", ".config.toml"]
    for name in names + kept:
        (tmp_path / name).write_text("")
    assert part_of(tmp_path / names[1]) == "last.npz"
    with owned(tmp_path, "train"):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(kept)
