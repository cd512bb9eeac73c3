"""The events that trials are aligned to: columns of tables, and events of their own."""

import numpy as np

from lfads.checks import UserError, first_of, suggestion
from lfads.recordings.choices import Choices
from lfads.recordings.recording import Columns, Recording
from lfads.recordings.relative import START, STOP, ZERO


def events_of(recording: Recording, choices: Choices) -> tuple[Columns, np.ndarray | None]:
    """The table that trials are rows of, and the time of each row's event; None without an event."""
    if choices.align_to is None:
        return recording.trials, None
    columns, name = aligned_table(recording, choices.align_to)
    if not columns:
        return {}, recording.events[name]
    return columns, on_clock(recording, choices, name, columns)


def on_clock(
    recording: Recording, choices: Choices, name: str, columns: Columns | None = None
) -> np.ndarray:
    """Times of a trial column in seconds, on the clock of the recording.

    Times that count from their trial (`relative_to_trial`) are placed by its zero.

    Raises
    ------
    UserError
        If they cannot be placed: trials that lie one behind the other have no other clock than their own.
    """
    columns = recording.trials if columns is None else columns
    times = recording.times_of_trials(name, columns)
    if name in bounds_of(choices, columns):
        return times
    if choices.relative_to_trial:
        return times + zeros_of(recording, choices, columns)
    if recording.trials_apart:
        raise UserError(f"{recording.source}: {about_own_clock(name)}")
    return times


def about_own_clock(name: str) -> str:
    """Why a column cannot be used as it is where trials lie one behind the other."""
    return (
        f"spikes count from the zero of their trial, and trials have no common clock: `{name}` can be used "
        "if it counts from that zero, too (say `relative_to_trial=True`), but not on the clock of the "
        f"session: subtract the time of the zero first. `{ZERO}` is the zero itself"
    )


def bounds_of(choices: Choices, columns: Columns) -> set[str]:
    """Columns that place the trials themselves."""
    return {START, STOP, ZERO} if ZERO in columns else {zero_name(choices, columns)}


def zero_name(choices: Choices, columns: Columns) -> str:
    """The column of when each trial's times count from."""
    if ZERO in columns:
        return ZERO
    return choices.start if choices.align_to is not None else START


def zeros_of(recording: Recording, choices: Choices, columns: Columns) -> np.ndarray:
    """From when on times of each trial count that are relative to it, in seconds."""
    zero = zero_name(choices, columns)
    if zero not in columns:
        raise UserError(
            f"{recording.source}: `relative_to_trial=True` needs the time that each trial begins at; there "
            f"is no trial column `{zero}`: name it with `start=`.{suggestion(zero, columns)}"
        )
    return recording.times_of_trials(zero, columns)


def aligned_table(recording: Recording, align_to: str) -> tuple[Columns, str]:
    """The table that has an event, and the name of its column; no columns for events of their own.

    `TABLE/column` is a column of any table of intervals, `TABLE` the start of its rows.

    Raises
    ------
    UserError
        If there is no such column or event.
    """
    if align_to in recording.trials:
        return recording.trials, align_to
    if align_to in recording.events:
        return {}, align_to
    name, _, column = align_to.rpartition("/")
    for of, inside in ((name, column), (align_to, START)):
        if inside in recording.tables.get(of, {}):
            return recording.tables[of], inside
    known = [k for k, v in recording.trials.items() if v.dtype.kind == "f"]
    others = [
        f"{of}/{inside}"
        for of, columns in recording.tables.items()
        for inside, values in columns.items()
        if columns is not recording.trials and values.dtype.kind == "f"
    ]
    there = [name for name in others if name.endswith(f"/{align_to}")]
    said = suggestion(align_to, [*known, *recording.events, *others])
    if there:
        of = there[0].rpartition("/")[0]
        said = (
            f" Tables of intervals have it: name it with its table, "
            f"{first_of(f'`{one}`' for one in there)}, or choose the table of the trials, as in "
            f"`trials_table='{of}'`"
        )
    raise UserError(
        f"{recording.source}: `align_to=`: there is no trial column or event `{align_to}`."
        f"{recording.reason_of(align_to)}{said}"
    )
