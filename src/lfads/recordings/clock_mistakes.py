"""Times that are hardly what they are taken for, said before anything is cut."""

import warnings

import numpy as np

from lfads.checks import Problems, UserError, many
from lfads.recordings.choices import Choices
from lfads.recordings.clock import (
    FEWEST_SPIKES,
    FEWEST_TRIALS,
    FURTHER,
    Clock,
    about_trials,
    about_unit,
    clock_of,
)
from lfads.recordings.events import (
    about_own_clock,
    aligned_table,
    bounds_of,
    zeros_of,
)
from lfads.recordings.recording import Columns, Recording
from lfads.recordings.relative import START, STOP

SLACK_S = 1.0
"""By which an event may lie outside its trial."""

AT_ONCE_S = 0.005
"""Events that follow the start of their trials by less are hardly in seconds."""

FEW, MOST = 0.2, 0.8
"""Shares of trials."""


def check_clock(recording: Recording, choices: Choices, problems: Problems) -> None:
    """Note times in another unit than seconds, and times of trials and signals on other clocks."""
    if not recording.num_units:  # signals alone have their own clock
        return
    clock = clock_of(recording.spike_times_s)
    named, times = _times_of_events(recording, choices)
    reach = float(times.max()) if times.size and not recording.trials_apart else None
    in_memory = recording.reading is None
    longest = _longest(recording) if recording.trials_apart else 0.0
    problem = about_unit(clock, reach, longest_trial_s=longest, in_memory=in_memory)
    if problem and not recording.is_in_seconds:
        problems.add(problem)
        return
    before = len(problems.found)
    for name in dict.fromkeys([choices.align_to, *choices.input_events]):
        _check_relative(recording, choices, name, problems)
    reading = recording.reading or {}
    said = "trial_time_unit" in reading or reading.get("time_unit") == "s"
    said = said or (in_memory and recording.is_in_seconds)
    # Times that count from their trial are no times of the session.
    placed = said or recording.trials_apart or choices.relative_to_trial
    if len(problems.found) == before and not placed:
        problem = _about_one_place(recording, choices, clock, times)
        problem = problem or about_trials(clock, times, named)
        problems.require(not problem, problem)
    _check_series(recording, choices, clock, problems)


def _longest(recording: Recording) -> float:
    """Seconds of the longest trial."""
    lasting = recording.times_of_trials(STOP) - recording.times_of_trials(START)
    return float(lasting.max(initial=0.0))


def _times_of_events(recording: Recording, choices: Choices) -> tuple[str, np.ndarray]:
    """The name of the events that trials lie around, or of their starts, and the known times."""
    named = choices.align_to or choices.start
    try:
        columns, name = aligned_table(recording, named)
        times = recording.times_of_trials(name, columns) if columns else recording.events[name]
    except UserError:  # said elsewhere
        return named, np.empty(0)
    return named, times[np.isfinite(times)]


def _check_relative(
    recording: Recording, choices: Choices, named: str | None, problems: Problems
) -> None:
    """Note times that count from the start of their trial where that was not said, and the reverse."""
    if named is None:
        return
    try:
        columns, name = aligned_table(recording, named)
        if not columns or name in bounds_of(choices, columns):
            return
        zeros, times = (
            zeros_of(recording, choices, columns),
            recording.times_of_trials(name, columns),
        )
        ends = _ends(recording, choices, columns, zeros)
    except UserError:  # said elsewhere
        return
    known = np.isfinite(zeros) & np.isfinite(times) & np.isfinite(ends)
    if recording.trials_apart and not choices.relative_to_trial:
        problems.add(about_own_clock(name))
        return
    if known.sum() < FEWEST_TRIALS:
        return
    zeros, times, ends = zeros[known], times[known], ends[known]
    as_it_is = _inside(times, zeros, ends)
    from_zero = _inside(times + zeros, zeros, ends)
    outside = many(round((1 - as_it_is) * len(times)), "trial")
    where = f"between {times.min():g} and {times.max():g} s"
    trials = f"which start at {zeros.min():g} to {zeros.max():g} s"
    if not choices.relative_to_trial and as_it_is < FEW:
        said = f"times of `{name}` lie {where}, outside {outside} of {len(times)}, {trials}"
        rising = bool((np.diff(times[np.argsort(zeros, kind="stable")]) > 0).all())
        if rising:  # as times of the session do, in whatever unit
            return
        if from_zero > MOST:
            problems.add(
                f"{said}: they seem to count from the start of each trial; say `relative_to_trial=True`"
            )
        else:
            warnings.warn(
                f"{said}: are they on the clock of the trials, in their unit?",
                UserWarning,
                stacklevel=5,
            )
    if choices.relative_to_trial and 0 < np.abs(times).max() < AT_ONCE_S:
        problems.add(
            f"times of `{name}`, counted from the start of each trial, lie {where}, as good as at the "
            "start: are they in another unit than the spikes (`trial_time_unit='s'`)?"
        )
    elif choices.relative_to_trial and from_zero < MOST:
        longest = float((ends - zeros).max())
        if as_it_is > MOST and not recording.trials_apart:
            problems.add(
                f"times of `{name}` lie within their trials as they are, on the clock of the recording: "
                "leave out `relative_to_trial=True`"
            )
        else:
            problems.add(
                f"times of `{name}`, counted from the start of each trial, lie {where}, where trials last "
                f"up to {longest:.3g} s: are they in another unit (`trial_time_unit=`), or on the clock of "
                "the session?"
            )


def _inside(times: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> float:
    """Share of the times that lie in their trial, or a little outside."""
    return float(((times >= starts - SLACK_S) & (times <= ends + SLACK_S)).mean())


def _ends(
    recording: Recording, choices: Choices, columns: Columns, starts: np.ndarray
) -> np.ndarray:
    """When trials end: where the next one starts, if no column says it."""
    if choices.stop in columns:
        return recording.times_of_trials(choices.stop, columns)
    order = np.sort(starts)
    behind = (
        np.append(order[1:], order[-1] + np.median(np.diff(order))) if len(order) > 1 else order
    )
    return behind[np.minimum(np.searchsorted(order, starts), len(order) - 1)]


def _about_one_place(
    recording: Recording, choices: Choices, clock: Clock, times: np.ndarray
) -> str:
    """That all trials lie in one short stretch of a long recording: times count from each trial."""
    few = len(times) < FEWEST_TRIALS or clock.num_spikes.sum() < FEWEST_SPIKES
    if choices.align_to not in recording.trials or choices.window_s is None or few:
        return ""
    if choices.start in recording.trials:  # then `_check_relative` knows better
        return ""
    lasting = choices.window_s[1] - choices.window_s[0]
    shared = float((np.diff(np.sort(times)) < lasting).mean())
    spread = float(times.max() - times.min())
    if shared < MOST or spread > 2 * lasting or spread > clock.span_s / 10:
        return ""
    return (
        f"all {many(len(times), 'time')} of `{choices.align_to}` lie between {times.min():g} and "
        f"{times.max():g} s, where the spikes last {clock.span_s:g} s: they seem to count from the start "
        "of each trial. Name the column of when trials start with `start=`, and say "
        "`relative_to_trial=True`"
    )


def _check_series(recording: Recording, choices: Choices, clock: Clock, problems: Problems) -> None:
    """Note signals whose times reach many times as far as the spikes, or hardly begin."""
    for name in dict.fromkeys([*choices.behavior, *choices.inputs]):
        series = recording.series.get(name)
        if series is None or series.problem or series.num_samples < 2 or clock.last_s <= 0:
            continue
        first = float(series.times(0, 1)[0])
        last = float(series.times(series.num_samples - 1, series.num_samples)[0])
        far = first < clock.last_s and last > FURTHER * clock.last_s
        near = 0 < last < clock.last_s / FURTHER
        if far or near:
            problems.add(
                f"series `{name}` ends at {last:g} s, where the spikes end at {clock.last_s:g} s: are its "
                "times in seconds, is its rate in samples per second?"
            )
