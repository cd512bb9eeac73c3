"""Tables of intervals and events in NWB files by name, and which of them has the trials."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError, many, reason_of, suggestion
from lfads.recordings.nwb.contents import (
    INVALID_TIMES,
    LARGEST_TABLE,
    Contents,
    Signal,
    Table,
    by_name,
    part_of,
    shape_of,
)
from lfads.recordings.nwb.tables import columns_of
from lfads.recordings.recording import Columns

INTERVAL = {"start_time", "stop_time"}
TIMESTAMP, EVENT_TIMES = "timestamp", "event_times"
"""Columns that tell what rows of a table are."""

TRIALS = ("intervals", "trials")

INTERVAL_SERIES = "IntervalSeries"
"""Signals whose values tell when something starts and ends."""

Made = tuple[Columns, list[str]]
"""Columns, and what is to be said of those that are left out."""


class Tables(NamedTuple):
    """Tables of a file by name, the name of that with the trials, and what is to be said of them."""

    by_name: Mapping[str, Columns]
    trials: str | None
    remarks: Sequence[str]
    left_out: Sequence[str]


def tables_of(
    contents: Contents, signals: Mapping[str, Signal], where: str, wanted: str | None
) -> Tables:
    """Tables of intervals and of events, and which of them has the trials.

    That is the one called so, else the only one of intervals, unless another is wanted.

    Parameters
    ----------
    contents
        Of the file.
    signals
        Of the file, by name.
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
    makers = {name: lambda one=one: columns_of(one, where) for name, one in named.items()}
    makers |= _of_signals(signals, makers)
    trials, remarks = _trials(named, makers, where, wanted)
    found: dict[str, Columns] = {}
    left_out: list[str] = []
    for name, make in makers.items():
        try:
            found[name], more = make()
            left_out += more
        except Exception as error:  # h5py, its filters and pynwb raise what they meet
            if name == trials:
                raise
            left_out.append(f"`{name}` (a table that cannot be read: {reason_of(error)})")
    left_out += [
        f"`{'/'.join(one.path)}` (a table of {many(one.num_rows, 'row')} without `start_time` and "
        "`stop_time`, or `timestamp`)"
        for one in contents.tables
        if _is_of_no_use(one)
    ]
    return Tables(found, trials, remarks, left_out)


def _of_signals(
    signals: Mapping[str, Signal], tables: Mapping[str, Any]
) -> dict[str, Callable[[], Made]]:
    """How to make tables of the signals that are intervals, by names that no table has."""
    found = {name: one for name, one in signals.items() if one.kind == INTERVAL_SERIES}
    return {
        name if name not in tables else "/".join(one.path): lambda one=one: (intervals_of(one), [])
        for name, one in found.items()
    }


def _trials(
    named: Mapping[str, Table], known: Mapping[str, Any], where: str, wanted: str | None
) -> tuple[str | None, list[str]]:
    """The name of the table that has the trials, if one has, and what is to be said of the choice."""
    if wanted is not None:
        if wanted not in known:
            raise UserError(
                f"{where}: `trials_table=`: there is no table `{wanted}`.{suggestion(wanted, known)}"
            )
        return wanted, []
    of_that_name = [name for name, one in named.items() if one.path == TRIALS]
    intervals = [name for name, one in named.items() if one.columns.keys() >= INTERVAL]
    if of_that_name or len(intervals) != 1:
        return next(iter(of_that_name), None), []
    (only,) = intervals
    said = (
        f"trials are the rows of the table `{only}`, the only one of intervals (`trials_table='{only}'` "
        "says so)"
    )
    return only, [said]


def _is_timed(table: Table) -> bool:
    """Whether rows are intervals or events that can be chosen."""
    names = table.columns.keys()
    return table.path != INVALID_TIMES and (names >= INTERVAL or TIMESTAMP in names)


def _is_of_no_use(table: Table) -> bool:
    """Whether someone may miss a table that is not read; regions of images are many."""
    names = table.columns.keys()
    known = {"spike_times", TIMESTAMP, EVENT_TIMES, "pixel_mask", "image_mask", "voxel_mask"}
    return not names >= INTERVAL and not names & known and table.path != ("units",)


def intervals_of(one: Signal) -> Columns:
    """A table of intervals from times at which they start (a positive code) and end (its negative).

    What starts and never ends has NaN; `code` tells kinds of intervals apart, if there are several.
    """
    size = shape_of(one.timestamps)
    if len(size) != 1 or size != shape_of(one.data) or size[0] > LARGEST_TABLE:
        raise ValueError(f"{shape_of(one.data)} values at {size} times")
    codes, times = part_of(one.data), part_of(one.timestamps)
    rows: list[tuple[float, float, int]] = []
    for code in np.unique(np.abs(codes[codes != 0])).tolist():
        starts, stops = np.sort(times[codes == code]), np.sort(times[codes == -code])
        ends = np.append(stops, np.nan)[np.searchsorted(stops, starts)]
        rows += zip(starts.tolist(), ends.tolist(), [code] * len(starts), strict=True)
    columns = np.array(sorted(rows, key=lambda row: row[0]), np.float64).reshape(-1, 3)
    found = {"start_time": columns[:, 0], "stop_time": columns[:, 1]}
    only = len(np.unique(columns[:, 2])) < 2
    return found if only else found | {"code": columns[:, 2].astype(np.int64)}
