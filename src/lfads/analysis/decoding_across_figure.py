"""The figure of one decoder for all sessions: R² beside each session's own, and the share that it keeps."""

from typing import Any

import numpy as np
import xarray as xr

from lfads.numerics.evenly import evenly
from lfads.numerics.means import mean_of_known
from lfads.plots import style

MOST_SESSIONS = 20
"""Of which R² are drawn; the share is drawn of all."""
LOWEST = -0.3
"""Of what is drawn where it is; what lies below is a triangle at the edge."""


def draw_across(figure: Any, result: xr.Dataset) -> None:
    """Dots by session on the left, shares on the right."""
    left, right = figure.subplots(1, 2, width_ratios=[2.6, 1])
    chosen = evenly(result.sizes["session"], MOST_SESSIONS)
    place = np.arange(len(chosen))
    for decoder, color, label, aside in (
        (0, style.GREY, "its own decoder", -0.12),
        (1, style.GREEN, "one decoder", 0.12),
    ):
        r2 = result["r2"].values[decoder][chosen]
        for channel in range(r2.shape[1]):
            _dots(left, place + aside, r2[:, channel], color, 2.5, alpha=0.5)
        _dots(left, place + aside, mean_of_known(r2, 1), color, 6.5, label=label)
    names = result["session"].values[chosen]
    left.set_xticks(
        place, [style.as_label(str(name), 12) for name in names], rotation=30, ha="right"
    )
    left.set_ylabel("R², left-out trials")
    left.set_ylim(LOWEST, 1.05)
    left.axhline(0.0, color=style.GREY, linewidth=0.7, linestyle=style.DOTTED, zorder=0)
    left.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0)
    share = result["share"].values
    share = share[np.isfinite(share)]
    spread = 0.12 * np.linspace(-1, 1, len(share)) if len(share) > 1 else np.zeros(len(share))
    _dots(right, spread, share, style.GREEN, 4.5)
    if len(share):
        middle = max(float(np.median(share)), LOWEST)
        right.plot([-0.25, 0.25], [middle] * 2, color=style.INK, linewidth=1.2, clip_on=False)
    right.axhline(1.0, color=style.GREY, linewidth=0.7, linestyle=style.DOTTED, zorder=0)
    right.axhline(0.0, color=style.GREY, linewidth=0.7, linestyle=style.DOTTED, zorder=0)
    right.set_xlim(-0.6, 0.6)
    right.set_ylim(LOWEST, max(1.1, share.max(initial=0) + 0.1))
    right.set_xticks([0], ["sessions\nand median"])
    right.set_ylabel("share of the own decoder's R²")
    for axes in (left, right):
        style.tidy(axes)


def _dots(
    axes: Any, place: np.ndarray, values: np.ndarray, color: str, size: float, **form: Any
) -> None:
    """Dots, and triangles at the edge for what lies below it."""
    below = values < LOWEST
    axes.plot(place, np.where(below, np.nan, values), "o", color=color, markersize=size, **form)
    if below.any():
        edge = {"clip_on": False, "alpha": form.get("alpha", 1.0)}
        at = np.full(below.sum(), LOWEST)
        axes.plot(place[below], at, "v", color=color, markersize=size, **edge)
