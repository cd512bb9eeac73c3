"""Factors: their principal components in space and over time, and each factor by itself."""

from typing import Any

import mpl_toolkits.mplot3d  # noqa: F401 - registers the projection  # pyright: ignore[reportUnusedImport]
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lfads.plots.averages import Components, group_means, nan_mean, principal_components
from lfads.plots.conditions import MOST_CONDITIONS, Conditions, conditions_of, draw_key
from lfads.plots.pairing import bin_width_of, example_trials, values_of
from lfads.plots.style import GREY, INK, halves, in_style, label_time, mark_event, new_figure, tidy

MOST_FACTORS = 12
SINGLE_TRIALS = 24


@in_style
def plot_factors(posterior: xr.Dataset, *, max_conditions: int = MOST_CONDITIONS) -> Figure:
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

    Returns
    -------
    Figure
        Trajectories (in the plane for two factors, absent for one) and time courses.
    """
    factors = values_of(posterior, "factors", "factor")
    conditions = conditions_of(posterior, max_conditions)
    components = principal_components(factors.reshape(-1, factors.shape[2]))
    num = min(3, factors.shape[2])
    scores = components.project(factors, num)
    means = group_means(scores, conditions.group, conditions.num)
    singles = _single_trials(posterior, conditions)
    names = [_component_name(components, k) for k in range(num)]
    time_s = posterior["time"].to_numpy() + 0.5 * bin_width_of(posterior)
    figure = new_figure(4.2 if num > 1 else 1.9)
    left, right = halves(figure, (1.0, 1.0)) if num > 1 else (None, figure)
    if left is not None:
        space: Any = left.add_subplot(projection="3d" if num == 3 else "rectilinear")
        for trial in singles:
            color = conditions.colors[conditions.group[trial]]
            draw_trajectory(space, scores[trial], color, single=True)
        for c in conditions.chosen:
            draw_trajectory(space, means[c], _mean_color(conditions, int(c)), single=False)
        name_directions(space, names)
    rows: list[Axes] = list(right.subplots(num, 1, sharex=True, squeeze=False)[:, 0])
    for k, axes in enumerate(rows):
        _draw_courses(axes, time_s, scores[..., k], means[..., k], conditions, singles)
        axes.set_ylabel(names[k])
        mark_event(axes, time_s)
        label_time(axes, shown=k == num - 1)
    draw_key(figure, conditions)
    return figure


@in_style
def plot_factor_time_courses(
    posterior: xr.Dataset, *, max_factors: int = MOST_FACTORS, max_conditions: int = MOST_CONDITIONS
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

    Returns
    -------
    Figure
        A panel for each factor, in arbitrary units of one scale.
    """
    factors = values_of(posterior, "factors", "factor")
    conditions = conditions_of(posterior, max_conditions)
    means = group_means(factors, conditions.group, conditions.num)
    singles = _single_trials(posterior, conditions)
    variance = nan_mean((factors - nan_mean(factors, (0, 1))) ** 2, (0, 1))
    shown = np.argsort(-np.nan_to_num(variance), kind="stable")[:max_factors]
    time_s = posterior["time"].to_numpy() + 0.5 * bin_width_of(posterior)
    num_columns = min(4, len(shown))
    num_rows = -(-len(shown) // num_columns)
    figure = new_figure(0.4 + 1.35 * num_rows)
    grid = figure.subplots(num_rows, num_columns, sharex=True, sharey=True, squeeze=False)
    for place, axes in enumerate(grid.ravel()):
        if place >= len(shown):
            axes.set_axis_off()
            continue
        factor = shown[place]
        _draw_courses(axes, time_s, factors[..., factor], means[..., factor], conditions, singles)
        axes.set_title(f"factor {factor}")
        mark_event(axes, time_s)
        last = place + num_columns >= len(shown)
        label_time(axes, shown=last)
        if last:
            axes.tick_params(labelbottom=True)
        if place % num_columns == 0:
            axes.set_ylabel("value (a.u.)")
    draw_key(figure, conditions)
    return figure


def draw_trajectory(space: Any, path: np.ndarray, color: Any, *, single: bool) -> None:
    """A path in two or three dimensions; a dot marks its start."""
    path = path[np.isfinite(path).all(1)]
    if not len(path):
        return
    width, alpha = (0.6, 0.35) if single else (1.8, 1.0)
    space.plot(*path.T, color=color, linewidth=width, alpha=alpha)
    if not single:
        space.scatter(*path[:1].T, color=[color], s=18, linewidths=0, depthshade=False) if (
            path.shape[1] == 3
        ) else space.scatter(*path[:1].T, color=[color], s=18, linewidths=0, zorder=3)


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
        axes.plot(time_s, means[c], color=_mean_color(conditions, int(c)), linewidth=1.5)
    tidy(axes)


def _mean_color(conditions: Conditions, condition: int) -> Any:
    return conditions.colors[condition] if conditions.known else INK


def _single_trials(posterior: xr.Dataset, conditions: Conditions) -> np.ndarray:
    """A few trials of each condition that is drawn."""
    if not conditions.known:
        return example_trials(posterior, conditions.group, SINGLE_TRIALS)
    each = max(1, SINGLE_TRIALS // len(conditions.chosen))
    return np.concatenate([np.flatnonzero(conditions.group == c)[:each] for c in conditions.chosen])


def _component_name(components: Components, number: int) -> str:
    return f"PC {number + 1} ({100 * components.variance_fraction[number]:.0f} %)"
