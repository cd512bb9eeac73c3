"""How much of the machine this process may use: memory and cores, within its container or job."""

import os
from collections.abc import Iterator
from pathlib import Path

CGROUP_FOLDER = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")
MEMORY_FILE = Path("/proc/meminfo")
IF_UNKNOWN = 8 * 2**30


def machine_bytes() -> int:
    """Physical memory, or the smallest limit of a control group if that is less."""
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        physical = IF_UNKNOWN
    return min([physical, *(limit for limit, _ in _limits())])


def available_bytes() -> int | None:
    """What is free now, in the machine and in its control groups; None where nothing says it."""
    free = [limit - used for limit, used in _limits()]
    try:
        lines = MEMORY_FILE.read_text(encoding="ascii").splitlines()
        free += [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    except (OSError, ValueError):
        pass  # no Linux: there is no portable way to ask
    return max(min(free), 0) if free else None


def most_cores() -> int | None:
    """Cores that control groups allow, rounded down but at least one; None without a limit."""
    found = []
    for folder in _control_groups("cpu"):
        for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
            try:
                text = " ".join((folder / name).read_text(encoding="ascii") for name in names)
                quota, period = map(int, text.split())
            except (OSError, ValueError):
                continue  # not that version, or no limit ("max")
            if quota > 0:
                found.append(max(1, quota // period))
    return min(found, default=None)


def _limits() -> Iterator[tuple[int, int]]:
    """Limit of each control group that this process is in, and what is used of it.

    Memory that holds copies of files is given back when it is asked for, and counts as free.
    """
    for folder in _control_groups("memory"):
        for limit_name, used_name, cached_name in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            try:
                limit = int((folder / limit_name).read_text(encoding="ascii"))
                used = int((folder / used_name).read_text(encoding="ascii"))
                stat = (folder / "memory.stat").read_text(encoding="ascii").split()
                cached = int(stat[stat.index(cached_name) + 1])
            except (OSError, ValueError):
                continue  # not that version, or no limit ("max")
            yield limit, max(used - cached, 0)


def _control_groups(controller: str) -> Iterator[Path]:
    """Folders of this process's groups and of those that hold them, of either version."""
    yield from (CGROUP_FOLDER, CGROUP_FOLDER / controller)
    try:
        lines = OWN_CGROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if not kinds or controller in kinds.split(","):
            inside = Path(path.strip("/"))
            for part in (inside, *inside.parents):
                if part.name:
                    yield CGROUP_FOLDER / (controller if kinds else "") / part
