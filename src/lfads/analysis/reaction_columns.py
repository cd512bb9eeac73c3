"""Trial columns of measured reaction times, or of movement onset: which one it is, and its unit."""

import re

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.analysis.around import numeric_columns, times_of_column
from lfads.checks import UserError, first_of
from lfads.data.session import Session

WHO = "reaction_time"

REACTION_NAMES = ("reactiontime", "rt", "reactiontimes")
ONSET_NAMES = (
    "movementonset", "moveonset", "movementonsettime", "moveonsettime", "onsettime", "movestart",
    "movementstart",
)  # fmt: skip
NAMES = (*REACTION_NAMES, *ONSET_NAMES)
"""Of columns, without a unit at their end, in small letters alone."""

LONGEST_S = 20.0
"""A median above this is taken for one in other units."""


def measured_s(session: Session, column: str, go: str | None) -> Float[np.ndarray, " trial"]:
    """Seconds from go: that column of each trial is subtracted from times of onset."""
    times_s = times_of_column(session, column, WHO)
    if go is None or not is_onset(column):
        return times_s
    return times_s - times_of_column(session, go, WHO)


def plain_name(column: str) -> str:
    """A column's name without its unit, in small letters alone.

    >>> plain_name("Move_onset_time_s"), plain_name("rt_ms"), plain_name("RTs")
    ('moveonsettime', 'rt', 'rts')
    """
    return re.sub(r"[^a-z]", "", re.sub(r"_m?s$", "", column.lower()))


def is_onset(column: str) -> bool:
    """Whether a column's name says when movement began, rather than how long after go."""
    return "onset" in plain_name(column) or plain_name(column) in ONSET_NAMES


def check_unit(measured: Float[np.ndarray, " trial"], column: str, session: str) -> None:
    """A UserError that names the unit if times are too long for seconds."""
    known = measured[np.isfinite(measured)]
    if len(known) and abs(float(np.median(known))) > LONGEST_S:
        raise UserError(
            f"reaction_time: `column=` must hold times in seconds from go; the median of `{column}` of "
            f"session `{session}` is {np.median(known):g} s. If they are milliseconds, divide them by "
            f"1000, or call the column `{re.sub(r'_s$', '', column)}_ms`; if they count from another time, "
            "subtract that of go"
        )


def column_in_words(result: xr.Dataset) -> str:
    """The measured column, and what was done to it."""
    name, less = result.attrs["column"], result.attrs["subtracted"]
    words = f"{name}, divided by 1000" if float(result.attrs["divided_by"]) != 1 else str(name)
    return f"{words}, less {less}" if less else words


def likely_column(session: Session) -> str:
    """The one column whose name says that it holds reaction times or movement onsets.

    Raises
    ------
    UserError
        If there is none, or several.
    """
    columns = numeric_columns(session)
    likely = [c for c in columns if plain_name(c) in NAMES]
    if len(likely) == 1:
        return likely[0]
    which = (
        "none that is"
        if not likely
        else f"{first_of(f'`{c}`' for c in likely)}, all of which may be"
    )
    raise UserError(
        "reaction_time: say which trial column holds the measured reaction times: `column=`. Of "
        f"{first_of(f'`{c}`' for c in columns) or 'no columns of numbers'} there is {which} likely by name"
    )
