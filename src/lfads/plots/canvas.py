"""Where a figure is drawn: a new one, a part of one that the user has, or one panel of it."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from lfads.checks import UserError
from lfads.plots.style import layout, new_figure


def canvas(figure: Figure | SubFigure | None, height_in: float) -> Figure | SubFigure:
    """The figure that was given, or a new one.

    Keys stand beside panels and need a constrained layout: a figure without any layout gets it.
    """
    if figure is None:
        return new_figure(height_in)
    whole = whole_of(figure)
    if whole.get_layout_engine() is None:
        whole.set_layout_engine(layout())
    return figure


def whole_of(part: Figure | SubFigure | Axes) -> Figure:
    """The figure that a part belongs to."""
    found: Any = part.figure  # of axes in a part of a figure, that part
    while isinstance(found, SubFigure):
        found = found.figure
    return found


def only_panel(figure: Figure | SubFigure | None, ax: Axes | None, num: int, what: str) -> None:
    """Raise a UserError if there is a panel to draw in, and more than one to draw."""
    if ax is None:
        return
    if figure is not None:
        raise UserError("give `ax=` for one panel, or `figure=` for all of them; got both")
    if num != 1:
        raise UserError(f"`ax=` is one panel: choose one {what}; got {num}")
