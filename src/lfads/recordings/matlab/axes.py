"""Which level of nested lists of times is trials: by names, by lengths of tables, or as the user says.

What holds the times, and what stands beside them in the same struct, comes first; then vectors of the file
whose names speak of trials or of units. Lengths alone tell nothing: a vector of 30 is as well one of units.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError, first_of, many
from lfads.formats.matlab.finds import SPIKY, Find, is_vector, shape_of
from lfads.formats.matlab.names import Kind, kind_of, kind_of_level
from lfads.formats.matlab.values import Cell, Variable, in_words

AXES = ("trials-by-units", "units-by-trials")
"""Layouts of a matrix of cells."""

Columns = dict[str, np.ndarray]


class Grid(NamedTuple):
    """Times on two levels, the columns of each level, and what each is called.

    `holder` is the struct that a cell of times and columns lie in, if any.
    """

    times: list[list[np.ndarray]]
    outer: Columns
    inner: Columns
    left_out: list[str]
    names: tuple[str, str]
    holder: str = ""

    @property
    def sizes(self) -> tuple[int, int]:
        """Items of the outer and of each inner level."""
        return len(self.times), len(self.times[0])


class Told(NamedTuple):
    """Whether the outer level is trials, and what to say of it where that is not certain."""

    outer_is_trials: bool
    remark: str = ""


def trials_first(
    find: Find,
    grid: Grid,
    tables: Mapping[str, Mapping[str, Any]],
    variables: Sequence[Variable],
    axes: str,
    where: str,
) -> Told:
    """Whether the outer level is trials; a UserError if nothing tells, or parts disagree."""
    if axes:
        return Told(_is_trials_first(axes, where))
    if find.form == "units":
        return Told(True)  # trials of one unit
    close = set(_by_names(grid)) | set(_by_tables(grid.sizes, tables))
    if len(close) == 1:
        return Told(close.pop())
    vectors = {} if close else dict(_by_vectors(grid.sizes, find, variables))
    far = set(vectors.values())
    if len(far) == 1:
        reason = f"as {first_of([f'`{name}`' for name in vectors], 4)} tells"
        return _remarked(find, grid.sizes, far.pop(), reason)
    if not close and not far and grid.names[0] != "row":
        is_of_spikes = SPIKY.search(grid.names[0]) is not None
        reason = f"as structs called `{grid.names[0]}` are by custom"
        return _remarked(find, grid.sizes, not is_of_spikes, reason)
    raise UserError(
        f"{where}: `{find.name}` is {in_words(grid.sizes)} lists of times, and "
        f"{'parts of the file disagree on' if close or far else 'nothing in the file tells'} which are "
        f"trials: {both_readings(grid.sizes)}"
    )


def are_of_one_unit(
    find: Find,
    number: int,
    columns: Iterable[str],
    tables: Mapping[str, Mapping[str, Any]],
    variables: Sequence[Variable],
    axes: str,
    where: str,
) -> bool:
    """Whether lists of times on one level are trials of one unit, not units.

    Parameters
    ----------
    find
        The lists.
    number
        Of lists.
    columns
        Names of what stands beside them with a value for each.
    tables, variables
        Of the file.
    axes
        What the user says, if anything.
    where
        The file, for messages.

    Raises
    ------
    UserError
        If something beside them has one value a trial for each, and nothing says that they are units.
    """
    if axes:
        return _is_trials_first(axes, where)
    for name in reversed(find.place):
        if kind := kind_of_level(name):
            return kind == "trials"
    beside = [name for name in columns if name not in find.place]
    beside += [v.name for v in variables if v.name not in find.place and v.is_vector_of(number)]
    kinds = {kind_of(name): name for name in beside if number > 1}
    for kind in ("trials", "units"):
        lengths = {_length(column) for column in tables.get(kind, {}).values()}
        kinds |= {kind: kind} if number in lengths and number > 1 else {}
    if "trials" in kinds and "units" not in kinds:
        raise UserError(
            f"{where}: `{find.name}` is {number} lists of times, and `{kinds['trials']}` is as long: say "
            f"`layout='{AXES[0]}'` if they are {many(number, 'trial')} of one unit, or "
            f"`layout='{AXES[1]}'` if they are {many(number, 'unit')} on one clock"
        )
    return False


def _is_trials_first(axes: str, where: str) -> bool:
    """What the user says."""
    if axes not in AXES:
        raise UserError(f"{where}: a layout ends with one of {', '.join(AXES)}; got `{axes}`")
    return axes == AXES[0]


def both_readings(sizes: tuple[int, int]) -> str:
    """The line for each reading of two levels."""
    if sizes[0] == sizes[1]:
        return f"say `layout='{AXES[0]}'` if trials come first, or `layout='{AXES[1]}'` if units do"
    return (
        f"say `layout='{AXES[0]}'` for {many(sizes[0], 'trial')} of {many(sizes[1], 'unit')}, or "
        f"`layout='{AXES[1]}'` for {many(sizes[1], 'trial')} of {many(sizes[0], 'unit')}"
    )


def _remarked(find: Find, sizes: tuple[int, int], outer_is_trials: bool, reason: str) -> Told:
    trials, units = sizes if outer_is_trials else sizes[::-1]
    return Told(
        outer_is_trials,
        f"`{find.name}` is read as {many(trials, 'trial')} of {many(units, 'unit')}, {reason}; if it is "
        f"{many(units, 'trial')} of {many(trials, 'unit')}, say `layout='{AXES[int(outer_is_trials)]}'`",
    )


def _by_names(grid: Grid) -> Iterator[bool]:
    """What is said by the names of the levels, of their columns, and of the struct around them."""
    kinds = [kind_of_level(name) for name in grid.names]
    columns = [_kind_of_columns(level) for level in (grid.outer, grid.inner)]
    for kind, is_outer in zip([*kinds, *columns], (True, False) * 2, strict=True):
        if kind is not None:
            yield (kind == "trials") == is_outer
    holder = kind_of_level(grid.holder)
    # A struct of trials has columns of trials, unless their names say otherwise.
    if holder and not any(columns) and bool(grid.outer) != bool(grid.inner):
        yield (holder == "trials") == bool(grid.outer)


def _kind_of_columns(columns: Columns) -> Kind | None:
    """What the names of columns speak of, those that speak, where they agree."""
    kinds: list[Kind] = [kind for name in columns if (kind := kind_of(name))]
    return kinds[0] if len(set(kinds)) == 1 else None


def _by_tables(sizes: tuple[int, int], tables: Mapping[str, Mapping[str, Any]]) -> Iterator[bool]:
    """What the lengths of the tables `trials` and `units` say."""
    for name in ("trials", "units"):
        for column in tables.get(name, {}).values():
            length = _length(column)
            if sizes[0] != sizes[1] and length in sizes:
                yield (length == sizes[0]) == (name == "trials")


def _by_vectors(
    sizes: tuple[int, int], find: Find, variables: Sequence[Variable]
) -> Iterator[tuple[str, bool]]:
    """What vectors of the file say whose names speak of trials or of units."""
    for variable in variables:
        if variable.name == find.place[0] or variable.kind == "struct":
            continue
        length = max(variable.shape) if is_vector(variable.shape) else 0
        kind = kind_of(variable.name)
        if kind and length > 1 and sizes[0] != sizes[1] and length in sizes:
            yield variable.name, (length == sizes[0]) == (kind == "trials")


def _length(column: Any) -> int:
    return len(column) if isinstance(column, Cell) else max(shape_of(column), default=1)
