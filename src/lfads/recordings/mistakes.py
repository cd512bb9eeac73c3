"""What is wrong with choices, said before anything is read."""

import warnings
from collections.abc import Iterable

import numpy as np

from lfads.checks import Problems, UserError, first_of, many, suggestion
from lfads.data.companions import is_finite_number
from lfads.data.validation import check_bin_width
from lfads.recordings.choices import Choices
from lfads.recordings.clock_mistakes import check_clock
from lfads.recordings.counts import check_counted
from lfads.recordings.events import START, STOP, aligned_table
from lfads.recordings.recording import Recording
from lfads.recordings.series import stored_name
from lfads.recordings.trial_times import SLACK_BINS, durations
from lfads.recordings.without_trials import how_to_give_trials

OF_TRIALS = (
    "valid", "split_by", "forward_s", "align_to", "window_s", "trials", "conditions",
    "test_conditions", "test", "relative_to_trial",
)  # fmt: skip
"""Choices that windows of everything recorded have no use for."""


OF_SERIES = ("signals", "read_outs")
"""Choices of series that are modelled."""


def check(recording: Recording, choices: Choices) -> None:
    """A UserError that names everything wrong with the choices."""
    problems = Problems(recording.source)
    lists = ("conditions", "behavior", *OF_SERIES, "inputs", "input_events", "test_conditions")
    for name in lists:
        given = getattr(choices, name)
        problems.require(
            not isinstance(given, str), f"`{name}=` must be a list of names; got {given!r}"
        )
    _check_numbers(choices, problems)
    problems.raise_if_any()
    if choices.with_spikes or not choices.signals:
        problems.require(
            recording.num_units > 0,
            f"it has no units with spike times{_tables(recording)}{_or_signals(recording, choices)}",
        )
    _check_signals(choices, problems)
    check_clock(recording, choices, problems)
    check_counted(recording, choices, problems)
    if choices.chop_s is not None:
        _check_windows(choices, choices.chop_s, problems)
    else:
        _check_trials(recording, choices, problems)
    _check_units(recording, choices, problems)
    _check_names(recording, choices, problems)
    problems.raise_if_any()


def bins_of(name: str, seconds: float, width_s: float) -> int:
    """Seconds as a whole number of bins; a warning where that is not what was asked for.

    >>> bins_of("chop_s", 1.0, 0.02)
    50
    """
    number = round(seconds / width_s)
    if abs(seconds / width_s - number) > SLACK_BINS:
        warnings.warn(
            f"`{name}={seconds:g}` is no whole number of bins of {width_s:g} s: the nearest is taken, "
            f"{number} bins, {number * width_s:g} s",
            stacklevel=3,
        )
    return number


def _check_numbers(choices: Choices, problems: Problems) -> None:
    """Widths, durations and shares on their own."""
    check_bin_width(choices.bin_width_s, problems, "`bin_width_s=`")
    for name in ("chop_s", "overlap_s", "forward_s", "min_rate_hz"):
        value = getattr(choices, name)
        unit = "spikes/s" if name == "min_rate_hz" else "seconds"
        if name in ("chop_s", "overlap_s"):
            value = 0.0 if value is None else value
        problems.require(
            is_finite_number(value) and value >= 0,
            f"`{name}=` must be 0 or more {unit}, and finite; got {value!r}",
        )
    for name in ("valid", "test", "hold_out_neurons"):
        share = getattr(choices, name)
        problems.require(
            is_finite_number(share) and 0 <= share < 1,
            f"`{name}=` must be a share from 0 to 1; got {share!r}",
        )
    if problems.found:
        return
    if choices.window_s is not None:
        problems.attempt(durations, np.zeros(1), None, choices.window_s, choices.bin_width_s)
    for name in ("forward_s", "overlap_s"):
        value = getattr(choices, name) or 0.0
        problems.require(
            value == 0 or round(value / choices.bin_width_s) > 0,
            f"`{name}={value:g}` is less than a bin of {choices.bin_width_s:g} s: give 0, or a bin at "
            "least",
        )


def _check_windows(choices: Choices, window_s: float, problems: Problems) -> None:
    """What goes with `chop_s`."""
    plain = Choices(bin_width_s=choices.bin_width_s)
    for name in OF_TRIALS:
        problems.require(
            getattr(choices, name) in (getattr(plain, name), []),  # a list as files keep it
            f"`{name}=` is about trials; `chop_s=` cuts windows without regard to them",
        )
    shortest = 2 * choices.bin_width_s
    problems.require(
        window_s >= shortest,
        f"`chop_s=` must be at least {shortest:g} s, two bins; got {window_s:g}",
    )
    overlap = choices.overlap_s or 0.0
    problems.require(
        round(overlap / choices.bin_width_s) <= round(window_s / choices.bin_width_s) // 2,
        f"`overlap_s=` must be at most half a window of `chop_s={window_s:g}`; got {overlap:g}",
    )


def _check_trials(recording: Recording, choices: Choices, problems: Problems) -> None:
    """What goes with trials."""
    problems.require(choices.overlap_s is None, "`overlap_s=` needs `chop_s=`")
    if choices.align_to is not None:
        problems.require(
            choices.window_s is not None,
            "`align_to=` needs `window_s=`: start and end around the event, such as `window_s=(-0.2, 0.6)`",
        )
        return
    plain = (choices.start, choices.stop) == (START, STOP) and not choices.input_events
    problems.require(
        not (choices.relative_to_trial and plain),
        "`relative_to_trial=True` is about the times of `align_to=`, `start=`, `stop=` or `input_events=`",
    )
    problems.require(
        choices.window_s is None,
        "`window_s=` needs `align_to=`: the event that windows lie around",
    )
    missing = "its table of trials has no rows" if recording.trials else "it has no table of trials"
    choose = "" if recording.trials else _choice_of_tables(recording)
    if not recording.trials and not choose and (line := how_to_give_trials(recording)):
        choose = f"{line}; or "
    problems.require(
        recording.num_trials > 0,
        f"{missing}: {choose}name events with `align_to=`, or cut windows with `chop_s=`",
    )


def _choice_of_tables(recording: Recording) -> str:
    """The tables of intervals whose rows may be the trials, and the line that chooses one."""
    named = {
        name: columns
        for name, columns in recording.tables.items()
        if {START, STOP} <= columns.keys()
    }
    if not named:
        return ""
    about = (
        f"`{name}` ({many(len(columns[START]), 'row')}: {first_of(columns, 8)})"
        for name, columns in named.items()
    )
    example = next(iter(named))
    return f"choose one of {first_of(about, 8)}, as in `trials_table='{example}'`; or "


def _tables(recording: Recording) -> str:
    """The tables of units there are, and the line that chooses one."""
    if not recording.unit_tables:
        return ""
    about = (f"`{name}` ({said})" for name, said in recording.unit_tables.items())
    example = next(iter(recording.unit_tables))
    return f": choose one of {first_of(about, 8)}, as in `units_table='{example}'`"


def _or_signals(recording: Recording, choices: Choices) -> str:
    """The signals that may be modelled instead of spikes."""
    usable = [name for name, one in recording.series.items() if not one.problem]
    if not usable or choices.with_spikes:
        return ""
    return f"; it has signals: name those to model with `signals=`, one or more of {first_of(usable, 8)}"


def _check_signals(choices: Choices, problems: Problems) -> None:
    """What goes with signals alone."""
    for name in ("deconvolve", "with_spikes"):
        problems.require(
            not getattr(choices, name) or bool(choices.signals),
            f"`{name}=True` needs `signals=`: the signals to model",
        )
    both = sorted(set(choices.signals) & set(choices.read_outs))
    problems.require(
        not both,
        f"`read_outs=`: {first_of(both)} stand in `signals=`, too: give them in one of the two",
    )
    if choices.decay_s is not None:
        problems.require(choices.deconvolve, "`decay_s=` needs `deconvolve=True`")
        problems.require(
            is_finite_number(choices.decay_s) and bool(choices.decay_s > 0),
            f"`decay_s=` must be the time constant of calcium in seconds, above 0; got {choices.decay_s!r}",
        )


def _check_units(recording: Recording, choices: Choices, problems: Problems) -> None:
    if choices.unit_rows is None:
        return
    rows = np.asarray(choices.unit_rows)
    problems.require(choices.units is None, "give either `units=` or `unit_rows=`")
    problems.require(
        rows.ndim == 1
        and rows.size > 0
        and rows.dtype.kind in "iu"
        and rows.min() >= 0
        and bool(rows.max() < recording.num_units),
        f"`unit_rows=` must be rows of the table of units, which has {recording.num_units}; got "
        f"{choices.unit_rows}",
    )


def _check_names(recording: Recording, choices: Choices, problems: Problems) -> None:
    """Columns, series and events that there are none of, or that cannot be used."""
    table = recording.trials
    if choices.align_to is not None:
        try:
            table, _ = aligned_table(recording, choices.align_to)
        except UserError as error:
            problems.add(str(error).removeprefix(f"{recording.source}: "))
    for name in choices.conditions:
        problems.require(
            name in table,
            f"`conditions=`: there is no trial column `{name}`.{suggestion(name, table)}",
        )
    for parameter in ("behavior", *OF_SERIES, "inputs"):
        for name in getattr(choices, parameter):
            if name not in recording.series:
                problems.add(
                    f"`{parameter}=`: there is no series `{name}`.{recording.reason_of(name)}"
                    f"{_one_of(name, recording.series)}"
                )
            elif problem := recording.series[name].problem:
                problems.add(f"`{parameter}=`: series `{name}` cannot be used: {problem}")
    stored = [stored_name(name) for name in dict.fromkeys(choices.behavior)]
    problems.require(
        len(set(stored)) == len(stored),
        f"`behavior=`: names must differ when `/` is written as `.`; got {', '.join(stored)}",
    )
    events = {**recording.trials, **recording.events}
    for name in choices.input_events:
        problems.require(
            name in events,
            f"`input_events=`: there is no event `{name}`.{_one_of(name, events)}",
        )


def _one_of(name: str, known: Iterable[str]) -> str:
    """A suggestion; all names that end so, where several do."""
    longer = [one for one in known if one.endswith(f"/{name}")]
    if longer:
        return f" Several are called so: {', '.join(f'`{one}`' for one in longer)}"
    return suggestion(name, known)
