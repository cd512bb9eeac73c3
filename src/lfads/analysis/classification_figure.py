"""The figure of classification: shares of trials told right beside chance, and what was taken for what."""

from typing import Any

import numpy as np
import xarray as xr

from lfads.plots import style

COLORS = {
    "rates": style.BLUE, "factors": style.GREEN, "initial conditions": style.PALETTE[3],
    "spike counts": style.VERMILLION, "signals": style.VERMILLION,
}  # fmt: skip
MOST_NAMED = 12
"""Conditions that are named on the axes; of more there is no room."""


def draw_classification(figure: Any, result: xr.Dataset, what: str) -> None:
    """Accuracies on the left, a table of confusions of each signal on the right."""
    signals = result["signal"].values.astype(str)
    grid = figure.add_gridspec(1, 1 + len(signals), width_ratios=[1.3] + [1.0] * len(signals))
    _draw_accuracy(figure.add_subplot(grid[0, 0]), result, signals)
    first: Any = None
    panels = []
    for place, signal in enumerate(signals):
        axes = figure.add_subplot(grid[0, place + 1], sharex=first, sharey=first)
        first = axes if first is None else first
        panels.append(axes)
        _draw_confusion(axes, result["confusion"].values[place])
        axes.set_title(signal, color=COLORS.get(signal, style.INK), fontsize=style.SMALL_SIZE)
        _name(axes, result["true_condition"].values, what, leftmost=place == 0)
    style.draw_scale(figure, panels[0].images[0], panels, "share of trials", shrink=0.6)


def _draw_accuracy(axes: Any, result: xr.Dataset, signals: np.ndarray) -> None:
    chance, highest = float(result["chance"]), float(result["highest_by_chance"])
    axes.axhspan(0, highest, color=style.PALE, linewidth=0, zorder=0)
    axes.axhline(chance, color=style.GREY, linestyle=style.DOTTED, linewidth=0.9)
    for place, signal in enumerate(signals):
        color = COLORS.get(signal, style.INK)
        of_folds = result["accuracy_of_folds"].values[place]
        beside = place + np.linspace(-0.15, 0.15, len(of_folds))
        axes.plot(beside, of_folds, "o", color=color, markersize=2.5, alpha=0.5)
        axes.plot(place, result["accuracy"].values[place], "o", color=color, markersize=7)
    axes.set_xlim(-0.5, len(signals) - 0.5)
    axes.set_ylim(0, 1.03)
    axes.set_xticks(np.arange(len(signals)), [s.replace(" ", "\n") for s in signals])
    axes.set_ylabel("left-out trials told right")
    style.tidy(axes)


def _draw_confusion(axes: Any, values: np.ndarray) -> None:
    num = len(values)
    style.draw_image(
        axes, values, (-0.5, num - 0.5, num - 0.5, -0.5), cmap="Blues", vmin=0.0, vmax=1.0
    )
    axes.set_aspect("equal")


def _name(axes: Any, conditions: np.ndarray, what: str, *, leftmost: bool) -> None:
    if len(conditions) <= MOST_NAMED:
        ticks = np.arange(len(conditions))
        names = [style.as_label(_short(name), 8) for name in conditions]
        axes.set_xticks(ticks, names, rotation=90)
        axes.set_yticks(ticks, names)
    else:
        axes.set_xticks([])
        axes.set_yticks([])
    axes.set_xlabel(f"told {style.as_label(what, 14)}")
    if leftmost:
        axes.set_ylabel(f"true {style.as_label(what, 14)}")
    else:
        axes.tick_params(labelleft=False)
    style.tidy(axes)


def _short(name: Any) -> Any:
    return f"{name:g}" if isinstance(name, float | np.floating) else name
