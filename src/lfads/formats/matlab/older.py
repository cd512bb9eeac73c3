"""MATLAB files of version 5 to 7.2: a walk through their elements, each checked before it is believed.

A damaged or hostile file ends in a message: what is declared must lie within what holds it, memory is
counted before it is taken, and nothing outside Python reads the bytes. Only what is asked for is unpacked.
"""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from lfads.checks import UserError
from lfads.formats.matlab.arrays import MATRIX, Reader
from lfads.formats.matlab.classes import Header
from lfads.formats.matlab.elements import CUT, Unpacked, pieces
from lfads.formats.matlab.values import Variable
from lfads.guarded.memory import Budget
from lfads.paths import printable

_HEADER_BYTES = 128
_COMPRESSED = 15


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
) -> Iterator[tuple[Header, Reader]]:
    """Headers of the variables in a file, each with a reader that stands at its values."""
    size = path.stat().st_size
    order = "<" if file.read(_HEADER_BYTES)[126:128] == b"IM" else ">"
    known: set[str] = set()
    while len(tag := file.read(8)) == 8:
        kind, num_bytes = struct.unpack(f"{order}II", tag)
        end = file.tell() + num_bytes
        if end > size:
            raise ValueError(CUT)
        if kind in (MATRIX, _COMPRESSED):
            if kind == MATRIX:
                file.seek(-8, 1)
            parts = pieces(file, end - file.tell(), packed=kind == _COMPRESSED)
            reader = Reader(Unpacked(parts), order, budget or Budget(printable(path)), most)
            inside = reader.tag()
            if inside.kind != MATRIX:
                raise ValueError("a variable is no array")
            if inside.num_bytes:
                reader.end = reader.stream.place + inside.num_bytes
                header = reader.header()
                if header.name and header.name in known:
                    raise UserError(
                        f"{printable(path)}: `{header.name}` is stored twice in the file: load it in "
                        "MATLAB, which takes one of them, and save it again"
                    )
                known.add(header.name)
                yield header, reader
        elif any(tag):  # zeros fill files up
            raise ValueError(f"an element of an unknown kind, {kind}")
        file.seek(end)
    if any(tag):
        raise ValueError(CUT)
