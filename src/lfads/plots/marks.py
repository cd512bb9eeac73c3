"""Lines and dots of a figure, made larger or smaller after it was drawn."""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.figure import Figure, SubFigure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch


def artists_of(part: Figure | SubFigure | Axes) -> list[Artist]:
    """Lines, dots, areas and keys of all panels; no ticks and no frames."""
    panels: list[Any] = part.findobj(Axes)
    keys: list[Any] = part.findobj(Legend)
    found = [artist for a in panels for artist in (*a.lines, *a.collections, *a.patches)]
    return [*found, *(handle for key in keys for handle in key.legend_handles)]


def scale_marks(artists: list[Artist], factor: float) -> None:
    """Widths of lines and sizes of dots, that many times as large."""
    for artist in artists:
        if isinstance(artist, Line2D):
            artist.set_linewidth(factor * artist.get_linewidth())
            artist.set_markersize(factor * artist.get_markersize())
            artist.set_markeredgewidth(factor * artist.get_markeredgewidth())
        elif isinstance(artist, Collection):
            artist.set_linewidth([factor * width for width in np.ravel(artist.get_linewidth())])
            dots: Any = artist
            if hasattr(dots, "set_sizes") and len(dots.get_sizes()):
                dots.set_sizes(factor**2 * np.asarray(dots.get_sizes()))
        elif isinstance(artist, Patch):
            artist.set_linewidth(factor * artist.get_linewidth())
