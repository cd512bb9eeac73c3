"""The memory of a container, or of a job, counts where it is less than the machine's."""

from pathlib import Path

import pytest

from lfads import memory
from lfads.formats.guarded import LIMIT_BYTES, memory_limit_bytes

GIB = 2**30


@pytest.fixture
def machine(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 100 GiB, of which 60 are free, and no control groups yet."""
    (tmp_path / "meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable: {60 * 2**20} kB\n")
    monkeypatch.setattr(memory, "MEMORY_FILE", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "CGROUP_FOLDER", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "OWN_CGROUP", tmp_path / "own")
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 100 * GIB // 4096}
    monkeypatch.setattr(memory.os, "sysconf", pages.__getitem__)
    return tmp_path


def group(folder: Path, limit: object, used: int, cached: int, *, version: int = 2) -> None:
    names = ("max", "current") if version == 2 else ("limit_in_bytes", "usage_in_bytes")
    folder.mkdir(parents=True)
    (folder / f"memory.{names[0]}").write_text(f"{limit}\n")
    (folder / f"memory.{names[1]}").write_text(f"{used}\n")
    prefix = "" if version == 2 else "total_"
    (folder / "memory.stat").write_text(f"anon 5\n{prefix}inactive_file {cached}\n")


def test_without_limits_it_is_the_machines(machine):
    assert memory.machine_bytes() == 100 * GIB
    assert memory.available_bytes() == memory_limit_bytes() == 60 * GIB


def test_no_limit_is_no_limit(machine):
    group(machine / "cgroup", "max", 5 * GIB, 0)
    assert memory.machine_bytes() == 100 * GIB


@pytest.mark.parametrize(("where", "version"), [("cgroup", 2), ("cgroup/memory", 1)])
def test_a_container_counts(machine, where, version):
    group(machine / where, 8 * GIB, 5 * GIB, 2 * GIB, version=version)
    assert memory.machine_bytes() == 8 * GIB
    assert memory.available_bytes() == 5 * GIB
    assert memory_limit_bytes() == 5 * GIB


@pytest.mark.parametrize(
    ("line", "where"), [("0::/job/step", ""), ("9:memory:/job/step", "memory")]
)
def test_a_job_within_a_machine_counts(machine, line, where):
    (machine / "own").write_text(f"{line}\n")
    group(machine / "cgroup" / where / "job", 4 * GIB, GIB, 0, version=1 if where else 2)
    assert memory.machine_bytes() == 4 * GIB
    assert memory.available_bytes() == 3 * GIB


def test_where_nothing_is_known_there_is_a_limit(machine):
    (machine / "meminfo").unlink()
    assert memory.available_bytes() is None
    assert memory_limit_bytes() == LIMIT_BYTES
