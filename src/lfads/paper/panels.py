"""Panels that figures of several experiments share. They draw into what they are handed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Real

from lfads.paper.methods import REFINED, UNGATED
from lfads.plots import style as house

METHOD_COLORS = {
    "LFADS": house.BLUE,
    REFINED: "#003B66",
    UNGATED: house.GREEN,
    "GPFA": house.VERMILLION,
    "vLGP": house.GREEN,
    "PfLDS": "#CC79A7",
    "smoothing": house.GREY,
    "ceiling": "#E69F00",
}
"""Of methods, the same in every figure."""


def traces(
    figure: Any,
    time_s: Float[np.ndarray, " time"],
    true: Real[np.ndarray, "time row"],
    found: Real[np.ndarray, "time row"],
    names: Sequence[str],
    unit: str,
    method: str = "LFADS",
) -> None:
    """Rows over time: the truth in black, and what a method found."""
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for row, (axes, name) in enumerate(zip(panels, names, strict=True)):
        trace(axes, time_s, true[:, row], found[:, row], method)
        axes.set_ylabel(name)
        house.over_time(axes, time_s, lowest=row == len(names) - 1)
    figure.supylabel(unit, fontsize=house.small_size())
    panels[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)


def trace(
    axes: Any, time_s: np.ndarray, true: np.ndarray, found: np.ndarray, method: str = "LFADS"
) -> None:
    """One course over time, and what a method found of it."""
    axes.plot(time_s, true, color=house.TRUE, linewidth=1.0, label="true")
    axes.plot(time_s, found, color=METHOD_COLORS[method], linewidth=1.3, label=method)


def against_each_other(
    axes: Any, theirs: Sequence[float], ours: Sequence[float], label: str, color: str
) -> None:
    """Scores of one method against those of another, with the line where they are equal."""
    house.tidy(axes)
    axes.set_xlabel(label)
    if not len(theirs):
        axes.set_title("not there", fontweight="normal", color=house.GREY)
        return
    axes.axline((0, 0), slope=1, color=house.GREY, linewidth=0.7)
    axes.plot(theirs, ours, "o", color=color, markersize=3, markeredgewidth=0, alpha=0.8)


def equal_axes(panels: Sequence[Any], scores: Sequence[float]) -> None:
    """Square panels with the same range of R² along all axes; what is below -1 is cut off."""
    least, most = max(float(np.nanmin(scores)), -1.0), float(np.nanmax(scores))
    margin = 0.05 * (most - least) or 0.05
    for axes in panels:
        axes.set_xlim(least - margin, most + margin)
        axes.set_ylim(least - margin, most + margin)
        axes.set_box_aspect(1)


def bars(
    axes: Any, groups: Sequence[str], heights: Mapping[str, Sequence[float]], label: str
) -> None:
    """A bar for each method in each group; heights that are not there are NaN."""
    width = 0.8 / max(len(heights), 1)
    for place, (method, values) in enumerate(heights.items()):
        at = np.arange(len(groups)) + (place - (len(heights) - 1) / 2) * width
        axes.bar(at, values, 0.92 * width, color=METHOD_COLORS[method], label=method)
    axes.set_xticks(range(len(groups)), groups)
    axes.set_ylabel(label)
    house.tidy(axes)
