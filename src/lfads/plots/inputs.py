"""Inferred inputs: every trial beside samples of the prior, averages, and how certain they are."""

from textwrap import fill
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from lfads.evaluation.inputs import InputNull, noise_reasons, prior_samples
from lfads.evaluation.matching import values_of
from lfads.numerics.means import mean_of_known, std_of_known
from lfads.plots import style
from lfads.plots.averages import mean_and_error
from lfads.plots.conditions import MOST_CONDITIONS, Angles, Conditions, conditions_of
from lfads.plots.examples import edges_s, middles_s
from lfads.plots.trial_order import name_rows, order_of_trials

MOST_INPUTS = 4
_NOTE_WIDTH = 34  # characters


class _Input(NamedTuple):
    """One input: trials as they are drawn, samples of its prior, all trials, its posterior's spread."""

    rows: np.ndarray
    prior: np.ndarray | None
    values: np.ndarray
    spread: np.ndarray | None

    @property
    def limit(self) -> float:
        """Of all scales: what is exceeded by one value in a hundred, of the trials or of the prior."""
        parts = [self.rows] if self.prior is None else [self.rows, self.prior]
        known = [np.abs(part[np.isfinite(part)]) for part in parts]
        return max([1e-9, *(float(np.percentile(part, 99)) for part in known if part.size)])


@style.in_style
def plot_inferred_inputs(
    posterior: xr.Dataset,
    *,
    max_inputs: int = MOST_INPUTS,
    null: InputNull | None = None,
    sort_by: str | None = None,
    angles: Angles | None = None,
) -> Figure:
    """Inferred inputs of all trials beside samples of their prior, averages, and their uncertainty.

    Inputs are posterior means. Trials are never sorted by the inputs themselves, which would draw a wave
    out of noise. An input that is no more than noise (`lfads.evaluation.inputs`) is marked as such.

    Parameters
    ----------
    posterior
        One session's results.
    max_inputs
        At most this many inputs are drawn.
    null
        Divergences of the inputs from their prior, of the trials and of shuffled ones.
    sort_by
        What trials are sorted by: the name of a coordinate with one value a trial, such as
        `"reaction_time"`. Numbers are drawn as marks, in seconds on the time axis. By default conditions,
        or the order of the session where there are none.
    angles
        Directions of the conditions in degrees, for their colours.

    Returns
    -------
    Figure
        A row for each input: trials, samples of the prior, averages ± s.e.m., spread.

    Raises
    ------
    UserError
        If the posterior holds no inferred inputs, or nothing by the name `sort_by`.
    """
    inputs = values_of(posterior, "inferred_inputs", "input")
    of_spread = "inferred_inputs_std"
    spread = values_of(posterior, of_spread, "input") if of_spread in posterior else None
    conditions = conditions_of(posterior, angles=angles)
    order = order_of_trials(posterior, conditions, sort_by)
    prior = prior_samples(posterior, len(order.trials))
    reasons = noise_reasons(posterior, null)
    time_s, extent = (
        posterior["time"].to_numpy(),
        (*edges_s(posterior), float(len(order.trials)), 0.0),
    )
    num = min(inputs.shape[2], max_inputs)
    figure = style.new_figure(0.5 + 2.1 * num)
    widths = (1.15, 1.15, 1.1, 1.0) if prior is not None else (1.2, 1.1, 1.0)
    grid = figure.subplots(num, len(widths), squeeze=False, sharex=True, width_ratios=widths)
    for k, panels in enumerate(grid):
        rows = inputs[order.trials][..., k]
        drawn = None if prior is None else np.where(np.isfinite(rows), prior[..., k], np.nan)
        part = _Input(rows, drawn, inputs[..., k], None if spread is None else spread[..., k])
        *images, mean, width = panels
        colors = _draw_images(images, part, extent)
        name_rows(images[0], order, conditions)
        images[0].set_ylabel(f"input {k}\n{len(order.trials)} trials")
        style.draw_scale(figure, colors, images[-1], "a.u.", aspect=18, pad=0.02)
        _draw_averages(mean, middles_s(posterior), part, conditions)
        if reasons[k]:
            _say_noise(mean, reasons[k])
        std = None if prior is None else float(posterior["inferred_input_prior_std"][k])
        _draw_spread(width, middles_s(posterior), part, std)
        for axes in panels:
            style.over_time(axes, time_s, lowest=k == num - 1)
    _finish(grid, conditions, key=averages_conditions(conditions) and not order.by_condition)
    return figure


def averages_conditions(conditions: Conditions) -> bool:
    """Whether the averages of all conditions are few enough to be drawn in one panel."""
    return conditions.known and 1 < conditions.num <= MOST_CONDITIONS


def _draw_images(
    images: list[Axes], part: _Input, extent: tuple[float, float, float, float]
) -> ScalarMappable:
    """Trials and, beside them, samples of the prior, on one scale."""
    form = {"cmap": "RdBu_r", "vmin": -part.limit, "vmax": part.limit}
    colors = style.draw_image(images[0], part.rows, extent, **form)
    if part.prior is not None:
        style.draw_image(images[1], part.prior, extent, **form)
        images[1].set_yticks([])
    return colors


def _draw_averages(axes: Axes, time_s: np.ndarray, part: _Input, conditions: Conditions) -> None:
    """Mean ± s.e.m. over all trials, or over those of each condition, on the scale of single trials."""
    each = averages_conditions(conditions)
    for c in conditions.chosen if each else range(1):
        color = conditions.color(c) if each else style.INK
        trials = conditions.group == c if each else slice(None)
        mean, error = mean_and_error(part.values[trials].astype(np.float64))
        band = {"color": color, "alpha": 0.2, "linewidth": 0}
        axes.fill_between(time_s, mean - error, mean + error, **band)
        axes.plot(time_s, mean, color=color, linewidth=1.3)
    axes.axhline(0, color=style.GREY, linewidth=0.6, zorder=0)
    axes.set(ylabel="input (a.u.)", ylim=(-part.limit, part.limit))


def _say_noise(axes: Axes, reason: str) -> None:
    axes.text(
        0.02, 0.98, fill(f"no more than noise: {reason}", _NOTE_WIDTH), transform=axes.transAxes,
        va="top", fontsize=style.SMALL_SIZE, color=style.VERMILLION,
    )  # fmt: skip


def _draw_spread(axes: Axes, time_s: np.ndarray, part: _Input, prior_std: float | None) -> None:
    axes.plot(time_s, std_of_known(part.values, 0), color=style.BLUE, label="over trials")
    if part.spread is not None:
        within = np.sqrt(mean_of_known(part.spread**2, 0))
        axes.plot(time_s, within, color=style.VERMILLION, label="of the posterior")
    if prior_std is not None:
        dashes = {"color": style.GREY, "linestyle": style.DOTTED, "label": "of the prior"}
        axes.axhline(prior_std, **dashes)
    axes.set_ylim(0, 1.45 * axes.get_ylim()[1])  # room for the legend
    axes.set_ylabel("s.d. (a.u.)")


def _finish(grid: np.ndarray, conditions: Conditions, *, key: bool) -> None:
    averaged = averages_conditions(conditions)
    averages = "Condition averages ± s.e.m." if averaged else "Mean ± s.e.m."
    titles = ("Single trials", "Samples of the prior", averages, "Spread")
    titles = titles if grid.shape[1] == len(titles) else (titles[0], *titles[2:])
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title)
    grid[0, -1].legend(loc="upper right", ncols=1, labelspacing=0.2, borderaxespad=0)
    if key:
        conditions.draw_key(grid[0, 0].figure)
