"""What a recording holds before trials are cut from it: units, spike times, trials, events, series.

Every source (NWB, MATLAB, arrays, other libraries) becomes a `Recording`. Large arrays are read when they
are asked for, and only the part that is asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lfads.checks import UserError, suggestion
from lfads.data.binning import SpikeTimes, sorted_times

Columns = Mapping[str, np.ndarray]
"""Columns of a table by name, one value a row."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Series:
    """A signal over time.

    Parameters
    ----------
    name
        As users choose it.
    num_samples, num_channels
        Its size.
    times
        Times of samples `start` to `stop`, in seconds: `times(start, stop)`.
    values
        Samples `start` to `stop`, (sample, channel), in `unit`: `values(start, stop)`.
    unit
        Of the values.
    rate_hz
        Samples per second; None where they are not regular.
    """

    name: str
    num_samples: int
    num_channels: int
    times: Callable[[int, int], np.ndarray]
    values: Callable[[int, int], np.ndarray]
    unit: str = ""
    rate_hz: float | None = None

    @classmethod
    def from_arrays(
        cls, name: str, values: Any, *, times_s: Any = None, rate_hz: float | None = None,
        start_s: float = 0.0, unit: str = "",
    ) -> "Series":  # fmt: skip
        """A series in memory: times in seconds, or a rate and the time of the first sample."""
        array = np.asarray(values, np.float64)
        array = array.reshape(len(array), -1)
        if (times_s is None) == (rate_hz is None):
            raise UserError(f"series `{name}`: give either `times_s` or `rate_hz`")
        if times_s is not None:
            given = np.asarray(times_s, np.float64)
            if given.shape != array.shape[:1]:
                raise UserError(
                    f"series `{name}`: expected one time for each of {len(array)} samples; got "
                    f"{given.shape}"
                )
        else:
            given = start_s + np.arange(len(array)) / float(rate_hz or 1.0)
        return cls(
            name=name, num_samples=len(array), num_channels=array.shape[1], unit=unit,
            rate_hz=rate_hz, times=lambda a, b: given[a:b], values=lambda a, b: array[a:b],
        )  # fmt: skip


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
    observed_s
        Start and end of each stretch that was recorded, in order, if known.
    """

    name: str
    source: str
    spike_times_s: SpikeTimes
    units: Columns = field(default_factory=dict)
    trials: Columns = field(default_factory=dict)
    events: Mapping[str, np.ndarray] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    observed_s: tuple[tuple[float, float], ...] = ()

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
        units: Mapping[str, Any] | None = None,
        trials: Mapping[str, Any] | None = None,
        events: Mapping[str, Any] | None = None,
        series: Sequence[Series] = (),
        observed_s: Sequence[tuple[float, float]] = (),
        name: str = "session",
        source: str = "spike times",
    ) -> "Recording":
        """A recording in memory, from one list of times in seconds for each unit.

        Raises
        ------
        UserError
            If the columns of a table differ in length, or times are not finite numbers.
        """
        trains = sorted_times(times_s)
        return cls(
            name=name,
            source=source,
            spike_times_s=trains,
            units=table("units", units or {}, len(trains)),
            trials=table("trials", trials or {}),
            events={
                key: np.asarray(value, np.float64).ravel() for key, value in (events or {}).items()
            },
            series={one.name: one for one in series},
            observed_s=union_of(observed_s),
        )

    def trial_column(self, name: str, flag: str) -> np.ndarray:
        """A column of the trials by name; a UserError with a suggestion if there is none."""
        if name not in self.trials:
            known = suggestion(name, self.trials) or " The recording has no trials."
            raise UserError(f"{self.source}: {flag}: there is no trial column `{name}`.{known}")
        return self.trials[name]


def union_of(intervals_s: Any) -> tuple[tuple[float, float], ...]:
    """Intervals in order, those that touch joined; ones without duration are left out.

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


def table(what: str, columns: Mapping[str, Any], num_rows: int | None = None) -> Columns:
    """Columns as arrays of one length; values that are neither numbers nor text become text."""
    arrays = {str(name): as_column(values) for name, values in columns.items()}
    lengths = {name: len(array) for name, array in arrays.items()}
    expected = num_rows if num_rows is not None else next(iter(lengths.values()), 0)
    for name, length in lengths.items():
        if length != expected:
            raise UserError(
                f"{what}: column `{name}` has {length} rows, where {expected} were expected"
            )
    return arrays


def as_column(values: Any) -> np.ndarray:
    """One value a row: numbers, true and false, or text."""
    array = np.asarray(values)
    if array.dtype.kind in "biuf" and array.ndim == 1:
        return array
    if array.dtype.kind in "SU" and array.ndim == 1:
        return array.astype(str)
    rows = [x.decode("utf-8", "replace") if isinstance(x, bytes) else x for x in list(values)]
    return np.array(["" if row is None else str(row) for row in rows], dtype=str)
