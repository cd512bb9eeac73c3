"""What stands before the values of an array in MATLAB files of version 5 to 7.2."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from lfads.formats.matlab.values import Shape

NUMBERS = {
    6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8",
}  # fmt: skip
"""Types of numbers in memory by the class of an array."""

KINDS = {
    1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "double", 7: "single", 8: "int8",
    9: "uint8", 10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64", 15: "uint64",
    16: "function_handle", 17: "object",
}  # fmt: skip

STORED = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
"""Types of numbers in the file by the kind of an element."""

TEXTS = {1: "utf-8", 2: "utf-8", 16: "utf-8", 4: "utf-16", 17: "utf-16", 18: "utf-32"}
"""Encodings of text by the kind of an element."""

CELL, STRUCT, OBJECT, CHAR, SPARSE, OPAQUE = 1, 2, 3, 4, 5, 17
"""Classes that are read in ways of their own."""


class Header(NamedTuple):
    """What stands before the values of an array."""

    code: int
    is_logical: bool
    is_complex: bool
    shape: Shape
    name: str
    owner: str  # class of an object

    @property
    def kind(self) -> str:
        """The class as MATLAB calls it."""
        if self.owner:
            return self.owner
        return "logical" if self.is_logical else KINDS.get(self.code, "of an unknown class")


def told_apart(names: Sequence[str]) -> list[str]:
    """Names of fields, those that are there several times with numbers, so that none hides another.

    Old programs cut long names short.

    >>> told_apart(["rate", "side", "rate"])
    ['rate#1', 'side', 'rate#2']
    """
    number, seen = Counter(names), Counter[str]()
    told: list[str] = []
    for name in names:
        seen[name] += 1
        told.append(f"{name}#{seen[name]}" if number[name] > 1 else name)
    return told
