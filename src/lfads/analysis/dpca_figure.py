"""The figure of demixed components: shares of the parts, and courses of the first components of each."""

from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.jpca_figure import conditions_of_result
from lfads.plots import style
from lfads.plots.conditions import Angles

MOST_COMPONENTS, MOST_PARTS = 3, 4
PART_IN = 1.9
"""Height of a further row, for each part beyond two."""


def draw_dpca(figure: Any, result: xr.Dataset, angles: Angles | None = None) -> None:
    """A row for each part; shares of all parts on the left."""
    parts = min(MOST_PARTS, result.sizes["part"])
    columns = min(MOST_COMPONENTS, result.sizes["component"])
    figure.set_figheight(figure.get_figheight() + PART_IN * (parts - 2))
    grid = figure.add_gridspec(parts, 1 + columns, width_ratios=[0.8, *[1] * columns])
    _draw_shares(figure.add_subplot(grid[:, 0]), result)
    conditions = conditions_of_result(result, angles)
    time_s = result["time"].values
    for p in range(parts):
        first = None
        for k in range(columns):
            axes = figure.add_subplot(grid[p, 1 + k], sharey=first)
            for c, course in enumerate(result["courses"].values[p, k]):
                axes.plot(
                    time_s, course, color=conditions.color(conditions.group[c]), linewidth=0.9
                )
            _mark(axes, time_s, result["significant"].values[p, k] > 0)
            share, r2 = (float(result[n][p, k]) for n in ("variance", "r2_left_out"))
            title = f"{100 * share:.1f} %, R² {r2:.2f}".replace("-", "−")
            axes.set_title(title, fontsize=style.small_size())
            style.over_time(axes, time_s, lowest=p == parts - 1)
            if first is None:
                name = str(result["part"].values[p])
                axes.set_ylabel(style.as_label(f"part {name}", 26))
                first = axes
            else:
                axes.tick_params(labelleft=False)
    conditions.draw_key(figure)


def _mark(axes: Any, time_s: np.ndarray, significant: np.ndarray) -> None:
    """A black bar below where classes are told apart."""
    if significant.any():
        height = np.where(significant, 0.03, np.nan)
        transform = axes.get_xaxis_transform()
        axes.plot(time_s, height, color=style.INK, linewidth=2.5, transform=transform)


def _draw_shares(axes: Any, result: xr.Dataset) -> None:
    names = result["part"].values.astype(str)
    share, noise = result["part_variance"].values, result["part_noise"].values
    place = np.arange(len(names))
    axes.bar(place, 100 * share, color=style.BLUE, width=0.65, label="of averages")
    axes.bar(
        place, 100 * noise, color="none", edgecolor=style.INK, hatch="////", width=0.65,
        linewidth=0.8, label="noise, estimated",
    )  # fmt: skip
    axes.set_xticks(place, [style.as_label(name.replace(" × ", " ×\n"), 18) for name in names])
    axes.set_ylabel("share of variance (%)")
    axes.set_ylim(0, 1.25 * 100 * max(share.max(), noise.max()))
    axes.legend(loc="upper left")
    style.tidy(axes)
