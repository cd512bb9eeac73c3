"""The figure of reaction times: the condition-independent signal, and predicted against measured times."""

from typing import Any

import numpy as np
import xarray as xr

from lfads.numerics.evenly import evenly
from lfads.plots import style
from lfads.plots.conditions import Angles, labelled

MOST_TRIALS = 80
MOST_CONDITIONS = 24


def draw_reaction_time(figure: Any, result: xr.Dataset, angles: Angles | None = None) -> None:
    """Single trials by their reaction times, and a dot for each trial."""
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
    _draw_signal(figure, left, result)
    _draw_times(right, result)
    conditions = labelled(
        result["condition"].values, result.sizes["trial"], MOST_CONDITIONS, angles=angles
    )
    right.collections[0].set_facecolor([conditions.color(c) for c in conditions.group])
    conditions.draw_key(figure, dots=True)


def _draw_signal(figure: Any, axes: Any, result: xr.Dataset) -> None:
    measured, time_s = result["measured_s"].values, result["time"].values
    known = np.flatnonzero(np.isfinite(measured))
    shown = known[np.argsort(measured[known], kind="stable")]
    shown = shown[evenly(len(shown), MOST_TRIALS)]
    image = axes.scatter(
        [], [], c=[], cmap="viridis", vmin=measured[shown[0]], vmax=measured[shown[-1]]
    )
    for trial in shown[np.random.default_rng(0).permutation(len(shown))]:
        color = image.to_rgba(measured[trial])
        axes.plot(time_s, result["signal"].values[trial], color=color, linewidth=0.6, alpha=0.8)
    for fraction in np.unique(result["threshold_fraction"].values):
        axes.axhline(fraction, color=style.INK, linewidth=1.0, linestyle="--")
    axes.set_ylabel("condition-independent signal")
    style.over_time(axes, time_s)
    axes.set_xlabel("time from go (s)")
    style.draw_scale(figure, image, axes, "measured (s)", location="top", aspect=30, shrink=0.7)


def _draw_times(axes: Any, result: xr.Dataset) -> None:
    measured, predicted = result["measured_s"].values, result["predicted_s"].values
    axes.scatter(measured, predicted, s=9, c=np.zeros((len(measured), 3)), linewidths=0)
    both = np.concatenate([measured, predicted])
    both = both[np.isfinite(both)]
    edges = (both.min() - 0.02, both.max() + 0.02) if len(both) else (0.0, 1.0)
    axes.plot(edges, edges, color=style.GREY, linewidth=0.8, linestyle=style.DOTTED, zorder=0)
    axes.set(xlim=edges, ylim=edges)
    axes.set_aspect("equal", adjustable="box")
    low, high = result["r_interval"].values
    axes.set_title(f"r = {float(result['r']):.2f} ({low:.2f} to {high:.2f})".replace("-", "−"))
    axes.set_xlabel("measured (s)")
    axes.set_ylabel("predicted, left-out trials (s)")
    style.tidy(axes)
