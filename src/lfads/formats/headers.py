"""What NumPy files say of their arrays before these are read, and large arrays that stay in the file."""

import contextlib
import math
import struct
import tokenize
import zipfile
import zlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError
from lfads.guarded.messages import RAISED, one_message
from lfads.paths import printable, regular_file

DAMAGED = (
    EOFError, SyntaxError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What NumPy and zip archives raise of damaged files, beside what every file may."""

PICKLED = "pickled Python objects, which can run code when opened and stay unread"


class Header(NamedTuple):
    """Shape and type of an array."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def is_column(self) -> bool:
        """Whether there is one value a row: (n,) or (n, 1)."""
        return len(self.shape) == 1 or (len(self.shape) == 2 and self.shape[1] == 1)

    @property
    def num_bytes(self) -> int:
        """Of its values."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def is_numbers(self) -> bool:
        """Whether values are numbers, or true and false."""
        return self.dtype.kind in "biuf"

    @property
    def is_text(self) -> bool:
        """Whether values are text."""
        return self.dtype.kind in "SU"

    def in_words(self) -> str:
        """What the array is, for a message.

        >>> Header((3, 40), np.dtype(float)).in_words()
        'float64 of shape (3, 40)'
        """
        return PICKLED if self.dtype.hasobject else f"{self.dtype} of shape {self.shape}"


def headers_of(path: Path) -> dict[str, Header]:
    """Headers of the arrays in an `.npz` by name; arrays whose header is damaged are left out."""
    found: dict[str, Header] = {}
    with contextlib.suppress(*RAISED, *DAMAGED), zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.filename.endswith(".npy"):
                with contextlib.suppress(*RAISED, *DAMAGED), archive.open(info) as stream:
                    found[info.filename.removesuffix(".npy")] = header_at(stream)
    return found


def damaged_in(path: Path) -> list[str]:
    """Names of the arrays in an `.npz` whose headers cannot be read."""
    known = headers_of(path)
    found: list[str] = []
    with contextlib.suppress(*RAISED, *DAMAGED), zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        found = [name.removesuffix(".npy") for name in names]
    return [name for name in found if name not in known]


def header_of(path: Path) -> Header:
    """The header of an `.npy` file.

    Raises
    ------
    UserError
        If it is no such file, or damaged.
    """
    with _reading(path), path.open("rb") as stream:
        return header_at(stream)


def mapped(path: Path) -> np.ndarray:
    """The array of an `.npy` file, left in the file: what is asked for is read.

    Raises
    ------
    UserError
        If the file is missing, damaged or cut short, or holds Python objects.
    """
    where = printable(path)
    regular_file(path, "expected an array saved by NumPy")
    with _reading(path), path.open("rb") as stream:
        found, start = header_at(stream), stream.tell()
    if found.dtype.hasobject:
        raise UserError(f"{where}: holds {PICKLED}. Save an array of numbers or text")
    size = math.prod(found.shape) * found.dtype.itemsize
    with _reading(path):
        if min(found.shape, default=0) < 0 or start + size > path.stat().st_size:
            raise UserError(
                f"{where}: declares shape {found.shape}, more than the file holds: it may be damaged or "
                "cut short. Copy or download the file again"
            )
        return np.load(path, mmap_mode="r" if size else None, allow_pickle=False)


def column_of(array: np.ndarray, what: str) -> np.ndarray:
    """An array of shape (n,) or (n, 1) as (n,).

    Raises
    ------
    UserError
        If it has another shape.
    """
    if not Header(array.shape, array.dtype).is_column:
        raise UserError(
            f"`{what}` must be a list of values, of shape (n,) or (n, 1); got shape {array.shape}"
        )
    return array.reshape(len(array))


def header_at(stream: Any) -> Header:
    """The header of the array that begins here; whatever NumPy raises of damaged ones."""
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"npy version {version}; expected 1.0 or 2.0")
    read: Any = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
    shape, _, dtype = read(stream)
    return Header(shape, dtype)


def _reading(path: Path) -> AbstractContextManager[None]:
    return one_message(printable(path), "a NumPy file", (*RAISED, *DAMAGED))
