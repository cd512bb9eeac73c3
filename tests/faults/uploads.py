"""Every file that is sent to a store, and what may happen then: it is gone, it drops the line, the end.

The store lies in memory, at `faulty://`. Of each name the first, a middle and the last time that it is sent
are points. As nothing is known of the time that sending takes, a training waits here for what it sends.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import fsspec
from fsspec.implementations.memory import MemoryFileSystem

from lfads.storage.run_folder import RunFolder
from lfads.storage.run_lock import FILE_NAME

KINDS = ("gone", "dropped", "killed")


class Upload(NamedTuple):
    """What happens at which sending of a file, counted from 1."""

    name: str
    number: int
    kind: str


class Faulty(MemoryFileSystem):
    """A file system in memory, to which one thing happens."""

    protocol = "faulty"
    store = {}
    pseudo_dirs = [""]
    plan: Upload | None = None
    counts: Counter[str] = Counter()
    happened = False
    left: dict[str, bytes] | None = None

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.replace("faulty://", "memory://"))

    def put_file(self, lpath: Any, rpath: Any, *args: Any, **more: Any) -> None:
        """Keep a file, if nothing happens."""
        kind = type(self)
        name = rpath.rpartition("/run/")[2]
        if kind.happened and kind.plan is not None and kind.plan.kind == "gone":
            raise ConnectionError("the store is gone")
        kind.counts[name] += 1
        if kind.plan is not None and kind.plan[:2] == (name, kind.counts[name]):
            kind.happened = True
            self._let_happen(Path(lpath), rpath)
        super().put_file(lpath, rpath, *args, **more)

    def _let_happen(self, path: Path, target: str) -> None:
        kind = type(self)
        assert kind.plan is not None
        if kind.plan.kind == "gone":
            raise ConnectionError("the store is gone")
        if kind.plan.kind == "dropped":
            content = path.read_bytes()
            self.pipe_file(target, content[: len(content) // 2])
            raise ConnectionResetError(104, "Connection reset by peer")
        kind.left = {name: file.getvalue() for name, file in kind.store.items()}


@contextmanager
def faulty_store(plan: Upload | None) -> Iterator[type[Faulty]]:
    """The store, empty, with what will happen to it."""
    fsspec.register_implementation("faulty", Faulty, clobber=True)
    Faulty.store.clear()
    Faulty.pseudo_dirs[:] = [""]
    Faulty.counts.clear()
    Faulty.plan, Faulty.happened, Faulty.left = plan, False, None
    begin = RunFolder.begin_to_send

    def begin_and_wait(folder: RunFolder) -> None:
        begin(folder)
        if folder._sender is not None:
            folder._sender.wait()

    with mock.patch.object(RunFolder, "begin_to_send", begin_and_wait):
        yield Faulty


def come_back(work: Path) -> None:
    """The store answers again; of a process that was killed, what had reached it is there."""
    Faulty.plan = None
    if Faulty.left is None:
        return
    Faulty.store.clear()
    system = Faulty()
    for name, content in Faulty.left.items():
        system.pipe_file(name, content)
    for note in work.glob("lfads-run-*/.unsent.json"):  # which it had no time to leave
        note.unlink()


def written_to(folder: Path) -> None:
    """Write what is in the store to a folder."""
    for name, file in Faulty.store.items():
        path = folder / name.rpartition("/run/")[2]
        if path.name != FILE_NAME:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.getvalue())


def uploads(counts: Counter[str]) -> list[Upload]:
    """The first, a middle and the last sending of each file, with each thing that may happen."""
    return [
        Upload(name, number, kind)
        for name, most in sorted(counts.items())
        for number in sorted({1, (most + 1) // 2, most})
        for kind in KINDS
    ]
