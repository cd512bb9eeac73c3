"""Factors: their principal components in space and over time, and each factor by itself."""

from typing import Any

import mpl_toolkits.mplot3d  # noqa: F401 - registers the projection  # pyright: ignore[reportUnusedImport]
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lfads.evaluation.matching import values_of
from lfads.numerics.components import Components, principal_components
from lfads.numerics.means import means_of_groups, std_of_known
from lfads.plots.conditions import MOST_CONDITIONS, Angles, Conditions, conditions_of
from lfads.plots.examples import example_trials, middles_s
from lfads.plots.style import GREY, halves, in_style, new_figure, over_time, panels_of

MOST_FACTORS = 12
SINGLE_TRIALS = 24


@in_style
def plot_factors(
    posterior: xr.Dataset, *, max_conditions: int = MOST_CONDITIONS, angles: Angles | None = None
) -> Figure:
    """Factors along their top three principal components, in space and over time.

    Components are those of all trials and bins together. Thick lines are averages over the trials
    of a condition, thin ones single trials; a dot marks the first bin. Without conditions, single
    trials stand beside their average.

    Parameters
    ----------
    posterior
        One session's results.
    max_conditions
        At most this many conditions are drawn, evenly spread over all.
    angles
        Directions of the conditions in degrees, for their colours.

    Returns
    -------
    Figure
        Trajectories (in the plane for two factors, absent for one) and time courses.
    """
    factors = values_of(posterior, "factors", "factor")
    conditions = conditions_of(posterior, max_conditions, angles=angles)
    num = min(3, factors.shape[2])
    components = principal_components(factors.reshape(-1, factors.shape[2]), num)
    scores = components.scores.reshape(*factors.shape[:2], num)
    means = means_of_groups(scores, conditions.group, conditions.num)
    singles = _single_trials(posterior, conditions)
    names = component_names(components)
    time_s = middles_s(posterior)
    figure = new_figure(4.2 if num > 1 else 1.9)
    left, right = halves(figure, (1.0, 1.0)) if num > 1 else (None, figure)
    if left is not None:
        space: Any = left.add_subplot(projection="3d" if num == 3 else "rectilinear")
        for trial in singles:
            color = conditions.colors[conditions.group[trial]]
            draw_trajectory(space, scores[trial], color, single=True)
        for c in conditions.chosen:
            draw_trajectory(space, means[c], conditions.color(c), single=False)
        name_directions(space, names)
    rows: list[Axes] = list(right.subplots(num, 1, sharex=True, squeeze=False)[:, 0])
    for k, axes in enumerate(rows):
        _draw_courses(axes, time_s, scores[..., k], means[..., k], conditions, singles)
        axes.set_ylabel(names[k])
        over_time(axes, time_s, lowest=k == num - 1)
    conditions.draw_key(figure)
    return figure


@in_style
def plot_factor_time_courses(
    posterior: xr.Dataset,
    *,
    max_factors: int = MOST_FACTORS,
    max_conditions: int = MOST_CONDITIONS,
    angles: Angles | None = None,
) -> Figure:
    """The factors themselves over time, those with the largest variance first.

    Parameters
    ----------
    posterior
        One session's results.
    max_factors
        At most this many factors are drawn.
    max_conditions
        At most this many conditions are drawn, evenly spread over all.
    angles
        Directions of the conditions in degrees, for their colours.

    Returns
    -------
    Figure
        A panel for each factor, in arbitrary units of one scale.
    """
    factors = values_of(posterior, "factors", "factor")
    conditions = conditions_of(posterior, max_conditions, angles=angles)
    means = means_of_groups(factors, conditions.group, conditions.num)
    singles = _single_trials(posterior, conditions)
    spread = std_of_known(factors.reshape(-1, factors.shape[2]), 0)
    shown = np.argsort(-np.nan_to_num(spread), kind="stable")[:max_factors]
    time_s = middles_s(posterior)
    num_columns = min(4, len(shown))
    figure = new_figure(0.4 + 1.35 * -(-len(shown) // num_columns))
    panels = panels_of(figure, len(shown), num_columns, sharex=True, sharey=True)
    for place, (axes, factor) in enumerate(zip(panels, shown, strict=True)):
        _draw_courses(axes, time_s, factors[..., factor], means[..., factor], conditions, singles)
        axes.set_title(f"factor {factor}")
        over_time(axes, time_s, lowest=place + num_columns >= len(shown))
        if place % num_columns == 0:
            axes.set_ylabel("value (a.u.)")
    conditions.draw_key(figure)
    return figure


def draw_trajectory(space: Any, path: np.ndarray, color: Any, *, single: bool) -> None:
    """A path in two or three dimensions; a dot marks its start."""
    path = path[np.isfinite(path).all(1)]
    if not len(path):
        return
    width, alpha = (0.6, 0.35) if single else (1.8, 1.0)
    space.plot(*path.T, color=color, linewidth=width, alpha=alpha)
    if not single:
        form = {"depthshade": False} if path.shape[1] == 3 else {"zorder": 3}
        space.scatter(*path[:1].T, color=[color], s=18, linewidths=0, **form)


def name_directions(space: Any, names: list[str]) -> None:
    """Name the axes of a space whose units are arbitrary: no numbers, no walls."""
    if len(names) < 3:
        space.set(xlabel=names[0], ylabel=names[1], xticks=[], yticks=[])
        return
    for axis, name in zip((space.xaxis, space.yaxis, space.zaxis), names, strict=True):
        axis.set_ticks([])
        axis.pane.set_facecolor("white")
        axis.pane.set_edgecolor("#e4e4e4")
        axis.line.set_color(GREY)
        axis.set_label_text(name)
        axis.labelpad = -12
    space.set_box_aspect((1, 1, 0.9), zoom=1.05)
    space.view_init(elev=22, azim=-58)


def _draw_courses(
    axes: Axes,
    time_s: np.ndarray,
    values: np.ndarray,
    means: np.ndarray,
    conditions: Conditions,
    singles: np.ndarray,
) -> None:
    for trial in singles:
        color = conditions.colors[conditions.group[trial]]
        axes.plot(time_s, values[trial], color=color, linewidth=0.5, alpha=0.3)
    for c in conditions.chosen:
        axes.plot(time_s, means[c], color=conditions.color(c), linewidth=1.5)


def _single_trials(posterior: xr.Dataset, conditions: Conditions) -> np.ndarray:
    """A few trials of each condition that is drawn."""
    if not conditions.known:
        return example_trials(posterior, conditions.group, SINGLE_TRIALS)
    each = max(1, SINGLE_TRIALS // len(conditions.chosen))
    return np.concatenate([np.flatnonzero(conditions.group == c)[:each] for c in conditions.chosen])


def component_names(components: Components) -> list[str]:
    """Number and share of variance of each."""
    shares = enumerate(100 * components.variance_fraction, 1)
    return [f"PC {number} ({percent:.0f} %)" for number, percent in shares]
