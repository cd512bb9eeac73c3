"""The figure of inputs around jumps of the cursor and onsets of the target."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lfads.paper.experiment import Results
from lfads.paper.panels import METHOD_COLORS
from lfads.plots import style as house
from lfads.plots.averages import mean_and_error
from lfads.plots.conditions import labelled

COLORS = {
    "LFADS": METHOD_COLORS["LFADS"], "LFADS4": house.GREEN, "smoothing": house.GREY,
    "true": house.TRUE,
}  # fmt: skip
NAMES = {"LFADS": "LFADS", "LFADS4": "4 inputs", "smoothing": "smoothing", "true": "true inputs"}
SIDES = {-1.0: "right", 1.0: "left"}


def draw_jumps(
    figure: Any,
    results: Results,
    methods: Mapping[str, Sequence[str]],
    truth: Mapping[str, tuple[float, ...]],
) -> None:
    """Above jumps, below targets.

    Parameters
    ----------
    figure
        An empty one.
    results
        What was kept.
    methods
        Of each of the two cases, in their order.
    truth
        From when to when, or from when on, the input of a case acts, in seconds after its event.
    """
    jumps, targets = methods
    above, below = figure.subfigures(2, 1)
    above.suptitle("jumps of the cursor", x=0.01, ha="left", fontweight="bold")
    averages, trials, difference = above.subplots(1, 3, width_ratios=(1.0, 1.1, 1.1))
    arrays = results.of(jumps, "LFADS").arrays
    _draw_sides(averages, arrays, truth[jumps])
    _draw_trials(above, trials, arrays)
    _draw_differences(difference, results, jumps, methods[jumps], truth[jumps], "jump")
    below.suptitle("onset of the target", x=0.01, ha="left", fontweight="bold")
    averages, difference, told = below.subplots(1, 3, width_ratios=(1.1, 1.1, 1.0))
    _draw_directions(averages, results.of(targets, "LFADS").arrays, truth[targets])
    _draw_differences(difference, results, targets, methods[targets], truth[targets], "target")
    _draw_told(told, results, methods)


def _draw_sides(axes: Any, arrays: Mapping[str, np.ndarray], truth: tuple[float, ...]) -> None:
    time_s, groups = arrays["time_s"], labelled(arrays["group"], len(arrays["group"]))
    _mark(axes, truth)
    for g, side in enumerate(arrays["group"]):
        values = arrays["along"][arrays["group_of_trial"] == g].astype(np.float64)
        mean, error = mean_and_error(values)
        color = tuple(groups.colors[g])
        axes.fill_between(time_s, mean - error, mean + error, color=color, alpha=0.2, linewidth=0)
        axes.plot(time_s, mean, color=color, linewidth=1.3, label=SIDES[float(side)])
    axes.legend(loc="upper left")
    _over(axes, time_s, "jump")
    axes.set_ylabel("input along the difference (a.u.)")
    axes.set_title("LFADS, by side")


def _draw_trials(figure: Any, axes: Any, arrays: Mapping[str, np.ndarray]) -> None:
    order = np.lexsort((arrays["event_s"], arrays["group_of_trial"]))
    rows, time_s = arrays["along"][order], arrays["time_s"]
    known = np.abs(rows[np.isfinite(rows)])
    limit = (float(np.quantile(known, 0.99)) if known.size else 0.0) or 1.0
    half = 0.5 * (time_s[1] - time_s[0])
    extent = (time_s[0] - half, time_s[-1] + half, len(rows), 0)
    image = house.draw_image(axes, rows, extent, vmin=-limit, vmax=limit, cmap="RdBu_r")
    edges = np.flatnonzero(np.diff(arrays["group_of_trial"][order])) + 1
    for edge in edges:
        axes.axhline(edge, color=house.INK, linewidth=0.7)
    _over(axes, time_s, "jump")
    sides = arrays["group_of_trial"][order]
    middles = [float(np.flatnonzero(sides == g).mean()) for g in np.unique(sides)]
    axes.set_yticks(middles, [SIDES[float(arrays["group"][g])] for g in np.unique(sides)])
    axes.set_title(f"LFADS, {len(rows)} trials")
    house.draw_scale(figure, image, axes, "a.u.")


def _draw_directions(axes: Any, arrays: Mapping[str, np.ndarray], truth: tuple[float, ...]) -> None:
    degrees = arrays["group"].astype(int)
    directions = labelled(degrees, len(degrees), called="direction (°)")
    _mark(axes, truth)
    for g in range(directions.num):
        axes.plot(
            arrays["time_s"], arrays["mean"][g], color=tuple(directions.colors[g]), linewidth=1.2
        )
    _over(axes, arrays["time_s"], "target")
    axes.set_ylabel("strongest input (a.u.)")
    axes.set_title("LFADS, by direction")
    directions.draw_key(axes)


def _draw_differences(
    axes: Any,
    results: Results,
    case: str,
    methods: Sequence[str],
    truth: tuple[float, ...],
    of: str,
) -> None:
    _mark(axes, truth)
    time_s = results.of(case, "LFADS").arrays["time_s"]
    for method in methods:
        if (case, method, 0) in results:
            arrays = results.of(case, method).arrays
            axes.plot(
                arrays["time_s"], arrays["difference"], color=COLORS[method], linewidth=1.3,
                label=NAMES[method],
            )  # fmt: skip
            axes.axhline(
                float(arrays["band"]), color=COLORS[method], linewidth=0.9, linestyle=house.DOTTED
            )
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("variance explained (1: all)")
    axes.legend(loc="upper left" if len(truth) == 2 else "center right")
    _over(axes, time_s, of)
    axes.set_title("groups differ")


def _draw_told(axes: Any, results: Results, methods: Mapping[str, Sequence[str]]) -> None:
    rows = [
        (case, method)
        for case, names in methods.items()
        for method in names
        if (case, method, 0) in results
    ]
    first, _ = methods
    for place, (case, method) in enumerate(rows):
        numbers = results.of(case, method).numbers
        axes.barh(place, numbers["accuracy"], 0.6, color=COLORS[method])
        axes.plot(
            [numbers["chance_high"]] * 2, [place - 0.42, place + 0.42], color=house.VERMILLION
        )
    of = {case: "side" if case == first else "direction" for case in methods}
    axes.set_yticks(range(len(rows)), [f"{of[case]}, {NAMES[method]}" for case, method in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.02)
    axes.set_xlabel("told (1: all)")
    house.tidy(axes)


def _mark(axes: Any, truth: tuple[float, ...]) -> None:
    """When the true input acts."""
    if len(truth) == 2:
        axes.axvspan(*truth, color=house.PALE, alpha=0.6, linewidth=0, zorder=0)
    else:
        axes.axvline(truth[0], color=house.GREY, linewidth=0.8, zorder=0)


def _over(axes: Any, time_s: np.ndarray, event: str) -> None:
    house.over_time(axes, time_s)
    axes.set_xlabel(f"time from the {event} (s)")
