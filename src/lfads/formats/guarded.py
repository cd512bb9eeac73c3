"""Arrays from HDF5 files that may be damaged or hostile.

A declared size is compared with a limit before anything is allocated, links and storage that lead
out of the file are refused, and what the HDF5 library raises becomes one message about the file.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lfads.checks import UserError, first_of, reason_of
from lfads.limits import available_bytes
from lfads.paths import printable

LIMIT_BYTES = 64 * 2**30
RAISED = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError)
"""What h5py and NumPy raise of damaged files."""


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
    """

    def __init__(self, where: str, advice: str = FEWER_COUNTS) -> None:
        self.where = where
        self.advice = advice
        self.limit = memory_limit_bytes()
        self.spent = 0

    def spend(self, num_bytes: int, key: str, shape: tuple[int, ...]) -> None:
        """Count an array before it is loaded; a UserError if the sum is beyond the limit."""
        self.spent += num_bytes
        what = f"{self.where}: arrays up to `{key}` of shape {shape}"
        require_memory(float(self.spent), what, self.advice, self.limit)


class GuardedGroup:
    """A group of an open HDF5 file, of which only numbers and text can be read."""

    def __init__(self, group: h5py.Group, where: str, budget: Budget) -> None:
        self._group = group
        self._budget = budget
        self._opened: set[str] = set()
        self.where = where

    def names(self) -> list[str]:
        """Names of the groups and arrays in this group."""
        with one_message(self.where):
            return [str(name) for name in self._group]

    def __contains__(self, name: str) -> bool:
        with one_message(self.where):
            return self._group.get(name, getlink=True) is not None

    def group(self, name: str) -> "GuardedGroup":
        """The group of that name."""
        found = self._open(name)
        if not isinstance(found, h5py.Group):
            raise UserError(f"{self.where}: expected `{name}` to be a group; it is an array")
        return GuardedGroup(found, self.where, self._budget)

    def array(self, name: str) -> np.ndarray:
        """The numbers or text of that name."""
        found = self._open(name)
        if not isinstance(found, h5py.Dataset):
            raise UserError(f"{self.where}: expected `{name}` to be an array; it is a group")
        with one_message(f"{self.where}: `{name}`"):
            if found.is_virtual or found.external:
                raise UserError(
                    f"{self.where}: `{name}` is stored in another file; this is refused. Copy the "
                    "values into the file"
                )
            if found.shape is None:
                raise UserError(f"{self.where}: `{name}` is an array without values")
            text = h5py.check_string_dtype(found.dtype) is not None
            if not text and found.dtype.kind not in "biuf":
                raise UserError(
                    f"{self.where}: `{name}` must hold numbers or text; got {found.dtype}"
                )
            self._budget.spend(found.size * found.dtype.itemsize, name, found.shape)
            values = found.asstr("utf-8", "replace")[()] if text else found[()]
        return np.asarray(values, dtype=str) if text else np.asarray(values)

    def shape(self, name: str) -> tuple[int, ...] | None:
        """The shape of the array of that name, unread; None for a group."""
        return getattr(self._open(name), "shape", None)

    def optional(self, name: str) -> np.ndarray | None:
        """The array of that name, None if there is none."""
        return self.array(name) if name in self else None

    def attribute(self, name: str) -> Any:
        """The attribute of that name, None if there is none."""
        with one_message(self.where):
            value = self._group.attrs.get(name)
            return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

    def unread(self) -> dict[str, tuple[int, ...]]:
        """Shapes of what was not opened until now, by name; groups have none."""
        with one_message(self.where):
            left = [name for name in self.names() if name not in self._opened]
            links = {name: self._group.get(name, getlink=True) for name in left}
            return {
                name: getattr(self._group[name], "shape", None) or ()
                if isinstance(link, h5py.HardLink)
                else ()
                for name, link in links.items()
            }

    def attributes(self) -> list[str]:
        """Names of the attributes."""
        with one_message(self.where):
            return [str(name) for name in self._group.attrs]

    def _open(self, name: str) -> Any:
        with one_message(f"{self.where}: `{name}`"):
            link = self._group.get(name, getlink=True)
            if link is None:
                raise UserError(
                    f"{self.where}: `{name}` is missing; the file has {quoted(self.names())}"
                )
            if not isinstance(link, h5py.HardLink):
                raise UserError(
                    f"{self.where}: `{name}` is a link to another place; this is refused. Copy the "
                    "values into the file"
                )
            self._opened.add(name)
            return self._group[name]


@contextlib.contextmanager
def opened_hdf5(path: Path) -> Iterator[GuardedGroup]:
    """The root of an HDF5 file, for reading.

    Raises
    ------
    UserError
        If the file cannot be opened, such as a truncated one.
    """
    where = printable(path)
    with one_message(where):
        file = h5py.File(os.fspath(path), "r")
    with file:
        yield GuardedGroup(file, where, Budget(where))


@contextlib.contextmanager
def one_message(
    where: str,
    kind: str = "HDF5",
    errors: tuple[type[Exception], ...] = RAISED,
    advice: str = "Copy or download the file again",
) -> Iterator[None]:
    """One message for whatever libraries raise of a file that cannot be read as what it should be."""
    try:
        yield
    except MemoryError as error:
        raise UserError(f"{where}: does not fit into memory: {error}") from error
    except errors as error:
        if isinstance(error, UserError):
            raise
        if in_use := why_in_use(error):
            raise UserError(f"{where}: {in_use}") from error
        raise UserError(
            f"{where}: cannot be read as {kind}, it may be damaged or cut short "
            f"({reason_of(error)}). {advice}"
        ) from error


def why_in_use(error: Exception) -> str:
    """What to say if HDF5 refuses a file since a program has it open for writing; empty for other errors.

    >>> why_in_use(OSError("file signature not found"))
    ''
    """
    said = str(error)
    if isinstance(error, BlockingIOError) or "unable to lock file" in said:
        return (
            "is open in another program, which keeps it locked: close it there (also in notebooks), or set "
            "the environment variable HDF5_USE_FILE_LOCKING=FALSE to read it as it is now"
        )
    if "already open for write" in said:
        return (
            "is being written, or was not closed by the program that wrote it: close it there; if none has "
            "it open any more, `h5clear -s FILE`, which comes with HDF5, removes the mark"
        )
    return ""


def quoted(names: list[str]) -> str:
    """Names for a message, the first twenty of them.

    >>> quoted(["a", "b"])
    '`a`, `b`'
    """
    return first_of((f"`{name}`" for name in names), 20) or "nothing"
