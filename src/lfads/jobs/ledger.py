"""Hours that jobs of a place have run, kept line by line: they count also when the jobs are removed."""

import contextlib
import json
import threading
import time
from pathlib import Path

from lfads.files import append_text

FILE_NAME = "hours.jsonl"
DAYS = 30.0
"""Hours of so many last days count."""


class Ledger:
    """What attempts of jobs have taken, in the folder of their queue.

    Parameters
    ----------
    place
        The folder.

    Examples
    --------
    >>> import tempfile
    >>> ledger = Ledger(Path(tempfile.mkdtemp()))
    >>> ledger.add("train-1", 1, 1800.0)
    >>> ledger.add("train-1", 1, 1800.0)  # told twice, counted once
    >>> ledger.hours()
    0.5
    """

    def __init__(self, place: Path) -> None:
        self.path = place / FILE_NAME
        self._lock = threading.Lock()
        self._read_at = (-1, -1)
        self._known: dict[tuple[str, int], tuple[float, float]] = {}

    def add(self, job: str, attempt: int, seconds: float) -> None:
        """Keep what an attempt of a job has taken."""
        line = {"at": time.time(), "job": job, "attempt": attempt, "seconds": round(seconds, 1)}
        begin = "" if _ends_in_line(self.path) else "\n"
        append_text(self.path, f"{begin}{json.dumps(line)}\n", "Hours of jobs are counted there.")

    def hours(self, days: float = DAYS, now: float | None = None) -> float:
        """Hours that attempts have run which ended within the last days."""
        since = (time.time() if now is None else now) - 86400 * days
        return sum(seconds for at, seconds in self._attempts() if at > since) / 3600

    def free_again_at(self, days: float = DAYS) -> float | None:
        """When the oldest of the hours that count no longer does, in seconds since 1970."""
        since = time.time() - 86400 * days
        counted = [at for at, taken in self._attempts() if at > since and taken]
        return min(counted) + 86400 * days if counted else None

    def _attempts(self) -> list[tuple[float, float]]:
        """When each attempt ended, and its seconds; read again if the file has changed."""
        with self._lock:
            try:
                about = self.path.stat()
            except FileNotFoundError:
                return []
            if (state := (about.st_size, about.st_mtime_ns)) != self._read_at:
                self._known = _read(self.path)
                self._read_at = state
            return list(self._known.values())


def _ends_in_line(path: Path) -> bool:
    """Whether the last line is whole; one that was broken off must not take the next one with it."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 1))
            return file.read() in (b"", b"\n")
    except FileNotFoundError:
        return True


def _read(path: Path) -> dict[tuple[str, int], tuple[float, float]]:
    found: dict[tuple[str, int], tuple[float, float]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(
            ValueError, KeyError, TypeError
        ):  # such as one that was broken off
            told = json.loads(line)
            key = (str(told["job"]), int(told["attempt"]))
            taken = max(float(told["seconds"]), found.get(key, (0.0, 0.0))[1])
            found[key] = (float(told["at"]), taken)
    return found
