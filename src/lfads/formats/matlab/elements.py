"""The bytes of a variable in MATLAB files of version 5 to 7.2, unpacked as they are asked for."""

import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple

PIECE = 2**18
"""Bytes that are unpacked at a time."""

CUT = "it is cut short"


def pieces(file: IO[bytes], num_bytes: int, *, packed: bool) -> Iterator[bytes]:
    """The next bytes of a file, unpacked, a few at a time."""
    unpack = zlib.decompressobj()
    while num_bytes and (piece := file.read(min(num_bytes, PIECE))):
        num_bytes -= len(piece)
        if not packed:
            yield piece
            continue
        while piece and not unpack.eof:
            yield unpack.decompress(piece, PIECE)
            piece = unpack.unconsumed_tail


class Unpacked:
    """The bytes of a variable, forwards."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = filter(None, pieces)
        self.ready = memoryview(b"")
        self.place = 0

    def read(self, number: int) -> memoryview:
        """So many of the next bytes; a ValueError if there are fewer."""
        self.place += number
        if number <= len(self.ready):
            found, self.ready = self.ready[:number], self.ready[number:]
            return found
        gathered = bytearray(self.ready)
        while len(gathered) < number:
            piece = next(self.pieces, None)
            if piece is None:
                raise ValueError(CUT)
            gathered += piece[: (lacking := number - len(gathered))]
            self.ready = memoryview(piece)[lacking:]
        return memoryview(gathered)

    def skip(self, number: int) -> None:
        """Pass over so many bytes."""
        while number > len(self.ready):
            number -= len(self.ready)
            self.place += len(self.ready)
            piece = next(self.pieces, None)
            if piece is None:
                raise ValueError(CUT)
            self.ready = memoryview(piece)
        self.place += number
        self.ready = self.ready[number:]


class Tag(NamedTuple):
    """What stands before an element: its type, its size, and itself where it fits into the tag."""

    kind: int
    num_bytes: int
    inside: bytes | None
