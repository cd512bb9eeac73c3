"""Events of NWB files: tables of them, and times with text or codes."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lfads.checks import reason_of
from lfads.recordings.nwb.contents import (
    LARGEST_TABLE,
    Contents,
    Signal,
    Table,
    kind_of,
    part_of,
    shape_of,
)
from lfads.recordings.nwb.intervals import EVENT_TIMES, INTERVAL_SERIES, TIMESTAMP
from lfads.recordings.reading import Reading, in_seconds
from lfads.recordings.recording import Columns
from lfads.recordings.series import Series

MOST_VALUES = 50
"""Different codes or texts that are events of their own."""

MOST_CODES = 1_000_000
"""Samples that are looked through for codes."""

NO_VALUES = {"id", TIMESTAMP, "start_time", "stop_time", "duration"}
"""Columns that do not tell kinds of events apart."""


class Events(NamedTuple):
    """Times in seconds by name, and what is to be said of the rest."""

    times: dict[str, np.ndarray]
    left_out: list[str]


def events_of(
    contents: Contents,
    tables: Mapping[str, Columns],
    signals: Mapping[str, Signal],
    series: Mapping[str, Series],
    reading: Reading,
) -> Events:
    """All events of a file: under the name of what they lie in, and each kind under `NAME/KIND`.

    Parameters
    ----------
    contents
        Of the file.
    tables, signals, series
        What was made of it, by name.
    reading
        How the file is read, for the unit of times.
    """
    found = Events({}, [])
    for name, columns in tables.items():
        if TIMESTAMP in columns:
            found.times.update(_of_table(name, columns, reading))
    for table in contents.tables:
        if EVENT_TIMES in table.columns:
            _attempt(found, table.name, table, reading)
    for name, one in signals.items():
        if _may_be_events(one) and not (name in series and series[name].problem):
            _attempt(found, name, one, reading)
    return found


def _may_be_events(one: Signal) -> bool:
    """Whether a signal has times of its own, which are no starts and ends of intervals."""
    return one.timestamps is not None and one.kind != INTERVAL_SERIES


def _attempt(found: Events, name: str, one: Table | Signal, reading: Reading) -> None:
    """Add the events of one; it is named if it cannot be read."""
    try:
        if isinstance(one, Table):
            found.times.update(_annotated(name, one, reading))
        else:
            times, said = _of_signal(name, one, reading)
            found.times.update(times)
            found.left_out.extend(said)
    except Exception as error:  # h5py, its filters and pynwb raise what they meet
        found.left_out.append(f"events `{name}` (cannot be read: {reason_of(error)})")


def _of_table(name: str, columns: Columns, reading: Reading) -> dict[str, np.ndarray]:
    """All events of a table, and those of each value of its columns of codes and texts."""
    times = in_seconds(columns[TIMESTAMP], reading.per_second_of_trials)
    kinds = {
        key: values
        for key, values in columns.items()
        if key not in NO_VALUES and values.dtype.kind in "Uiub"
    }
    found = {name: times}
    for key, values in kinds.items():
        found |= of_each_value(name if len(kinds) == 1 else f"{name}/{key}", times, values)
    return found


def _of_signal(name: str, one: Signal, reading: Reading) -> tuple[dict[str, np.ndarray], list[str]]:
    """Times of a signal that may be what it is about, and of each of its codes or texts."""
    size, kind, shape = shape_of(one.timestamps), kind_of(one.data), shape_of(one.data)
    nothing = one.data is None or not shape
    if len(size) != 1 or size[0] > LARGEST_TABLE or not (nothing or shape == size):
        return {}, []
    times = in_seconds(part_of(one.timestamps), reading.per_second_of_trials)
    found, text = {name: times}, kind in tuple("OSU")
    if nothing or not size[0] or not (text or kind in "iu") or size[0] > MOST_CODES:
        return found, []
    values = part_of(one.data)
    if one.labels is not None:
        labels = part_of(one.labels).astype(str)
        values = np.array([labels[x] if 0 <= x < len(labels) else str(x) for x in values.tolist()])
    kinds = of_each_value(name, times, values)
    said = f"texts of `{name}` (more than {MOST_VALUES} different ones; its times are events)"
    return found | kinds, [said] if text and not kinds else []


def of_each_value(name: str, times: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
    """Times of each value under `NAME/VALUE`; nothing where there are more values than kinds of events.

    >>> of_each_value("cue", np.array([1.0, 2.0, 3.0]), np.array(["go", "stop", "go"]))
    {'cue/go': array([1., 3.]), 'cue/stop': array([2.])}
    """
    different = np.unique(values)
    if len(different) > MOST_VALUES:
        return {}
    return {f"{name}/{one}": times[values == one] for one in different.tolist() if one != ""}


def _annotated(name: str, table: Table, reading: Reading) -> dict[str, np.ndarray]:
    """Events of a table with a list of times a row, as an older extension of NWB has it."""
    column = table.columns[EVENT_TIMES]
    times = in_seconds(part_of(column.data), reading.per_second_of_trials)
    found = {name: np.sort(times)}
    label = table.columns.get("label")
    if column.ends is None or label is None:
        return found
    rows = np.split(times, part_of(column.ends).astype(np.int64)[:-1])
    named = zip(part_of(label.data).tolist(), rows, strict=True)
    return found | {f"{name}/{one}": of for one, of in named}
