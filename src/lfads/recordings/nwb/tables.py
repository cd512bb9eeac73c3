"""Tables of NWB files as columns with one plain value a row."""

from typing import Any

import numpy as np

from lfads.checks import UserError, first_of
from lfads.guarded.memory import Budget
from lfads.recordings.nwb.contents import (
    LARGEST_TABLE,
    Column,
    Table,
    as_text,
    kind_of,
    part_of,
    shape_of,
)
from lfads.recordings.recording import as_column

NOT_COLUMNS = {"spike_times", "obs_intervals", "electrodes", "timeseries", "group", "event_times"}
"""Which are read elsewhere, or point to what is no value."""

TAGS = "tags"
"""Texts of a row that belong together."""


def columns_of(table: Table, where: str) -> tuple[dict[str, np.ndarray], list[str]]:
    """Columns with one plain value a row, and what is to be said of the others.

    Raises
    ------
    UserError
        If the table is too large, or a column has another number of rows.
    """
    if table.num_rows > LARGEST_TABLE:
        raise UserError(
            f"{where}: table `{table.name}` says it has {table.num_rows} rows: is it damaged?"
        )
    found: dict[str, np.ndarray] = {}
    budget = Budget(where, "is the table damaged? Else leave out columns that are not needed")
    if shape_of(table.ids) == (table.num_rows,):
        found["id"] = part_of(table.ids)
    others: list[str] = []
    for name, column in table.columns.items():
        if name in NOT_COLUMNS:
            continue
        if name == TAGS and column.ends is not None and not column.nested:
            found[name] = _joined(column, table, where)
        elif problem := _about(column, table, name, where):
            others.append(f"`{name}` ({problem})")
        else:
            shape = shape_of(column.data)
            size = getattr(getattr(column.data, "dtype", None), "itemsize", 8)
            budget.spend(2 * shape[0] * size, f"{table.name}/{name}", shape)
            found[name] = _values(column)
    said = f"columns of `{table.name}` that are not one number or text a row: "
    return found, [said + first_of(others, 12)] if others else []


def _about(column: Column, table: Table, name: str, where: str) -> str:
    """Why a column cannot be one of plain values; empty if it can."""
    if column.data is None:
        return "named, and not in the file"
    if column.ends is not None:
        return "a list a row"
    if column.rows_of is not None:
        return f"rows of `{column.rows_of().name}`"
    shape = shape_of(column.data)
    if len(shape) > 1 and 1 in shape and table.num_rows in shape and shape[0] != table.num_rows:
        return f"shape {shape}, where ({table.num_rows},) is expected: transpose it"
    if len(shape) != 1:
        return f"shape {shape}" if shape else "one value in all"
    if shape[0] != table.num_rows:
        raise UserError(
            f"{where}: column `{name}` of table `{table.name}` has {shape[0]} rows, the table "
            f"{table.num_rows}: is the file damaged?"
        )
    return "compound values" if kind_of(column.data) == "V" else ""


def _values(column: Column) -> np.ndarray:
    if _holds_groups(column.data):
        return as_column([as_text(one) for one in column.data])
    values = part_of(column.data)
    if column.labels is None:
        return as_column(values)
    labels = part_of(column.labels).astype(str)
    known = (values >= 0) & (values < len(labels))
    return np.where(known, labels[np.where(known, values, 0)], "") if len(labels) else values


def _holds_groups(data: Any) -> bool:
    """Whether rows are groups of the file, such as electrode groups, rather than values."""
    return bool(len(data)) and hasattr(data[0], "name") and not isinstance(data[0], np.generic)


def _joined(column: Column, table: Table, where: str) -> np.ndarray:
    """Texts of each row as one text."""
    if shape_of(column.ends) != (table.num_rows,):
        raise UserError(f"{where}: the index of `{table.name}/{TAGS}` is damaged")
    texts, ends = part_of(column.data).astype(str), part_of(column.ends).astype(np.int64)
    starts = [0, *ends[:-1].tolist()]
    rows = zip(starts, ends.tolist(), strict=True) if table.num_rows else ()
    return np.array([", ".join(texts[start:end]) for start, end in rows], dtype=str)
