"""Times that are hardly what they are taken for, said before anything is cut."""

import numpy as np

from lfads.checks import Problems, UserError, many
from lfads.recordings.choices import Choices
from lfads.recordings.clock import about_trials, about_unit, clock_of
from lfads.recordings.events import aligned_table, zeros_of
from lfads.recordings.recording import Recording
from lfads.recordings.relative import ZERO

FEWEST_TRIALS = 5
"""Below, where times lie says nothing."""

SLACK_S = 1.0
"""By which an event may lie outside its trial."""

FEW, MOST = 0.2, 0.9
"""Shares of trials."""


def check_clock(recording: Recording, choices: Choices, problems: Problems) -> None:
    """Note spike times in another unit than seconds, and times of trials on another clock than spikes."""
    named, times = _times_of_events(recording, choices)
    reach = float(times.max()) if times.size else None
    clock = clock_of(recording.spike_times_s)
    problem = (
        ""
        if recording.is_in_seconds
        else about_unit(clock, reach, in_memory=recording.reading is None)
    )
    if not problem and reach is not None and "trial_time_unit" not in (recording.reading or {}):
        problem = about_trials(clock, reach, named)
    if problem:
        problems.add(problem)
    else:
        _check_relative(recording, choices, problems)


def _times_of_events(recording: Recording, choices: Choices) -> tuple[str, np.ndarray]:
    """The name of the events that trials lie around, or of their starts, and the known times."""
    named = choices.align_to or choices.start
    try:
        columns, name = aligned_table(recording, named)
        times = recording.times_of_trials(name, columns) if columns else recording.events[name]
    except UserError:  # said elsewhere
        return named, np.empty(0)
    return named, times[np.isfinite(times)]


def _check_relative(recording: Recording, choices: Choices, problems: Problems) -> None:
    """Note events that count from the start of their trial where that was not said, and the reverse."""
    if choices.align_to is None:
        return
    try:
        columns, name = aligned_table(recording, choices.align_to)
        if not columns or name in (choices.start, choices.stop, ZERO):
            return
        starts = zeros_of(recording, choices, columns)
        times = recording.times_of_trials(name, columns)
        stops = (
            recording.times_of_trials(choices.stop, columns) if choices.stop in columns else None
        )
    except UserError:  # said elsewhere
        return
    known = np.isfinite(starts) & np.isfinite(times)
    known &= True if stops is None else np.isfinite(stops)
    if known.sum() < FEWEST_TRIALS:
        return
    starts, times = starts[known], times[known]
    ends = _next(starts) if stops is None else stops[known]
    longest = float((ends - starts).max())
    inside = float(((times >= starts - SLACK_S) & (times <= ends + SLACK_S)).mean())
    short = float(((times >= -longest) & (times <= 2 * longest + SLACK_S)).mean())
    if not choices.relative_to_trial and inside < FEW and short > MOST:
        problems.add(
            f"times of `{name}` lie between {times.min():g} and {times.max():g} s, outside "
            f"{many(round((1 - inside) * len(times)), 'trial')} of {len(times)}, which start at "
            f"{starts.min():g} to {starts.max():g} s: they seem to count from the start of each trial; say "
            "`relative_to_trial=True`"
        )
    if choices.relative_to_trial and inside > MOST and short < FEW:
        problems.add(
            f"times of `{name}` lie within their trials as they are, on the clock of the recording: "
            "leave out `relative_to_trial=True`"
        )


def _next(starts: np.ndarray) -> np.ndarray:
    """When the trial behind each starts."""
    order = np.sort(starts)
    behind = np.append(order[1:], order[-1] + np.median(np.diff(order)))
    return behind[np.searchsorted(order, starts)]
