"""Spike times in cells and structs of MATLAB: of each unit, or of each trial and unit.

Which axis is trials is said by names (`trial(n).…`, `unit(u).…`), by lengths of tables and vectors of the
file, or by the user; else it is refused.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError, many
from lfads.formats.matlab_finds import Find, is_vector, records_of, shape_of
from lfads.formats.matlab_values import Cell, StructArray, Variable, in_words
from lfads.formats.trial_columns import as_column, one_a_row

AXES = ("trials-by-units", "units-by-trials")
"""Layouts of a matrix of cells."""

_TRIALS = re.compile(r"trial|sweep|repeat|^reps?$", re.IGNORECASE)
_UNITS = re.compile(r"unit|neuron|cell|cluster|channel|electrode", re.IGNORECASE)
_OF_UNITS = re.compile(
    r"unit|neuron|cell|cluster|channel|electrode|area|region|depth|shank|probe|layer", re.IGNORECASE
)

Columns = dict[str, np.ndarray]


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


class _Grid(NamedTuple):
    """Times of trials and units on two levels, and the columns of each level."""

    times: list[list[np.ndarray]]
    outer: Columns
    inner: Columns
    left_out: list[str]
    names: tuple[str, str]


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
    if find.form == "units" and not (in_records and _TRIALS.search(find.place[depth - 1])):
        return _units(value, beside, find, in_records=in_records)
    grid = _grid(find, value, depth, where)
    name = ".".join(find.place[: depth - 1])
    left_out = [f"`{name}.{key}`" for key in beside if key != find.place[depth - 1]]
    grid = grid._replace(left_out=[*left_out, *grid.left_out])
    if _trials_first(find, grid, tables, variables, axes, where):
        return _by_trials(grid.times, grid.outer, grid.inner, grid.left_out)
    turned = [list(items) for items in zip(*grid.times, strict=True)]
    return _by_trials(turned, grid.inner, grid.outer, grid.left_out)


def _units(value: Any, beside: Mapping[str, Any], find: Find, *, in_records: bool) -> Laid:
    """Times of each unit, from a cell with columns beside it, or from structs."""
    name, last = ".".join(find.place[:-1]), find.place[-1]
    if in_records:
        records = records_of(value) or []
        columns, left_out = _columns_of(records, last, name)
        return Laid([np.asarray(record[last]) for record in records], columns, {}, left_out)
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


def _grid(find: Find, value: Any, depth: int, where: str) -> _Grid:
    """Times on two levels, of a matrix of cells, a cell of cells, or structs."""
    records = records_of(value)
    if records is None or depth == len(find.place):
        items = value.grid().tolist() if not value.is_vector else [list(item) for item in value]
        names = ("row", "column")
        return _Grid(_even(_arrays(items), find, where), {}, {}, [], names)
    taken = find.place[depth]
    outer, left_out = _columns_of(records, taken, ".".join(find.place[:depth]))
    inner: Columns = {}
    times: list[list[Any]] = []
    for record in records:
        item = record[taken]
        if find.form == "units":
            times.append([item])
        elif depth == len(find.place) - 1:
            times.append(list(item))
        else:
            parts = _parts(item)
            times.append([part[find.place[-1]] for part in parts])
            if not inner:
                inner, more = _columns_of(parts, find.place[-1], f"{'.'.join(find.place[:-1])}")
                left_out += more
    names = (find.place[depth - 1], taken if find.form == "grid" else "unit")
    return _Grid(_even(_arrays(times), find, where), outer, inner, left_out, names)


def _parts(item: Any) -> list[Mapping[str, Any]]:
    """Structs of one trial; one struct is one of them, an empty item none."""
    if isinstance(item, Mapping) and not isinstance(item, StructArray):
        return [item]
    return records_of(item) or []


def _arrays(items: Sequence[Sequence[Any]]) -> list[list[np.ndarray]]:
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


def _trials_first(
    find: Find,
    grid: _Grid,
    tables: Mapping[str, Mapping[str, Any]],
    variables: Sequence[Variable],
    axes: str,
    where: str,
) -> bool:
    """Whether the outer level is trials."""
    if axes:
        if axes not in AXES:
            raise UserError(f"{where}: a layout ends with one of {', '.join(AXES)}; got `{axes}`")
        return axes == AXES[0]
    outer, inner = grid.names
    for name, is_outer in ((outer, True), (inner, False)):
        if name not in ("row", "column"):
            if _TRIALS.search(name):
                return is_outer
            if _UNITS.search(name):
                return not is_outer
    sizes = (len(grid.times), len(grid.times[0]))
    told = set(_told(sizes, find, tables, variables))
    if len(told) == 1:
        return told.pop()
    if not told and _is_of_structs(grid):
        return True
    raise UserError(
        f"{where}: `{find.name}` is {in_words(sizes)} lists of times, and "
        f"{'parts of the file disagree on' if told else 'nothing in the file tells'} which are trials: say "
        f"`layout='{AXES[0]}'` for {many(sizes[0], 'trial')} of {many(sizes[1], 'unit')}, or "
        f"`layout='{AXES[1]}'`"
    )


def _is_of_structs(grid: _Grid) -> bool:
    """Whether the outer level is structs, which are trials by custom."""
    return grid.names[0] != "row"


def _told(
    sizes: tuple[int, int],
    find: Find,
    tables: Mapping[str, Mapping[str, Any]],
    variables: Sequence[Variable],
) -> Iterator[bool]:
    """What lengths of tables and vectors say: whether the outer level is trials."""
    if sizes[0] == sizes[1]:
        return
    lengths: list[tuple[int, bool]] = []
    for name in ("trials", "units"):
        for column in tables.get(name, {}).values():
            lengths.append((_length(column), name == "trials"))
    if not any(length in sizes for length, _ in lengths):
        for variable in variables:
            if variable.name != find.place[0] and variable.kind != "struct":
                is_column = is_vector(variable.shape) and max(variable.shape) > 1
                size = max(variable.shape) if is_column else 0
                lengths.append((size, not _OF_UNITS.search(variable.name)))
    for length, is_of_trials in lengths:
        if length in sizes:
            yield (length == sizes[0]) == is_of_trials


def _length(column: Any) -> int:
    return len(column) if isinstance(column, Cell) else max(shape_of(column), default=1)


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
