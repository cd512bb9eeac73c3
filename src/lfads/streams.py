"""A file to write HDF5 to, in whose place the library never meets an error."""

import contextlib
import io
import os
from collections.abc import Iterator
from typing import Any

import numpy as np


class StreamForHDF5(io.FileIO):
    """A file to write HDF5 to, in whose place the library never meets an error.

    HDF5 does not recover from a write that fails: what is open can neither be closed nor forgotten, and
    takes the process down. So after the first failure this takes everything, keeps nothing and remembers
    why; `raised_at_end` raises it once HDF5 has closed what it has.
    """

    failure: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write all of the data; how many bytes there were."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while left and self.failure is None:
                left = left[super().write(left) :]  # a disk that is nearly full takes a part
        except OSError as error:
            self.failure = error
        return size

    def truncate(self, size: int | None = None, /) -> int:
        """Set the size, which may need room, too."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.failure = self.failure or error
            return self.tell() if size is None else size


def packed(values: np.ndarray) -> dict[str, Any]:
    """How an array is packed in HDF5; a single number, or none, is as it is."""
    return {"compression": "gzip", "compression_opts": 1} if values.size > 1 else {}


@contextlib.contextmanager
def raised_at_end(path: str | os.PathLike[str], mode: str) -> Iterator[StreamForHDF5]:
    """A stream for `h5py.File` and its like; what went wrong with the disk is raised at the end.

    Parameters
    ----------
    path
        Of the file.
    mode
        Of `open`, such as `w+b` for a new file and `r+b` to add to one.
    """
    with StreamForHDF5(path, mode) as stream:
        try:
            yield stream
        except Exception:
            if stream.failure is None:
                raise
        if stream.failure is not None:
            raise stream.failure
