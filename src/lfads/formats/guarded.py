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

from lfads.checks import UserError
from lfads.guarded.links import held, lies_inside
from lfads.guarded.memory import CHECKED, Budget, stored_bytes
from lfads.guarded.messages import one_message, quoted
from lfads.guarded.sound import require_sound
from lfads.paths import printable

_BYTES_OF_A_LETTER = 4


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
            self._budget.spend(stored_bytes(found), name, found.shape)
            return self._texts(found, name) if text else np.asarray(found[()])

    def _texts(self, found: h5py.Dataset, name: str) -> np.ndarray:
        """Texts as an array, in which each takes as much as the longest."""
        shape = found.shape
        if not shape or not found.size:
            return np.asarray(found.asstr("utf-8", "replace")[()], dtype=str)
        texts = found.asstr("utf-8", "replace")
        # A text is as long as the file at most, and many places may hold the same one.
        row = max(1, found.size // shape[0])
        each = max(1, self._budget.limit // (8 * max(1, found.file.id.get_filesize()) * row))
        parts: list[np.ndarray] = []
        for start in range(0, shape[0], each):
            part = np.asarray(texts[start : start + each], dtype=object)
            longest = max(map(len, part.ravel().tolist()), default=0)
            self._budget.spend(_BYTES_OF_A_LETTER * longest * part.size, name, shape)
            parts.append(part.astype(f"U{max(1, longest)}"))
        longest = max(part.dtype.itemsize for part in parts)
        self._budget.spend(longest * found.size, name, shape)
        return np.concatenate(parts)

    def shape(self, name: str) -> tuple[int, ...] | None:
        """The shape of the array of that name, unread; None for a group."""
        return getattr(self._open(name), "shape", None)

    def holds_numbers(self, name: str) -> bool:
        """Whether the array of that name holds numbers, not text."""
        return getattr(self._open(name), "dtype", np.dtype(object)).kind in "biuf"

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
            return {name: getattr(held(self._group, name), "shape", None) or () for name in left}

    @property
    def address(self) -> int:
        """Where the group lies in the file, under however many names."""
        with one_message(self.where):
            return int(h5py.h5o.get_info(self._group.id).addr)  # pyright: ignore[reportAttributeAccessIssue]

    def attributes(self) -> list[str]:
        """Names of the attributes."""
        with one_message(self.where):
            return [str(name) for name in self._group.attrs]

    def _open(self, name: str) -> Any:
        with one_message(f"{self.where}: `{name}`"):
            if name not in self:
                raise UserError(
                    f"{self.where}: `{name}` is missing; the file has {quoted(self.names())}"
                )
            if not lies_inside(self._group, name):
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
        require_sound(path)
        file = h5py.File(os.fspath(path), "r")
    with file:
        yield GuardedGroup(file, where, Budget(where, times=CHECKED))
