"""A lock that says whether a process lives: it goes with the last process that has the file open.

The clock, process numbers that are used again, and a machine that was switched off do not deceive it.
"""

import os
from pathlib import Path

from lfads.storage.lock_places import locked


class Held:
    """The lock of a file, which this process has, and those processes that it gives the open file to.

    Raises
    ------
    BlockingIOError
        If another process has it.
    """

    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            locked(self.file)
        except BaseException:
            os.close(self.file)
            raise

    def give_back(self) -> None:
        """Close the file; the lock stays with others that have it open."""
        os.close(self.file)


def is_held(path: Path) -> bool:
    """Whether some process has the lock of a file."""
    if not path.exists():
        return False
    try:
        Held(path).give_back()
    except BlockingIOError:
        return True
    return False
