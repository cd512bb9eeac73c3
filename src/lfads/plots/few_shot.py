"""Gain of held-out neurons against the number of trials that they were fitted to."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.ticker import NullFormatter, NullLocator

from lfads.plots import style


def draw_few_shot(axes: Any, results: Mapping[str, xr.Dataset]) -> None:
    """A line for each model by its name, mean ± s.d. of draws; no key for one without a name."""
    ticks: set[int] = set()
    for number, (name, result) in enumerate(results.items()):
        color = style.PALETTE[number % len(style.PALETTE)]
        shots = result["shot"].values
        ticks |= set(shots.tolist())
        axes.errorbar(
            shots, result["gain"].values, result["gain_std"].values,
            color=color, fmt="o-", markersize=4, linewidth=1.2, label=style.as_label(name),
        )  # fmt: skip
    axes.axhline(0.0, color=style.GREY, linewidth=0.7, linestyle=style.DOTTED, zorder=0)
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xticks(sorted(ticks), [str(tick) for tick in sorted(ticks)])
    ends = [of["gain"] + sign * of["gain_std"] for of in results.values() for sign in (-1, 1)]
    highest = max(float(np.nanmax(end.values, initial=0.05)) for end in ends)
    lowest = min(float(np.nanmin(end.values, initial=highest)) for end in ends)
    axes.set_ylim(max(lowest, -0.5) - 0.03, highest + 0.03)
    axes.set_xlabel("training trials fitted to")
    axes.set_ylabel("bits per spike,\nheld-out neurons")
    if any(results):
        least = min(float(of["gain"].values[-1]) for of in results.values())
        rise = least > (max(lowest, -0.5) + highest) / 2  # `best` looks at no error bars
        axes.legend(loc="lower right" if rise else "best")
    style.tidy(axes)
