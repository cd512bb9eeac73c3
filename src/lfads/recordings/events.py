"""The events that trials are aligned to: columns of tables, and events of their own."""

import numpy as np

from lfads.checks import UserError, first_of, suggestion
from lfads.recordings.choices import Choices
from lfads.recordings.recording import Columns, Recording
from lfads.recordings.relative import ZERO

START, STOP = "start_time", "stop_time"
"""Of the rows of a table of intervals."""


def events_of(recording: Recording, choices: Choices) -> tuple[Columns, np.ndarray | None]:
    """The table that trials are rows of, and the time of each row's event; None without an event."""
    if choices.align_to is None:
        return recording.trials, None
    columns, name = aligned_table(recording, choices.align_to)
    if not columns:
        return {}, recording.events[name]
    times = recording.times_of_trials(name, columns)
    if not choices.relative_to_trial:
        return columns, times
    return columns, times + zeros_of(recording, choices, columns)


def zeros_of(recording: Recording, choices: Choices, columns: Columns) -> np.ndarray:
    """From when on times of each trial count that are relative to it, in seconds."""
    zero = ZERO if ZERO in columns else choices.start
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
