"""Processes that read files of strangers, with limits that the system keeps: memory, work, other processes.

A small file may claim to be huge. What it takes beyond its limit ends the process that reads it, and
nothing else. Linux alone keeps the limit of memory.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lfads.limits import available_bytes

LEAST_BYTES = 4 * 2**30
PER_BYTE = 4
"""Memory for each byte of a file, beside the least: reading and checking take less."""

MORE_PROCESSES = 512
"""Processes and threads that may come to those there are."""

_BEGIN = """
import os, resource, sys
def limit(what, most):
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))
limit(resource.RLIMIT_CORE, 0)
limit(resource.RLIMIT_DATA, int(sys.argv[1]))
if int(sys.argv[2]):
    limit(resource.RLIMIT_NPROC, int(sys.argv[2]))
os.execv(sys.argv[3], sys.argv[3:])
"""


class Ran(NamedTuple):
    """How a process ended, and what it said."""

    status: int
    out: bytes
    err: bytes


def memory_for(num_bytes: int) -> int:
    """Bytes of memory that reading a file of so many bytes may take, at most what this machine has."""
    return min(LEAST_BYTES + PER_BYTE * num_bytes, max(LEAST_BYTES, available_bytes() or 0))


def run_limited(
    words: Sequence[str],
    *,
    memory_bytes: int,
    seconds: float,
    cwd: Path,
    environment: Mapping[str, str],
) -> Ran:
    """Run a command within limits; what it started ends with it.

    Parameters
    ----------
    words
        The command; its first word is the path of a program.
    memory_bytes
        That it may hold for itself.
    seconds
        After which it is ended.
    cwd, environment
        Of its process.

    Raises
    ------
    subprocess.TimeoutExpired
        If it took longer, and was ended.
    OSError
        If no process could be started.
    """
    if sys.platform == "linux" and Path(words[0]).is_file():
        limits = [str(memory_bytes), str(_most_processes())]
        words = [sys.executable, "-I", "-S", "-c", _BEGIN, *limits, *words]
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd,
        env=environment, start_new_session=True,
    )  # fmt: skip
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        _end_all(process)
    return Ran(process.returncode, out, err)


def _end_all(process: subprocess.Popen[bytes]) -> None:
    """End the process and those that it started, which belong to its session."""
    if os.name == "nt":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    process.wait()


def _most_processes() -> int:
    """Threads of this user by now, and some more; 0 where they cannot be counted: then none is limited."""
    ours, number = os.getuid(), 0
    try:
        for place in Path("/proc").iterdir():
            if place.name.isdecimal() and _owner(place) == ours:
                number += sum(1 for _ in (place / "task").iterdir())
    except OSError:
        return 0
    return number + MORE_PROCESSES


def _owner(place: Path) -> int:
    try:
        return place.stat().st_uid
    except OSError:
        return -1
