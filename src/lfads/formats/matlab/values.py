"""What values of MATLAB become: arrays, text, `Cell`, `StructArray`, dict (one struct), `Unreadable`.

All keep their shape; items of cells and struct arrays are in MATLAB's order, the first axis fastest.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

Shape = tuple[int, ...]

DEEPEST = 20
"""Structs and cells within each other."""

BYTES_A_VALUE = 200
"""That an array, a text or a list takes in memory, beside what it holds."""

GLIMPSED = 4
"""Numbers of an array in a glimpse, for each item of a cell in it."""


class Cell(list[Any]):
    """Items of a cell array, the first axis fastest.

    Parameters
    ----------
    items
        As many as the shape holds; fewer where only a glimpse was taken.
    shape
        Of the cell array.
    """

    def __init__(self, items: Iterable[Any], shape: Shape) -> None:
        super().__init__(items)
        self.shape = shape

    @property
    def num_items(self) -> int:
        """Of the cell array, whether they were read or not."""
        return math.prod(self.shape)

    @property
    def is_vector(self) -> bool:
        """Whether at most one axis is longer than 1: a row, a column, or a single item."""
        return self.num_items == max(self.shape, default=1)

    def grid(self) -> np.ndarray:
        """Items as an array of objects of that shape."""
        items = np.empty(len(self), object)
        for place, item in enumerate(self):
            items[place] = item
        return items.reshape(self.shape, order="F")


class StructArray(dict[str, Cell]):
    """Fields of an array of structs by name, each a `Cell` with the shape of the array."""

    def __init__(self, fields: Mapping[str, Cell], shape: Shape) -> None:
        super().__init__(fields)
        self.shape = shape

    @property
    def num_items(self) -> int:
        """Structs in the array."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Unreadable:
    """Stands for a value that only MATLAB reads.

    Parameters
    ----------
    kind
        Its class in MATLAB, such as `string` or `function_handle`.
    name
        Where it is: `trials.side`.
    shape
        Of the value, where it is known.
    """

    kind: str
    name: str
    shape: Shape | None = None


@dataclass(frozen=True, eq=False)
class Glimpse:
    """The first values of an array of numbers, in MATLAB's order, and the shape of all."""

    values: np.ndarray
    shape: Shape


class Variable(NamedTuple):
    """What the header of a variable says."""

    name: str
    kind: str
    shape: Shape

    def is_vector_of(self, size: int) -> bool:
        """Whether it has so many values in a row or a column."""
        return len(self.shape) == 2 and sorted(self.shape) == sorted((1, size))

    @property
    def described(self) -> str:
        """Name, shape and class in words."""
        return f"`{self.name}` ({in_words(self.shape)} {self.kind})"


def in_words(shape: Shape) -> str:
    """A shape as MATLAB prints it.

    >>> in_words((30, 5))
    '30 × 5'
    """
    return " × ".join(map(str, shape))


def text_of(characters: list[str], shape: Shape) -> str | Cell:
    """Characters, the first axis fastest, as one text, or as one for each row of a matrix."""
    if len(characters) != math.prod(shape) or len(shape) != 2 or shape[0] <= 1:
        return "".join(characters)
    rows = np.array(characters, dtype="U1").reshape(shape, order="F")
    return Cell(("".join(row).rstrip(" \0") for row in rows), (shape[0], 1))


def dense(
    values: np.ndarray, rows: np.ndarray, column_starts: np.ndarray, shape: Shape
) -> np.ndarray:
    """A sparse matrix in full: values, the row of each, and where each column begins among them.

    Raises
    ------
    ValueError
        If these do not belong together.
    """
    starts = np.asarray(column_starts, np.int64).ravel()
    per_column = np.diff(starts)
    num = int(starts[-1]) if starts.size else 0
    inside = np.asarray(rows, np.int64).ravel()[:num]
    fits = len(starts) == shape[1] + 1 and starts[0] == 0 and (per_column >= 0).all()
    if not fits or len(inside) < num or ((inside < 0) | (inside >= shape[0])).any():
        raise ValueError("a sparse matrix is damaged")
    full = np.zeros(shape, values.dtype)
    full[inside, np.repeat(np.arange(shape[1]), per_column)] = values.ravel()[:num]
    return full


def unreadable_in(value: Any) -> Iterator[Unreadable]:
    """Everything within a value that could not be read."""
    if isinstance(value, Unreadable):
        yield value
    elif isinstance(value, Mapping | list):
        for inside in value.values() if isinstance(value, Mapping) else value:
            if isinstance(inside, Unreadable | Mapping | list):
                yield from unreadable_in(inside)


def readable(value: Any) -> Any:
    """Structs without the fields that could not be read, or that hold cells of such."""
    if isinstance(value, StructArray):
        kept = {k: cell for k, cell in value.items() if not any(unreadable_in(cell))}
        return StructArray(kept, value.shape)
    if isinstance(value, Mapping):
        return {
            k: readable(inside)
            for k, inside in value.items()
            if isinstance(inside, Mapping) or not any(unreadable_in(inside))
        }
    return value
