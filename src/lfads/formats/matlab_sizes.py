"""How large and how deep the variables of an older MATLAB file are, before SciPy reads them.

SciPy believes whatever a file says: compressed variables may be a thousand times as large as the file, and
cells within cells without end would break the process. So each variable is walked through first, unpacked
piece by piece; nothing of it is kept.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from lfads.checks import UserError

DEEPEST = 20
"""Structs and cells within each other."""

_HEADER_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15
_PIECE = 2**16


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
            if kind == _COMPRESSED:
                unpacked = _Unpacked(file, num_bytes, zlib.decompressobj())
            else:
                file.seek(-8, 1)
                unpacked = _Unpacked(file, num_bytes + 8, None)
            _check_depth(unpacked, order)
            yield unpacked.skip(None)
            file.seek(end)


class _Unpacked:
    """Reads a variable forwards and counts its bytes."""

    def __init__(self, file: IO[bytes], num_bytes: int, unpack: "zlib._Decompress | None") -> None:
        self.file, self.left, self.unpack = file, num_bytes, unpack
        self.packed = b""
        self.ready, self.taken = b"", 0
        self.place = 0

    def read(self, number: int) -> bytes:
        """As many of the next bytes as there are, few."""
        found = self.ready[self.taken : self.taken + number]
        self.taken += len(found)
        while len(found) < number and self._refill():
            self.taken = number - len(found)
            found += self.ready[: self.taken]
        self.place += len(found)
        return found

    def skip(self, number: int | None) -> int:
        """Pass over bytes, or all that are left; the place reached."""
        end = None if number is None else self.place + number
        while end is None or self.place < end:
            if self.taken >= len(self.ready) and not self._refill():
                break
            there = len(self.ready) - self.taken
            step = there if end is None else min(there, end - self.place)
            self.taken += step
            self.place += step
        return self.place

    def _refill(self) -> bool:
        """Unpack some more; False at the end."""
        self.ready, self.taken = b"", 0
        if self.unpack is None:
            self.ready = self._from_file()
            return bool(self.ready)
        while not self.ready and not self.unpack.eof:
            self.packed = self.packed or self._from_file()
            if not self.packed:
                break
            self.ready = self.unpack.decompress(self.packed, _PIECE)
            self.packed = self.unpack.unconsumed_tail
        return bool(self.ready)

    def _from_file(self) -> bytes:
        found = self.file.read(min(self.left, _PIECE))
        self.left -= len(found)
        return found


def _check_depth(unpacked: _Unpacked, order: str) -> None:
    """Walk through the elements of a variable; those of a matrix are matrices or plain values."""
    ends: list[int] = []
    while len(tag := unpacked.read(8)) == 8:
        kind, num_bytes = struct.unpack(f"{order}II", tag)
        if kind == _MATRIX:
            ends.append(unpacked.place + num_bytes)
            if len(ends) > DEEPEST + 1:
                raise UserError(
                    f"a variable holds more than {DEEPEST} structs and cells within each other: save plain "
                    "columns"
                )
        elif kind < 2**16:  # else the value is in the tag
            unpacked.skip(-(-num_bytes // 8) * 8)
        while ends and unpacked.place >= ends[-1]:
            ends.pop()
        if not ends:
            return
