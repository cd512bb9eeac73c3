"""MATLAB files of version 5 to 7.2: a walk through their elements, each checked before it is believed.

A damaged or hostile file ends in a message: what is declared must lie within what holds it, memory is
counted before it is taken, and nothing outside Python reads the bytes. Only what is asked for is unpacked.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from lfads.checks import UserError
from lfads.formats.guarded import Budget
from lfads.formats.matlab.elements import CUT, Tag, Unpacked, pieces
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
from lfads.paths import printable

NUMBERS = {
    6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8",
}  # fmt: skip
"""Types of numbers in memory by the class of an array."""

KINDS = {
    1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "double", 7: "single", 8: "int8",
    9: "uint8", 10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64", 15: "uint64",
    16: "function_handle", 17: "object",
}  # fmt: skip

_STORED = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
_TEXTS = {1: "utf-8", 2: "utf-8", 16: "utf-8", 4: "utf-16", 17: "utf-16", 18: "utf-32"}
_CELL, _STRUCT, _OBJECT, _CHAR, _SPARSE, _OPAQUE = 1, 2, 3, 4, 5, 17
_HEADER_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15


class _Header(NamedTuple):
    """What stands before the values of an array."""

    code: int
    is_logical: bool
    is_complex: bool
    shape: Shape
    name: str
    owner: str  # class of an object

    @property
    def kind(self) -> str:
        if self.owner:
            return self.owner
        return "logical" if self.is_logical else KINDS.get(self.code, "of an unknown class")


def variables_of(path: Path) -> list[Variable]:
    """Names, classes and shapes of the variables of a file, of which only the beginnings are read."""
    with path.open("rb") as file:
        return [
            Variable(header.name, header.kind, header.shape)
            for header, _ in _walk(file, path)
            if header.name
        ]


def read_older(path: Path, names: Sequence[str] | None, most: int | None = None) -> dict[str, Any]:
    """Variables of a file, all of them or those that are named.

    Parameters
    ----------
    path
        Of the file.
    names
        Of the variables to read.
    most
        Only so many items of cells and struct arrays, and a `Glimpse` of numbers.

    Raises
    ------
    UserError
        If values lie too deep within each other, or take more than the memory.
    ValueError
        If the file is damaged.
    """
    budget = Budget(printable(path), "leave out of the file what is not needed")
    with path.open("rb") as file:
        return {
            header.name: reader.values(header, header.name, 0)
            for header, reader in _walk(file, path, budget, most)
            if header.name and (names is None or header.name in names)
        }


def _walk(
    file: IO[bytes], path: Path, budget: Budget | None = None, most: int | None = None
) -> Iterator[tuple[_Header, "_Reader"]]:
    """Headers of the variables in a file, each with a reader that stands at its values."""
    size = path.stat().st_size
    order = "<" if file.read(_HEADER_BYTES)[126:128] == b"IM" else ">"
    while len(tag := file.read(8)) == 8:
        kind, num_bytes = struct.unpack(f"{order}II", tag)
        end = file.tell() + num_bytes
        if end > size:
            raise ValueError(CUT)
        if kind in (_MATRIX, _COMPRESSED):
            if kind == _MATRIX:
                file.seek(-8, 1)
            parts = pieces(file, end - file.tell(), packed=kind == _COMPRESSED)
            reader = _Reader(Unpacked(parts), order, budget or Budget(printable(path)), most)
            inside = reader.tag()
            if inside.kind != _MATRIX:
                raise ValueError("a variable is no array")
            if inside.num_bytes:
                reader.end = reader.stream.place + inside.num_bytes
                yield reader.header(), reader
        file.seek(end)


class _Reader:
    """Reads the elements of one variable in their order."""

    def __init__(self, stream: Unpacked, order: str, budget: Budget, most: int | None) -> None:
        self.stream, self.order, self.budget, self.most = stream, order, budget, most
        self.two, self.one = struct.Struct(f"{order}II"), struct.Struct(f"{order}I")
        self.end = 8

    def tag(self) -> Tag:
        """What stands before the next element."""
        words = self.stream.read(8)
        kind, num_bytes = self.two.unpack(words)
        if kind >> 16:
            num_bytes = kind >> 16
            if num_bytes > 4:
                raise ValueError("an element is damaged")
            return Tag(kind & 0xFFFF, num_bytes, bytes(words[4 : 4 + num_bytes]))
        return Tag(kind, num_bytes, None)

    def content(self, tag: Tag, most: int | None = None) -> memoryview | bytes:
        """The bytes of an element, or the first of them; what fills it up to eight is passed over."""
        if tag.inside is not None:
            return tag.inside[:most]
        if self.stream.place + tag.num_bytes > self.end:
            raise ValueError(CUT)
        take = tag.num_bytes if most is None else min(most, tag.num_bytes)
        found = self.stream.read(take)
        self.stream.skip(min(-(-tag.num_bytes // 8) * 8 - take, self.end - self.stream.place))
        return found

    def header(self) -> _Header:
        """What stands before the values of an array."""
        words = self.content(self.tag())
        flags = self.one.unpack(words[:4])[0]
        code = flags & 0xFF
        if code == _OPAQUE:
            name, _, owner = self._text(), self._text(), self._text()
            return _Header(code, False, False, (1, 1), name, owner or "object")
        sizes = np.frombuffer(self.content(self.tag()), f"{self.order}i4")
        shape = tuple(int(size) for size in sizes)
        if min(shape, default=-1) < 0:
            raise ValueError("the shape of an array is damaged")
        name = self._text()
        owner = f"{self._text()} object" if code == _OBJECT else ""
        return _Header(code, bool(flags & 0x200), bool(flags & 0x800), shape, name, owner)

    def _text(self) -> str:
        return bytes(self.content(self.tag())).rstrip(b"\0").decode("utf-8", "replace")

    def array(self, name: str, depth: int) -> Any:
        """The next array, which lies within another."""
        tag = self.tag()
        if tag.kind != _MATRIX:
            raise ValueError(f"`{name}` is no array")
        if not tag.num_bytes:
            return np.empty((0, 0))
        outer, self.end = self.end, self.stream.place + tag.num_bytes
        if self.end > outer:
            raise ValueError(CUT)
        value = self.values(self.header(), name, depth)
        self.stream.skip(self.end - self.stream.place)
        self.end = outer
        return value

    def values(self, header: _Header, name: str, depth: int) -> Any:
        """The values of an array whose header was read."""
        if depth > DEEPEST:
            raise UserError(
                f"{self.budget.where}: a variable holds more than {DEEPEST} structs and cells within each "
                "other: save plain columns"
            )
        self.budget.spend(BYTES_A_VALUE, name, header.shape)
        if header.code == _CELL:
            return self._cell(header.shape, name, depth)
        if header.code == _STRUCT:
            return self._structs(header.shape, name, depth)
        if header.code == _CHAR:
            return self._characters(header.shape, name)
        if header.is_complex:
            return Unreadable("complex", name, header.shape)
        if header.code == _SPARSE:
            return self._sparse(header, name)
        if header.code in NUMBERS:
            found = self._numbers(NUMBERS[header.code], math.prod(header.shape), name, header.shape)
            found = found.astype(bool) if header.is_logical else found
            if len(found) < math.prod(header.shape):
                return Glimpse(found, header.shape)
            return found.reshape(header.shape, order="F")
        return Unreadable(header.kind, name, header.shape if header.code != _OPAQUE else None)

    def _numbers(self, dtype: str, number: int, name: str, shape: Shape) -> np.ndarray:
        """So many numbers, stored in a type in which they take the least bytes."""
        tag = self.tag()
        stored = np.dtype(self.order + _STORED.get(tag.kind, "V1"))
        if stored.kind == "V" or tag.num_bytes != number * stored.itemsize:
            raise ValueError(f"`{name}` is damaged")
        take = number if self.most is None else min(number, self.most * GLIMPSED)
        # Twice: what lies in the file, and times sorted, are copies.
        self.budget.spend(2 * take * np.dtype(dtype).itemsize, name, shape)
        raw = np.frombuffer(self.content(tag, take * stored.itemsize), stored)
        return raw.astype(dtype, copy=not raw.flags.writeable)

    def _sparse(self, header: _Header, name: str) -> Any:
        shape = header.shape
        if len(shape) != 2:
            raise ValueError(f"`{name}` is damaged")
        rows, starts = (
            np.frombuffer(self.content(self.tag()), f"{self.order}i4") for _ in range(2)
        )
        tag = self.tag()
        stored = np.dtype(self.order + _STORED.get(tag.kind, "V1"))
        if stored.kind == "V":
            raise ValueError(f"`{name}` is damaged")
        values = np.frombuffer(self.content(tag), stored)
        values = values.astype(bool if header.is_logical else "f8")
        if self.most is not None:
            return Glimpse(values[: self.most * GLIMPSED], shape)
        self.budget.spend(2 * math.prod(shape) * values.itemsize, name, shape)
        return dense(values, rows, starts, shape)

    def _characters(self, shape: Shape, name: str) -> str | Cell:
        if not math.prod(shape):
            return ""
        tag = self.tag()
        encoding = _TEXTS.get(tag.kind)
        if encoding is None:
            raise ValueError(f"`{name}` is damaged")
        self.budget.spend(8 * tag.num_bytes, name, shape)
        order = "" if encoding == "utf-8" else "-le" if self.order == "<" else "-be"
        text = bytes(self.content(tag)).decode(encoding + order, "replace")
        return text_of(list(text), shape)

    def _cell(self, shape: Shape, name: str, depth: int) -> Cell:
        number = self._fitting(math.prod(shape))
        return Cell((self.array(f"{name}{{{k + 1}}}", depth + 1) for k in range(number)), shape)

    def _structs(self, shape: Shape, name: str, depth: int) -> dict[str, Any]:
        words = self.content(self.tag())
        length = self.one.unpack(words[:4])[0]
        joined = bytes(self.content(self.tag()))
        keys = [
            joined[at : at + length].split(b"\0")[0].decode("utf-8", "replace")
            for at in range(0, len(joined), max(length, 1))
        ]
        number = math.prod(shape)
        if number == 1:
            return {key: self.array(f"{name}.{key}", depth + 1) for key in keys}
        fields: dict[str, list[Any]] = {key: [] for key in keys}
        for k in range(self._fitting(number if keys else 0)):
            for key in keys:
                fields[key].append(self.array(f"{name}({k + 1}).{key}", depth + 1))
        return StructArray({key: Cell(found, shape) for key, found in fields.items()}, shape)

    def _fitting(self, number: int) -> int:
        """How many items to read of a number that is declared and must fit into the variable."""
        if 8 * number > self.end - self.stream.place:
            raise ValueError(CUT)
        return number if self.most is None else min(number, self.most)
