"""The figure of averages and single trials: a column for each neuron, two rows for each method."""

from typing import Any

import numpy as np
import xarray as xr

from lfads.plots import style
from lfads.plots.conditions import Angles, Conditions, labelled


def colors_of_conditions(result: xr.Dataset, angles: Angles | None = None) -> Conditions:
    """Colours of the conditions, in the order of the result."""
    labels = result["condition"].to_numpy().astype(str)
    if len(labels) == 1:
        return labelled(None, 1)
    try:
        values = labels.astype(np.float64)
        values = values.astype(np.int64) if (values == values.round()).all() else values
    except ValueError:
        values = labels
    most = result.sizes["drawn_condition"]
    return labelled(values, len(values), most, angles=angles)


def draw_psths(figure: Any, result: xr.Dataset, angles: Angles | None = None) -> None:
    """Averages above single trials, alike in scale over the methods of a neuron."""
    conditions = colors_of_conditions(result, angles)
    neurons = np.flatnonzero(result["in_figure"].values)
    methods = result["signal"].values.astype(str).tolist()
    figure.set_figheight(figure.get_figheight() * len(methods) / 2)
    grid = figure.subplots(2 * len(methods), len(neurons), squeeze=False, sharex=True)
    middle_s = result["time"].to_numpy() + 0.5 * float(result.attrs["bin_width_s"])
    for column, neuron in enumerate(neurons.tolist()):
        for k, _ in enumerate(methods):
            above, below = grid[2 * k : 2 * k + 2, column]
            for c in conditions.chosen:
                course = result["average"].values[k, c, :, neuron]
                above.plot(middle_s, course, color=tuple(conditions.colors[c]), linewidth=1.2)
            for place, c in enumerate(result["condition_of_shown"].values.tolist()):
                course = result["single"].values[k, place, :, neuron]
                color = tuple(conditions.colors[c])
                below.plot(middle_s, course, color=color, linewidth=0.6, alpha=0.8)
            told = float(result["correlation"].values[k, neuron])
            if np.isfinite(told):
                above.set_title(
                    f"r = {told:.2f}", fontweight="normal", fontsize=style.small_size(), loc="right"
                )
            last = k == len(methods) - 1
            style.over_time(above, result["time"].to_numpy(), lowest=False)
            style.over_time(below, result["time"].to_numpy(), lowest=last)
        grid[0, column].set_title(f"neuron {neuron}")
        for row in (0, 1):
            tops = [axes.get_ylim()[1] for axes in grid[row::2, column]]
            low = min(axes.get_ylim()[0] for axes in grid[row::2, column])
            low = 0.0 if float(np.nanmin(result["average"].values)) >= 0 else low
            for axes in grid[row::2, column]:
                axes.set_ylim(low, max(tops))
    for k, method in enumerate(methods):
        grid[2 * k, 0].set_ylabel(f"{method}\naverages")
        grid[2 * k + 1, 0].set_ylabel(f"single trials\n({result['single'].attrs['units']})")
    conditions.draw_key(figure)
