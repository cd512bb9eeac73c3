"""Columns of trials that a question names: when an event was, and which group a trial belongs to."""

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.checks import UserError, first_of, suggestion
from lfads.data.session import Session

_SHARE_INSIDE = 0.9  # of the trials with a time, whose time must lie in the trial
_NOT_EVENTS = ("start", "stop", "end", "duration")


def column_of(session: Session, name: str, parameter: str) -> np.ndarray:
    """A column of the trial table, or `condition`, one value a trial.

    Raises
    ------
    UserError
        If there is none of that name, naming the parameter that asked for it.
    """
    there = dict(session.trial_table)
    if session.condition is not None:
        there.setdefault("condition", session.condition)
    if name not in there:
        raise UserError(
            f"`{parameter}=` must name a column of the trials of session `{session.name}`; it has no "
            f"`{name}`.{suggestion(name, there)} There is {first_of(f'`{k}`' for k in there) or 'none'}"
        )
    return np.asarray(there[name])


def without_label(labels: np.ndarray) -> Bool[np.ndarray, " trial"]:
    """Where a trial has none: numbers that are not known, and empty text.

    >>> without_label(np.array(["left", ""])).tolist(), without_label(np.array([np.nan, 1.0])).tolist()
    ([False, True], [True, False])
    """
    labels = np.asarray(labels)
    return np.isnan(labels) if labels.dtype.kind == "f" else labels.astype(str) == ""


def times_of(session: Session, name: str, parameter: str) -> Float[np.ndarray, " trial"]:
    """A numeric column as times in seconds, NaN where there is none; a UserError if it is text."""
    column = column_of(session, name, parameter)
    if column.dtype.kind not in "iuf" or column.ndim != 1:
        raise UserError(
            f"`{parameter}=` must name a numeric column, times in seconds on the clock of `time`; "
            f"`{name}` holds {'text' if column.dtype.kind in 'USO' else column.dtype}"
        )
    return column.astype(np.float64)


def likely_events(session: Session, start_s: float, stop_s: float) -> list[str]:
    """Columns that may be times of an event in the trial: fractions, different ones, nearly all inside.

    Parameters
    ----------
    session
        With its trial table.
    start_s, stop_s
        Of the trials, on the clock of `time`.
    """
    found = []
    for name, column in session.trial_table.items():
        column = np.asarray(column)
        if column.dtype.kind != "f" or column.ndim != 1 or name.lower() in _NOT_EVENTS:
            continue
        known = column[np.isfinite(column)]
        if len(known) < 2 or np.ptp(known) == 0 or (known == known.round()).all():
            continue
        inside = ((known >= start_s) & (known < stop_s)).mean()
        if inside >= _SHARE_INSIDE:
            found.append(name)
    return found


def levels_of(column: np.ndarray) -> Int[np.ndarray, " trial"]:
    """Numbers of the distinct values of a column."""
    return np.unique(column.astype(str), return_inverse=True)[1].reshape(len(column))


def require_shared_values(column: np.ndarray, name: str, parameter: str) -> None:
    """A UserError, which names the parameter, if most values of a column are those of one trial alone."""
    level = levels_of(column)
    alone = int((np.bincount(level)[level] == 1).sum())
    if 2 * alone > len(level):
        raise UserError(
            f"`{parameter}=` must name a column whose values trials share; {alone:,} of {len(level):,} "
            f"trials have a `{name}` of their own: name one with fewer values, or bin it before"
        )


def group_places(
    session: Session, name: str, parameter: str, fewest: int
) -> tuple[list[str], Int[np.ndarray, " trial"]]:
    """Labels of the groups with so many trials at least, and each trial's group, -1 without.

    Numbers that are not known, and empty text, are no group.
    """
    from lfads.plots.conditions import labelled

    column = column_of(session, name, parameter)
    known = ~without_label(column)
    found = labelled(column[known], int(known.sum()))
    group = np.full(len(column), -1)
    group[known] = found.group
    kept = [k for k in range(found.num) if (group == k).sum() >= fewest]
    labels = [
        f"{found.labels[k]:g}" if found.labels.dtype.kind == "f" else str(found.labels[k])
        for k in kept
    ]
    places = np.full(len(column), -1)
    for place, k in enumerate(kept):
        places[group == k] = place
    return labels, places


def compacted(
    labels: list[str], group: Int[np.ndarray, " trial"]
) -> tuple[list[str], Int[np.ndarray, " trial"]]:
    """Groups that have trials, numbered anew."""
    there = np.unique(group)
    return [labels[g] for g in there], np.searchsorted(there, group)
