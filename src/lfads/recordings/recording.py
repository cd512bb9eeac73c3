"""What a recording holds before trials are cut from it: units, spike times, trials, events, signals.

Every source (NWB, MATLAB, arrays, other libraries) becomes a `Recording`. Large arrays are read when they
are asked for, and only the part that is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lfads.checks import UserError, suggestion
from lfads.recordings.binning import SpikeTimes, sorted_times
from lfads.recordings.libraries.frames import columns_of
from lfads.recordings.libraries.units_of_time import without_unit
from lfads.recordings.series import Series

Columns = Mapping[str, np.ndarray]
"""Columns of a table by name, one value a row."""

SAME = {"name": ("unit_name", "id"), "area": ("brain_area", "brain_region", "location")}
"""Columns of units that have other names elsewhere, the first that is there counts."""

OPEN_S = 1e9
"""Where intervals without an end have it: beyond any recording."""

Intervals = tuple[tuple[float, float], ...]
"""Starts and ends in seconds, in order, none touching another."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Recording:
    """Units and their spike times, a table of trials, events, and signals, all on one clock.

    Parameters
    ----------
    name
        Of the session.
    source
        Where it came from.
    spike_times_s
        Sorted times of each unit, in seconds.
    units
        Columns of the units, one value a unit.
    trials
        Columns of the trials, one value a trial; `start_time` and `stop_time` in seconds, as a rule.
    events
        Times in seconds by name: what happened, with or without trials.
    series
        Signals by name.
    usual_signals
        Those that are modelled if nothing is said, of a source without spikes.
    observed_s
        Start and end of each stretch that was recorded, in order, if known.
    units_observed_s
        The same for each unit, where units were observed at different times; empty for a unit of which it
        is not known, empty altogether if it is known of none.
    invalid_s
        Stretches that whoever recorded declared unusable: bins that touch them are not observed.
    invalid_reasons
        Why, of each of them, if that was said of any.
    tables
        All tables of intervals by name, `trials` among them, where a file has several.
    unit_tables
        What each table of units holds, by name, where several are there and none was chosen.
    trial_seconds
        Seconds that 1 is in trial columns of times; other times are seconds already.
    is_in_seconds
        Whether it was said, or the source knows, that spike times are in seconds; else rates and spans are
        looked at before anything is cut.
    trials_apart
        Whether trials lie one behind the other on a clock of no session: then times of trials count from
        the zero of each trial, `zero_time`, and have no place as they are.
    counted_in_s
        Width of the bins that spikes were counted in, where only counts are known.
    where_trials
        Where a table of trials would be taken from, of a source that holds none itself.
    left_out
        What the source holds besides and is not used, each with the reason.
    remarks
        What was taken without being said, and how to say it.
    reading
        How the file was said to be read, to read it alike again; None for what comes from arrays.
    read_as
        What the source was taken for, where that was told from its content.

    Examples
    --------
    >>> recording = lfads.Recording.from_spike_times(
    ...     [[0.1, 0.4, 1.2], [0.2, 1.3]],
    ...     units={"area": ["M1", "PMd"]}, trials={"go": [0.0, 1.0], "side": ["left", "right"]},
    ... )
    >>> recording.num_units, recording.num_trials, recording.trials["side"].tolist()
    (2, 2, ['left', 'right'])
    """

    name: str
    source: str
    spike_times_s: SpikeTimes
    units: Columns = field(default_factory=dict)
    trials: Columns = field(default_factory=dict)
    events: Mapping[str, np.ndarray] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    usual_signals: Sequence[str] = ()
    observed_s: Intervals = ()
    units_observed_s: Sequence[Intervals] = ()
    invalid_s: Intervals = ()
    invalid_reasons: Sequence[str] = ()
    tables: Mapping[str, Columns] = field(default_factory=dict)
    unit_tables: Mapping[str, str] = field(default_factory=dict)
    trial_seconds: float = 1.0
    is_in_seconds: bool = False
    trials_apart: bool = False
    counted_in_s: float | None = None
    where_trials: str = ""
    left_out: Sequence[str] = ()
    remarks: Sequence[str] = ()
    reading: Mapping[str, Any] | None = None
    read_as: str = ""

    @property
    def span_s(self) -> tuple[float, float] | None:
        """Start and end of the recording, if known."""
        return (self.observed_s[0][0], self.observed_s[-1][1]) if self.observed_s else None

    @property
    def num_units(self) -> int:
        """Units, whether chosen or not."""
        return len(self.spike_times_s)

    @property
    def num_trials(self) -> int:
        """Rows of the table of trials."""
        return len(next(iter(self.trials.values()))) if self.trials else 0

    @classmethod
    def from_spike_times(
        cls,
        times_s: Sequence[Any],
        *,
        units: Any = None,
        trials: Any = None,
        events: Mapping[str, Any] | None = None,
        series: Sequence[Series] = (),
        observed_s: Sequence[tuple[float, float]] = (),
        units_observed_s: Sequence[Sequence[tuple[float, float]]] = (),
        invalid_s: Sequence[tuple[float, float]] = (),
        is_in_seconds: bool = False,
        left_out: Sequence[str] = (),
        name: str = "session",
        source: str = "spike times",
    ) -> "Recording":
        """A recording in memory, from one list of times in seconds for each unit; none for signals alone.

        `units` and `trials` are columns by name, or data frames of pandas: categories become text and dates
        ISO's, missing values NaN or no text; an index that has a name is a column, too.

        `observed_s` are the stretches that were recorded, `units_observed_s` those of each unit,
        `invalid_s` those that are not to be used.

        Times that carry another unit (quantities, neo, pint, astropy, timedelta) are converted. Others are
        refused, when something is cut, if rates or spans show that they are hardly seconds, unless
        `is_in_seconds` says that they are.

        Raises
        ------
        UserError
            If the columns of a table differ in length, or times are not finite numbers.
        """
        only_signals = bool(series) and isinstance(times_s, Sequence) and not len(times_s)
        trains = () if only_signals else sorted_times(times_s)
        if len(units_observed_s) not in (0, len(trains)):
            raise UserError(
                f"`units_observed_s` must hold the intervals of each of {len(trains)} units; got "
                f"{len(units_observed_s)}"
            )
        return cls(
            name=name,
            source=source,
            spike_times_s=trains,
            units=with_names(table("units", columns_of("units", units), len(trains))),
            trials=table("trials", columns_of("trials", trials)),
            events={
                key: np.asarray(without_unit(key, value), np.float64).ravel()
                for key, value in (events or {}).items()
            },
            series={one.name: one for one in series},
            observed_s=union_of(observed_s),
            units_observed_s=[union_of(intervals) for intervals in units_observed_s],
            invalid_s=union_of(invalid_s),
            is_in_seconds=is_in_seconds,
            left_out=tuple(left_out),
        )

    def trial_column(self, name: str, parameter: str) -> np.ndarray:
        """A column of the trials by name; a UserError with a suggestion if there is none."""
        if name not in self.trials:
            known = suggestion(name, self.trials) or " The recording has no trials."
            raise UserError(
                f"{self.source}: {parameter}: there is no trial column `{name}`."
                f"{self.reason_of(name)}{known}"
            )
        return self.trials[name]

    def reason_of(self, name: str) -> str:
        """Why a column, event or series of that name is not there, if it was left out."""
        tables = ("", "trials.", "trials/", "events.", "series.")
        starts = tuple(f"`{table}{name}`" for table in tables)
        found = next((one for one in self.left_out if one.startswith(starts)), "")
        return f" Not used was {found}." if found else ""

    def times_of_trials(self, name: str, columns: Columns | None = None) -> np.ndarray:
        """A trial column as times in seconds; a UserError if it holds none.

        Parameters
        ----------
        name
            Of the column.
        columns
            Of another table than that of the trials.
        """
        column = (self.trials if columns is None else columns)[name]
        if column.dtype.kind not in "iuf":
            kind = "text" if column.dtype.kind == "U" else column.dtype.name
            example = f" such as {column[0].item()!r}" if column.size else ""
            raise UserError(
                f"trial column `{name}` must hold times in seconds; got {kind}{example}"
            )
        return column.astype(np.float64) * self.trial_seconds


def union_of(intervals_s: Any) -> Intervals:
    """Intervals in order, those that touch joined; ones without duration, or without a time, are left out.

    >>> union_of([(5.0, 9.0), (0.0, 2.0), (1.0, 3.0)])
    ((0.0, 3.0), (5.0, 9.0))
    """
    joined: list[tuple[float, float]] = []
    pairs = np.asarray(intervals_s, np.float64).reshape(-1, 2)
    for start, stop in sorted(pairs[np.isfinite(pairs).all(1)].tolist()):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        elif stop > start:
            joined.append((start, stop))
    return tuple(joined)


def outside(intervals: Intervals, holes: Intervals) -> Intervals:
    """What is left of intervals without the holes; both in order.

    >>> outside(((0.0, 10.0), (12.0, 14.0)), ((2.0, 3.0), (9.0, 13.0)))
    ((0.0, 2.0), (3.0, 9.0), (13.0, 14.0))
    """
    left, first = [], 0
    for start, stop in intervals:
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        begin, place = start, first
        while place < len(holes) and holes[place][0] < stop:
            left.append((begin, holes[place][0]))
            begin, place = holes[place][1], place + 1
        left.append((begin, stop))
    return tuple((start, stop) for start, stop in left if stop > start)


def table(what: str, columns: Mapping[str, Any], num_rows: int | None = None) -> Columns:
    """Columns as arrays of one length; values that are neither numbers nor text become text."""
    arrays: dict[str, np.ndarray] = {}
    for name, values in columns.items():
        try:
            array = as_column(values)
        except (ValueError, TypeError) as error:
            raise UserError(
                f"{what}: column `{name}` must hold one number or text a row; got "
                f"{type(values).__name__} whose items differ in kind or length"
            ) from error
        num_rows = len(array) if num_rows is None else num_rows
        if len(array) != num_rows:
            raise UserError(
                f"{what}: column `{name}` has {len(array)} rows, where {num_rows} were expected"
            )
        arrays[str(name)] = array
    return arrays


def with_names(units: Columns) -> Columns:
    """Columns of units with `name` and `area`, where other columns say the same.

    >>> sorted(with_names({"id": np.array([3, 5]), "location": np.array(["M1", "M1"])}))
    ['area', 'id', 'location', 'name']
    """
    found = dict(units)
    for name, others in SAME.items():
        other = next((other for other in others if other in units), None)
        if name not in units and other is not None:
            found[name] = units[other].astype(str)
    return found


def as_column(values: Any) -> np.ndarray:
    """One value a row: numbers, true and false, or text."""
    array = np.asarray(values)
    if array.dtype.kind in "biuf" and array.ndim == 1:
        return array
    if array.dtype.kind in "SU" and array.ndim == 1:
        return array.astype(str)
    rows = [x.decode("utf-8", "replace") if isinstance(x, bytes) else x for x in list(values)]
    return np.array(["" if row is None else str(row) for row in rows], dtype=str)
