"""A figure that somebody else fills, in the house's style."""

from collections.abc import Callable

from matplotlib.figure import Figure

from lfads.plots.style import in_style, new_figure


@in_style
def drawn(draw: Callable[[Figure], None], height_in: float) -> Figure:
    """An empty figure of the common width, after `draw` has filled it."""
    figure = new_figure(height_in)
    draw(figure)
    return figure
