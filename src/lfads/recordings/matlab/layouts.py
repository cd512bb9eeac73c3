"""Spike times in cells and structs of MATLAB: of each unit, or of each trial and unit.

Which axis is trials is said by names (`trial(n).…`, `unit(u).…`), by lengths of tables and vectors of the
file, or by the user; else it is refused.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError, describe
from lfads.formats.matlab.finds import Find, records_of
from lfads.formats.matlab.trial_columns import as_column, one_a_row
from lfads.formats.matlab.values import StructArray, Variable
from lfads.recordings.matlab.axes import TRIALS, UNITS, Columns, Grid, trials_first


class Laid(NamedTuple):
    """Spike times as they lie in a file.

    Parameters
    ----------
    times
        Of each unit; or of each trial and unit, one behind the other, where they count from their trial.
    units, trials
        Columns that stand beside them.
    left_out
        What stands beside them and is no column.
    trial, unit
        Row of the trial and of the unit of each spike, where times count from their trial.
    num_trials, num_units
        Rows of trials and units; 0 where times lie on one clock.
    """

    times: list[np.ndarray]
    units: Columns
    trials: Columns
    left_out: list[str]
    trial: np.ndarray = np.empty(0, np.int64)
    unit: np.ndarray = np.empty(0, np.int64)
    num_trials: int = 0
    num_units: int = 0


def laid_out(
    find: Find,
    value: Any,
    tables: Mapping[str, Mapping[str, Any]],
    variables: Sequence[Variable],
    axes: str,
    where: str,
) -> Laid:
    """Spike times from the place where they were found.

    Parameters
    ----------
    find
        The place.
    value
        The variable.
    tables
        `trials`, `units` and others of the file, whose lengths tell axes.
    variables
        Of the file.
    axes
        One of `AXES`, if the user says it.
    where
        The file, for messages.

    Raises
    ------
    UserError
        If nothing tells which axis is trials, or trials differ in their units.
    """
    beside: Mapping[str, Any] = {}
    depth = 1
    while depth < len(find.place) and isinstance(value, Mapping) and records_of(value) is None:
        beside, value = value, value[find.place[depth]]
        depth += 1
    in_records = depth < len(find.place)
    holder = find.place[depth - 1 if in_records else max(depth - 2, 0)]
    if find.form == "units" and not TRIALS.search(holder):
        return _units(value, beside, find, where, in_records=in_records)
    grid = _grid(find, value, depth, where)
    if not in_records:
        grid = _with_columns(grid, beside, find)
    if trials_first(find, grid, tables, variables, axes, where):
        return _by_trials(grid.times, grid.outer, grid.inner, grid.left_out)
    turned = [list(items) for items in zip(*grid.times, strict=True)]
    return _by_trials(turned, grid.inner, grid.outer, grid.left_out)


def _units(
    value: Any, beside: Mapping[str, Any], find: Find, where: str, *, in_records: bool
) -> Laid:
    """Times of each unit, from a cell with columns beside it, or from structs."""
    name, last = ".".join(find.place[:-1]), find.place[-1]
    if in_records:
        records = records_of(value) or []
        columns, left_out = _columns_of(records, last, name)
        return Laid(_field(records, last, find, where), columns, {}, left_out)
    columns, left_out = {}, []
    for key, inside in beside.items():
        column = None if key == last else one_a_row(inside, len(value))
        if column is not None:
            columns[key] = column
        elif key != last:
            left_out.append(f"`{name}.{key}` (not one number or text a unit)")
    return Laid([np.asarray(one) for one in value], columns, {}, left_out)


def _columns_of(
    records: Sequence[Mapping[str, Any]], taken: str, name: str
) -> tuple[Columns, list[str]]:
    """Columns from the fields of structs, and what is none."""
    columns: Columns = {}
    left_out: list[str] = []
    for key in records[0] if records else ():
        if key == taken:
            continue
        column = as_column([record.get(key) for record in records])
        if column is None:
            left_out.append(f"`{name}.{key}` (not one number or text a struct)")
        else:
            columns[key] = column
    return columns, left_out


def _grid(find: Find, value: Any, depth: int, where: str) -> Grid:
    """Times on two levels, of a matrix of cells, a cell of cells, or structs."""
    records = records_of(value)
    if records is None or depth == len(find.place):
        if find.form == "units":
            items = [[item] for item in value]
        else:
            items = value.grid().tolist() if not value.is_vector else [list(item) for item in value]
        names = ("row", "column")
        return Grid(_even(_arrays(items, find, where), find, where), {}, {}, [], names)
    taken = find.place[depth]
    outer, left_out = _columns_of(records, taken, ".".join(find.place[:depth]))
    inner: Columns = {}
    times: list[list[Any]] = []
    for item in _field(records, taken, find, where):
        if find.form == "units":
            times.append([item])
        elif depth == len(find.place) - 1:
            times.append(list(item))
        else:
            parts = _parts(item)
            times.append(_field(parts, find.place[-1], find, where))
            if not inner:
                inner, more = _columns_of(parts, find.place[-1], f"{'.'.join(find.place[:-1])}")
                left_out += more
    names = (find.place[depth - 1], taken if find.form == "grid" else "unit")
    return Grid(_even(_arrays(times, find, where), find, where), outer, inner, left_out, names)


def _with_columns(grid: Grid, beside: Mapping[str, Any], find: Find) -> Grid:
    """With the fields that stand beside a cell of times as columns of the level that they fit.

    Those of a struct named after trials, or after units, tell which level that is.
    """
    sizes = (len(grid.times), len(grid.times[0]))
    columns: tuple[Columns, Columns] = ({}, {})
    left_out = list(grid.left_out)
    for key, value in beside.items():
        fitting = [level for level in (0, 1) if one_a_row(value, sizes[level]) is not None]
        column = one_a_row(value, sizes[fitting[0]]) if len(fitting) == 1 else None
        if column is not None:
            columns[fitting[0]][key] = column
        elif key != find.place[-1]:
            left_out.append(f"`{'.'.join(find.place[:-1])}.{key}` (not one number or text a row)")
    names = list(grid.names)
    levels = [level for level in (0, 1) if columns[level]]
    holder = find.place[-2] if len(find.place) > 1 else ""
    if len(levels) == 1 and (TRIALS.search(holder) or UNITS.search(holder)):
        names[levels[0]] = holder
    return Grid(grid.times, *columns, left_out, (names[0], names[1]))


def _parts(item: Any) -> list[Mapping[str, Any]]:
    """Structs of one trial; one struct is one of them, an empty item none."""
    if isinstance(item, Mapping) and not isinstance(item, StructArray):
        return [item]
    return records_of(item) or []


def _field(records: Sequence[Mapping[str, Any]], key: str, find: Find, where: str) -> list[Any]:
    """A field of each struct, which a cell of structs may have in some only."""
    for place, record in enumerate(records):
        if key not in record:
            raise UserError(
                f"{where}: `{find.name}`: struct {place + 1} has no field `{key}`, as the first one has. "
                "Give each of them one, an empty list where there is no spike"
            )
    return [record[key] for record in records]


def _arrays(items: Sequence[Sequence[Any]], find: Find, where: str) -> list[list[np.ndarray]]:
    """Lists of times as arrays."""
    for inner in items:
        for one in inner:
            if not isinstance(one, np.ndarray) or one.size != max(one.shape, default=1) * bool(
                one.size
            ):
                raise UserError(
                    f"{where}: `{find.name}` must hold lists of times; one item is "
                    f"{describe(one) if isinstance(one, np.ndarray) else type(one).__name__}"
                )
    return [[np.asarray(one, np.float64).ravel() for one in inner] for inner in items]


def _even(times: list[list[np.ndarray]], find: Find, where: str) -> list[list[np.ndarray]]:
    """The same, refused where one has more parts than another."""
    numbers = {len(inner) for inner in times}
    if len(numbers) != 1:
        raise UserError(
            f"{where}: `{find.name}` must hold as many lists of times in each trial, one a unit; got "
            f"{min(numbers)} to {max(numbers)}. Give units without a spike an empty list"
        )
    return times


def _by_trials(
    times: list[list[np.ndarray]], trials: Columns, units: Columns, left_out: list[str]
) -> Laid:
    """Times of trials of units: on one clock if each trial lies behind the one before, else relative."""
    num_trials, num_units = len(times), len(times[0])
    if _is_one_clock(times):
        joined = [np.concatenate([trial[unit] for trial in times]) for unit in range(num_units)]
        return Laid(joined, units, trials, left_out)
    flat = [one for inner in times for one in inner]
    numbers = [len(one) for one in flat]
    places = np.arange(len(flat))
    return Laid(
        flat, units, trials, left_out,
        trial=np.repeat(places // num_units, numbers), unit=np.repeat(places % num_units, numbers),
        num_trials=num_trials, num_units=num_units,
    )  # fmt: skip


def _is_one_clock(times: Sequence[Sequence[np.ndarray]]) -> bool:
    """Whether the times of each trial lie behind those of the one before."""
    ranges = [
        (min(one.min() for one in inner if one.size), max(one.max() for one in inner if one.size))
        for inner in times
        if any(one.size for one in inner)
    ]
    return len(ranges) > 1 and all(
        before[1] <= after[0] for before, after in itertools.pairwise(ranges)
    )
