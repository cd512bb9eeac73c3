"""The figure of decoding: R² of every channel and signal, and single left-out trials."""

from typing import Any

import numpy as np
import xarray as xr

from lfads.numerics.evenly import evenly
from lfads.plots import style
from lfads.plots.examples import middles_s

COLORS = {
    "rates": style.BLUE, "factors": style.GREEN, "smoothed spikes": style.VERMILLION,
    "smoothed signals": style.VERMILLION,
}  # fmt: skip
MOST_CHANNELS, MOST_TRACES, NUM_TRIALS = 12, 2, 4


def draw_decoding(figure: Any, result: xr.Dataset) -> None:
    """Dots of R² with their spread above; true and decoded behaviour below."""
    num = min(result.sizes["channel"], MOST_TRACES)
    grid = figure.add_gridspec(num + 1, NUM_TRIALS, height_ratios=[1.6, *[1.0] * num])
    _draw_r2(figure.add_subplot(grid[0, :]), result)
    best = np.argsort(-np.nan_to_num(result["r2"].max("signal").values, nan=-np.inf))[:num]
    trials = _examples(result)
    time_s, middle_s = result["time"].to_numpy(), middles_s(result)
    first: Any = None
    for row, channel in enumerate(np.sort(best)):
        first = None
        for column, trial in enumerate(trials):
            axes = figure.add_subplot(grid[row + 1, column], sharey=first)
            truth = result["behavior"].values[trial, :, channel]
            axes.plot(middle_s, truth, color=style.TRUE, linewidth=1.2, label="recorded")
            for place, signal in enumerate(result["signal"].values.astype(str)):
                values = result["decoded"].values[place, trial, :, channel]
                axes.plot(middle_s, values, color=_color(signal), linewidth=1.2, label=signal)
            style.over_time(axes, time_s, lowest=row == num - 1)
            if row == 0:
                axes.set_title(f"trial {_number(result, int(trial))}", fontsize=style.SMALL_SIZE)
            if first is None:
                axes.set_ylabel(channel_label(str(result["channel"].values[channel]), 14))
                first = axes
            else:
                axes.tick_params(labelleft=False)
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
            color=_color(signal), fmt="o", markersize=5, linewidth=1.2,
        )  # fmt: skip
    axes.axhline(0.0, color=style.GREY, linewidth=0.7, linestyle=style.DOTTED, zorder=0)
    lowest = np.nanmin(result["r2"].values[:, shown], initial=0.0)
    axes.set_ylim(max(lowest - 0.15, -1.0), 1.02)
    axes.set_xlim(-0.5, len(shown) - 0.5)
    labels = [channel_label(str(result["channel"].values[k]), 130 // len(shown)) for k in shown]
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


def _examples(result: xr.Dataset) -> np.ndarray:
    there = np.flatnonzero(np.isfinite(result["behavior"].values).any((1, 2)))
    return there[evenly(len(there), NUM_TRIALS)]


def _number(result: xr.Dataset, trial: int) -> int:
    return int(result["trial_index"].values[trial]) if "trial_index" in result.coords else trial


def _color(signal: str) -> str:
    return COLORS.get(signal, style.INK)
