"""What NWB files consist of, whoever read them: tables and signals, each with where it lies.

Arrays are those of the open file, and are read when they are asked for.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from lfads.guarded.memory import require_memory

Path = tuple[str, ...]
"""Names of what a thing lies in, and its own, as in `("behavior", "Position", "hand")`."""

LARGEST_TABLE = 10_000_000
"""Rows; a larger table is damaged or not meant to be one."""

INVALID_TIMES = ("intervals", "invalid_times")


@dataclass(frozen=True, eq=False, kw_only=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    data
        Its values; None if the table names it and it is not there.
    ends
        Of a column with a list a row: where in `data` each row ends.
    nested
        Whether rows hold lists of lists.
    labels
        Of an enumeration: the text of each code in `data`.
    rows_of
        Of rows of another table: that table.
    """

    data: Any
    ends: Any = None
    nested: bool = False
    labels: Any = None
    rows_of: Callable[[], "Table"] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """A `DynamicTable` of any kind."""

    path: Path
    columns: Mapping[str, Column]
    ids: Any
    num_rows: int

    @property
    def name(self) -> str:
        """Its own, which other tables may share."""
        return self.path[-1]


@dataclass(frozen=True, eq=False, kw_only=True)
class Signal:
    """A `TimeSeries` of any kind, or times without values."""

    path: Path
    kind: str
    data: Any
    timestamps: Any = None
    rate: Any = None
    starting_time: Any = None
    conversion: Any = None
    offset: Any = None
    channel_conversion: Any = None
    unit: Any = ""
    labels: Any = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Contents:
    """All tables and signals of a file, what is not read of it, and what is to be said of it."""

    tables: Sequence[Table]
    signals: Sequence[Signal]
    left_out: Sequence[str] = ()
    remarks: Sequence[str] = ()

    @property
    def invalid_times(self) -> Table | None:
        """Stretches that whoever recorded declared unusable."""
        return next((one for one in self.tables if one.path == INVALID_TIMES), None)


Thing = TypeVar("Thing", Table, Signal)


def by_name(things: Iterable[Thing]) -> dict[str, Thing]:
    """Things under their own name where only one has it, else with what they lie in before it."""
    found = list(things)
    owns = [one.path[-1] for one in found]
    named: dict[str, Thing] = {}
    for one in found:
        name = one.path[-1] if owns.count(one.path[-1]) == 1 else "/".join(one.path)
        while name in named:  # a module of processing may be called `acquisition`
            name = f"processing/{name}"
        named[name] = one
    return named


def shape_of(data: Any) -> tuple[int, ...]:
    """Shape of an array of a file, where (n, 1), as MATLAB writes columns, is (n,); () for no array."""
    shape = getattr(data, "shape", None)
    if shape is None:
        shape = (len(data),) if isinstance(data, list | tuple) else ()
    return (int(shape[0]),) if len(shape) == 2 and shape[1] == 1 else tuple(shape)


def kind_of(data: Any) -> str:
    """Kind of dtype, as NumPy names it; empty for no array."""
    if data is None:
        return ""
    return np.dtype(data.dtype).kind if hasattr(data, "dtype") else np.asarray(data).dtype.kind


def part_of(data: Any, start: int = 0, stop: int | None = None) -> np.ndarray:
    """Rows `start` to `stop` of an array, all by default, text decoded; (n, 1) is (n,)."""
    shape, itemsize = np.shape(data), getattr(getattr(data, "dtype", None), "itemsize", 8)
    rows = (shape[0] if stop is None else stop) - start
    require_memory(
        2.0 * max(0, rows) * math.prod(shape[1:]) * itemsize,
        f"{rows:,} rows of an array of shape {shape}",
        "is the file damaged?",
    )
    part = np.asarray(data[start:stop])
    part = part[:, 0] if part.ndim == 2 and part.shape[1] == 1 else part
    if part.dtype.kind not in "OS":
        return part
    return np.array([as_text(x) for x in part.ravel()], dtype=str).reshape(part.shape)


def as_text(value: Any) -> str:
    """Text of what a file holds as text of any coding, as a value or as a group with a name."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(getattr(value, "name", value))
