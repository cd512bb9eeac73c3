"""HDF5 files of others are opened by another process first: the library may crash on a damaged one.

It may also never come to an end, and nothing can then stop it but the end of its process. So a process
that this one keeps (`sound_child`) reads what a file says of itself, and this one what that came through.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

import h5py

from lfads.checks import UserError
from lfads.guarded.messages import COPY_AGAIN
from lfads.paths import printable
from lfads.waiting import NoAnswer, within

CPU_S = 10.0
"""Of work that one thing in a file may take."""

ANSWER_S = 300.0
"""Also where the system cannot end it: it is given up after so long."""

FILES_KNOWN = 256


class Unsound(Exception):
    """The process that opened a file first did not come through it."""


class Checker:
    """A process that opens files; started when it is first asked, and again if it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def check(self, path: Path) -> None:
        """Raise `Unsound` if it does not come through a file."""
        with self._lock:
            try:
                process = self._running()
            except OSError:  # no process can be started: it is read as it is
                return
            try:
                answer = within(ANSWER_S, lambda: _asked(process, path), "opening it")
            except NoAnswer:
                answer = b""
            if not answer:
                process.kill()
                process.wait()
                raise Unsound

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            places = os.pathsep.join(place for place in sys.path if place)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "lfads.guarded.sound_child", str(CPU_S)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": places, "OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,  # Ctrl-C is for this process
            )  # fmt: skip
            weakref.finalize(self, _end, self._process)
        return self._process


def require_sound(path: Path) -> None:
    """A UserError if the HDF5 library crashes on a file, or does not come to an end with it."""
    if not Path(sys.executable or "").name.startswith("python"):  # within another program
        return
    try:
        about = path.stat()
    except OSError:  # who opens it says why
        return
    if not _is_sound(str(path.absolute()), about.st_ino, about.st_mtime_ns, about.st_size):
        raise UserError(
            f"{printable(path)}: is damaged: the HDF5 library crashes on it, or does not come to an end. "
            f"{COPY_AGAIN}"
        )


@contextlib.contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """An HDF5 file of others, open for reading.

    Raises
    ------
    UserError
        If the library does not come through it.
    OSError
        If it cannot be opened, and whatever else the library raises.
    """
    require_sound(path)
    with h5py.File(os.fspath(path), "r") as file:
        yield file


@lru_cache(FILES_KNOWN)
def _is_sound(path: str, number: int, changed_ns: int, num_bytes: int) -> bool:
    """Whether the library comes through a file as it is now."""
    try:
        _checker(os.getpid()).check(Path(path))
    except Unsound:
        return False
    return True


@cache
def _checker(process: int) -> Checker:
    """The one of this process, which one that was forked must not use."""
    return Checker()


def _asked(process: subprocess.Popen[bytes], path: Path) -> bytes:
    """What it answers; nothing if it has ended."""
    if process.stdin is None or process.stdout is None:
        return b""
    try:
        process.stdin.write(json.dumps(os.fspath(path)).encode() + b"\n")
        process.stdin.flush()
        return process.stdout.readline()
    except OSError:
        return b""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let it end, since nobody asks any more."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    process.wait()
