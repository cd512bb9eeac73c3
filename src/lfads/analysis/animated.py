"""What an analysis that can also be filmed has beside its figure, and what such analyses share."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import xarray as xr

from lfads.analysis.analysis import Shown
from lfads.analysis.trial_columns import column_of, without_label
from lfads.checks import UserError
from lfads.data.session import Session
from lfads.plots.angles import turn_of
from lfads.plots.conditions import MOST_CONDITIONS, Angles, Conditions, called, labelled
from lfads.plots.video import Animation

MOST_ANGLES = 24
_ANGLES = ("direction", "angle", "target")
_SIGNIFICANT = 0.05


@runtime_checkable
class Animated(Shown, Protocol):
    """An analysis whose result can also be shown as a video."""

    @property
    def video_height_in(self) -> float:
        """Of the figure that is filmed."""
        ...

    def animate(self, figure: Any, result: xr.Dataset) -> Animation:
        """Draw what stays into an empty figure, and say what changes."""
        ...


class Coloured(NamedTuple):
    """A column of trials that colours tell apart; without a name all trials are alike."""

    name: str
    labels: np.ndarray


def coloured(session: Session, by: str | None) -> Coloured:
    """The column that is asked for; else that of directions, if there is one, or the conditions.

    Raises
    ------
    UserError
        If there is no such column.
    """
    if by is not None:
        return Coloured(by, _written(column_of(session, by, "by")))
    for name in _ANGLES:
        column = session.trial_table.get(name)
        if column is None or column.ndim != 1 or column.dtype.kind not in "iuf":
            continue
        if turn_of(np.unique(column[~without_label(column)])) is not None:
            return Coloured(name, _written(column))
    if session.condition is not None:
        return Coloured("condition", _written(np.asarray(session.condition)))
    return Coloured("", np.full(session.num_trials, "all trials"))


def colours(name: str, labels: np.ndarray, angles: Angles | None) -> Conditions:
    """Colours of a column: of all angles, or of a few other labels that are evenly spread."""
    if not name:
        return labelled(None, len(labels))
    if labels.dtype.kind == "f" and (labels == labels.round()).all():
        labels = labels.astype(np.int64)
    is_angle = angles is not None or turn_of(np.unique(labels)) is not None
    found = labelled(
        labels, len(labels), MOST_ANGLES if is_angle else MOST_CONDITIONS, angles=angles
    )
    return replace(found, called=called(found.labels, {"long_name": name}))


def chance_in_words(p: float) -> str:
    """Whether a p says anything.

    >>> chance_in_words(0.01), chance_in_words(0.4), chance_in_words(float("nan"))
    ('p = 0.01', 'p = 0.4: no more than by chance', 'not tested against chance')
    """
    if not np.isfinite(p):
        return "not tested against chance"
    return f"p = {p:.2g}" + ("" if p < _SIGNIFICANT else ": no more than by chance")


def refuse_other_words(who: str, parameter: str, value: Any, known: Sequence[str]) -> None:
    """A UserError unless a choice is one of some words."""
    if value not in known:
        words = " or ".join(f"`{word}`" for word in known)
        raise UserError(f"{who}: `{parameter}=` must be {words}; got {value!r}")


def _written(column: np.ndarray) -> np.ndarray:
    """As numbers that NetCDF keeps, or as text."""
    return column if column.dtype.kind in "iuf" else column.astype(str)
