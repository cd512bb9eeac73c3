"""What processes take of the machine's memory, as far as the system says it."""

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
