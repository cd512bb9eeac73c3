"""Every place at which files are changed, and what may happen there: the disk is full or broken, the end.

Within `Watch` each change of a file below a folder is counted by its call site in `lfads`. At one of them
something happens: an error of the disk, or the end of the process (`Lost`), of which what the disk then
holds is kept: all that was written (as after `kill -9`), or all that was flushed (as after a loss of power,
directories being kept in order).
"""

import builtins
import errno
import io
import os
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import lfads.files
import lfads.streams

SOURCES = str(Path(lfads.files.__file__).parent) + os.sep
ERRORS = {"full": errno.ENOSPC, "broken": errno.EIO}
ENDS = ("killed", "power")
KINDS = (*ERRORS, *ENDS)


class Lost(BaseException):
    """The process ends here; nothing that it does later counts."""


class Site(NamedTuple):
    """A change of a file, and where in our sources it is made."""

    operation: str
    place: str


class Plan(NamedTuple):
    """What happens at which call of a site, counted from 1."""

    site: Site
    number: int
    kind: str


class Watch:
    """Counts changes of files below a folder, and lets one thing happen.

    Parameters
    ----------
    folder
        That is watched.
    plan
        What happens; nothing if not given.
    """

    def __init__(self, folder: Path, plan: Plan | None = None) -> None:
        self.folder, self.plan = folder, plan
        self.counts: Counter[Site] = Counter()
        self.happened = False
        self.flushed = {path.stat().st_ino: path.read_bytes() for path in files_in(folder)}
        self.left: dict[Path, bytes] | None = None

    def __call__(self, operation: str, path: object) -> None:
        """Before an operation on a file."""
        if threading.current_thread() is not threading.main_thread() or not self.is_watched(path):
            return
        if self.happened and self.plan is not None:
            if self.plan.kind == "full" and operation in ("write", "fsync", "open"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return
        site = Site(operation, calling_place())
        self.counts[site] += 1
        if self.plan is None or self.plan[:2] != (site, self.counts[site]):
            return
        self.happened = True
        if self.plan.kind in ERRORS:
            number = ERRORS[self.plan.kind]
            raise OSError(number, os.strerror(number))
        self.left = {
            path.relative_to(self.folder): (
                path.read_bytes()
                if self.plan.kind == "killed"
                else self.flushed.get(path.stat().st_ino, b"")
            )
            for path in files_in(self.folder)
        }
        raise Lost

    def is_watched(self, path: object) -> bool:
        """Whether a path lies in the folder."""
        if not isinstance(path, str | os.PathLike):
            return False
        return Path(os.path.abspath(path)).is_relative_to(self.folder)  # noqa: PTH100

    def note_flushed(self, file: int) -> None:
        """That what an open file holds is on the disk."""
        path = Path(f"/proc/self/fd/{file}").readlink()
        if self.is_watched(path) and path.is_file():
            self.flushed[os.fstat(file).st_ino] = path.read_bytes()

    def restore(self) -> None:
        """Let the folder be as the end of the process left it."""
        if self.left is None:
            return
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        for name, content in self.left.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


class WatchedFile(io.FileIO):
    """A file whose writes and end are announced."""

    def __init__(self, path: Path, mode: str, watch: Watch) -> None:
        super().__init__(path, mode.replace("b", "").replace("t", ""))
        self.watch, self.path = watch, path

    def write(self, data: Any, /) -> int:
        self.watch("write", self.path)
        return super().write(data)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self.watch("close", self.path)


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Within the block changes of files are announced to `watch` before they are made."""
    real_open, fsync = io.open, os.fsync

    def opened(file: Any, mode: str = "r", *args: Any, **given: Any) -> Any:
        if not watch.is_watched(file) or not set(mode) & set("wax+"):
            return real_open(file, mode, *args, **given)
        watch("open", file)
        raw = WatchedFile(Path(file), mode, watch)
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        if "b" in mode:
            return buffered
        return io.TextIOWrapper(
            buffered, encoding=given.get("encoding") or "utf-8", newline=given.get("newline")
        )

    def flushed(file: int) -> None:
        watch("fsync", Path(f"/proc/self/fd/{file}").readlink())
        fsync(file)
        watch.note_flushed(file)

    def announced(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **given: Any) -> Any:
            watch(name, path)
            return function(path, *args, **given)

        return call

    stream_write = lfads.streams.StreamForHDF5.write

    def stream(self: Any, data: Any, /) -> int:
        try:
            watch("write", self.name)
        except OSError as error:
            self.failure = self.failure or error
        except Lost:
            pass  # HDF5 crashes if its file raises: what is done from here on is thrown away
        return stream_write(self, data)

    patches = [
        mock.patch.object(builtins, "open", opened),
        mock.patch.object(io, "open", opened),
        mock.patch.object(os, "fsync", flushed),
        mock.patch.object(lfads.streams.StreamForHDF5, "write", stream),
        *(
            mock.patch.object(os, name, announced(name, getattr(os, name)))
            for name in ("replace", "rename", "unlink")
        ),
    ]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in reversed(patches):
            patch.stop()


def calling_place() -> str:
    """The line of our sources from which a call comes."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.startswith(SOURCES):
            return f"{frame.f_code.co_filename.removeprefix(SOURCES)}:{frame.f_lineno}"
        frame = frame.f_back
    return "elsewhere"


def files_in(folder: Path) -> list[Path]:
    """Every file below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def plans(counts: Counter[Site], kinds: tuple[str, ...] = KINDS) -> list[Plan]:
    """The first, a middle and the last call of each site, with each thing that may happen."""
    return [
        Plan(site, number, kind)
        for site, most in sorted(counts.items())
        for number in sorted({1, (most + 1) // 2, most})
        for kind in kinds
    ]
