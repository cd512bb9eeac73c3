"""MATLAB files of version 7.3, which are HDF5: cells are references to arrays elsewhere in the file.

References may lead in circles, or many to one place, so that a small file could stand for endless values.
Every place is read once, a way back to itself is refused, and what all references together stand for is
counted against the memory that is available.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from lfads.checks import UserError
from lfads.formats.matlab.values import (
    BYTES_A_VALUE,
    DEEPEST,
    GLIMPSED,
    Cell,
    Glimpse,
    Shape,
    StructArray,
    Unreadable,
    Variable,
    dense,
    text_of,
)
from lfads.guarded.links import held, lies_inside
from lfads.guarded.memory import Budget
from lfads.guarded.sound import opened
from lfads.paths import printable

NUMBERS = {
    "double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
}  # fmt: skip
PLAIN = {*NUMBERS, "", "logical", "char", "cell", "struct"}
"""Classes that are read; the others are objects of MATLAB."""


class _Read(NamedTuple):
    """A value, and the bytes that it takes with everything in it, however often that is there."""

    value: Any
    num_bytes: int


def variables_of_hdf5(path: Path) -> list[Variable]:
    """Names, classes and shapes of the variables of a file, whose values stay unread."""
    with opened(path) as file:
        return [
            _variable(printable(name), file[name])
            if lies_inside(file, name)
            else Variable(printable(name), "link", ())
            for name in map(str, file)
            if not name.startswith("#")
        ]


def _variable(name: str, item: Any) -> Variable:
    if isinstance(item, h5py.Group) and "MATLAB_sparse" in item.attrs:
        return Variable(name, "sparse", _sparse_shape(item))
    shape = _struct_shape(item) if isinstance(item, h5py.Group) else _shape_of(item)
    kind = _class_of(item)
    return Variable(name, kind or ("struct" if isinstance(item, h5py.Group) else "array"), shape)


def read_hdf5(path: Path, names: Sequence[str] | None, most: int | None = None) -> dict[str, Any]:
    """Variables of a file, all of them or those that are named.

    Parameters
    ----------
    path
        Of the file.
    names
        Of the variables to read.
    most
        Only so many items of cells and struct arrays, and a `Glimpse` of numbers.
    """
    with opened(path) as file:
        reader = _Reader(file, printable(path), most)
        return {
            printable(name): reader.member(file, name, printable(name), 0).value
            for name in map(str, file)
            if not name.startswith("#") and (names is None or printable(name) in names)
        }


def _class_of(item: Any) -> str:
    """Class in MATLAB; empty for items that MATLAB did not write."""
    kind = item.attrs.get("MATLAB_class", b"")
    return printable(kind.decode("utf-8", "replace") if isinstance(kind, bytes) else str(kind))


def _shape_of(item: Any) -> Shape:
    """Shape in MATLAB, whose order of axes is the other way round."""
    if not isinstance(item, h5py.Dataset) or item.shape is None:
        return (0, 0)
    if "MATLAB_empty" in item.attrs:
        return tuple(int(size) for size in item[:16]) if item.ndim == 1 else (0, 0)
    return tuple(int(size) for size in item.shape[::-1])


def _struct_shape(group: h5py.Group) -> Shape:
    """Shape of an array of structs, whose fields are references without a class; (1, 1) for one struct."""
    members = [held(group, str(name)) for name in group]  # links are refused when they are read
    if not members or not all(
        isinstance(item, h5py.Dataset)
        and h5py.check_ref_dtype(item.dtype) is not None
        and not _class_of(item)
        for item in members
    ):
        return (1, 1)
    return _shape_of(members[0])


def _sparse_shape(group: h5py.Group) -> Shape:
    starts = held(group, "jc")
    columns = int(starts.size or 0) - 1 if isinstance(starts, h5py.Dataset) else 0
    return int(np.asarray(group.attrs["MATLAB_sparse"]).reshape(-1)[0]), max(columns, 0)


def _first(item: h5py.Dataset, most: int) -> np.ndarray:
    """At least so many of the first values of an array, if it has them."""
    place: list[slice] = []
    for size in reversed(item.shape):
        take = min(size, most)
        place.insert(0, slice(take))
        most = -(-most // max(size, 1))
    return np.asarray(item[tuple(place)]).ravel()


class _Reader:
    """Reads values and remembers them by their place in the file."""

    def __init__(self, file: h5py.File, where: str, most: int | None) -> None:
        self.file, self.where, self.most = file, where, most
        self.budget = Budget(where, "leave out of the file what is not needed")
        self.known: dict[int, _Read] = {}
        self.open: set[int] = set()  # places that the one being read lies in

    def member(self, group: Any, link: str, name: str, depth: int) -> _Read:
        """What a group holds under a name, `name` in messages."""
        self._refuse_link(group, link, name)
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
        kind = _class_of(item)
        if kind not in PLAIN or "MATLAB_object_decode" in item.attrs:
            return Unreadable(kind or "object", name)
        if isinstance(item, h5py.Group):
            if "MATLAB_sparse" in item.attrs:
                return self._sparse(item, name, kind)
            return self._struct(item, name, depth)
        if not isinstance(item, h5py.Dataset):
            return Unreadable("of an unknown class", name)
        self._refuse_elsewhere(item, name)
        shape = _shape_of(item)
        if "MATLAB_empty" in item.attrs or item.shape is None:
            if kind == "struct":
                return StructArray({}, shape)
            self.budget.spend(0 if 0 in shape else 2**62, name, shape)
            return "" if kind == "char" else Cell([], shape) if kind == "cell" else np.empty(shape)
        if h5py.check_ref_dtype(item.dtype) is not None:
            return self._cell(item, name, depth, "{%d}")
        if item.dtype.kind not in "biuf":
            return Unreadable("complex" if item.dtype.names else str(item.dtype), name, shape)
        if self.most is not None and kind != "char" and (item.size or 0) > self.most * GLIMPSED:
            found = _first(item, self.most * GLIMPSED)
            return Glimpse(found.astype(bool) if kind == "logical" else found, shape)
        # Twice: MATLAB's order of axes, and times sorted, are copies.
        each = 16 if kind == "char" else 2 * item.dtype.itemsize
        self.budget.spend(int(item.size or 0) * each, name, shape)
        values = item[()].T
        if kind == "char":
            return _text(values)
        return values.astype(bool) if kind == "logical" else values

    def _cell(self, item: h5py.Dataset, name: str, depth: int, place: str) -> Cell:
        """What references lead to; these run along MATLAB's first axis first, as they are stored."""
        if self.most is None:
            self.budget.spend(8 * int(item.size or 0), name, _shape_of(item))
            references = item[()].ravel()
        else:
            references = _first(item, self.most)[: self.most]
        return Cell(
            (
                found
                if (found := self._numbers(one, name)) is not None
                else self._read(self.file[one], name + place % (k + 1), depth + 1).value
                for k, one in enumerate(references)
            ),
            _shape_of(item),
        )

    def _numbers(self, reference: Any, name: str) -> np.ndarray | None:
        """Floating numbers of a cell by few calls, as there may be a million cells; None for the rest."""
        found: Any = h5py.h5r.dereference(reference, self.file.id)
        if not isinstance(found, h5py.h5d.DatasetID) or found.dtype.kind != "f":
            return None
        shape, stored = found.shape, found.get_create_plist()
        is_elsewhere = stored.get_layout() == h5py.h5d.VIRTUAL or stored.get_external_count()
        is_large = self.most is not None and math.prod(shape) > self.most * GLIMPSED
        # The class is the only attribute of plain numbers.
        if is_elsewhere or is_large or h5py.h5a.get_num_attrs(found) > 1:
            return None
        self.budget.spend(BYTES_A_VALUE + 2 * math.prod(shape) * found.dtype.itemsize, name, shape)
        values = np.empty(shape, found.dtype)
        found.read(h5py.h5s.ALL, h5py.h5s.ALL, values)
        return values.T

    def _struct(self, group: h5py.Group, name: str, depth: int) -> dict[str, Any]:
        """One struct, or an array of structs, whose fields are references without a class."""
        shape = _struct_shape(group)
        if shape == (1, 1):
            return {
                (key := printable(link)): self.member(group, link, f"{name}.{key}", depth + 1).value
                for link in map(str, group)
            }
        fields: dict[str, Cell] = {}
        for link in map(str, group):
            item: Any = group[link]
            key = printable(link)
            self._refuse_elsewhere(item, f"{name}.{key}")
            fields[key] = self._cell(item, name, depth, f"(%d).{key.replace('%', '%%')}")
        return StructArray(fields, shape)

    def _sparse(self, group: h5py.Group, name: str, kind: str) -> Any:
        shape = _sparse_shape(group)
        # A matrix of zeros has neither values nor rows.
        keys = [key for key in ("data", "ir", "jc") if key in group]
        for key in keys:
            self._refuse_link(group, key, name)
        parts = {key: group[key] if key in keys else None for key in ("data", "ir", "jc")}
        for item in parts.values():
            if isinstance(item, h5py.Dataset):
                self._refuse_elsewhere(item, name)
                self.budget.spend(int(item.size or 0) * item.dtype.itemsize, name, shape)
        data, rows, starts = (
            np.asarray(item[()]) if isinstance(item, h5py.Dataset) else np.empty(0)
            for item in parts.values()
        )
        if not {data.dtype.kind, rows.dtype.kind, starts.dtype.kind} <= set("biuf"):
            return Unreadable("complex sparse", name, shape)
        data = data.astype(bool) if kind == "logical" else data.astype(np.float64)
        if self.most is not None:
            return Glimpse(data[: self.most * GLIMPSED], shape)
        self.budget.spend(2 * shape[0] * shape[1] * data.itemsize, name, shape)
        return dense(data, rows, starts, shape)

    def _refuse_link(self, group: Any, link: str, name: str) -> None:
        if not lies_inside(group, link):
            raise UserError(
                f"{self.where}: `{name}` leads out of the file; this is refused. Save the values in it"
            )

    def _refuse_elsewhere(self, item: Any, name: str) -> None:
        if isinstance(item, h5py.Dataset) and (item.is_virtual or item.external):
            raise UserError(
                f"{self.where}: `{name}` is stored in another file; this is refused. Save the values in it"
            )


def _text(codes: np.ndarray) -> str | Cell:
    """Characters as one text, or as one for each row of a matrix."""
    units = codes.ravel(order="F").astype("<u2")
    joined = units.tobytes().decode("utf-16-le", "replace")
    return text_of(joined, codes.shape)
