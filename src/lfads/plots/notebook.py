"""How figures come before the eye: as the last value of a notebook's cell, and by `plt.show()`.

Nothing here imports pyplot. Where the user has, figures that they asked for are among those that
`plt.show()` shows; the latest few, so that a loop over sessions does not fill the memory.
"""

import functools
import io
import sys
import weakref
from collections.abc import Callable
from typing import Any, ParamSpec

import matplotlib as mpl
from matplotlib.figure import Figure

P = ParamSpec("P")
MOST_SHOWN = 20
_LATEST: list[weakref.ref[Figure]] = []


class NotebookFigure(Figure):
    """A figure that a notebook shows whatever its backend is."""

    def _repr_png_(self) -> bytes:
        drawn = io.BytesIO()
        self.savefig(drawn, format="png", dpi=110)
        return drawn.getvalue()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """Nothing more; but what is shown here is not to be shown again when the cell ends."""
        pyplot = _pyplot()
        if pyplot is not None and "inline" in str(mpl.rcParams["backend"]):
            pyplot.close(self)
        return {}


def shown(plot: Callable[P, Figure]) -> Callable[P, Figure]:
    """Let `plt.show()` show what a function draws, if it draws a figure of its own.

    Only the names in `lfads.plots` do so; figures of reports and files are drawn by the functions below.
    """

    @functools.wraps(plot)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        figure = plot(*args, **kwargs)
        if kwargs.get("figure") is None and kwargs.get("ax") is None:
            _give_to_pyplot(figure)
        return figure

    return drawn


def _pyplot() -> Any:
    return sys.modules.get("matplotlib.pyplot")


def _give_to_pyplot(figure: Figure) -> None:
    pyplot = _pyplot()
    if pyplot is None:
        return
    _LATEST.append(weakref.ref(figure))
    for old in _LATEST[:-MOST_SHOWN]:
        if (
            shown_before := old()
        ) is not None:  # None would close the figure that the user draws now
            pyplot.close(shown_before)
    del _LATEST[:-MOST_SHOWN]
    # Pyplot takes what makes a figure, and so one that is made already.
    made: Any = functools.partial(_as_it_is, figure)
    pyplot.figure(
        FigureClass=made
    )  # in no rc_context: the first figure may load a backend, which sets some


def _as_it_is(figure: Figure, *_: Any, **__: Any) -> Figure:
    return figure
