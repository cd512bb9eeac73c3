"""The figure of decoding: R² of every channel and signal, single left-out trials, and paths in space."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.decoding_paths import draw_paths, groups_of
from lfads.numerics.evenly import evenly
from lfads.plots import style
from lfads.plots.conditions import Angles, Conditions
from lfads.plots.examples import example_trials, middles_s, trial_name

COLORS = {
    "rates": style.BLUE, "factors": style.GREEN, "smoothed spikes": style.VERMILLION,
    "smoothed signals": style.VERMILLION,
}  # fmt: skip
MOST_CHANNELS, MOST_TRACES, NUM_TRIALS = 12, 2, 4
PATHS_IN = 2.5
"""Height of the row of paths, which only some figures have."""


def draw_decoding(
    figure: Any, result: xr.Dataset, places: Sequence[int] = (), angles: Angles | None = None
) -> None:
    """Dots of R² with their spread above; true and decoded behaviour below.

    Parameters
    ----------
    places
        The channels that are drawn as paths, if any.
    angles
        Of conditions, in degrees.
    """
    traces = _channels_of_traces(result, places)
    heights = [1.6, *[1.0] * len(traces), *[2.4] * bool(places)]
    if places:
        figure.set_figheight(figure.get_figheight() + PATHS_IN)
    grid = figure.add_gridspec(len(heights), NUM_TRIALS, height_ratios=heights)
    conditions = groups_of(result, places, angles)
    _draw_r2(figure.add_subplot(grid[0, :]), result)
    _draw_traces(figure, grid, result, traces, conditions)
    if places:
        panels: list[Any] = []
        for column in range(min(1 + result.sizes["signal"], NUM_TRIALS)):
            first = panels[0] if panels else None
            panels.append(figure.add_subplot(grid[-1, column], sharex=first, sharey=first))
        draw_paths(panels, result, places, conditions)
        conditions.draw_key(figure)


def _draw_traces(
    figure: Any, grid: Any, result: xr.Dataset, traces: np.ndarray, conditions: Conditions
) -> None:
    trials = _examples(result, traces, conditions)
    time_s, middle_s = result["time"].to_numpy(), middles_s(result)
    first: Any = None
    labelled: list[Any] = []
    for row, channel in enumerate(traces):
        first = None
        for column, trial in enumerate(trials):
            axes = figure.add_subplot(grid[row + 1, column], sharey=first)
            truth = result["behavior"].values[trial, :, channel]
            axes.plot(middle_s, truth, color=style.TRUE, linewidth=1.6, label="recorded")
            for place, signal in enumerate(result["signal"].values.astype(str)):
                values = result["decoded"].values[place, trial, :, channel]
                axes.plot(middle_s, values, color=color_of(signal), linewidth=1.2, label=signal)
            style.over_time(axes, time_s, lowest=row == len(traces) - 1)
            axes.set_xlim(*style.bin_edges_s(time_s, middle_s[1] - middle_s[0]))
            if row == 0:
                color = conditions.color(conditions.group[trial])
                title = trial_name(result, int(trial), ", ")
                axes.set_title(title, fontsize=style.SMALL_SIZE, color=color)
            if first is None:
                name = channel_label(str(result["channel"].values[channel]), 13)
                axes.set_ylabel(name, fontsize=style.SMALL_SIZE)
                labelled.append(axes)
                first = axes
            else:
                axes.tick_params(labelleft=False)
    figure.align_ylabels(labelled)
    figure.legend(*first.get_legend_handles_labels(), loc="outside upper left", ncols=4)


def _draw_r2(axes: Any, result: xr.Dataset) -> None:
    shown = evenly(result.sizes["channel"], MOST_CHANNELS)
    signals = result["signal"].values.astype(str)
    for place, signal in enumerate(signals):
        beside = (place - (len(signals) - 1) / 2) * 0.18
        axes.errorbar(
            np.arange(len(shown)) + beside,
            result["r2"].values[place, shown],
            result["r2_std"].values[place, shown],
            color=color_of(signal), fmt="o", markersize=5, linewidth=1.2,
        )  # fmt: skip
    axes.axhline(0.0, color=style.GREY, linewidth=0.7, linestyle=style.DOTTED, zorder=0)
    lowest = np.nanmin(result["r2"].values[:, shown], initial=0.0)
    axes.set_ylim(max(lowest - 0.15, -1.0), 1.05)
    axes.set_xlim(-0.5, len(shown) - 0.5)
    names, remarks = result["channel"].values[shown], result["remark"].values[shown]
    for place, remark in enumerate(remarks.astype(str)):
        if remark:
            said = {"ha": "center", "va": "center", "color": style.GREY}
            axes.text(place, 0.5, f"{remark}:\nno R²", fontsize=style.SMALL_SIZE, **said)
    labels = [channel_label(str(name), 130 // len(shown)) for name in names]
    axes.set_xticks(np.arange(len(shown)), labels)
    axes.set_ylabel("R², left-out trials")
    style.tidy(axes)


def channel_label(name: str, longest: int) -> str:
    """A channel's name, shortened but for its number.

    >>> channel_label("joint_angles 12", 9)
    'joint… 12'
    """
    series, _, number = name.rpartition(" ")
    if not (series and number.isdigit()):
        return style.as_label(name, max(longest, 2))
    return f"{style.as_label(series, max(longest - len(number) - 1, 2))} {number}"


def color_of(signal: str) -> str:
    """Of what is decoded from a signal."""
    return COLORS.get(signal, style.INK)


def _channels_of_traces(result: xr.Dataset, places: Sequence[int]) -> np.ndarray:
    """The channels that are decoded best: those that are not drawn as paths first, if they can be read."""
    r2 = np.nan_to_num(result["r2"].max("signal").values, nan=-np.inf)
    is_path = np.isin(np.arange(len(r2)), places)
    rank = np.where(~is_path & (r2 > 0), 0, np.where(is_path, 1, 2))
    return np.sort(np.lexsort((-r2, rank))[:MOST_TRACES])


def _examples(result: xr.Dataset, channels: np.ndarray, conditions: Conditions) -> np.ndarray:
    """Trials in which these channels were recorded, of conditions that are drawn, of different ones."""
    known = np.isfinite(result["behavior"].values)
    there = known[:, :, channels].any((1, 2))
    there = np.flatnonzero(there if there.any() else known.any((1, 2)))
    drawn = there[np.isin(conditions.group[there], conditions.chosen)]
    there = drawn if len(drawn) else there
    return there[example_trials(result.isel(trial=there), conditions.group[there], NUM_TRIALS)]
