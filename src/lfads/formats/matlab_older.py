"""MATLAB files of version 5 to 7.2, read by SciPy.

SciPy believes whatever a file says: compressed variables may be a thousand times as large as the file, and
cells within cells without end would break the process. So each variable is walked through first, unpacked
piece by piece, to learn how large and how deep it is; nothing of that is kept.
"""

import struct
import sys
import warnings
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from lfads.checks import UserError
from lfads.formats.guarded import Budget
from lfads.paths import printable

DEEPEST = 20
"""Structs and cells within each other."""

_HEADER_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15
_PIECE = 2**16
_GROWTH = 8  # numbers are stored in as few bytes as they fit into, doubles in one at times


def read_older(path: Path, names: Sequence[str] | None) -> tuple[dict[str, Any], list[str]]:
    """Variables of a file, all of them or those that are named; and what was left out."""
    from scipy.io import loadmat, whosmat

    present = [(name, shape) for name, shape, _ in whosmat(path)]
    wanted = [name for name, _ in present if name[:2] != "__" and (names is None or name in names)]
    budget = Budget(printable(path), "leave out of the file what is not needed")
    for (name, shape), num_bytes in zip(present, unpacked_bytes(path), strict=False):
        if name in wanted:
            budget.spend(_GROWTH * num_bytes, name, shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of objects, which are left out
        loaded = loadmat(
            path, squeeze_me=False, struct_as_record=True, chars_as_strings=True, mat_dtype=True,
            variable_names=wanted,
        )  # fmt: skip
    left_out: list[str] = []
    return {n: _plain(loaded[n], n, left_out) for n in wanted if n in loaded}, left_out


def _plain(value: Any, name: str, left_out: list[str]) -> Any:
    """A value of `loadmat` as an array, text, list or dict; None for what is none of these."""
    from scipy.io.matlab import MatlabFunction, MatlabObject, MatlabOpaque

    if isinstance(value, MatlabFunction | MatlabObject | MatlabOpaque):
        left_out.append(name)
        return None
    if not isinstance(value, np.ndarray):
        return value if isinstance(value, str | bool | int | float | np.generic) else None
    if value.dtype.names:
        fields = {
            key: [
                _plain(record[key], f"{name}.{key}", left_out) for record in value.ravel(order="F")
            ]
            for key in value.dtype.names
        }
        read = {k: rows for k, rows in fields.items() if any(row is not None for row in rows)}
        return {key: rows[0] for key, rows in read.items()} if value.size == 1 else read
    if value.dtype.kind == "O":
        return [
            _plain(one, f"{name}{{{place + 1}}}", left_out)
            for place, one in enumerate(value.ravel(order="F"))
        ]
    if value.dtype.kind == "U":
        rows = [str(row).rstrip(" \0") for row in value.ravel()]
        return rows[0] if value.size == 1 else rows if value.size else ""
    return value if value.dtype.kind in "biuf" else None


def unpacked_bytes(path: Path) -> Iterator[int]:
    """Bytes of each variable of a file, in order, as they are without compression.

    Raises
    ------
    UserError
        If structs and cells lie too deep within each other.
    ValueError
        If the file is cut short.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        order = "<" if file.read(_HEADER_BYTES)[126:128] == b"IM" else ">"
        while len(tag := file.read(8)) == 8:
            kind, num_bytes = struct.unpack(f"{order}II", tag)
            end = file.tell() + num_bytes
            if end > size:
                raise ValueError("it is cut short")
            if kind != _COMPRESSED:
                file.seek(-8, 1)
            unpacked = _Unpacked(_pieces(file, end - file.tell(), packed=kind == _COMPRESSED))
            _check_depth(unpacked, order, printable(path))
            yield unpacked.skip()
            file.seek(end)


def _pieces(file: IO[bytes], num_bytes: int, *, packed: bool) -> Iterator[bytes]:
    """The next bytes of a file, unpacked, a few at a time."""
    unpack = zlib.decompressobj()
    while num_bytes and (piece := file.read(min(num_bytes, _PIECE))):
        num_bytes -= len(piece)
        if not packed:
            yield piece
            continue
        while piece and not unpack.eof:
            yield unpack.decompress(piece, _PIECE)
            piece = unpack.unconsumed_tail


class _Unpacked:
    """Reads a variable forwards and counts its bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = filter(None, pieces)
        self.ready = memoryview(b"")
        self.place = 0

    def read(self, number: int) -> bytes:
        """As many of the next bytes as there are, few."""
        found = b""
        while len(found) < number and (more := self._next(number - len(found))):
            found += more
        return found

    def skip(self, number: int = sys.maxsize) -> int:
        """Pass over bytes, or all that are left; the place reached."""
        end = self.place + number
        while self.place < end and self._next(end - self.place):
            pass
        return self.place

    def _next(self, most: int) -> memoryview:
        """Some of the next bytes; none at the end."""
        self.ready = self.ready or memoryview(next(self.pieces, b""))
        found, self.ready = self.ready[:most], self.ready[most:]
        self.place += len(found)
        return found


def _check_depth(unpacked: _Unpacked, order: str, where: str) -> None:
    """Walk through the elements of a variable; those of a matrix are matrices or plain values."""
    ends: list[int] = []
    while len(tag := unpacked.read(8)) == 8:
        kind, num_bytes = struct.unpack(f"{order}II", tag)
        if kind == _MATRIX:
            ends.append(unpacked.place + num_bytes)
            if len(ends) > DEEPEST + 1:
                raise UserError(
                    f"{where}: a variable holds more than {DEEPEST} structs and cells within each other: "
                    "save plain columns"
                )
        elif kind < 2**16:  # else the value is in the tag
            unpacked.skip(-(-num_bytes // 8) * 8)
        while ends and unpacked.place >= ends[-1]:
            ends.pop()
        if not ends:
            return
