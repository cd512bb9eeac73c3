"""Where the mark of a folder's owner is kept: in a file with a lock, or at an address without one."""

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from lfads.waiting import within

ANSWER_S = 30.0
"""A store that takes longer over a mark is away."""

_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_LOCKED_BYTE = 2**30  # beyond the text, since what is locked cannot be read on Windows


@runtime_checkable
class Place(Protocol):
    """Where the mark of an owner is kept. `is_locked` says that only its owner can have it open."""

    is_locked: bool

    def read(self) -> bytes | None:
        """What is there."""
        ...

    def write(self, content: bytes) -> None:
        """Put it there."""
        ...

    def remove(self) -> None:
        """Remove it, and close."""
        ...

    def close(self) -> None:
        """Leave what is there."""
        ...


class MarkedFile:
    """A mark in a file of this machine, whose lock this process has, if the disk knows locks.

    Raises
    ------
    BlockingIOError
        If another process has it.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.is_locked = path, False
        while True:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
            try:
                self.is_locked = locked(self._file)
                if _is_same(self._file, path):
                    return
            except BaseException:
                os.close(self._file)
                raise
            os.close(self._file)  # its owner removed it in between

    def read(self) -> bytes | None:
        """What is there."""
        with contextlib.suppress(FileNotFoundError):
            return self.path.read_bytes()
        return None

    def write(self, content: bytes) -> None:
        """Over what is there: of the same length, so that it needs no room on a full disk."""
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, content)
        os.fsync(self._file)  # other machines see it

    def remove(self) -> None:
        """The file, then its lock."""
        if os.name == "nt":  # where an open file cannot be removed
            self.close()
            self.path.unlink(missing_ok=True)
            return
        try:
            self.path.unlink(missing_ok=True)
        finally:
            self.close()

    def close(self) -> None:
        """Give the lock back."""
        os.close(self._file)


class MarkedAddress:
    """A mark in a file at an address, where nothing is locked."""

    is_locked = False

    def __init__(self, system: Any, path: str) -> None:
        self.system, self.path = system, path

    def read(self) -> bytes | None:
        """What is there."""
        try:
            return within(ANSWER_S, lambda: self.system.cat_file(self.path), "reading who uses it")
        except FileNotFoundError:
            return None

    def write(self, content: bytes) -> None:
        """Put it there."""

        def put() -> None:
            self.system.makedirs(self.path.rpartition("/")[0], exist_ok=True)
            self.system.pipe_file(self.path, content)

        within(ANSWER_S, put, "saying that it is used")

    def remove(self) -> None:
        """Remove it."""
        within(ANSWER_S, lambda: self.system.rm_file(self.path), "saying that it is free")

    def close(self) -> None:
        """Nothing is open."""


def locked(file: int) -> bool:
    """Lock an open file; False where files have no locks; a BlockingIOError if another process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            raise BlockingIOError(error.errno, "locked") from error
        return False
    return True


def _is_same(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False
