"""Recordings in MATLAB files: `spike_times`, spike times under other names, or counts to be cut anew."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError, first_of, many
from lfads.formats.contents import FileContents
from lfads.formats.matlab.file import glimpse, read_matlab, variables_of
from lfads.formats.matlab.finds import Find, finds_in, likely_in
from lfads.formats.matlab.objects import left_out as entry_of
from lfads.formats.matlab.objects import require_readable
from lfads.formats.matlab.trial_columns import one_a_row
from lfads.formats.matlab.trials import NESTED, has_counts, read_mat
from lfads.formats.matlab.values import Cell, Unreadable, Variable, readable, unreadable_in
from lfads.paths import printable
from lfads.recordings.matlab.axes import AXES
from lfads.recordings.matlab.layouts import Laid, laid_out
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording
from lfads.recordings.relative import from_triplets
from lfads.recordings.variables import TABLES, WANTED, from_variables

SPIKES = "spike_times"


class _File(NamedTuple):
    """What is known of a file before values are read."""

    path: Path
    variables: Sequence[Variable]
    looked_into: Mapping[str, Any]

    @property
    def where(self) -> str:
        return printable(self.path)

    @property
    def has_spike_times(self) -> bool:
        return any(variable.name == SPIKES for variable in self.variables)

    @property
    def is_plain(self) -> bool:
        """Whether it holds `spike_times` as `from_variables` reads them."""
        spikes = next((v for v in self.variables if v.name == SPIKES), None)
        if spikes is None or spikes.kind == "struct":
            return False
        found = self.looked_into.get(SPIKES)
        return not isinstance(found, Cell) or (
            found.is_vector and not any(isinstance(item, Cell | Mapping) for item in found)
        )

    @property
    def times(self) -> list[Find]:
        """Spike times under other names, the likely ones."""
        return [find for find in likely_in(self.looked_into) if find.form != "rasters"]


def _file(path: Path) -> _File:
    variables = variables_of(path)
    return _File(path, variables, glimpse(path, [v.name for v in variables if v.kind in NESTED]))


def holds_times(path: Path) -> bool:
    """Whether a MATLAB file holds spike times, not counts."""
    file = _file(path)
    if file.has_spike_times:
        return True
    return not has_counts(file.variables) and bool(file.times)


def opened_matlab(path: Path, reading: Reading) -> Recording:
    """The recording in a MATLAB file of any version.

    Raises
    ------
    UserError
        If it holds none, or several that could be meant, or the file is damaged.
    """
    file = _file(path)
    layout, _, axes = (reading.layout or "").partition("/")
    if layout in AXES:
        layout, axes = "", layout
    if file.is_plain and layout in ("", SPIKES):
        return _named(file, {}, reading, [])
    find = _chosen(file, layout)
    if find is None and not likely_in(file.looked_into) and file.has_spike_times:
        return _named(file, {}, reading, [])  # which says what is wrong with them
    if find is None:
        return _of_counts(file, reading)
    variable = find.place[0]
    values = read_matlab(path, [variable, *TABLES])
    require_readable([_within(values[variable], find)], file.where)
    tables = {k: v for k, v in values.items() if k in TABLES and k != variable}
    laid = laid_out(
        find, readable(values[variable]), _tables(tables), file.variables, axes, file.where
    )
    left_out = [*laid.left_out, *_unread({variable: values[variable]}, path)]
    trials = f"{many(laid.num_trials, 'trial')}, whose times count from their own zero"
    how = trials if laid.num_trials else "units"
    read_as = f"`{SPIKES}` of {how}, from `{find.name}`"
    if not laid.num_trials:
        named: dict[str, Any] = {SPIKES: Cell(laid.times, (len(laid.times), 1))}
        columns, names = _columns(file, len(laid.times), 1, [*WANTED, variable])
        if units := columns | laid.units:
            named["units"] = dict(readable(tables.get("units", {}))) | units
        if laid.trials:
            named["trials"] = dict(readable(tables.get("trials", {}))) | laid.trials
        found = _named(file, named, reading, left_out, used=(variable, *names))
        return replace(found, read_as=read_as)
    found = _relative(file, laid, tables, reading, left_out, used=(variable,))
    return replace(found, read_as=read_as)


def _chosen(file: _File, layout: str) -> Find | None:
    """The spike times that are meant; None where only counts are there."""
    if layout:
        known = finds_in(file.looked_into)
        found = next((find for find in known if find.name == layout), None)
        if found is None:
            names = [SPIKES] * file.is_plain + [find.name for find in known]
            listed = first_of([f"`layout='{name}'`" for name in [*names, *AXES]])
            raise UserError(
                f"{file.where}: there is no layout `{layout}`; this file knows {listed}"
            )
        return found if found.form != "rasters" else None
    if len(file.times) > 1:
        listed = first_of([f"`layout='{find.name}'`" for find in file.times])
        raise UserError(
            f"{file.where}: {many(len(file.times), 'variable')} could be the spike times; say which is "
            f"meant: {listed}"
        )
    return file.times[0] if file.times and not has_counts(file.variables) else None


def _within(value: Any, find: Find) -> Any:
    """What lies at the place of the times, as far as single structs lead to it."""
    for key in find.place[1:]:
        if not isinstance(value, Mapping):
            break
        value = value.get(key)
    return value


def _tables(values: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {k: v for k, v in values.items() if isinstance(v, Mapping)}


def _named(
    file: _File,
    found: Mapping[str, Any],
    reading: Reading,
    left_out: Sequence[str],
    used: Sequence[str] = (),
) -> Recording:
    """A recording from named variables, some of which were found elsewhere."""
    names = [name for name in WANTED if name not in (*found, *used)]
    if found:
        names = [name for name in names if name != "unit"]
    values = read_matlab(file.path, names)
    left_out = [*left_out, *_unread(values, file.path), *_others(file, [*names, *used])]
    variables = {k: readable(v) for k, v in values.items()} | dict(found)
    known = [variable.name for variable in file.variables]
    recording = from_variables(variables, file.path, known, reading)
    return replace(recording, left_out=(*recording.left_out, *left_out))


def _relative(
    file: _File,
    laid: Laid,
    tables: Mapping[str, Any],
    reading: Reading,
    left_out: Sequence[str],
    used: Sequence[str],
) -> Recording:
    """A recording from times that count from their trial."""
    silent = {SPIKES: Cell([np.empty(0)] * laid.num_units, (laid.num_units, 1))}
    others = from_variables(  # which reads tables
        silent | {k: readable(v) for k, v in tables.items()}, file.path, None, reading
    )
    per_second = reading.per_second_of_trials
    columns = dict(others.trials) | dict(laid.trials)
    series = [f"`series.{name}` (times of trials count from each trial)" for name in others.series]
    taken = [*WANTED, *used]
    num_trials, num_units = laid.num_trials, laid.num_units
    of_trials, trial_names = _columns(file, num_trials, num_units, taken)
    of_units, unit_names = _columns(file, num_units, num_trials, taken)
    return from_triplets(
        reading.seconds(np.concatenate([np.asarray(t, np.float64).ravel() for t in laid.times])),
        laid.trial,
        laid.unit,
        num_trials=num_trials,
        num_units=num_units,
        trials=of_trials | columns,
        units=of_units | dict(others.units) | laid.units,
        events=others.events,
        left_out=[
            *left_out,
            *_unread(tables, file.path),
            *series,
            *_others(file, [*TABLES, *used, *trial_names, *unit_names]),
        ],
        trial_seconds=1 / per_second,
        name=printable(file.path.stem),
        source=file.where,
    )


def _of_counts(file: _File, reading: Reading) -> Recording:
    """A recording from trials of counts: spikes at the middle of their bins."""
    contents = read_mat(file.path)
    width = _width(contents, reading)
    session = contents.checked(width, for_inference=True)[0]
    trial, time, unit = np.nonzero(session.spikes)
    number = session.spikes[trial, time, unit].astype(np.int64)
    trials = dict(session.trial_table)
    for name in ("condition", "split"):
        if name in contents.sessions[0].arrays:
            trials[name] = getattr(session, name)
    ends = contents.start_s + session.trial_length * width
    recording = from_triplets(
        np.repeat(contents.start_s + (time + 0.5) * width, number),
        np.repeat(trial, number),
        np.repeat(unit, number),
        num_trials=session.num_trials,
        num_units=session.num_neurons,
        trials=trials,
        units=session.neuron_table,
        span_s=(contents.start_s, ends),
        left_out=[
            f"`{name}` (a series of trials; `lfads train` reads it with the counts as they are)"
            for name in session.behavior
        ],
        name=session.name,
        source=file.where,
    )
    return replace(recording, is_in_seconds=True)


def _width(contents: FileContents, reading: Reading) -> float:
    """Seconds of a bin, from the file or from what was said."""
    where, said = printable(contents.path), contents.bin_width_s
    given = None if reading.sampling_rate_hz is None else 1 / reading.sampling_rate_hz
    if said is not None and given is not None and not np.isclose(said, given, rtol=1e-6):
        raise UserError(
            f"{where}: the file says bins of {said:g} s, but `sampling_rate_hz=` gives {given:g} s: leave "
            "it out, or mend the file"
        )
    width = given if said is None else said
    if width is None:
        raise UserError(
            f"{where}: holds counts in bins whose width it does not say ({contents.layout}): say how "
            "many a second has, `sampling_rate_hz=1000` for bins of 1 ms; or train on them as they are, "
            f"`lfads train {where}`"
        )
    return width


def _columns(
    file: _File, size: int, other: int, taken: Sequence[str]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Vectors of the file with one value for each trial or unit, and their names."""
    names = [
        variable.name
        for variable in file.variables
        if size not in (1, other) and variable.is_vector_of(size) and variable.name not in taken
    ]
    columns: dict[str, np.ndarray] = {}
    for name, value in read_matlab(file.path, names).items():
        column = one_a_row(value, size)
        if column is not None:
            columns[name] = column
    return columns, list(columns)


def _unread(values: Mapping[str, Any], path: Path) -> list[str]:
    """What could not be read within tables, for `Recording.left_out`; whole variables are an error."""
    require_readable(
        (v for v in values.values() if isinstance(v, list | Unreadable)), printable(path)
    )
    return [entry_of(one) for value in values.values() for one in unreadable_in(value)]


def _others(file: _File, used: Sequence[str]) -> list[str]:
    """Variables that are not used, for `Recording.left_out`."""
    return [variable.described for variable in file.variables if variable.name not in used]
