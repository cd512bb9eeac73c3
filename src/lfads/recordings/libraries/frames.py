"""Tables as pandas has them, as columns of numbers and text.

pandas is not imported: what a value can do tells what it is.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np

from lfads.checks import UserError
from lfads.recordings.libraries.units_of_time import carries_time, without_unit


@runtime_checkable
class Table(Protocol):
    """Columns by name: a mapping, or a data frame of pandas."""

    def items(self) -> Iterable[tuple[Any, Any]]:
        """Names and values of the columns."""
        ...


def columns_of(what: str, given: Any) -> dict[str, Any]:
    """Columns by name, with missing values as NaN among numbers and no text among texts.

    An index of a data frame that has a name is a column, unless there is one of that name; one without a
    name only numbers the rows.

    Raises
    ------
    UserError
        If it is no table, or two columns have one name.
    """
    if given is not None and not isinstance(given, Table):
        raise UserError(
            f"{what}: expected columns by name, a dict or a data frame; got {type(given).__name__}"
        )
    found: dict[str, Any] = {}
    for name, values in () if given is None else given.items():
        if str(name) in found:
            raise UserError(f"{what}: two columns are called `{name}`: rename one")
        found[str(name)] = _plain(str(name), values)
    for name, values in _named_levels(given):
        found.setdefault(name, _plain(name, values))
    return found


def _named_levels(given: Any) -> Iterator[tuple[str, Any]]:
    index: Any = getattr(given, "index", None)
    if not hasattr(index, "get_level_values"):
        return
    for level, name in enumerate(index.names):
        if name is not None:
            yield str(name), index.get_level_values(level).to_series()


def _plain(name: str, values: Any) -> Any:
    """A column of a data frame as numbers or text, times in seconds; anything else as it is."""
    if not hasattr(values, "isna") or not hasattr(values, "to_numpy"):
        return without_unit(name, values) if carries_time(values) else values
    missing = np.asarray(values.isna(), bool)
    kind = getattr(values.dtype, "kind", "O")
    if kind in "biuf":
        whole = kind != "f" and not missing.any()
        return np.asarray(values) if whole else values.to_numpy(np.float64, na_value=np.nan)
    if kind == "m":
        return values.to_numpy("timedelta64[ns]") / np.timedelta64(1, "s")
    rows = [None if gone else row for gone, row in zip(missing, values.tolist(), strict=True)]
    known = [row for row in rows if row is not None]
    if known and all(isinstance(row, int | float | np.number) for row in known):
        return np.array([np.nan if row is None else row for row in rows])
    return ["" if row is None else _text(row) for row in rows]


def _text(value: Any) -> str:
    """Dates as ISO has them."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
