"""Recordings in HDF5 as temporaldata writes them, for torch_brain and others: groups that name their kind.

`spikes` has `timestamps` and `unit_index` (the row in `units`); every Interval is a table of intervals, and
every time series a signal.
"""

import contextlib
import functools
import itertools
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from lfads.checks import UserError, suggestion
from lfads.formats.guarded import GuardedGroup, opened_hdf5
from lfads.guarded.links import lies_inside
from lfads.guarded.messages import RAISED
from lfads.guarded.sound import opened
from lfads.paths import printable
from lfads.recordings.by_unit import TimesByUnit
from lfads.recordings.layouts import refuse_tables
from lfads.recordings.reading import Reading, in_seconds
from lfads.recordings.recording import Columns, Recording, table, union_of, with_names
from lfads.recordings.series import Series
from lfads.recordings.temporaldata_groups import (
    INTERVAL,
    IRREGULAR,
    KIND,
    REGULAR,
    SPIKES,
    UNITS,
    Found,
    groups_in,
    named_instead,
)

TRIALS, DOMAIN = "trials", "domain"

BOUNDS = {"start": "start_time", "end": "stop_time"}
"""Columns of intervals, by the names that they have elsewhere."""

INDEX_OF_TIMES = "timestamp_indices_1s"
"""Which helps to find times, and says nothing new."""

MOST_GROUPS = 1000
"""A file with more is damaged."""


def is_temporaldata(path: Path) -> bool:
    """Whether a file is HDF5 that temporaldata wrote, with spikes in it."""
    try:
        with opened(path) as file:
            return KIND in file.attrs and lies_inside(file, f"{SPIKES}/unit_index")
    except RAISED:
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
        left_out: list[str] = []
        found = list(itertools.islice(groups_in(root, left_out), MOST_GROUPS + 1))
        if len(found) > MOST_GROUPS:
            raise UserError(f"{where}: holds more than {MOST_GROUPS:,} groups: is it damaged?")
        tables: dict[str, Columns] = {}
        for one in found:
            if one.kind == INTERVAL and one.name.split("/")[-1] != DOMAIN:
                with named_instead(
                    "", one.name, where, left_out, (reading.trials_table or TRIALS,)
                ):
                    tables[one.name], unlike = _columns(one)
                    left_out += unlike
        labels, units, unlike = _units(root)
        spikes = root.group(SPIKES)
        times, unit = (spikes.array(name) for name in ("timestamps", "unit_index"))
        others = [
            k
            for k in map(printable, spikes.names())
            if k not in ("timestamps", "unit_index", DOMAIN, INDEX_OF_TIMES)
        ]
        series: dict[str, Series] = {}
        events: dict[str, np.ndarray] = {}
        for one in found:
            if one.kind not in (REGULAR, IRREGULAR) or one.name == SPIKES:
                continue
            with named_instead("", one.name, where, left_out):
                if one.kind == IRREGULAR:
                    times_s = in_seconds(
                        one.group.array("timestamps"), reading.per_second_of_trials
                    )
                    events[one.name] = times_s
                series |= {signal.name: signal for signal in _series(one, reading, left_out)}
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
            events=events,
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


def _columns(one: Found) -> tuple[Columns, list[str]]:
    """Columns of a table of intervals, and what is none."""
    columns, left_out = _plain(one.group, one.name, BOUNDS)
    return {BOUNDS.get(name, name): column for name, column in columns.items()}, left_out


def _plain(
    group: GuardedGroup, what: str, wanted: Collection[str]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Arrays with one value a row, as most arrays of the group have rows; and why others are left out."""
    left_out: list[str] = []
    shapes: dict[str, tuple[int, ...]] = {}
    columns: dict[str, np.ndarray] = {}
    for name in group.names():
        with named_instead(what, name, group.where, left_out, wanted):
            shape = group.shape(name)
            if shape is not None:
                shapes[name] = shape
            elif name != DOMAIN:
                left_out.append(f"`{what}/{printable(name)}` (no column of a table)")
    known = [shapes[key] for key in ("start", "id") if shapes.get(key)]
    num_rows = max((shape[0] for shape in known or shapes.values() if shape), default=0)
    for name, shape in shapes.items():
        if shape not in ((num_rows,), (num_rows, 1)):
            left_out.append(
                f"`{what}/{printable(name)}` (has shape {shape}: one value a row is needed)"
            )
            continue
        with named_instead(what, name, group.where, left_out, wanted):
            columns[printable(name)] = _as_text(group.array(name).reshape(num_rows))
    return columns, left_out


def _as_text(column: np.ndarray) -> np.ndarray:
    """Text of bytes; numbers as they are."""
    return np.char.decode(column, "utf-8", "replace") if column.dtype.kind == "S" else column


def _units(root: GuardedGroup) -> tuple[np.ndarray | None, dict[str, np.ndarray], list[str]]:
    """Names of the units and their columns; no names where there is no table of units."""
    if UNITS not in root:
        return None, {}, []
    columns, left_out = _plain(root.group(UNITS), UNITS, ("id",))
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


def _series(one: Found, reading: Reading, left_out: list[str]) -> Iterator[Series]:
    """Signals of a time series, each by its name in the file, read when they are asked for."""
    to_seconds = functools.partial(in_seconds, per_second=reading.per_second_of_trials)
    rate, start_s = _clock(one)
    all_times = functools.cache(lambda: one.group.array("timestamps"))
    known = None if rate else one.group.shape("timestamps")
    for name in one.group.names():
        place = f"{one.name}/{printable(name)}"
        with named_instead(one.name, name, one.group.where, left_out):
            shape = one.group.shape(name)
            if name in ("timestamps", INDEX_OF_TIMES, DOMAIN):
                continue
            if not shape or not one.group.holds_numbers(name):
                left_out.append(f"`{place}` (no numbers along time)")
                continue
            if known and known[0] != shape[0]:
                left_out.append(f"`{place}` (has {shape[0]} values for {known[0]} times)")
                continue
            size, channels = shape[0], int(np.prod(shape[1:]))
            values = functools.cache(functools.partial(_values, one.group, name))
            times = functools.partial(_regular, start_s, rate, size) if rate else all_times
            yield Series(
                name=place,
                num_samples=size,
                num_channels=channels,
                rate_hz=rate,
                times=lambda a, b, times=times: to_seconds(times()[a:b]),
                values=lambda a, b, values=values: values()[a:b],
            )


def _clock(one: Found) -> tuple[float | None, float]:
    """Samples per second and the time of the first, if they are regular."""
    said = one.group.attribute("sampling_rate")
    if one.kind != REGULAR or said is None:
        return None, 0.0
    start = one.group.group(DOMAIN).array("start")
    for what, value in (("sampling_rate", np.ravel(said)), (f"{DOMAIN}/start", np.ravel(start))):
        if not value.size or value.dtype.kind not in "iuf" or not np.isfinite(value[0]):
            raise UserError(f"{one.group.where}: `{what}` must be a number")
    rate = float(np.ravel(said)[0])
    if rate <= 0:
        raise UserError(f"{one.group.where}: `sampling_rate` must be above 0; got {rate:g}")
    return rate, float(np.ravel(start)[0])


def _regular(start_s: float, rate_hz: float, num_samples: int) -> np.ndarray:
    return start_s + np.arange(num_samples) / rate_hz


def _values(group: GuardedGroup, name: str) -> np.ndarray:
    array = group.array(name)
    return array.reshape(len(array), -1).astype(np.float64)
