"""Memory and cores of a container, or of a job, count where they are less than the machine's."""

from pathlib import Path

import pytest

from lfads import limits
from lfads.guarded.memory import LIMIT_BYTES, memory_limit_bytes

GIB = 2**30


@pytest.fixture
def machine(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 100 GiB, of which 60 are free, and no control groups yet."""
    (tmp_path / "meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable: {60 * 2**20} kB\n")
    monkeypatch.setattr(limits, "MEMORY_FILE", tmp_path / "meminfo")
    monkeypatch.setattr(limits, "CGROUP_FOLDER", tmp_path / "cgroup")
    monkeypatch.setattr(limits, "OWN_CGROUP", tmp_path / "own")
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 100 * GIB // 4096}
    monkeypatch.setattr(limits.os, "sysconf", pages.__getitem__)
    return tmp_path


def group(folder: Path, limit: object, used: int, cached: int, *, version: int = 2) -> None:
    names = ("max", "current") if version == 2 else ("limit_in_bytes", "usage_in_bytes")
    folder.mkdir(parents=True)
    (folder / f"memory.{names[0]}").write_text(f"{limit}\n")
    (folder / f"memory.{names[1]}").write_text(f"{used}\n")
    prefix = "" if version == 2 else "total_"
    (folder / "memory.stat").write_text(f"anon 5\n{prefix}inactive_file {cached}\n")


def test_without_limits_it_is_the_machines(machine):
    assert limits.machine_bytes() == 100 * GIB
    assert limits.available_bytes() == memory_limit_bytes() == 60 * GIB


def test_no_limit_is_no_limit(machine):
    group(machine / "cgroup", "max", 5 * GIB, 0)
    assert limits.machine_bytes() == 100 * GIB


@pytest.mark.parametrize(("where", "version"), [("cgroup", 2), ("cgroup/memory", 1)])
def test_a_container_counts(machine, where, version):
    group(machine / where, 8 * GIB, 5 * GIB, 2 * GIB, version=version)
    assert limits.machine_bytes() == 8 * GIB
    assert limits.available_bytes() == 5 * GIB
    assert memory_limit_bytes() == 5 * GIB


@pytest.mark.parametrize(
    ("line", "where"), [("0::/job/step", ""), ("9:memory:/job/step", "memory")]
)
def test_a_job_within_a_machine_counts(machine, line, where):
    (machine / "own").write_text(f"{line}\n")
    group(machine / "cgroup" / where / "job", 4 * GIB, GIB, 0, version=1 if where else 2)
    assert limits.machine_bytes() == 4 * GIB
    assert limits.available_bytes() == 3 * GIB


def test_where_nothing_is_known_there_is_a_limit(machine):
    (machine / "meminfo").unlink()
    assert limits.available_bytes() is None
    assert memory_limit_bytes() == LIMIT_BYTES


@pytest.mark.parametrize(
    ("text", "cores"), [("200000 100000", 2), ("50000 100000", 1), ("max 100000", None)]
)
def test_cores_of_a_container_count(machine, text, cores):
    (machine / "cgroup").mkdir()
    (machine / "cgroup" / "cpu.max").write_text(text)
    assert limits.most_cores() == cores


@pytest.mark.parametrize(("quota", "cores"), [(300000, 3), (-1, None)])
def test_cores_of_a_job_count(machine, quota, cores):
    (machine / "own").write_text("4:cpu,cpuacct:/job/step\n")
    (machine / "cgroup/cpu/job").mkdir(parents=True)
    (machine / "cgroup/cpu/job/cpu.cfs_quota_us").write_text(f"{quota}\n")
    (machine / "cgroup/cpu/job/cpu.cfs_period_us").write_text("100000\n")
    assert limits.most_cores() == cores
