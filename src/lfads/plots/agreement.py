"""How well sessions agree, before alignment, at the start of training, and after it."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lfads.checks import UserError, many
from lfads.plots import style

LOWEST = -1.0
"""R² below this lie beyond the axis: how bad chance makes it tells nothing."""

_ROWS = 24  # sessions below each other, before a second column begins
_COLUMNS = 3
_ASIDE = 0.28  # of a row, between marks of one session at the edge
_ORANGE = style.PALETTE[4]
_MARKS = (("o", style.GREY, "white"), ("s", _ORANGE, _ORANGE), ("o", style.BLUE, style.BLUE))


@style.in_style
def plot_agreement(
    sessions: Sequence[str], agreement: Mapping[str, Sequence[float | None]]
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
    figure = style.new_figure(0.95 + max(0.19 * rows, 0.4))
    grid = figure.subplots(1, columns, sharex=True, squeeze=False)[0]
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
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), handletextpad=0.2)
    return figure


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
            axes.plot([known.min(), known.max()], [k, k], color=style.PALE, linewidth=1.5, zorder=1)
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
    axes.axvline(0.0, color=style.GREY, linewidth=0.7, linestyle=style.DOTTED, zorder=0)
    axes.set_yticks(place, [style.as_label(name) for name in sessions])
    axes.set_ylim(rows - 0.4, -0.6)
    style.tidy(axes)
    axes.tick_params(axis="y", length=0, labelsize=style.SMALL_SIZE, labelcolor=style.INK)
    axes.spines["left"].set_visible(False)
