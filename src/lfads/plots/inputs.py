"""Inferred inputs: every trial beside samples of the prior, averages, and how certain they are."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure, SubFigure

from lfads.evaluation.inputs import InputNull, noise_reasons, prior_samples
from lfads.evaluation.matching import values_of
from lfads.numerics.means import mean_of_known, std_of_known
from lfads.plots import style as house
from lfads.plots.averages import mean_and_error
from lfads.plots.canvas import canvas, only_panel, whole_of
from lfads.plots.choices import chosen_numbers
from lfads.plots.conditions import MOST_CONDITIONS, Angles, Colors, Conditions, conditions_of
from lfads.plots.examples import edges_s, middles_s
from lfads.plots.sizes import StyleName
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


@house.in_style
def plot_inferred_inputs(
    posterior: xr.Dataset,
    *,
    inputs: Sequence[int] | None = None,
    max_inputs: int = MOST_INPUTS,
    null: InputNull | None = None,
    sort_by: str | None = None,
    angles: Angles | None = None,
    conditions: Sequence[Any] | None = None,
    colors: Colors | None = None,
    figure: Figure | SubFigure | None = None,
    ax: Axes | None = None,
    style: StyleName | None = None,
) -> Figure:
    """Inferred inputs of all trials beside samples of their prior, averages, and their uncertainty.

    Inputs are posterior means. Trials are never sorted by the inputs themselves, which would draw a wave
    out of noise. An input that is no more than noise (`lfads.evaluation.inputs`) is marked as such.

    Parameters
    ----------
    posterior
        One session's results.
    inputs
        Numbers of the inputs to draw, in this order.
    max_inputs
        At most this many inputs are drawn otherwise.
    null
        Divergences of the inputs from their prior, of the trials and of shuffled ones.
    sort_by
        What trials are sorted by: the name of a coordinate with one value a trial, such as
        `"reaction_time"`. Numbers are drawn as marks, in seconds on the time axis. By default conditions,
        or the order of the session where there are none.
    angles
        Directions of the conditions in degrees, for their colours.

    conditions
        Labels of the conditions whose averages are drawn; by default a few that are spread over all.
    colors
        Colours of conditions, by label or in the order of those that are drawn.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    ax
        A panel to draw in instead: the averages of one of the `inputs`.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        A row for each input: trials, samples of the prior, averages ± s.e.m., spread.

    Raises
    ------
    UserError
        If the posterior holds no inferred inputs, or nothing by the name `sort_by`.
    """
    every = values_of(posterior, "inferred_inputs", "input")
    of_spread = "inferred_inputs_std"
    spread = values_of(posterior, of_spread, "input") if of_spread in posterior else None
    of_trials = conditions_of(posterior, angles=angles, conditions=conditions, colors=colors)
    order = order_of_trials(posterior, of_trials, sort_by)
    prior = prior_samples(posterior, len(order.trials))
    reasons = noise_reasons(posterior, null)
    time_s, extent = (
        posterior["time"].to_numpy(),
        (*edges_s(posterior), float(len(order.trials)), 0.0),
    )
    first = np.arange(min(every.shape[2], max_inputs))
    shown = chosen_numbers("inputs", inputs, every.shape[2], first)
    only_panel(figure, ax, len(shown), "of the `inputs`")
    each = averages_conditions(of_trials, chosen=conditions is not None)

    def part_of(k: int) -> _Input:
        rows = every[order.trials][..., k]
        drawn = None if prior is None else np.where(np.isfinite(rows), prior[..., k], np.nan)
        return _Input(rows, drawn, every[..., k], None if spread is None else spread[..., k])

    if ax is not None:
        _draw_averages(ax, middles_s(posterior), part_of(int(shown[0])), of_trials, each=each)
        ax.set_title(f"input {shown[0]}")
        house.over_time(ax, time_s)
        if each:
            of_trials.draw_key(ax)
        return whole_of(ax)
    num = len(shown)
    where = canvas(figure, 0.5 + 2.1 * num)
    widths = (1.15, 1.15, 1.1, 1.0) if prior is not None else (1.2, 1.1, 1.0)
    grid = where.subplots(num, len(widths), squeeze=False, sharex=True, width_ratios=widths)
    for place, (panels, k) in enumerate(zip(grid, shown.tolist(), strict=True)):
        part = part_of(k)
        *images, mean, width = panels
        scale = _draw_images(images, part, extent)
        name_rows(images[0], order, of_trials)
        images[0].set_ylabel(f"input {k}\n{len(order.trials)} trials")
        house.draw_scale(where, scale, images[-1], "a.u.", aspect=18, pad=0.02)
        _draw_averages(mean, middles_s(posterior), part, of_trials, each=each)
        if reasons[k]:
            _say_noise(mean, reasons[k])
        std = None if prior is None else float(posterior["inferred_input_prior_std"][k])
        _draw_spread(width, middles_s(posterior), part, std)
        for axes in panels:
            house.over_time(axes, time_s, lowest=place == num - 1)
    _finish(grid, averaged=each)
    if each and not order.by_condition:
        of_trials.draw_key(where)
    return whole_of(where)


def averages_conditions(conditions: Conditions, *, chosen: bool = False) -> bool:
    """Whether averages of conditions are drawn: of those chosen, or of all if they are few enough."""
    return conditions.known and (chosen or 1 < conditions.num <= MOST_CONDITIONS)


def _draw_images(
    images: list[Axes], part: _Input, extent: tuple[float, float, float, float]
) -> ScalarMappable:
    """Trials and, beside them, samples of the prior, on one scale."""
    form = {"cmap": "RdBu_r", "vmin": -part.limit, "vmax": part.limit}
    colors = house.draw_image(images[0], part.rows, extent, **form)
    if part.prior is not None:
        house.draw_image(images[1], part.prior, extent, **form)
        images[1].set_yticks([])
    return colors


def _draw_averages(
    axes: Axes, time_s: np.ndarray, part: _Input, conditions: Conditions, *, each: bool
) -> None:
    """Mean ± s.e.m. over all trials, or over those of each condition, on the scale of single trials."""
    for c in conditions.chosen if each else range(1):
        color = conditions.color(c) if each else house.INK
        trials = conditions.group == c if each else slice(None)
        mean, error = mean_and_error(part.values[trials].astype(np.float64))
        band = {"color": color, "alpha": 0.2, "linewidth": 0}
        axes.fill_between(time_s, mean - error, mean + error, **band)
        axes.plot(time_s, mean, color=color, linewidth=1.3)
    axes.axhline(0, color=house.GREY, linewidth=0.6, zorder=0)
    axes.set(ylabel="input (a.u.)", ylim=(-part.limit, part.limit))


def _say_noise(axes: Axes, reason: str) -> None:
    said = fill(f"no more than noise on single trials: {reason}", _NOTE_WIDTH)
    axes.text(
        0.02, 0.98, said, transform=axes.transAxes, va="top", fontsize=house.small_size(),
        color=house.VERMILLION,
    )  # fmt: skip


def _draw_spread(axes: Axes, time_s: np.ndarray, part: _Input, prior_std: float | None) -> None:
    axes.plot(time_s, std_of_known(part.values, 0), color=house.INK, label="over trials")
    if part.spread is not None:
        within = np.sqrt(mean_of_known(part.spread**2, 0))
        axes.plot(time_s, within, color=house.GREY, label="of the posterior")
    if prior_std is not None:
        dashes = {"color": house.INK, "linestyle": house.DOTTED, "label": "of the prior"}
        axes.axhline(prior_std, **dashes)
    axes.set_ylim(0, 1.45 * axes.get_ylim()[1])  # room for the legend
    axes.set_ylabel("s.d. (a.u.)")


def _finish(grid: np.ndarray, *, averaged: bool) -> None:
    averages = "Condition averages ± s.e.m." if averaged else "Mean ± s.e.m."
    titles = ("Single trials", "Samples of the prior", averages, "Spread")
    titles = titles if grid.shape[1] == len(titles) else (titles[0], *titles[2:])
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title)
    grid[0, -1].legend(loc="upper right", ncols=1, labelspacing=0.2, borderaxespad=0)
