"""Units of NWB files: when they spiked, and when they were observed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.formats.guarded import one_message, require_memory
from lfads.recordings.clock import SAMPLED, Glimpse, glimpse_of
from lfads.recordings.recording import Intervals, union_of

LARGEST_TABLE = 10_000_000
"""Rows; a larger table is damaged or not meant to be one."""


class RaggedTimes:
    """Spike times of the units of an NWB file, read one unit at a time and sorted.

    Parameters
    ----------
    units
        The table of units of pynwb; None if there is none.
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
        self, units: Any, where: str, to_seconds: Callable[[Any], np.ndarray] = np.asarray
    ) -> None:
        self.where, self.to_seconds = where, to_seconds
        self.ends = np.empty(0, np.int64)
        self.data: Any = np.empty(0)
        if units is None or "spike_times" not in units.colnames:
            return
        self.ends, self.data = _ragged(units["spike_times"], "spike_times", where)
        shape, kind = np.shape(self.data), _kind(self.data)
        # An empty column has whatever type it was written with.
        if len(shape) != 1 or (kind not in "iuf" and shape[0]):
            raise UserError(
                f"{where}: `units/spike_times` must be one list of times in seconds, with the units one "
                f"behind another; got {'text' if kind in 'OSU' else 'values'} of shape {shape}"
            )

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, unit: int) -> np.ndarray:
        start = int(self.ends[unit - 1]) if unit else 0
        num_spikes = int(self.ends[unit]) - start
        require_memory(
            24.0 * num_spikes,  # as stored, as read, and sorted
            f"{self.where}: the {num_spikes:,} spike times of unit {unit}",
            "is the file damaged? Else leave the unit out with `units=`",
        )
        with reading(self.where, "units/spike_times"):
            times = np.asarray(self.data[start : start + num_spikes], np.float64)
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
        with reading(self.where, "units/spike_times"):
            some = np.asarray(self.data[start : min(stop, start + SAMPLED)], np.float64)
            last = np.asarray(self.data[stop - 1 : stop], np.float64)
        some, last = self.to_seconds(some), self.to_seconds(last)
        return Glimpse(stop - start, float(some[0]), float(last[0]), some)


def reading(where: str, what: str) -> AbstractContextManager[None]:
    """One message for whatever h5py, its filters and remote storage say of parts that cannot be read."""
    return one_message(f"{where}: `{what}`", errors=(Exception,))


def observed_of_units(units: Any, where: str) -> list[Intervals]:
    """When each unit was observed; nothing for a unit that says nothing, empty if none says anything."""
    if units is None or "obs_intervals" not in units.colnames or not len(units):
        return []
    ends, data = _ragged(units["obs_intervals"], "obs_intervals", where)
    shape = np.shape(data)
    if not shape[0]:
        return []
    if len(shape) != 2 or shape[1] != 2 or _kind(data) not in "iuf" or len(ends) != len(units):
        raise UserError(
            f"{where}: `units/obs_intervals` must be starts and ends in seconds, (interval, 2), of each "
            f"unit; got shape {shape} for {len(ends)} of {len(units)} units"
        )
    if shape[0] > LARGEST_TABLE:
        raise UserError(
            f"{where}: `units/obs_intervals` says it has {shape[0]} rows: is it damaged?"
        )
    with reading(where, "units/obs_intervals"):
        pairs = np.asarray(data[:], np.float64)
    known: dict[bytes, Intervals] = {}  # units of one probe share theirs
    found = []
    for start, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        key = pairs[start:end].tobytes()
        if key not in known:
            known[key] = union_of(pairs[start:end])
        found.append(known[key])
    return found if any(found) else []


def first_electrodes(units: Any, where: str) -> tuple[np.ndarray, Any]:
    """The row of each unit's first electrode, -1 where it has none, and the table; None without one."""
    if "electrodes" not in units.colnames or not len(units):
        return np.empty(0, np.int64), None
    column = units["electrodes"]
    if hasattr(column, "target"):
        ends, data = _ragged(column, "electrodes", where)
        column = column.target
    else:
        ends, data = np.arange(1, len(units) + 1), column.data
    if not len(column.table):
        return np.empty(0, np.int64), None
    with reading(where, "units/electrodes"):
        of_all = np.append(np.asarray(data[:]).astype(np.int64), -1)
    starts = np.concatenate([[0], ends[:-1]])
    rows = np.where(ends > starts, of_all[starts], -1)
    if len(ends) != len(units) or rows.max() >= len(column.table) or rows.min() < -1:
        raise UserError(f"{where}: the electrodes of units are damaged")
    return rows, column.table


def _ragged(column: Any, name: str, where: str) -> tuple[np.ndarray, Any]:
    """Where each unit ends in an indexed column, and the values, still in the file."""
    if not hasattr(column, "target"):
        raise UserError(
            f"{where}: `units/{name}` has no index `{name}_index`, which says what belongs to which unit: "
            "is it written by hand? Write units with `NWBFile.add_unit`"
        )
    data, index = column.target.data, column.data
    if len(np.shape(index)) != 1 or _kind(index) not in "iu" or len(index) > LARGEST_TABLE:
        raise UserError(f"{where}: the index of `units/{name}` is damaged")
    with reading(where, f"units/{name}_index"):
        ends = np.asarray(index[:]).astype(np.int64)
    shape = np.shape(data)
    in_order = bool(np.all(np.diff(ends, prepend=0) >= 0))
    if not in_order or not shape or (ends.size and ends[-1] > shape[0]):
        words = name.replace("_", " ")
        raise UserError(f"{where}: the index of the {words} is damaged")
    return ends, data


def _kind(data: Any) -> str:
    """Kind of dtype, as NumPy names it."""
    return np.dtype(data.dtype).kind if hasattr(data, "dtype") else np.asarray(data).dtype.kind
