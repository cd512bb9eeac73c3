"""Initial conditions: where trials start, and which dimensions of the code tell trials apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator

from lfads.evaluation.matching import values_of
from lfads.numerics.components import principal_components
from lfads.numerics.means import mean_of_known, std_of_known
from lfads.plots.canvas import canvas, only_panel, whole_of
from lfads.plots.conditions import Angles, Colors, Conditions, conditions_of
from lfads.plots.factors import component_names
from lfads.plots.sizes import StyleName
from lfads.plots.style import GREY, INK, in_style, tidy


@in_style
def plot_initial_conditions(
    posterior: xr.Dataset,
    *,
    angles: Angles | None = None,
    conditions: Sequence[Any] | None = None,
    colors: Colors | None = None,
    figure: Figure | SubFigure | None = None,
    ax: Axes | None = None,
    style: StyleName | None = None,
) -> Figure:
    """Posterior means of the initial-condition code, in the plane of their top two components.

    Beside it, for each dimension of the code: how much the means differ between trials (s.d.), and
    how uncertain they are (mean posterior s.d.). A dimension whose means hardly differ is not used.

    Parameters
    ----------
    posterior
        One session's results, with `initial_condition_mean` and, if known, its spread.
    angles
        Directions of the conditions in degrees, for their colours.

    conditions
        Labels of the conditions to draw; by default a few that are spread over all.
    colors
        Colours of conditions, by label or in the order of those that are drawn.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    ax
        A panel to draw in instead: the plane alone.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        Two panels; a dot in the first is a trial, coloured by its condition or, beyond a few
        conditions, grey.
    """
    means = values_of(posterior, "initial_condition_mean", "latent")
    of_trials = conditions_of(posterior, angles=angles, conditions=conditions, colors=colors)
    only_panel(figure, ax, 1, "panel")
    num = min(2, means.shape[1])
    components = principal_components(means, num)
    scores = components.scores
    y = scores[:, 1] if num == 2 else np.zeros(len(scores))
    where = canvas(figure, 3.6) if ax is None else ax
    plane, bars = (where, None) if isinstance(where, Axes) else where.subplots(1, 2)
    _draw_dots(plane, scores[:, 0], y, of_trials)
    share = component_names(components)
    plane.set(title="Initial conditions", xlabel=share[0], ylabel=share[1] if num == 2 else "")
    plane.set(xticks=[], yticks=[])
    plane.margins(0.08)
    tidy(plane)
    of_trials.draw_key(plane, dots=True)
    if bars is not None:
        _draw_use(bars, posterior, means)
    return whole_of(where)


def _draw_use(bars: Axes, posterior: xr.Dataset, means: np.ndarray) -> None:
    """How much each dimension of the code tells trials apart, and how sure it is."""
    between = std_of_known(means, 0)
    order = np.argsort(-between, kind="stable")
    rank = np.arange(len(order))
    mark = {"marker": "o", "markersize": 3, "linewidth": 1.0}
    bars.plot(rank, between[order], color=INK, label="s.d. of the means over trials", **mark)
    if "initial_condition_std" in posterior:
        within = mean_of_known(values_of(posterior, "initial_condition_std", "latent"), 0)
        bars.plot(rank, within[order], color=GREY, label="mean posterior s.d.", **mark)
    bars.set(title="Use of the code", xlabel="dimension of the code (sorted)", ylabel="s.d. (a.u.)")
    bars.set_ylim(0, 1.08 * bars.dataLim.y1)
    bars.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    bars.legend(loc="best")
    tidy(bars)


def _draw_dots(axes: Axes, x: np.ndarray, y: np.ndarray, conditions: Conditions) -> None:
    """A dot for each trial, small where they are many; conditions not drawn lie behind, in grey."""
    drawn = np.isin(conditions.group, conditions.chosen)
    for trials in (~drawn, drawn):
        area = float(np.clip(4000 / max(trials.sum(), 1), 5, 18))
        colors = conditions.colors[conditions.group[trials]]
        axes.scatter(x[trials], y[trials], c=colors, s=area, linewidths=0, alpha=0.75)
