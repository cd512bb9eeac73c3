"""Firing along a session: each neuron relative to its mean, the population, who changes most."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lfads.numerics.evenly import evenly
from lfads.numerics.means import mean_of_known, means_of_groups
from lfads.plots import style
from lfads.quality.drift import Drift
from lfads.quality.measures import Firing

MOST_ROWS = 300
NUM_NAMED = 5
_FEWEST_SPIKES = 50
_MOST_POINTS = 1500


@style.in_style
def plot_drift(drift: Drift, firing: Firing, *, num_named: int = NUM_NAMED) -> Figure:
    """Rates along a session.

    Parameters
    ----------
    drift
        Rates of blocks of trials.
    firing
        How much each neuron fires; those with fewer than fifty spikes are left out on the left.
    num_named
        How many neurons that change most are drawn with their number.

    Returns
    -------
    Figure
        Neurons on the left, sorted by what they gain; the population above those that change most.
    """
    figure = style.new_figure(3.6)
    panels = figure.subplot_mosaic([["all", "population"], ["all", "named"]], width_ratios=(1, 1.3))
    _draw_all(panels["all"], drift, firing)
    _draw_population(panels["population"], drift)
    _draw_named(panels["named"], drift, num_named)
    for axes in panels.values():
        style.tidy(axes)
    return figure


def most_changed(drift: Drift, num: int) -> np.ndarray:
    """Neurons to name: those that drift, or if none does, those that surely vary most."""
    if drift.drifting.size:
        return drift.drifting[:num]
    variation = np.where(drift.surely[:-1], drift.variation[:-1], 0)
    order = np.argsort(-variation, kind="stable")[:num]
    return order[variation[order] > 0]


def _draw_all(axes: Axes, drift: Drift, firing: Firing) -> None:
    enough = np.flatnonzero(firing.total >= _FEWEST_SPIKES)
    rates = drift.rates_hz[:, enough]
    mean = mean_of_known(rates, 0)
    relative = rates / np.where(mean > 0, mean, 1)
    half = len(relative) // 2
    gain = np.nan_to_num(relative[half:]).mean(0) - np.nan_to_num(relative[:half]).mean(0)
    order = np.argsort(-gain, kind="stable")
    order = order[evenly(len(order), MOST_ROWS)] if order.size else order
    where = (0.0, len(drift.order), max(len(order), 1), 0.0)
    image = style.draw_image(axes, relative[:, order].T, where, cmap="RdBu_r", vmin=0, vmax=2)
    axes.set(title="Each neuron", xlabel="trial", ylabel="neurons, gaining on top")
    axes.set_yticks([])
    form = {"shrink": 0.7, "aspect": 22, "ticks": [0, 1, 2]}
    style.draw_scale(axes.figure, image, axes, "rate / mean rate", **form)


def _draw_population(axes: Axes, drift: Drift) -> None:
    shown = evenly(len(drift.order), _MOST_POINTS)
    axes.scatter(
        shown + 0.5, drift.population_hz[shown], s=4, color=style.GREY, alpha=0.6, linewidths=0,
        rasterized=True,
    )  # fmt: skip
    means = means_of_groups(drift.population_hz, drift.block)
    axes.plot(_middles(drift), means, color=style.BLUE, marker="o", markersize=3)
    axes.set(title="Population", ylabel="spikes/s", xlim=(0, len(drift.order)))
    axes.set_ylim(bottom=0)
    axes.tick_params(labelbottom=False)


def _draw_named(axes: Axes, drift: Drift, num: int) -> None:
    named = most_changed(drift, num)
    if not len(named):
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no neuron changes more than chance", ha="center", color=style.GREY)
        return
    for neuron, color in zip(named, style.PALETTE, strict=False):
        axes.plot(
            _middles(drift), drift.rates_hz[:, neuron], color=color, marker="o", markersize=3,
            label=str(neuron),
        )  # fmt: skip
    drifting = drift.drifting.size > 0
    title = "Neurons that change most" if drifting else "Neurons that vary most (none drifts)"
    axes.set(title=title, xlabel="trial", ylabel="spikes/s", xlim=(0, len(drift.order)))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_ylim(bottom=0)
    axes.legend(title="neuron", loc="center left", bbox_to_anchor=(1.0, 0.5))


def _middles(drift: Drift) -> np.ndarray:
    """Middle of each block on the axis of trials."""
    return means_of_groups(np.arange(len(drift.block)), drift.block) + 0.5
