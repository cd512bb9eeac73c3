"""Recordings in HDF5 as temporaldata writes them, for torch_brain and others: groups that name their kind.

`spikes` has `timestamps` and `unit_index` (the row in `units`); every Interval is a table of intervals, and
every time series a signal.
"""

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from lfads.checks import UserError, suggestion
from lfads.formats.guarded import GuardedGroup, opened_hdf5
from lfads.paths import printable
from lfads.recordings.by_unit import TimesByUnit
from lfads.recordings.layouts import refuse_tables
from lfads.recordings.reading import Reading, in_seconds
from lfads.recordings.recording import Columns, Recording, table, union_of, with_names
from lfads.recordings.series import Series

KIND = "object"
"""The attribute that names what a group is."""

REGULAR, IRREGULAR, INTERVAL = "RegularTimeSeries", "IrregularTimeSeries", "Interval"

SPIKES, UNITS, TRIALS, DOMAIN = "spikes", "units", "trials", "domain"

BOUNDS = {"start": "start_time", "end": "stop_time"}
"""Columns of intervals, by the names that they have elsewhere."""

INDEX_OF_TIMES = "timestamp_indices_1s"
"""Which helps to find times, and says nothing new."""

DEEPEST = 4

MOST_GROUPS = 1000
"""A file with more is damaged: groups may lie within themselves."""


class Found(NamedTuple):
    """A group, by its path in the file."""

    name: str
    kind: str
    group: GuardedGroup


def is_temporaldata(path: Path) -> bool:
    """Whether a file is HDF5 that temporaldata wrote, with spikes in it."""
    try:
        with h5py.File(path, "r") as file:
            # A link to another file is not followed.
            own = isinstance(file.get(SPIKES, getlink=True), h5py.HardLink)
            return own and KIND in file.attrs and f"{SPIKES}/unit_index" in file
    except (OSError, RuntimeError, KeyError, ValueError):
        return False


@contextlib.contextmanager
def opened_temporaldata(path: Path, reading: Reading) -> Iterator[Recording]:
    """The recording in a file of temporaldata; signals can be read as long as the block lasts.

    Raises
    ------
    UserError
        If spikes or units are damaged, or there is no table `trials_table`.
    """
    where = printable(path)
    with opened_hdf5(path) as root:
        refuse_tables(where, reading, "units_table")
        found = list(itertools.islice(_groups(root), MOST_GROUPS + 1))
        if len(found) > MOST_GROUPS:
            raise UserError(f"{where}: holds more than {MOST_GROUPS:,} groups: is it damaged?")
        tables, left_out = {}, []
        for one in found:
            if one.kind == INTERVAL and one.name.split("/")[-1] != DOMAIN:
                tables[one.name], unlike = _columns(one)
                left_out += unlike
        labels, units, unlike = _units(root)
        spikes = root.group(SPIKES)
        times, unit = (spikes.array(name) for name in ("timestamps", "unit_index"))
        others = [
            k
            for k in spikes.names()
            if k not in ("timestamps", "unit_index", DOMAIN, INDEX_OF_TIMES)
        ]
        series = {
            signal.name: signal
            for one in found
            if one.kind in (REGULAR, IRREGULAR) and one.name != SPIKES
            for signal in _series(one, reading)
        }
        rows = None if labels is None else np.arange(len(labels))
        grouped = TimesByUnit(times, unit, where, reading.seconds, rows)
        ids = grouped.labels if labels is None else labels
        yield Recording(
            name=printable(path.stem),
            source=where,
            spike_times_s=grouped,
            units=with_names(table("units", {**units, "id": ids}, len(ids))),
            trials=_chosen(where, tables, reading),
            tables=tables,
            series=series,
            events={
                one.name: in_seconds(one.group.array("timestamps"), reading.per_second_of_trials)
                for one in found
                if one.kind == IRREGULAR and one.name != SPIKES
            },
            observed_s=_observed(root, reading),
            trial_seconds=1 / reading.per_second_of_trials,
            is_in_seconds=True,
            read_as="HDF5 of temporaldata",
            left_out=(
                *unlike,
                *left_out,
                *(f"`{SPIKES}/{k}` (a value for each spike)" for k in others),
            ),
        )


def _groups(root: GuardedGroup, inside: str = "", depth: int = 0) -> Iterator[Found]:
    """All groups that name their kind, those within others too."""
    for name in root.names():
        if root.shape(name) is not None:
            continue
        group, place = root.group(name), f"{inside}{name}"
        kind = group.attribute(KIND)
        if not isinstance(kind, str):
            continue
        yield Found(place, kind, group)
        if kind not in (REGULAR, IRREGULAR, INTERVAL) and depth < DEEPEST:
            yield from _groups(group, f"{place}/", depth + 1)


def _columns(one: Found) -> tuple[Columns, list[str]]:
    """Columns of a table of intervals, and what is none."""
    columns, left_out = _plain(one.group, one.name)
    return {BOUNDS.get(name, name): column for name, column in columns.items()}, left_out


def _plain(group: GuardedGroup, what: str) -> tuple[dict[str, np.ndarray], list[str]]:
    """Arrays with one value a row, as most arrays of the group have rows; and why others are left out."""
    shapes = {name: shape for name in group.names() if (shape := group.shape(name)) is not None}
    known = [shapes[key] for key in ("start", "id") if shapes.get(key)]
    num_rows = max((shape[0] for shape in known or shapes.values() if shape), default=0)
    columns: dict[str, np.ndarray] = {}
    left_out: list[str] = []
    for name, shape in shapes.items():
        if shape in ((num_rows,), (num_rows, 1)):
            columns[name] = group.array(name).reshape(num_rows)
        else:
            left_out.append(f"`{what}/{name}` (has shape {shape}: one value a row is needed)")
    return {name: _as_text(column) for name, column in columns.items()}, left_out


def _as_text(column: np.ndarray) -> np.ndarray:
    """Text of bytes; numbers as they are."""
    return np.char.decode(column, "utf-8", "replace") if column.dtype.kind == "S" else column


def _units(root: GuardedGroup) -> tuple[np.ndarray | None, dict[str, np.ndarray], list[str]]:
    """Names of the units and their columns; no names where there is no table of units."""
    if UNITS not in root:
        return None, {}, []
    columns, left_out = _plain(root.group(UNITS), UNITS)
    num_units = max((len(column) for column in columns.values()), default=0)
    if not num_units:
        return None, {}, left_out
    return columns.get("id", np.arange(num_units)), columns, left_out


def _chosen(where: str, tables: dict[str, Columns], reading: Reading) -> Columns:
    """The table of the trials."""
    name = reading.trials_table or TRIALS
    if reading.trials_table is not None and name not in tables:
        raise UserError(
            f"{where}: `trials_table=`: there is no table `{name}`.{suggestion(name, tables)}"
        )
    return tables.get(name, {})


def _observed(root: GuardedGroup, reading: Reading) -> tuple[tuple[float, float], ...]:
    """When the recording was on: the domain of the spikes, else of all."""
    for group in (root.group(SPIKES), root):
        if DOMAIN in group:
            domain = group.group(DOMAIN)
            pairs = np.column_stack([domain.array("start"), domain.array("end")])
            return union_of(reading.seconds(pairs))
    return ()


def _series(one: Found, reading: Reading) -> Iterator[Series]:
    """Signals of a time series, each by its name in the file, read when they are asked for."""
    to_seconds = functools.partial(in_seconds, per_second=reading.per_second_of_trials)
    for name in one.group.names():
        shape = one.group.shape(name)
        if shape is None or not shape or name in ("timestamps", INDEX_OF_TIMES):
            continue
        size, channels = shape[0], int(np.prod(shape[1:]))
        values = functools.cache(functools.partial(_values, one.group, name))
        rate, times = _clock(one, size)
        yield Series(
            name=f"{one.name}/{name}",
            num_samples=size,
            num_channels=channels,
            rate_hz=rate,
            times=lambda a, b, times=times: to_seconds(times()[a:b]),
            values=lambda a, b, values=values: values()[a:b],
        )


def _clock(one: Found, num_samples: int) -> tuple[float | None, Callable[[], np.ndarray]]:
    """Samples per second, if they are regular, and the times of all samples."""
    rate = one.group.attribute("sampling_rate")
    if one.kind == REGULAR and rate:
        start = float(one.group.group(DOMAIN).array("start").reshape(-1)[0])
        return float(rate), lambda: start + np.arange(num_samples) / float(rate)
    return None, functools.cache(lambda: one.group.array("timestamps"))


def _values(group: GuardedGroup, name: str) -> np.ndarray:
    array = group.array(name)
    return array.reshape(len(array), -1).astype(np.float64)
