"""Times that count from their trial, laid onto one clock, as a recording has them.

What labs keep as cells of trials and units, or as triplets of trial, unit and time. Trials lie on the clock
of the session only where that is sure: where the table has `start_time`, the spikes of each trial lie
between its start and its `stop_time`, and no two trials share time. Else one lies behind the other, a
second apart, on a clock of no session, on which only what counts from its trial, too, has a place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lfads.checks import UserError, many
from lfads.recordings.recording import Recording, table

START, STOP = "start_time", "stop_time"
"""Of the rows of a table of intervals."""

ZERO = "zero_time"
"""The trial column of when each trial's own clock is at zero; its times count from there."""

IN_FILE = "_in_file"
"""Behind the names of a file's own columns whose names the clock of the trials takes."""

BETWEEN_S = 1.0
"""Between trials that do not lie where the session had them."""

ROUND_S = 0.1
"""To which the span of trials is widened where only spikes tell it."""

SLACK_S = 1e-3
"""By which a spike may lie outside its trial: bounds are written with so many digits."""

LEAST_INSIDE = 0.999
"""Share of the spikes that must lie within their trials for the trials' own bounds to be theirs."""


class _Clock(NamedTuple):
    """Where trials lie: their zeros, and start and stop counted from these; and how that is known."""

    zeros: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    is_of_session: bool
    remark: str


def from_triplets(
    times_s: Float[np.ndarray, " spike"],
    trial: Int[np.ndarray, " spike"],
    unit: Int[np.ndarray, " spike"],
    *,
    num_trials: int,
    num_units: int,
    trials: Mapping[str, Any] | None = None,
    units: Mapping[str, Any] | None = None,
    span_s: tuple[Any, Any] | None = None,
    events: Mapping[str, Any] | None = None,
    left_out: Sequence[str] = (),
    trial_seconds: float = 1.0,
    name: str = "session",
    source: str = "spike times",
) -> Recording:
    """A recording from spikes that name their trial, by row, and count from its zero.

    The trials of the recording have the columns `start_time`, `stop_time` and `zero_time`; events around
    which to cut are `zero_time`, and with `relative_to_trial` the trials' own columns of times. Where
    trials do not lie on the clock of the session, a file's own `start_time` is `start_time_in_file`, and
    events of their own are left out.

    Parameters
    ----------
    times_s
        Seconds from the zero of the trial.
    trial, unit
        Row of each spike's trial and of its unit, from 0.
    num_trials, num_units
        Rows of the tables, those without a spike among them.
    trials, units, events
        As of `Recording.from_spike_times`.
    span_s
        Start and stop of the trials on their own clocks, for all of them or for each. By default those of
        the trials' table, if spikes lie within; else what spikes reach over, in tenths of a second.
    trial_seconds
        Seconds that 1 is in the trials' columns of times; those that are added are in that unit.

    Raises
    ------
    UserError
        If times are not finite, or a column does not have a value for each trial.
    """
    if not np.isfinite(times_s).all():
        raise UserError(f"{source}: spike times must be finite; got NaN or inf")
    if not len(times_s):
        raise UserError(f"{source}: no spike in {many(num_trials, 'trial')}")
    columns = dict(table("trials", trials or {}, num_trials))
    clock = _clock(columns, times_s, trial, span_s, num_trials, trial_seconds)
    order = np.lexsort((times_s, trial, unit))
    on_clock = times_s[order] + clock.zeros[trial[order]]
    ends = np.searchsorted(unit[order], np.arange(1, num_units))
    bounds = {
        START: clock.zeros + clock.starts, STOP: clock.zeros + clock.stops, ZERO: clock.zeros
    }  # fmt: skip
    if not clock.is_of_session:
        columns = {f"{k}{IN_FILE}" if k in bounds else k: v for k, v in columns.items()}
        left_out = [*left_out, *(f"`{name}` ({NO_PLACE})" for name in events or {})]
        events = None
    found = Recording.from_spike_times(
        np.split(on_clock, ends),
        units=units,
        trials=columns | {name: times / trial_seconds for name, times in bounds.items()},
        events=events,
        observed_s=list(zip(bounds[START], bounds[STOP], strict=True)),
        left_out=left_out,
        name=name,
        source=source,
    )
    return replace(
        found,
        trial_seconds=trial_seconds,
        trials_apart=not clock.is_of_session,
        remarks=(clock.remark,) if clock.remark else (),
    )


NO_PLACE = "times of the session; trials count from their own zeros, and have no place on its clock"


def _clock(
    columns: Mapping[str, np.ndarray],
    times_s: np.ndarray,
    trial: np.ndarray,
    span_s: Any,
    num_trials: int,
    trial_seconds: float,
) -> _Clock:
    """Where the trials lie."""
    said, ends = (_seconds(columns, name, trial_seconds) for name in (START, STOP))
    remark = ""
    if span_s is None and said is not None and ends is not None:
        lasting = ends - said
        inside = (times_s >= -SLACK_S) & (times_s <= lasting[trial] + SLACK_S)
        span_s = (0.0, lasting) if lasting.min() > 0 and inside.mean() >= LEAST_INSIDE else None
    if span_s is None:
        span_s = _reach(times_s)
        remark = (
            f"no column says how long trials last: all are taken to last from {span_s[0]:.3g} to "
            f"{span_s[1]:.3g} s on their own clocks, over which spikes reach"
        )
        said = None if ends is not None else said  # bounds that are not those of the spikes
    starts, stops = (np.broadcast_to(np.asarray(one, np.float64), num_trials) for one in span_s)
    if said is not None and starts.min() >= -SLACK_S and _are_apart(said + starts, said + stops):
        return _Clock(said, starts, stops, True, remark)
    before = np.concatenate([[0.0], np.cumsum(stops - starts + BETWEEN_S)[:-1]])
    return _Clock(before - starts, starts, stops, False, remark)


def _seconds(
    columns: Mapping[str, np.ndarray], name: str, trial_seconds: float
) -> np.ndarray | None:
    """A column of times that are all known, in seconds; None if it is none."""
    column = columns.get(name)
    if column is None or column.dtype.kind not in "iuf" or not np.isfinite(column).all():
        return None
    return column.astype(np.float64) * trial_seconds


def _are_apart(starts: np.ndarray, stops: np.ndarray) -> bool:
    """Whether no two trials share time."""
    order = np.argsort(starts, kind="stable")
    return bool((starts[order][1:] >= stops[order][:-1] - 1e-9).all())


def _reach(times_s: np.ndarray) -> tuple[float, float]:
    """From 0, or before where spikes are, to where the last spike of all trials is."""
    lowest, highest = float(times_s.min()), float(times_s.max())
    start = min(0.0, float(np.floor(lowest / ROUND_S) * ROUND_S))
    return start, float(np.ceil(highest / ROUND_S + 1e-9) * ROUND_S)
