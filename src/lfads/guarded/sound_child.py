"""The process that opens HDF5 files of others first: `python -m lfads.guarded.sound_child SECONDS`.

It is told paths, a line of JSON each, and answers with an empty line what it has come through. A damaged
file may let it crash, or never end: the system ends it where one thing in a file, of which it reads
`MOST_BYTES` at most, takes more seconds of work.
"""

import contextlib
import json
import math
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import h5py

WALK_S = 15.0
"""What is found until then is looked at; files with hundreds of thousands of things have more."""

MOST_BYTES = 2**24
"""Of an attribute, or of texts at once."""

MOST_NUMBERS_BYTES, MOST_CHUNKS, MOST_TEXTS = 2**20, 10**5, 2**17
MEMORY_BYTES = 2**34


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

    def goes_on() -> bool:
        _alarm(seconds)
        return time.monotonic() < until

    def look(_: str, item: Any) -> bool | None:
        _look(item, goes_on)
        return None if goes_on() else True

    goes_on()
    with h5py.File(path, "r") as file:
        _look(file, goes_on)
        file.visititems(look)
        goes_on()


def _look(item: Any, goes_on: Callable[[], bool]) -> None:
    """Read the attributes of a thing; of an array the numbers, if they are few, and all texts."""
    with contextlib.suppress(Exception):
        for name in item.attrs:
            if item.attrs.get_id(name).get_storage_size() <= MOST_BYTES:
                with contextlib.suppress(Exception):
                    item.attrs[name]
    with contextlib.suppress(Exception):
        if isinstance(item, h5py.Dataset) and not item.is_virtual and not item.external:
            _read(item, goes_on)


def _read(array: Any, goes_on: Callable[[], bool]) -> None:
    sizes = zip(array.shape, array.chunks or array.shape, strict=True)
    if array.chunks and math.prod(-(-size // chunk) for size, chunk in sizes) <= MOST_CHUNKS:
        array.id.get_num_chunks()
    if not array.dtype.hasobject:
        if array.size * array.dtype.itemsize <= MOST_NUMBERS_BYTES:
            array[()]
    elif not array.shape:
        array[()]
    else:
        row = max(1, array.size // max(1, len(array)))
        of_one = max(1, array.file.id.get_filesize() // max(1, array.size))  # on average, at most
        rows = min(MOST_TEXTS, MOST_BYTES // of_one) // row
        for start in range(0, len(array) if rows else 0, max(1, rows)):
            if not goes_on():
                return
            array[start : start + rows]


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
