"""Several sessions beside each other, in the principal components of all of them together."""

from collections.abc import Mapping, Sequence
from typing import Any

import mpl_toolkits.mplot3d  # noqa: F401 - registers the projection  # pyright: ignore[reportUnusedImport]
import numpy as np
import xarray as xr
from matplotlib.figure import Figure, SubFigure

from lfads.checks import UserError, many
from lfads.numerics.components import principal_components
from lfads.numerics.evenly import evenly
from lfads.plots import style as house
from lfads.plots.canvas import canvas, whole_of
from lfads.plots.conditions import (
    MOST_CONDITIONS,
    Colors,
    Conditions,
    called,
    choose,
    colors_of,
    in_colors,
    labelled,
    only,
)
from lfads.plots.courses import factor_courses, sessions_with, shared_labels
from lfads.plots.examples import middles_s
from lfads.plots.factors import draw_trajectory, name_directions
from lfads.plots.sizes import StyleName

MOST_SESSIONS = 8
_LONGEST_NAME = 20
_MARGIN = 0.04  # of the range of a component, on either side
_HEIGHT_IN = 2.5  # of a row of panels
_HEIGHT_OF_FEW_IN = 3.3  # of one or two panels
_ZOOM = 1.08


@house.in_style
def plot_sessions(
    posteriors: Mapping[str, xr.Dataset],
    *,
    max_conditions: int = MOST_CONDITIONS,
    max_sessions: int = MOST_SESSIONS,
    conditions: Sequence[Any] | None = None,
    colors: Colors | None = None,
    figure: Figure | SubFigure | None = None,
    style: StyleName | None = None,
) -> Figure:
    """Condition averages of each session's factors, in one space and on the same axes.

    Components are those of the averages of all sessions together, those that are not drawn included.
    Sessions that share dynamics and are well aligned show the same picture. A dot marks the first bin.

    Parameters
    ----------
    posteriors
        Results of one run by the name of the session. Conditions are compared as text; unless every
        session has them, and some are found in two, averages are over all trials.
    max_conditions
        At most this many conditions are drawn, of those that most sessions have, evenly spread.
    max_sessions
        At most this many sessions are drawn, evenly spread.
    conditions
        Labels of the conditions to draw; by default at most `max_conditions` of them.
    colors
        Colours of conditions, by label or in the order of those that are drawn.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        A panel for each session: in space, in the plane for two factors, over time for one.

    Raises
    ------
    UserError
        If there is no session, or sessions differ in their number of factors.
    """
    if not posteriors:
        raise UserError("`posteriors` must hold the results of at least one session; got none")
    of_all = only(conditions_of_all(posteriors, max_conditions), conditions)
    of_all = in_colors(of_all, colors)
    courses = factor_courses(posteriors, shared_labels(posteriors))
    everything = np.concatenate(list(courses.values()))
    num = min(3, everything.shape[2])
    components = principal_components(everything.reshape(-1, everything.shape[2]), num)
    drawn = [list(posteriors)[k] for k in evenly(len(posteriors), max_sessions)]
    paths = {name: components.project(courses[name])[of_all.chosen] for name in drawn}
    limits = _limits(np.concatenate(list(paths.values())))
    names = [f"PC {k + 1}" for k in range(num)]
    columns = min(len(drawn), 4) if len(drawn) not in (5, 6) else 3
    rows = -(-len(drawn) // columns)
    where = canvas(figure, 0.4 + (_HEIGHT_IN * rows if len(drawn) > 2 else _HEIGHT_OF_FEW_IN))
    for place, name in enumerate(drawn):
        projection = "3d" if num == 3 else "rectilinear"
        panel: Any = where.add_subplot(rows, columns, place + 1, projection=projection)
        _name(panel, name, posteriors[name])
        if num == 1:
            time_s = middles_s(posteriors[name])
            for course, c in zip(paths[name][..., 0], of_all.chosen, strict=True):
                panel.plot(time_s, course[: len(time_s)], color=of_all.color(c))
            house.over_time(panel, time_s)
            panel.set(ylabel=names[0], ylim=limits[0])
        else:
            for path, c in zip(paths[name], of_all.chosen, strict=True):
                draw_trajectory(panel, path, of_all.color(c), single=False)
            name_directions(panel, names)
            _let_neighbours_show(panel)
            panel.set(**dict(zip(("xlim", "ylim", "zlim"), limits, strict=False)))
        if not np.isfinite(paths[name]).any():
            write = getattr(panel, "text2D", panel.text)
            write(
                0.5, 0.5, "none of these conditions", transform=panel.transAxes, ha="center",
                va="center", fontsize=house.small_size(), color=house.GREY,
            )  # fmt: skip
    of_all.draw_key(where)
    share = zip(names, 100 * components.variance_fraction, strict=False)
    words = ", ".join(f"{name}: {percent:.0f} %" for name, percent in share)
    where.supxlabel(f"{words} of the variance of all averages", fontsize=house.small_size())
    return whole_of(where)


def conditions_of_all(
    posteriors: Mapping[str, xr.Dataset], most: int = MOST_CONDITIONS
) -> Conditions:
    """Conditions of several sessions, in the order of `shared_labels`.

    At most `most` are drawn, of those that most sessions have.
    """
    shared = shared_labels(posteriors)
    if shared is None:
        return labelled(None, 1)
    labels, counts = _as_numbers(shared), sessions_with(posteriors)
    number = np.array([counts[label] for label in shared.tolist()])
    widespread = np.flatnonzero(number == number.max())
    order = np.argsort(labels[widespread], kind="stable")
    chosen = widespread[order][choose(labels[widespread][order], most)]
    colors = _colors(labels, chosen)
    about = next(iter(posteriors.values()))["condition"].attrs
    said = called(labels, about)
    return Conditions(labels, np.arange(len(labels)), chosen, colors, known=True, called=said)


def _as_numbers(labels: np.ndarray) -> np.ndarray:
    """Labels as numbers, if all are and stay distinct: directions get the colours of a circle."""
    for kind in (np.int64, np.float64):
        try:
            numbers = labels.astype(kind)
        except ValueError:
            continue
        if np.isfinite(numbers).all() and len(np.unique(numbers)) == len(labels):
            return numbers
    return labels


def _colors(labels: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Colours by the order of the values, in the order of the labels."""
    order = np.argsort(labels, kind="stable")
    place = np.argsort(order, kind="stable")
    return colors_of(labels[order], place[chosen])[place]


def _limits(paths: np.ndarray) -> list[tuple[float, float]]:
    """The range of each component over all panels, a little wider."""
    limits = []
    for values in np.moveaxis(paths, -1, 0):
        known = values[np.isfinite(values)]
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
        margin = _MARGIN * (high - low) or 1.0
        limits.append((low - margin, high + margin))
    return limits


def _let_neighbours_show(panel: Any) -> None:
    """The white behind a panel in space would cover what its neighbour writes."""
    panel.patch.set_visible(False)
    if hasattr(panel, "zaxis"):
        for axis in (panel.xaxis, panel.yaxis, panel.zaxis):
            axis.pane.set_fill(False)
        panel.set_box_aspect((1, 1, 0.9), zoom=_ZOOM)


def _name(panel: Any, name: str, posterior: xr.Dataset) -> None:
    """The session, and how many neurons it has."""
    title = house.as_label(name, _LONGEST_NAME)
    if "neuron" in posterior.sizes:
        title += f"\n{many(posterior.sizes['neuron'], 'neuron')}"
    panel.set_title(title, pad=0 if hasattr(panel, "zaxis") else None)
