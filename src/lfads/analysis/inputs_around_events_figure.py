"""The figure of inputs around an event: averages, single trials, and how groups differ."""

from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from lfads.numerics.evenly import evenly
from lfads.plots import style
from lfads.plots.averages import mean_and_error
from lfads.plots.conditions import Angles, Conditions, called, labelled
from lfads.plots.trial_order import MOST_ROWS

MOST_INPUTS = 3
MOST_GROUPS = 8


def draw_inputs_around_events(
    figure: Any, result: xr.Dataset, angles: Angles | None = None
) -> None:
    """A column for each input, one along the difference of two groups, and how groups differ."""
    groups = conditions_of_groups(result, angles)
    group = result["group_of_trial"].to_numpy()
    courses: list[tuple[str, np.ndarray]] = []
    if "along" in result:
        courses.append(("along the difference", result["along"].to_numpy()))
    inputs, reached = result["inputs"].to_numpy(), result["reached"].to_numpy() == 1
    shown = min(inputs.shape[2], MOST_INPUTS - len(courses))
    courses += [(f"input {k}", inputs[..., k]) for k in range(max(shown, 1))]
    several = result.sizes["group"] > 1
    widths = [1.0] * len(courses) + [1.0] * several
    grid = figure.subplots(
        2, len(widths), squeeze=False, width_ratios=widths, height_ratios=(1.0, 1.2)
    )
    order = _order(result, groups)
    time_s = result["time"].to_numpy() + 0.5 * float(result.attrs["bin_width_s"])
    for column, (name, values) in enumerate(courses):
        well_known = np.where(reached[:, None], values.T, np.nan).T
        _draw_averages(grid[0, column], time_s, well_known, group, groups)
        grid[0, column].set_title(name)
        _draw_trials(figure, grid[1, column], result, values[order], group[order], groups)
        grid[0, column].set_xlim(grid[1, column].get_xlim())
        for row in (0, 1):
            style.over_time(grid[row, column], result["time"].to_numpy(), lowest=row == 1)
        grid[1, column].set_xlabel("time from event (s)")
    grid[0, 0].set_ylabel("input (a.u.)\nmean ± s.e.m.")
    grid[1, 0].set_ylabel(f"{len(order)} trials", labelpad=14)
    if several:
        _draw_difference(grid[0, -1], time_s, result)
        _draw_accuracy(grid[1, -1], result)
        groups.draw_key(figure)


def conditions_of_groups(result: xr.Dataset, angles: Angles | None) -> Conditions:
    """Colours of the groups, in their order."""
    labels = result["group"].to_numpy().astype(str)
    if len(labels) == 1:
        return labelled(None, 1)
    try:  # numbers are told to be angles by their values
        values = labels.astype(np.float64)
    except ValueError:
        values = labels
    whole = values.dtype.kind == "f" and bool((values == values.round()).all())
    values = values.astype(np.int64) if whole else values
    found = labelled(values, len(values), MOST_GROUPS, angles=angles)
    found = replace(found, called=called(found.labels, {"long_name": str(result.attrs["by"])}))
    order = found.group  # the groups of the result may stand in another order
    place = np.full(found.num, -1)
    place[order] = np.arange(len(labels))
    chosen = place[found.chosen]
    return replace(
        found,
        labels=values,
        group=np.arange(len(values)),
        chosen=chosen,
        colors=found.colors[order],
    )


def _order(result: xr.Dataset, groups: Conditions) -> np.ndarray:
    """Trials in blocks by group, by the event's time within each, evenly chosen if they are many."""
    group, when = result["group_of_trial"].to_numpy(), result["event_s"].to_numpy()
    drawn = np.flatnonzero(np.isin(group, groups.chosen))
    order = drawn[np.lexsort((when[drawn], group[drawn]))]
    return order[evenly(len(order), MOST_ROWS)]


def _draw_averages(
    axes: Any, time_s: np.ndarray, values: np.ndarray, group: np.ndarray, groups: Conditions
) -> None:
    for c in groups.chosen:
        color = tuple(groups.colors[c]) if groups.known else style.INK
        mean, error = mean_and_error(values[group == c].astype(np.float64))
        axes.fill_between(time_s, mean - error, mean + error, color=color, alpha=0.2, linewidth=0)
        axes.plot(time_s, mean, color=color, linewidth=1.3)
    axes.axhline(0, color=style.GREY, linewidth=0.6, zorder=0)


def _draw_trials(
    figure: Any,
    axes: Any,
    result: xr.Dataset,
    rows: np.ndarray,
    group: np.ndarray,
    groups: Conditions,
) -> None:
    known = np.abs(rows[np.isfinite(rows)])
    limit = (float(np.percentile(known, 99)) if known.size else 0.0) or 1.0
    start = float(result["time"][0])
    stop = float(result["time"][-1]) + float(result.attrs["bin_width_s"])
    extent = (start, stop, float(len(rows)), 0.0)
    image = style.draw_image(axes, rows, extent, cmap="RdBu_r", vmin=-limit, vmax=limit)
    axes.set_yticks([])
    if groups.known:
        ends = np.flatnonzero(np.diff(group)) + 1
        for end in ends:
            axes.axhline(end, color=style.INK, linewidth=0.6)
        for c in np.unique(group):
            middle = float(np.flatnonzero(group == c).mean())
            axes.text(
                -0.01, middle, "■", color=tuple(groups.colors[c]), ha="right", va="center",
                transform=axes.get_yaxis_transform(), fontsize=style.small_size(),
            )  # fmt: skip
    style.draw_scale(figure, image, axes, "a.u.", aspect=18, pad=0.02, location="bottom")


def _draw_difference(axes: Any, time_s: np.ndarray, result: xr.Dataset) -> None:
    axes.plot(time_s, result["difference"].to_numpy(), color=style.INK, linewidth=1.4)
    band = float(result["band"])
    axes.axhspan(0, band, color=style.PALE, linewidth=0, zorder=0, label="shuffled labels (99 %)")
    first = float(result["first_s"])
    said = f"from {first:g} s" if np.isfinite(first) else "no difference"
    if np.isfinite(first):
        axes.axvline(first, color=style.VERMILLION, linewidth=1.0)
    axes.set_title(f"groups differ: {said}" if np.isfinite(first) else said)
    axes.set_ylabel("variance explained")
    axes.set_ylim(0, max(1.3 * band, 1.25 * float(np.nanmax(result["difference"].to_numpy()))))
    axes.legend(loc="upper left")
    style.over_time(axes, result["time"].to_numpy())
    axes.set_xlabel("time from event (s)")


def _draw_accuracy(axes: Any, result: xr.Dataset) -> None:
    chance, high = float(result["chance"]), float(result["chance_high"])
    found = float(result["accuracy"])
    axes.barh([1, 0], [found, chance], color=[style.BLUE, style.PALE], height=0.6)
    axes.plot([high, high], [-0.4, 0.4], color=style.INK, linewidth=1.2)
    for y, value, beyond in ((1, found, found), (0, chance, high)):
        axes.text(beyond + 0.02, y, f"{value:.2f}", va="center", fontsize=style.small_size())
    axes.set_yticks([1, 0], ["inputs", "shuffled"])
    axes.set_xlim(0, 1.15)
    axes.set_ylim(-0.7, 1.7)
    axes.set_xlabel("accuracy, left-out trials")
    axes.set_title(f"p = {float(result['p']):.2g}", fontweight="normal")
    style.tidy(axes)
