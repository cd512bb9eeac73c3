"""What processes take of the machine's memory and cores, as far as the system says it."""

import os
from pathlib import Path

_PAGE = "VmRSS:"


def memory_of(process: int) -> int:
    """Bytes that a process and those that it started have in memory; 0 where the system does not say it."""
    total, waiting = 0, [process]
    while waiting:
        number = waiting.pop()
        total += _resident(number)
        waiting += _children(number)
    return total


def cpu_seconds_of(process: int) -> float:
    """Seconds of cores that a process and those that it started have taken; 0 where that is not said."""
    total, waiting = 0.0, [process]
    while waiting:
        number = waiting.pop()
        total += _cpu_seconds(number)
        waiting += _children(number)
    return total


def _cpu_seconds(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()  # the name before may hold anything
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _resident(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    sizes = [int(line.split()[1]) for line in lines if line.startswith(_PAGE)]
    return 1024 * sum(sizes)


def _children(process: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
        texts = [(thread / "children").read_text(encoding="utf-8") for thread in threads]
    except OSError:
        return []
    return [int(word) for text in texts for word in text.split()]
