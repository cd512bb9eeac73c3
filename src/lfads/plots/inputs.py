"""Inferred inputs: every trial, their average, and how certain they are."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lfads.evaluation.matching import values_of
from lfads.numerics.evenly import evenly
from lfads.numerics.means import mean_of_known, means_of_groups, std_of_known
from lfads.plots import style
from lfads.plots.conditions import MOST_CONDITIONS, Conditions, conditions_of
from lfads.plots.examples import edges_s, example_trials, middles_s

MOST_INPUTS = 4
MOST_ROWS = 400


@style.in_style
def plot_inferred_inputs(posterior: xr.Dataset, *, max_inputs: int = MOST_INPUTS) -> Figure:
    """Inferred inputs of all trials, their mean and spread over trials, and their uncertainty.

    Trials are sorted by condition, or by the time of their largest input if there are no conditions
    or many. Inputs are posterior means; the posterior's own spread is drawn beside the spread over
    trials: where it is as large, single trials tell little.

    Parameters
    ----------
    posterior
        One session's results.
    max_inputs
        At most this many inputs are drawn.

    Returns
    -------
    Figure
        A row for each input: trials, mean ± s.d., spread.

    Raises
    ------
    UserError
        If the posterior holds no inferred inputs.
    """
    inputs = values_of(posterior, "inferred_inputs", "input")
    of_spread = "inferred_inputs_std"
    spread = values_of(posterior, of_spread, "input") if of_spread in posterior else None
    conditions = conditions_of(posterior)
    averaged = averages_conditions(conditions)
    singles = example_trials(posterior, conditions.group, 6)
    time_s, middle_s = posterior["time"].to_numpy(), middles_s(posterior)
    num = min(inputs.shape[2], max_inputs)
    figure = style.new_figure(0.5 + 1.9 * num)
    grid = figure.subplots(num, 3, squeeze=False, sharex=True)
    for k, (image, mean, width) in enumerate(grid):
        values = inputs[..., k]
        order = _order(values, conditions, averaged)
        _draw_trials(image, values[order], edges_s(posterior))
        image.set_ylabel(f"input {k}\n{len(order)} trials, sorted")
        image.set_yticks([])
        if averaged:
            for c, course in enumerate(means_of_groups(inputs, conditions.group, conditions.num)):
                mean.plot(middle_s, course[:, k], color=conditions.colors[c], linewidth=1.3)
        else:
            _draw_mean(mean, middle_s, values, singles)
        mean.axhline(0, color=style.GREY, linewidth=0.6, zorder=0)
        mean.set_ylabel("input (a.u.)")
        width.plot(middle_s, std_of_known(values, 0), color=style.BLUE, label="over trials")
        if spread is not None:
            within = np.sqrt(mean_of_known(spread[..., k] ** 2, 0))
            width.plot(middle_s, within, color=style.VERMILLION, label="of the posterior")
        width.set_ylim(bottom=0)
        width.set_ylabel("s.d. (a.u.)")
        for axes in (image, mean, width):
            style.over_time(axes, time_s, lowest=k == num - 1)
    titles = ("Single trials", "Condition averages" if averaged else "Mean ± s.d.", "Spread")
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title)
    grid[0, 2].legend(loc="best")
    if averaged:
        conditions.draw_key(grid[0, 1])
    return figure


def averages_conditions(conditions: Conditions) -> bool:
    """Whether the averages of all conditions are few enough to be drawn in one panel."""
    return conditions.known and 1 < conditions.num <= MOST_CONDITIONS


def _order(values: np.ndarray, conditions: Conditions, by_condition: bool) -> np.ndarray:
    """At most `MOST_ROWS` trials, sorted by condition or by the time of the largest input."""
    if by_condition:
        order = np.argsort(conditions.group, kind="stable")
    else:
        size = np.abs(values - np.nan_to_num(mean_of_known(values, 0)))
        order = np.argsort(np.where(np.isfinite(size), size, -1).argmax(1), kind="stable")
    return order[evenly(len(order), MOST_ROWS)]


def _draw_trials(axes: Axes, values: np.ndarray, extent: tuple[float, float]) -> None:
    known = np.abs(values[np.isfinite(values)])
    limit = max(float(np.percentile(known, 99)), 1e-9) if len(known) else 1.0
    where = (*extent, len(values), 0)
    image = style.draw_image(axes, values, where, cmap="RdBu_r", vmin=-limit, vmax=limit)
    style.draw_scale(axes.figure, image, axes, "a.u.", aspect=18, pad=0.02)


def _draw_mean(axes: Axes, time_s: np.ndarray, values: np.ndarray, singles: np.ndarray) -> None:
    mean, sd = mean_of_known(values, 0), std_of_known(values, 0)
    axes.fill_between(time_s, mean - sd, mean + sd, color=style.BLUE, alpha=0.2, linewidth=0)
    for trial in singles:
        axes.plot(time_s, values[trial], color=style.GREY, linewidth=0.6, alpha=0.8)
    axes.plot(time_s, mean, color=style.INK, linewidth=1.6)
