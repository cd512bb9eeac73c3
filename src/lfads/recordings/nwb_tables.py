"""Tables of NWB files as columns with one plain value a row."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError, first_of, many, reason_of, suggestion
from lfads.formats.guarded import Budget
from lfads.recordings.nwb_contents import (
    INVALID_TIMES,
    Column,
    Contents,
    Table,
    as_text,
    by_name,
    kind_of,
    part_of,
    shape_of,
)
from lfads.recordings.recording import Columns, as_column

LARGEST_TABLE = 10_000_000
"""Rows; a larger table is damaged or not meant to be one."""

NOT_COLUMNS = {"spike_times", "obs_intervals", "electrodes", "timeseries", "group", "event_times"}
"""Which are read elsewhere, or point to what is no value."""

TAGS = "tags"
"""Texts of a row that belong together."""

INTERVAL = {"start_time", "stop_time"}
TIMESTAMP, EVENT_TIMES = "timestamp", "event_times"
"""Columns that tell what rows of a table are."""

TRIALS = ("intervals", "trials")


class Tables(NamedTuple):
    """Tables of a file by name, the name of that with the trials, and what is to be said of them."""

    by_name: Mapping[str, Columns]
    trials: str | None
    remarks: Sequence[str]
    left_out: Sequence[str]


def tables_of(contents: Contents, where: str, wanted: str | None) -> Tables:
    """Tables of intervals and of events, and which of them has the trials.

    That is the one called so, else the only one of intervals, unless another is wanted.

    Parameters
    ----------
    contents
        Of the file.
    where
        The file, for messages.
    wanted
        The table that was chosen by name.

    Raises
    ------
    UserError
        If there is no table of that name, or the table of trials is damaged.
    """
    named = by_name(one for one in contents.tables if _is_timed(one))
    intervals = [name for name, one in named.items() if one.columns.keys() >= INTERVAL]
    chosen = next((name for name, one in named.items() if one.path == TRIALS), None)
    remarks = []
    if wanted is not None:
        if wanted not in named:
            raise UserError(
                f"{where}: `trials_table=`: there is no table `{wanted}`.{suggestion(wanted, named)}"
            )
        chosen = wanted
    elif chosen is None and len(intervals) == 1:
        chosen = intervals[0]
        remarks.append(
            f"trials are the rows of the table `{chosen}`, the only one of intervals "
            f"(`trials_table='{chosen}'` says so)"
        )
    found: dict[str, Columns] = {}
    left_out: list[str] = []
    for name, one in named.items():
        try:
            found[name], more = columns_of(one, where)
            left_out += more
        except Exception as error:  # h5py, its filters and pynwb raise what they meet
            if name == chosen:
                raise
            left_out.append(f"`{name}` (a table that cannot be read: {reason_of(error)})")
    others = [one for one in contents.tables if _is_of_no_use(one)]
    left_out += [
        f"`{'/'.join(one.path)}` (a table of {many(one.num_rows, 'row')} without `start_time` and "
        "`stop_time`, or `timestamp`)"
        for one in others
    ]
    return Tables(found, chosen, remarks, left_out)


def _is_timed(table: Table) -> bool:
    """Whether rows are intervals or events that can be chosen."""
    names = table.columns.keys()
    return table.path != INVALID_TIMES and (names >= INTERVAL or TIMESTAMP in names)


def _is_of_no_use(table: Table) -> bool:
    """Whether someone may miss a table that is not read; regions of images are many."""
    names = table.columns.keys()
    known = {"spike_times", TIMESTAMP, EVENT_TIMES, "pixel_mask", "image_mask", "voxel_mask"}
    return not names >= INTERVAL and not names & known and table.path != ("units",)


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
