"""Times that count from their trial, laid onto one clock: trial behind trial, as a recording has them.

What labs keep as cells of trials and units, or as triplets of trial, unit and time. Where the trials say
when they began (`start_time`), that is where they lie; else one lies behind the other, a second apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from lfads.checks import UserError, many
from lfads.recordings.recording import Recording, table

ZERO = "zero_time"
"""The trial column of when each trial's own clock is at zero; its times count from there."""

BETWEEN_S = 1.0
"""Between trials that do not say when they were."""

ROUND_S = 0.1
"""To which the span of trials is widened where only spikes tell it."""


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
    which to cut are `zero_time`, and with `relative_to_trial` the trials' own columns of times.

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
        Start and stop of the trials on their own clocks, for all of them or for each; what the spikes reach
        over, widened to tenths of a second, by default.
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
    starts, stops = _spans(times_s, span_s, num_trials)
    zeros = _zeros(columns, starts, stops, trial_seconds)
    order = np.lexsort((times_s, trial, unit))
    on_clock = times_s[order] + zeros[trial[order]]
    ends = np.searchsorted(unit[order], np.arange(1, num_units))
    bounds = {"start_time": zeros + starts, "stop_time": zeros + stops, ZERO: zeros}
    # The file's own bounds of trials, if it has any, stand where the zeros come from.
    found = Recording.from_spike_times(
        np.split(on_clock, ends),
        units=units,
        trials=columns | {k: times / trial_seconds for k, times in bounds.items()},
        events=events,
        observed_s=list(zip(zeros + starts, zeros + stops, strict=True)),
        left_out=left_out,
        name=name,
        source=source,
    )
    return replace(found, trial_seconds=trial_seconds)


def _spans(times_s: np.ndarray, span_s: Any, num_trials: int) -> tuple[np.ndarray, np.ndarray]:
    """Start and stop of each trial on its own clock."""
    if span_s is None:
        lowest, highest = float(times_s.min()), float(times_s.max())
        start = min(0.0, np.floor(lowest / ROUND_S) * ROUND_S)
        span_s = (start, np.ceil(highest / ROUND_S + 1e-9) * ROUND_S)
    starts, stops = (np.broadcast_to(np.asarray(one, np.float64), num_trials) for one in span_s)
    return starts, stops


def _zeros(
    columns: Mapping[str, np.ndarray], starts: np.ndarray, stops: np.ndarray, trial_seconds: float
) -> np.ndarray:
    """When each trial is at zero, on the one clock."""
    said = columns.get("start_time")
    lasting = stops - starts
    if said is not None and said.dtype.kind in "iuf" and len(said) > 1:
        zeros = said.astype(np.float64) * trial_seconds
        if np.isfinite(zeros).all() and (np.diff(zeros) >= (lasting[:-1] - ROUND_S)).all():
            return zeros
    before = np.cumsum(lasting + BETWEEN_S)
    return np.concatenate([[0.0], before[:-1]]) - starts
