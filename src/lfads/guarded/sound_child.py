"""The process that opens HDF5 files of others first: `python -m lfads.guarded.sound_child SECONDS`.

It is told paths, a line of JSON each, and answers with an empty line what it has come through. A damaged
file may let it crash, or never end: the system ends it where one thing in a file, of which it reads
`MOST_BYTES` at most, takes more seconds of work.
"""

import contextlib
import json
import signal
import sys
import time
from typing import Any

import h5py

WALK_S = 15.0
"""What is found until then is looked at; files with hundreds of thousands of things have more."""

MOST_BYTES, MOST_NUMBERS_BYTES = 2**24, 2**20
MEMORY_BYTES = 2**34
BYTES_OF_A_REFERENCE = 16


def main(seconds: float) -> None:
    """Answer until nobody asks any more."""
    _limit_memory()
    for line in sys.stdin.buffer:
        with contextlib.suppress(Exception):  # who asks meets it, too, and says what it means
            _walk(json.loads(line), seconds)
        _alarm(0.0)
        sys.stdout.write("\n")
        sys.stdout.flush()


def _walk(path: str, seconds: float) -> None:
    """Look at everything that a file holds; no link is followed."""
    until = time.monotonic() + WALK_S

    def look(_: str, item: Any) -> bool | None:
        _alarm(seconds)
        _look(item)
        return True if time.monotonic() > until else None

    _alarm(seconds)
    with h5py.File(path, "r") as file:
        _look(file)
        file.visititems(look)
        _alarm(seconds)


def _look(item: Any) -> None:
    """Read the attributes of a thing; of an array the numbers, if they are few, and all texts."""
    with contextlib.suppress(Exception):
        for name in item.attrs:
            if item.attrs.get_id(name).get_storage_size() <= MOST_BYTES:
                with contextlib.suppress(Exception):
                    item.attrs[name]
    with contextlib.suppress(Exception):
        if isinstance(item, h5py.Dataset) and not item.is_virtual and not item.external:
            _read(item)


def _read(array: Any) -> None:
    if array.chunks is not None:
        array.id.get_num_chunks()
    refers = array.dtype.hasobject
    num_bytes = array.size * (BYTES_OF_A_REFERENCE if refers else array.dtype.itemsize)
    if num_bytes <= (MOST_BYTES if refers else MOST_NUMBERS_BYTES):
        array[()]


def _alarm(seconds: float) -> None:
    """Let the system end this process after so many seconds of work; 0 takes that back."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, most))


if __name__ == "__main__":
    main(float(sys.argv[1]))
