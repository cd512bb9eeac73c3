"""Which process made a file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lfads import makers
from lfads.files import is_leftover, part_beside, remove_leftovers, write_text
from lfads.makers import is_gone, machine


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


def part_of(process: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as other:
        other.setattr(os, "getpid", lambda: process)
        part_beside(path).write_text("half")


@pytest.mark.skipif(os.name == "nt", reason="nothing is known of processes there")
def test_what_killed_processes_left_goes_at_once_and_what_others_write_stays(
    tmp_path, gone, monkeypatch
):
    inside = tmp_path / "checkpoints"
    inside.mkdir()
    part_of(gone, tmp_path / "config.toml", monkeypatch)
    part_of(gone, inside / "last.npz", monkeypatch)
    part_of(gone, tmp_path / "without_suffix", monkeypatch)
    living, own = part_beside(tmp_path / "posterior.nc"), tmp_path / ".mine.txt"
    for path in (living, own):
        path.write_text("")
    assert not is_leftover(living)
    write_text(tmp_path / "config.toml", "")
    assert len(list(tmp_path.glob(".config.toml.*"))) == 0
    remove_leftovers(tmp_path)
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == sorted(
        [living, own, tmp_path / "config.toml"]
    )
