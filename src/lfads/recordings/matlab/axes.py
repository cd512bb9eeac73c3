"""Which level of nested lists of times is trials: by names, by lengths in the file, or as the user says."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError, many
from lfads.formats.matlab.finds import Find, is_vector, shape_of
from lfads.formats.matlab.values import Cell, Variable, in_words

AXES = ("trials-by-units", "units-by-trials")
"""Layouts of a matrix of cells."""

TRIALS = re.compile(r"trial|sweep|repeat|^reps?$", re.IGNORECASE)
UNITS = re.compile(r"unit|neuron|cell|cluster|channel|electrode", re.IGNORECASE)
_OFUNITS = re.compile(
    r"unit|neuron|cell|cluster|channel|electrode|area|region|depth|shank|probe|layer", re.IGNORECASE
)

Columns = dict[str, np.ndarray]


class Grid(NamedTuple):
    """Times of trials and units on two levels, and the columns of each level."""

    times: list[list[np.ndarray]]
    outer: Columns
    inner: Columns
    left_out: list[str]
    names: tuple[str, str]


def trials_first(
    find: Find,
    grid: Grid,
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
    if find.form == "units":
        return True  # trials of one unit
    outer, inner = grid.names
    for name, is_outer in ((outer, True), (inner, False)):
        if name not in ("row", "column"):
            if TRIALS.search(name):
                return is_outer
            if UNITS.search(name):
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


def _is_of_structs(grid: Grid) -> bool:
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
                lengths.append((size, not _OFUNITS.search(variable.name)))
    for length, is_of_trials in lengths:
        if length in sizes:
            yield (length == sizes[0]) == is_of_trials


def _length(column: Any) -> int:
    return len(column) if isinstance(column, Cell) else max(shape_of(column), default=1)
