"""Factors: their principal components in space and over time, and each factor by itself."""

from collections.abc import Sequence
from typing import Any

import mpl_toolkits.mplot3d  # noqa: F401 - registers the projection  # pyright: ignore[reportUnusedImport]
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from lfads.checks import UserError, many
from lfads.evaluation.matching import values_of
from lfads.numerics.components import Components, principal_components
from lfads.numerics.means import means_of_groups, std_of_known
from lfads.plots.canvas import canvas, only_panel, whole_of
from lfads.plots.choices import chosen_numbers
from lfads.plots.conditions import MOST_CONDITIONS, Angles, Colors, Conditions, conditions_of
from lfads.plots.examples import example_trials, middles_s
from lfads.plots.sizes import USUAL, StyleName, sizes
from lfads.plots.style import GREY, halves, in_style, over_time, panels_of

MOST_FACTORS = 12
SINGLE_TRIALS = 24


@in_style
def plot_factors(
    posterior: xr.Dataset,
    *,
    max_conditions: int = MOST_CONDITIONS,
    angles: Angles | None = None,
    conditions: Sequence[Any] | None = None,
    colors: Colors | None = None,
    figure: Figure | SubFigure | None = None,
    ax: Axes | None = None,
    style: StyleName | None = None,
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

    conditions
        Labels of the conditions to draw; by default at most `max_conditions` of them.
    colors
        Colours of conditions, by label or in the order of those that are drawn.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    ax
        A panel to draw in instead: the trajectories, in its space or in its plane.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        Trajectories (in the plane for two factors, absent for one) and time courses.
    """
    factors = values_of(posterior, "factors", "factor")
    of_trials = conditions_of(
        posterior, max_conditions, angles=angles, conditions=conditions, colors=colors
    )
    if ax is not None:
        only_panel(figure, ax, 1, "")
    num = min(3, factors.shape[2])
    components = principal_components(factors.reshape(-1, factors.shape[2]), num)
    scores = components.scores.reshape(*factors.shape[:2], num)
    means = means_of_groups(scores, of_trials.group, of_trials.num)
    singles = _single_trials(posterior, of_trials)
    names = component_names(components)
    time_s = middles_s(posterior)
    if ax is not None:
        _draw_space(ax, scores, means, of_trials, singles, names)
        of_trials.draw_key(ax)
        return whole_of(ax)
    where = canvas(figure, 4.2 if num > 1 else 1.9)
    left, right = halves(where, (1.0, 1.0)) if num > 1 else (None, where)
    if left is not None:
        space: Any = left.add_subplot(projection="3d" if num == 3 else "rectilinear")
        _draw_space(space, scores, means, of_trials, singles, names)
    rows: list[Axes] = list(right.subplots(num, 1, sharex=True, squeeze=False)[:, 0])
    for k, axes in enumerate(rows):
        _draw_courses(axes, time_s, scores[..., k], means[..., k], of_trials, singles)
        axes.set_ylabel(names[k])
        over_time(axes, time_s, lowest=k == num - 1)
    of_trials.draw_key(where)
    return whole_of(where)


@in_style
def plot_factor_time_courses(
    posterior: xr.Dataset,
    *,
    factors: Sequence[int] | None = None,
    max_factors: int = MOST_FACTORS,
    max_conditions: int = MOST_CONDITIONS,
    angles: Angles | None = None,
    conditions: Sequence[Any] | None = None,
    colors: Colors | None = None,
    figure: Figure | SubFigure | None = None,
    ax: Axes | None = None,
    style: StyleName | None = None,
) -> Figure:
    """The factors themselves over time, those with the largest variance first.

    Parameters
    ----------
    posterior
        One session's results.
    factors
        Numbers of the factors to draw, in this order.
    max_factors
        At most this many factors are drawn otherwise.
    max_conditions
        At most this many conditions are drawn, evenly spread over all.
    angles
        Directions of the conditions in degrees, for their colours.

    conditions
        Labels of the conditions to draw; by default at most `max_conditions` of them.
    colors
        Colours of conditions, by label or in the order of those that are drawn.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    ax
        A panel to draw in instead: one of the `factors`.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        A panel for each factor, in arbitrary units of one scale.
    """
    values = values_of(posterior, "factors", "factor")
    of_trials = conditions_of(
        posterior, max_conditions, angles=angles, conditions=conditions, colors=colors
    )
    means = means_of_groups(values, of_trials.group, of_trials.num)
    singles = _single_trials(posterior, of_trials)
    spread = std_of_known(values.reshape(-1, values.shape[2]), 0)
    widest = np.argsort(-np.nan_to_num(spread), kind="stable")[:max_factors]
    shown = chosen_numbers("factors", factors, values.shape[2], widest)
    only_panel(figure, ax, len(shown), "of the `factors`")
    time_s = middles_s(posterior)
    num_columns = min(4, len(shown))
    where = ax
    panels = [] if ax is None else [ax]
    if where is None:
        where = canvas(figure, 0.4 + 1.35 * -(-len(shown) // num_columns))
        panels = panels_of(where, len(shown), num_columns, sharex=True, sharey=True)
    for place, (axes, factor) in enumerate(zip(panels, shown, strict=True)):
        _draw_courses(axes, time_s, values[..., factor], means[..., factor], of_trials, singles)
        axes.set_title(f"factor {factor}")
        over_time(axes, time_s, lowest=place + num_columns >= len(shown))
        if place % num_columns == 0:
            axes.set_ylabel("value (a.u.)")
    of_trials.draw_key(where)
    return whole_of(where)


def _draw_space(
    space: Any,
    scores: np.ndarray,
    means: np.ndarray,
    conditions: Conditions,
    singles: np.ndarray,
    names: list[str],
) -> None:
    """Trajectories in as many dimensions as the panel has."""
    num = min(len(names), 3 if hasattr(space, "zaxis") else 2)
    if num < 2 or (num < 3 and hasattr(space, "zaxis")):
        raise UserError(
            f"`ax` must have fewer dimensions than that: there are {many(len(names), 'component')}"
        )
    for trial in singles:
        color = conditions.colors[conditions.group[trial]]
        draw_trajectory(space, scores[trial, :, :num], color, single=True)
    for c in conditions.chosen:
        draw_trajectory(space, means[c, :, :num], conditions.color(c), single=False)
    name_directions(space, names[:num])


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
        axis.labelpad = -12 * USUAL.text_pt / sizes().text_pt
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
