"""Units of NWB files: when they spiked, and when they were observed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from lfads.checks import UserError, many
from lfads.guarded.memory import require_memory
from lfads.guarded.messages import one_message
from lfads.recordings.clock import SAMPLED, Glimpse, glimpse_of
from lfads.recordings.nwb.contents import LARGEST_TABLE, Table, kind_of, part_of, shape_of
from lfads.recordings.recording import OPEN_S, Intervals, union_of

SPIKE_TIMES = "spike_times"


class RaggedTimes:
    """Spike times of the units of an NWB file, read one unit at a time and sorted.

    Parameters
    ----------
    units
        The table of units; None if there is none.
    where
        The file, for messages.
    to_seconds
        From the unit of time of the file.

    Raises
    ------
    UserError
        If spike times are no list of numbers with an index of units.
    """

    def __init__(
        self, units: Table | None, where: str, to_seconds: Callable[[Any], np.ndarray] = np.asarray
    ) -> None:
        self.where, self.to_seconds = where, to_seconds
        self.ends = np.empty(0, np.int64)
        self.data: Any = np.empty(0)
        self.named = SPIKE_TIMES if units is None else f"{units.name}/{SPIKE_TIMES}"
        if units is None or SPIKE_TIMES not in units.columns:
            return
        self.ends, self.data = _ragged(units, SPIKE_TIMES, where)
        shape, kind = shape_of(self.data), kind_of(self.data)
        # An empty column has whatever type it was written with.
        if len(shape) != 1 or (kind not in "iuf" and shape[0]):
            raise UserError(
                f"{where}: `{self.named}` must be one list of times in seconds, with the units one "
                f"behind another; got {'text' if kind in 'OSU' else 'values'} of shape {shape}"
            )
        if len(self.ends) != units.num_rows and (len(self.ends) or shape[0]):
            raise UserError(
                f"{where}: has spike times of {len(self.ends)} units, where its table has "
                f"{units.num_rows}: is it damaged?"
            )

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def left_out(self) -> list[str]:
        """What is to be said of spike times that the index gives to no unit."""
        beyond = shape_of(self.data)[0] - int(self.ends[-1]) if len(self.ends) else 0
        if not beyond:
            return []
        return [
            f"the last {many(beyond, 'value')} of `{self.named}` (the index of units ends before them: is "
            "the file damaged?)"
        ]

    def __getitem__(self, unit: int) -> np.ndarray:
        start = int(self.ends[unit - 1]) if unit else 0
        num_spikes = int(self.ends[unit]) - start
        require_memory(
            24.0 * num_spikes,  # as stored, as read, and sorted
            f"{self.where}: the {num_spikes:,} spike times of unit {unit}",
            "is the file damaged? Else leave the unit out with `units=`",
        )
        with reading(self.where, self.named):
            times = part_of(self.data, start, start + num_spikes).astype(np.float64)
        if not np.isfinite(times).all():
            raise UserError(
                f"{self.where}: spike times of unit {unit} must be finite; got NaN or inf"
            )
        times = self.to_seconds(times)
        return times if np.all(times[1:] >= times[:-1]) else np.sort(times)

    def glimpse(self, unit: int) -> Glimpse:
        """What a few of the times of a unit tell; they are taken to be in order."""
        start, stop = int(self.ends[unit - 1]) if unit else 0, int(self.ends[unit])
        if start == stop:
            return glimpse_of(np.empty(0))
        with reading(self.where, self.named):
            some = part_of(self.data, start, min(stop, start + SAMPLED)).astype(np.float64)
            last = part_of(self.data, stop - 1, stop).astype(np.float64)
        some, last = self.to_seconds(some), self.to_seconds(last)
        return Glimpse(stop - start, float(some[0]), float(last[0]), some)


def reading(where: str, what: str) -> AbstractContextManager[None]:
    """One message for whatever h5py, its filters and remote storage say of parts that cannot be read."""
    return one_message(f"{where}: `{what}`", errors=(Exception,))


def observed_of_units(
    units: Table | None, where: str, to_seconds: Callable[[Any], np.ndarray] = np.asarray
) -> list[Intervals]:
    """When each unit was observed; nothing for a unit that says nothing, empty if none says anything."""
    if units is None or "obs_intervals" not in units.columns or not units.num_rows:
        return []
    ends, data = _ragged(units, "obs_intervals", where)
    shape = np.shape(data)
    if not shape[0]:
        return []
    named = f"{units.name}/obs_intervals"
    if (
        len(shape) != 2
        or shape[1] != 2
        or kind_of(data) not in "iuf"
        or len(ends) != units.num_rows
    ):
        raise UserError(
            f"{where}: `{named}` must be starts and ends in seconds, (interval, 2), of each "
            f"unit; got shape {shape} for {len(ends)} of {units.num_rows} units"
        )
    if shape[0] > LARGEST_TABLE:
        raise UserError(f"{where}: `{named}` says it has {shape[0]} rows: is it damaged?")
    with reading(where, named):
        pairs = to_seconds(np.asarray(data[:], np.float64))
    pairs = np.where(np.isinf(pairs), np.sign(pairs) * OPEN_S, pairs)
    known: dict[bytes, Intervals] = {}  # units of one probe share theirs
    found = []
    for start, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        key = pairs[start:end].tobytes()
        if key not in known:
            known[key] = union_of(pairs[start:end])
        found.append(known[key])
    return found if any(found) else []


def first_electrodes(units: Table, where: str) -> tuple[np.ndarray, Table | None]:
    """The row of each unit's first electrode, -1 where it has none, and the table; None without one."""
    nothing = np.empty(0, np.int64), None
    column = units.columns.get("electrodes")
    if column is None or column.rows_of is None or not units.num_rows:
        return nothing
    table = column.rows_of()
    if not table.num_rows:
        return nothing
    if column.ends is None:
        ends, data = np.arange(1, units.num_rows + 1), column.data
    else:
        ends, data = _ragged(units, "electrodes", where)
    with reading(where, f"{units.name}/electrodes"):
        of_all = np.append(part_of(data).astype(np.int64), -1)
    starts = np.concatenate([[0], ends[:-1]])
    if len(ends) != units.num_rows or ends[-1] >= len(of_all):
        raise UserError(f"{where}: the electrodes of units are damaged")
    rows = np.where(ends > starts, of_all[starts], -1)
    if rows.max() >= table.num_rows or rows.min() < -1:
        raise UserError(f"{where}: the electrodes of units are damaged")
    return rows, table


def _ragged(units: Table, name: str, where: str) -> tuple[np.ndarray, Any]:
    """Where each unit ends in an indexed column, and the values, still in the file."""
    column = units.columns[name]
    named = f"{units.name}/{name}"
    if column.data is None:
        raise UserError(f"{where}: `{named}` is named in the table, and not in the file")
    if column.ends is None:
        raise UserError(
            f"{where}: `{named}` has no index `{name}_index`, which says what belongs to which unit: "
            "is it written by hand? Write units with `NWBFile.add_unit`"
        )
    data, index = column.data, column.ends
    if len(shape_of(index)) != 1 or kind_of(index) not in "iu" or len(index) > LARGEST_TABLE:
        raise UserError(f"{where}: the index of `{named}` is damaged")
    with reading(where, f"{named}_index"):
        ends = part_of(index).astype(np.int64)
    shape = np.shape(data)
    # Whole numbers beyond those of int64 become negative, and their differences positive again.
    in_order = bool((ends >= 0).all() and (ends[1:] >= ends[:-1]).all())
    if not in_order or not shape or (ends.size and ends[-1] > shape[0]):
        words = name.replace("_", " ")
        raise UserError(f"{where}: the index of the {words} is damaged")
    return ends, data
