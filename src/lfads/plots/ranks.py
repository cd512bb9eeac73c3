"""Ranks of what trials were drawn from among samples of their posteriors: flat if posteriors are right."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure, SubFigure
from scipy.stats import binom

from lfads.evaluation.calibration import NAMES, NUM_BARS, encoders_of
from lfads.plots import style as house
from lfads.plots.canvas import canvas, whole_of
from lfads.plots.sizes import StyleName

HEIGHT_IN = 2.2
CAPTION = (
    "Trials drawn from the model: where what they were drawn from lies among samples of their posteriors, "
    "all dimensions and bins together. Right posteriors give flat bars; heaps at both ends say that they "
    "are too narrow, in the middle that they are too wide. Grey: 99 % of the bars of right posteriors, if "
    "dimensions and bins of a trial told no more than one does."
)


@house.in_style
def plot_ranks(
    found: Mapping[str, Any],
    *,
    figure: Figure | SubFigure | None = None,
    style: StyleName | None = None,
) -> Figure:
    """Shares of ranks, a panel for each quantity and for each of the encoders.

    Parameters
    ----------
    found
        What `Calibration.to_dict` gives.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.
    """
    tests = [
        (name, who, of) for who, some in encoders_of(found).items() for name, of in some.items()
    ]
    where = canvas(figure, HEIGHT_IN)
    panels = where.subplots(1, len(tests), squeeze=False, sharex=True, sharey=True)[0]
    low, high = binom.interval(0.99, found["num_ranked"], 1 / NUM_BARS)
    edges = np.linspace(0, 1, NUM_BARS + 1)
    for axes, (name, who, of) in zip(panels, tests, strict=True):
        band = [edge / found["num_ranked"] for edge in (low, high)]
        axes.axhspan(*band, color=house.GREY, alpha=0.3, linewidth=0)
        axes.stairs(of["bars"], edges, color=house.BLUE, linewidth=1.2)
        axes.set_title(f"{NAMES[name]},\n{who}")
        axes.set_xlim(0, 1)
        axes.set_ylim(bottom=0)
        house.tidy(axes)
    panels[0].set_ylabel("share of ranks")
    panels[0].set_xlabel("rank among posterior samples (share)")
    return whole_of(where)
