"""A bucket to which one thing happens: its server is killed at a change, or it is away for a while."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lfads.neurocaas.buckets import Away, Bucket, Entry, Heard
from lfads.storage.lock_places import Place


class Killed(BaseException):
    """In the place of a signal that nothing can catch."""


class Points:
    """Places where something may happen, counted; at one of them it does."""

    def __init__(self, number: int = 0) -> None:
        self.number, self.met = number, list[str]()

    def pass_by(self, name: str) -> None:
        """Be killed here, if this is the place."""
        self.met.append(name)
        if len(self.met) == self.number:
            raise Killed(name)

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function with a place before it and one after it."""

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.pass_by(f"before {name}")
            result = function(*args, **kwargs)
            self.pass_by(f"after {name}")
            return result

        return counted


class Watched:
    """A bucket, each of whose changes is a place where something may happen."""

    def __init__(self, bucket: Bucket, points: Points) -> None:
        self._bucket, self.points = bucket, points
        self.name, self.place = bucket.name, bucket.place

    def folders(self) -> list[str]:
        return self._bucket.folders()

    def entries(self, prefix: str) -> list[Entry]:
        return self._bucket.entries(prefix)

    def read(self, key: str) -> bytes:
        return self._bucket.read(key)

    def write(self, key: str, content: bytes) -> None:
        self.points.around(f"write {key}", self._bucket.write)(key, content)

    def fetch(self, key: str, path: Path, heard: Heard) -> None:
        self.points.around(f"fetch {key}", self._bucket.fetch)(key, path, heard)

    def send(self, path: Path, key: str, heard: Heard) -> None:
        self.points.around(f"send {key}", self._bucket.send)(path, key, heard)

    def remove(self, key: str) -> None:
        self.points.around(f"remove {key}", self._bucket.remove)(key)

    def mark(self, key: str) -> Place:
        return self._bucket.mark(key)


class Failing(Points):
    """Every call fails from a place on, for so many times."""

    def __init__(self, begin: int, times: int) -> None:
        super().__init__()
        self.begin, self.times = begin, times

    def pass_by(self, name: str) -> None:
        self.met.append(name)
        if name.startswith("before") and len(self.met) >= self.begin and self.times:
            self.times -= 1
            raise Away("503 Slow Down")
