"""A place of files by keys, as a bucket of S3 is one: what a server and a client of NeuroCAAS ask of it."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

from lfads.checks import UserError, reason_of
from lfads.storage.lock_places import Place

T = TypeVar("T")
Heard = Callable[[int, int], None]
"""Told how many bytes of a file were copied, and of how many."""

WAITS_S = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Between tries of `patiently`."""


class Away(OSError):
    """A bucket does not answer, or answers with an error that may pass."""


class Entry(NamedTuple):
    """A file of a bucket.

    Parameters
    ----------
    key
        Its name, folders among it.
    num_bytes
        Its size.
    version
        Another one each time that it is written.
    modified_at
        When it was, in seconds since 1970.
    """

    key: str
    num_bytes: int
    version: str
    modified_at: float


@runtime_checkable
class Bucket(Protocol):
    """Files by keys. What is asked of it may raise `Away`; a file that is not there, FileNotFoundError."""

    @property
    def name(self) -> str:
        """As folders of results are named by."""
        ...

    @property
    def place(self) -> str:
        """As users call it."""
        ...

    def folders(self) -> list[str]:
        """Names of the folders at its top.

        Raises
        ------
        UserError
            If there is no such bucket.
        """
        ...

    def entries(self, prefix: str) -> list[Entry]:
        """All files whose keys begin so, by key; marks of empty folders are none."""
        ...

    def read(self, key: str) -> bytes:
        """What a file holds."""
        ...

    def write(self, key: str, content: bytes) -> None:
        """Write a file, in one piece."""
        ...

    def fetch(self, key: str, path: Path, heard: Heard) -> None:
        """Copy a file to this machine; `path` is there once it is whole."""
        ...

    def send(self, path: Path, key: str, heard: Heard) -> None:
        """Copy a file of this machine to the bucket."""
        ...

    def remove(self, key: str) -> None:
        """Remove a file, if it is there."""
        ...

    def mark(self, key: str) -> Place:
        """Where a process marks the bucket as its own."""
        ...


def entry_of(bucket: Bucket, key: str) -> Entry | None:
    """The file of a key; None if there is none."""
    return next((one for one in bucket.entries(key) if one.key == key), None)


def silent(done: int, of: int) -> None:
    """For copies that nobody watches."""


def is_safe(key: str) -> bool:
    """Whether a key is one that leads nowhere else as a path.

    >>> is_safe("lab/inputs/a.h5"), is_safe("../a"), is_safe("/a"), is_safe("a//b")
    (True, False, False, False)
    """
    parts = key.split("/")
    return bool(key) and "\0" not in key and "\\" not in key and not {"", ".", ".."} & {*parts}


def patiently(
    do: Callable[[], T],
    what: str,
    say: Callable[[str], None],
    waits_s: Sequence[float] = WAITS_S,
) -> T:
    """What is asked of a bucket, again after a while where it is away.

    Parameters
    ----------
    do
        Asks.
    what
        Is done, in words, for what is said.
    say
        Told of each failure.
    waits_s
        Seconds before each further try.

    Raises
    ------
    UserError
        If it is still away at the last one.

    Examples
    --------
    >>> patiently(lambda: 3, "counting", print)
    3
    """
    for wait_s in waits_s:
        try:
            return do()
        except Away as error:
            say(f"{what}: {reason_of(error)}; again in {wait_s:g} s")
            time.sleep(wait_s)
    try:
        return do()
    except Away as error:
        raise UserError(
            f"{what}: {reason_of(error)}, {len(waits_s) + 1} times in a row. Is the network there, and are "
            "address and credentials right?"
        ) from error
