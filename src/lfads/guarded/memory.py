"""Memory that reading may take: declared sizes are counted before anything is allocated."""

import math
from typing import Any

from lfads.checks import UserError
from lfads.limits import available_bytes

LIMIT_BYTES = 64 * 2**30

CHECKED = 2.5
"""Times its size that an array takes at most while it is read and checked, as measured."""


def memory_limit_bytes() -> int:
    """The most bytes to load from one file: the memory that is available, 64 GiB at most."""
    available = available_bytes()
    return LIMIT_BYTES if available is None else min(LIMIT_BYTES, available)


def require_memory(num_bytes: float, what: str, advice: str, limit: int | None = None) -> None:
    """A UserError if `what` needs more bytes than there is memory; to be asked before it is made."""
    limit = memory_limit_bytes() if limit is None else limit
    if num_bytes > limit:
        raise UserError(
            f"{what} would take about {num_bytes / 2**30:.3g} GiB; at most {limit / 2**30:.3g} GiB of "
            f"memory are available: {advice}"
        )


FEWER_COUNTS = "give fewer trials, or save counts as 8-bit integers"


class Budget:
    """Counts the bytes that one file's arrays take, and refuses beyond the limit.

    Parameters
    ----------
    where
        The file, for messages.
    advice
        What to do if it is too large.
    times
        How often its size an array takes at its peak: `CHECKED` where it is checked whole.
    """

    def __init__(self, where: str, advice: str = FEWER_COUNTS, times: float = 1.0) -> None:
        self.where = where
        self.advice = advice
        self.times = times
        self.limit = memory_limit_bytes()
        self.spent = 0

    def spend(self, num_bytes: int, key: str, shape: tuple[int, ...]) -> None:
        """Count an array before it is loaded; a UserError if the sum is beyond the limit."""
        total = self.spent + math.ceil(self.times * num_bytes)
        if total > self.limit:  # asked for each of a million cells: the words are made only here
            what = f"{self.where}: arrays up to `{key}` of shape {shape}"
            require_memory(float(total), what, self.advice, self.limit)
        self.spent = total  # what is refused was not loaded


def stored_bytes(item: Any) -> int:
    """What the values of an array of HDF5 take in memory; at least one chunk, which is unpacked whole."""
    chunk = math.prod(item.chunks) if item.chunks else 0
    return max(int(item.size or 0), chunk) * item.dtype.itemsize
