"""MATLAB files of version 7.3, which are HDF5: cells are references to arrays elsewhere in the file.

References may lead in circles, or many to one place, so that a small file could stand for endless values.
Every place is read once, a way back to itself is refused, and what all references together stand for is
counted against the memory that is available.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from lfads.checks import UserError
from lfads.formats.guarded import Budget
from lfads.paths import printable

DEEPEST = 20
"""Structs and cells within each other."""

BYTES_A_VALUE = 200
"""That an array, a text or a list takes in memory, beside what it holds."""

NUMBERS = {
    "double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
}  # fmt: skip
PLAIN = {*NUMBERS, "", "logical", "char", "cell", "struct"}
"""Classes that are read; the others are objects of MATLAB."""


class _Read(NamedTuple):
    """A value, and the bytes that it takes with everything in it, however often that is there."""

    value: Any
    num_bytes: int


def read_hdf5(path: Path, names: Sequence[str] | None) -> tuple[dict[str, Any], list[str]]:
    """Variables of a file, all of them or those that are named; and what was left out."""
    with h5py.File(path, "r") as file:
        reader = _Reader(file, printable(path))
        found = {
            str(name): reader.member(file, str(name), str(name), 0).value
            for name in file
            if not str(name).startswith("#") and (names is None or name in names)
        }
        return found, reader.left_out


class _Reader:
    """Reads values and remembers them by their place in the file."""

    def __init__(self, file: h5py.File, where: str) -> None:
        self.file, self.where = file, where
        self.budget = Budget(where, "leave out of the file what is not needed")
        self.known: dict[int, _Read] = {}
        self.open: set[int] = set()  # places that the one being read lies in
        self.left_out: list[str] = []

    def member(self, group: Any, link: str, name: str, depth: int) -> _Read:
        """What a group holds under a name, `name` in messages."""
        if not isinstance(group.get(link, getlink=True), h5py.HardLink):
            raise UserError(
                f"{self.where}: `{name}` leads out of the file; this is refused. Save the values in it"
            )
        return self._read(group[link], name, depth)

    def _read(self, item: Any, name: str, depth: int) -> _Read:
        place = h5py.h5o.get_info(item.id).addr  # pyright: ignore[reportAttributeAccessIssue]
        if place in self.open:
            raise UserError(
                f"{self.where}: `{name}` leads back to itself: a cell or struct cannot hold itself. Save "
                "the variable again"
            )
        if depth > DEEPEST:
            raise UserError(
                f"{self.where}: `{name}` lies in more than {DEEPEST} structs and cells: save plain columns"
            )
        if place in self.known:
            found = self.known[place]
            self.budget.spend(found.num_bytes, name, ())
            return found
        self.open.add(place)
        spent = self.budget.spent
        self.budget.spend(BYTES_A_VALUE, name, ())
        value = self._value(item, name, depth)
        self.open.remove(place)
        self.known[place] = _Read(value, self.budget.spent - spent)
        return self.known[place]

    def _value(self, item: Any, name: str, depth: int) -> Any:
        kind = item.attrs.get("MATLAB_class", b"")
        kind = kind.decode("utf-8", "replace") if isinstance(kind, bytes) else str(kind)
        if kind not in PLAIN or "MATLAB_object_decode" in item.attrs:
            self.left_out.append(name)
            return None
        if isinstance(item, h5py.Group):
            fields = {
                str(link): self.member(item, str(link), f"{name}.{link}", depth + 1).value
                for link in item
            }
            return {link: inside for link, inside in fields.items() if inside is not None}
        if not isinstance(item, h5py.Dataset):
            return None
        if item.is_virtual or item.external:
            raise UserError(
                f"{self.where}: `{name}` is stored in another file; this is refused. Save the values in it"
            )
        if "MATLAB_empty" in item.attrs or item.shape is None:
            return "" if kind == "char" else [] if kind == "cell" else np.empty(0)
        # Twice: MATLAB's order of axes, and times sorted, are copies.
        self.budget.spend(2 * int(item.size or 0) * item.dtype.itemsize, name, item.shape)
        if h5py.check_ref_dtype(item.dtype) is not None:
            # References run along MATLAB's first axis last: the transpose has its order.
            return [
                self._read(self.file[one], f"{name}{{{place + 1}}}", depth + 1).value
                for place, one in enumerate(item[()].ravel())
            ]
        if item.dtype.kind not in "biuf":
            return None
        values = item[()].T
        if kind == "char":
            return _text(values)
        return values.astype(bool) if kind == "logical" else values


def _text(codes: np.ndarray) -> str | list[str]:
    """Characters as one text, or as one for each row of a matrix."""
    rows = codes.reshape(len(codes) if codes.ndim > 1 else 1, -1)
    texts = [row.astype("<u2").tobytes().decode("utf-16-le", "replace") for row in rows]
    return texts[0] if len(texts) == 1 else [text.rstrip(" \0") for text in texts]
