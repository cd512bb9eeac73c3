"""How well sessions agree, before alignment, at the start of training, and after it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from lfads.checks import UserError, many
from lfads.plots import style as house
from lfads.plots.canvas import canvas, only_panel, whole_of
from lfads.plots.sizes import StyleName

LOWEST = -1.0
"""R² below this lie beyond the axis: how bad chance makes it tells nothing."""

_ROWS = 24  # sessions below each other, before a second column begins
_COLUMNS = 3
_ASIDE = 0.28  # of a row, between marks of one session at the edge
_ORANGE = house.PALETTE[4]
_MARKS = (("o", house.GREY, "white"), ("s", _ORANGE, _ORANGE), ("o", house.BLUE, house.BLUE))


@house.in_style
def plot_agreement(
    sessions: Sequence[str],
    agreement: Mapping[str, Sequence[float | None]],
    *,
    figure: Figure | SubFigure | None = None,
    ax: Axes | None = None,
    style: StyleName | None = None,
) -> Figure:
    """Agreement of each session with the others, a row for each session and a mark for each moment.

    Parameters
    ----------
    sessions
        Names, drawn from top to bottom.
    agreement
        For each moment, in order, R² of each session's condition averages, predicted by the mean of the
        other sessions' (`lfads.stitching.alignment.agreement_of`); None or NaN where not known. The
        words of the moments stand in the key; at most three.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    ax
        A panel to draw in instead: of at most 24 sessions.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        Values below -1 are drawn at the edge, as triangles.

    Raises
    ------
    UserError
        If there is not one value for each session, or there are more than three moments.
    """
    values = _checked(sessions, agreement)
    columns = min(_COLUMNS, -(-len(sessions) // _ROWS))
    rows = -(-len(sessions) // columns)
    only_panel(figure, ax, columns, f"part of at most {_ROWS} of the sessions")
    where = canvas(figure, 0.95 + max(0.19 * rows, 0.4)) if ax is None else ax
    grid = (
        [where]
        if isinstance(where, Axes)
        else list(where.subplots(1, columns, sharex=True, squeeze=False)[0])
    )
    marks = (*_MARKS[: len(agreement) - 1], _MARKS[-1])  # what is last is always drawn alike
    low = max(LOWEST, min(0.0, float(np.nanmin(values, initial=0.0))))
    for column, axes in enumerate(grid):
        part = slice(column * rows, (column + 1) * rows)
        _draw(axes, sessions[part], values[:, part], marks, rows)
        axes.set_xlim(low - 0.04, 1.04)
        axes.set_xlabel("agreement with the other sessions (R²)")
    handles = [
        Line2D([], [], linestyle="", marker=m, color=edge, markerfacecolor=face, label=moment)
        for moment, (m, edge, face) in zip(agreement, marks, strict=True)
    ]
    form: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
    if not isinstance(where, Axes):
        form = {"loc": "outside upper left", "ncols": len(handles)}
    where.legend(handles=handles, handletextpad=0.2, **form)
    return whole_of(where)


def _checked(
    sessions: Sequence[str], agreement: Mapping[str, Sequence[float | None]]
) -> np.ndarray:
    """Values `moment session`, NaN where not known."""
    numbers = {moment: len(values) for moment, values in agreement.items()}
    one_each = all(number == len(sessions) for number in numbers.values())
    if not sessions or not 1 <= len(agreement) <= len(_MARKS) or not one_each:
        found = ", ".join(f"{number} of `{moment}`" for moment, number in numbers.items()) or "none"
        raise UserError(
            f"plot_agreement: expected one to {len(_MARKS)} moments with a value for each of at least one "
            f"session; got {many(len(sessions), 'session')}; values: {found}"
        )
    return np.array(list(agreement.values()), np.float64)  # None is NaN


def _draw(
    axes: Axes,
    sessions: Sequence[str],
    values: np.ndarray,
    marks: Sequence[tuple[str, str, str]],
    rows: int,
) -> None:
    place = np.arange(len(sessions))
    shown = np.maximum(values, LOWEST)
    for k in place:
        known = shown[np.isfinite(shown[:, k]), k]
        if len(known):
            axes.plot([known.min(), known.max()], [k, k], color=house.PALE, linewidth=1.5, zorder=1)
    aside = _ASIDE * (np.arange(len(marks)) - 0.5 * (len(marks) - 1))
    for k, (marker, edge, face) in enumerate(marks):
        row, beyond = shown[k], values[k] < LOWEST
        for which, shape, shift in (
            (np.isfinite(row) & ~beyond, marker, 0.0),
            (beyond, "<", aside[k]),  # those at the edge would hide each other
        ):
            if not which.any():  # an empty line that is not clipped would spoil the layout
                continue
            axes.plot(
                row[which], place[which] + shift, linestyle="", marker=shape, markersize=5.5, color=edge,
                markerfacecolor=face, clip_on=False, zorder=3,
            )  # fmt: skip
    axes.axvline(0.0, color=house.GREY, linewidth=0.7, linestyle=house.DOTTED, zorder=0)
    axes.set_yticks(place, [house.as_label(name) for name in sessions])
    axes.set_ylim(rows - 0.4, -0.6)
    house.tidy(axes)
    axes.tick_params(axis="y", length=0, labelsize=house.small_size(), labelcolor=house.INK)
    axes.spines["left"].set_visible(False)
