"""The arrays of one variable in MATLAB files of version 5 to 7.2.

What is declared must lie within what holds it, and memory is counted before it is taken.
"""

import math
import struct
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.formats.matlab.classes import (
    CELL,
    CHAR,
    NUMBERS,
    OBJECT,
    OPAQUE,
    SPARSE,
    STORED,
    STRUCT,
    TEXTS,
    Header,
    told_apart,
)
from lfads.formats.matlab.elements import CUT, Tag, Unpacked
from lfads.formats.matlab.values import (
    BYTES_A_VALUE,
    DEEPEST,
    GLIMPSED,
    Cell,
    Glimpse,
    Shape,
    StructArray,
    Unreadable,
    dense,
    text_of,
)
from lfads.guarded.memory import Budget
from lfads.paths import printable

_LONGEST = 4096
"""Bytes of a name; those of MATLAB have at most 63."""

_MOST_AXES = 32
"""Axes of an array."""

MATRIX = 14
"""The kind of elements that are arrays."""


class Reader:
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

    def header(self) -> Header:
        """What stands before the values of an array."""
        flags = self.one.unpack(self._short()[:4])[0]
        code = flags & 0xFF
        if code == OPAQUE:
            name, _, owner = self._text(), self._text(), self._text()
            return Header(code, False, False, (1, 1), name, owner or "object")
        sizes = np.frombuffer(self._short(4 * _MOST_AXES), f"{self.order}i4")
        shape = tuple(int(size) for size in sizes)
        if min(shape, default=-1) < 0:
            raise ValueError("the shape of an array is damaged")
        name = self._text()
        owner = f"{self._text()} object" if code == OBJECT else ""
        return Header(code, bool(flags & 0x200), bool(flags & 0x800), shape, name, owner)

    def _short(self, most: int = _LONGEST) -> memoryview | bytes:
        """The bytes of an element that cannot be long, and is not counted."""
        tag = self.tag()
        if tag.num_bytes > most:
            raise ValueError("a name or the shape of an array is too long")
        return self.content(tag)

    def _text(self) -> str:
        return printable(bytes(self._short()).rstrip(b"\0").decode("utf-8", "replace"))

    def array(self, name: str, depth: int) -> Any:
        """The next array, which lies within another."""
        tag = self.tag()
        if tag.kind != MATRIX:
            raise ValueError(f"`{name}` is no array")
        if not tag.num_bytes:
            self.budget.spend(BYTES_A_VALUE, name, ())
            return np.empty((0, 0))
        outer, self.end = self.end, self.stream.place + tag.num_bytes
        if self.end > outer:
            raise ValueError(CUT)
        value = self.values(self.header(), name, depth)
        self.stream.skip(self.end - self.stream.place)
        self.end = outer
        return value

    def values(self, header: Header, name: str, depth: int) -> Any:
        """The values of an array whose header was read."""
        if depth > DEEPEST:
            raise UserError(
                f"{self.budget.where}: a variable holds more than {DEEPEST} structs and cells within each "
                "other: save plain columns"
            )
        self.budget.spend(BYTES_A_VALUE, name, header.shape)
        if header.code == CELL:
            return self._cell(header.shape, name, depth)
        if header.code == STRUCT:
            return self._structs(header.shape, name, depth)
        if header.code == CHAR:
            return self._characters(header.shape, name)
        if header.is_complex:
            return Unreadable("complex", name, header.shape)
        if header.code == SPARSE:
            return self._sparse(header, name)
        if header.code in NUMBERS:
            found = self._numbers(NUMBERS[header.code], math.prod(header.shape), name, header.shape)
            found = found.astype(bool) if header.is_logical else found
            if len(found) < math.prod(header.shape):
                return Glimpse(found, header.shape)
            return found.reshape(header.shape, order="F")
        return Unreadable(header.kind, name, header.shape if header.code != OPAQUE else None)

    def _numbers(self, dtype: str, number: int, name: str, shape: Shape) -> np.ndarray:
        """So many numbers, stored in a type in which they take the least bytes."""
        tag = self.tag()
        stored = np.dtype(self.order + STORED.get(tag.kind, "V1"))
        if stored.kind == "V" or tag.num_bytes != number * stored.itemsize:
            raise ValueError(f"`{name}` is damaged")
        take = number if self.most is None else min(number, self.most * GLIMPSED)
        # Twice: what lies in the file, and times sorted, are copies.
        self.budget.spend(2 * take * np.dtype(dtype).itemsize, name, shape)
        raw = np.frombuffer(self.content(tag, take * stored.itemsize), stored)
        return raw.astype(dtype, copy=not raw.flags.writeable)

    def _sparse(self, header: Header, name: str) -> Any:
        shape = header.shape
        if len(shape) != 2:
            raise ValueError(f"`{name}` is damaged")
        most = None if self.most is None else self.most * GLIMPSED
        of_rows = self.tag()
        number = of_rows.num_bytes // 4
        rows = self._counted(of_rows, "i4", name, shape, most)
        starts = self._counted(self.tag(), "i4", name, shape, None)
        tag = self.tag()
        stored = STORED.get(tag.kind)
        if stored is None:
            raise ValueError(f"`{name}` is damaged")
        if header.is_logical and tag.num_bytes in (number, int(starts[-1]) if starts.size else 0):
            stored = "u1"  # MATLAB says doubles, and stores one byte a value
        values = self._counted(tag, stored, name, shape, most)
        values = values.astype(bool if header.is_logical else "f8")
        if most is not None:
            return Glimpse(values, shape)
        self.budget.spend(2 * math.prod(shape) * values.itemsize, name, shape)
        return dense(values, rows, starts, shape)

    def _counted(
        self, tag: Tag, stored: str, name: str, shape: Shape, most: int | None
    ) -> np.ndarray:
        """Numbers of an element, or the first of them, counted before they are read."""
        dtype = np.dtype(self.order + stored)
        take = tag.num_bytes if most is None else min(tag.num_bytes, most * dtype.itemsize)
        # As they lie in the file, and as 8 bytes each.
        self.budget.spend(take + 8 * (take // dtype.itemsize), name, shape)
        return np.frombuffer(self.content(tag, take), dtype)

    def _characters(self, shape: Shape, name: str) -> str | Cell:
        if not math.prod(shape):
            return ""
        tag = self.tag()
        encoding = TEXTS.get(tag.kind)
        if encoding is None:
            raise ValueError(f"`{name}` is damaged")
        self.budget.spend(16 * tag.num_bytes, name, shape)
        order = "" if encoding == "utf-8" else "-le" if self.order == "<" else "-be"
        text = bytes(self.content(tag)).decode(encoding + order, "replace")
        return text_of(text, shape)

    def _cell(self, shape: Shape, name: str, depth: int) -> Cell:
        number = self._fitting(math.prod(shape))
        return Cell((self.array(f"{name}{{{k + 1}}}", depth + 1) for k in range(number)), shape)

    def _structs(self, shape: Shape, name: str, depth: int) -> dict[str, Any]:
        keys = self._keys(shape, name)
        number = math.prod(shape)
        if number == 1:
            return {key: self.array(f"{name}.{key}", depth + 1) for key in keys}
        fields: dict[str, list[Any]] = {key: [] for key in keys}
        for k in range(self._fitting(number if keys else 0)):
            for key in keys:
                fields[key].append(self.array(f"{name}({k + 1}).{key}", depth + 1))
        return StructArray({key: Cell(found, shape) for key, found in fields.items()}, shape)

    def _keys(self, shape: Shape, name: str) -> list[str]:
        """Names of the fields of structs, all of which take the same number of bytes."""
        length = self.one.unpack(self._short()[:4])[0]
        tag = self.tag()
        if not tag.num_bytes:
            return []
        if not 0 < length <= _LONGEST:
            raise ValueError(f"`{name}` is damaged")
        self.budget.spend(2 * tag.num_bytes + tag.num_bytes // length * BYTES_A_VALUE, name, shape)
        joined = bytes(self.content(tag))
        names = (joined[at : at + length] for at in range(0, len(joined), length))
        keys = [printable(key.split(b"\0")[0].decode("utf-8", "replace")) for key in names]
        return told_apart(keys)

    def _fitting(self, number: int) -> int:
        """How many items to read of a number that is declared and must fit into the variable."""
        if 8 * number > self.end - self.stream.place:
            raise ValueError(CUT)
        return number if self.most is None else min(number, self.most)
