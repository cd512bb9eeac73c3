"""Which process made a file: a mark for names and locks, and whether that process is gone.

A process is told by the kernel and the container that it runs in, and its number there. Of processes of
other machines nothing is known.
"""

import hashlib
import os
import socket
from functools import cache
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
CONTAINER = Path("/proc/self/ns/pid")
DIGITS = 6


@cache
def machine() -> str:
    """Of the running kernel and container: six digits; another after a restart of Linux."""
    try:
        told = BOOT_ID.read_text(encoding="ascii") + str(CONTAINER.readlink())
    except (OSError, ValueError):  # no Linux
        told = socket.gethostname()
    return hashlib.sha256(told.encode()).hexdigest()[:DIGITS]


def mark() -> str:
    """Of this process, for the names of files that it makes: `MACHINE-PROCESS`."""
    return f"{machine()}-{os.getpid()}"


def is_gone(machine_of: str, process: int) -> bool:
    """Whether a process is known to have ended; False for those of other machines."""
    if machine_of != machine() or os.name == "nt":  # where asking would end it
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:  # another user's
        return False
    return False
