"""How much each neuron fires, and all of them together over the time of a trial."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lfads.data.session import Session
from lfads.numerics.smoothing import SMOOTHING_S, smoothed
from lfads.plots import style
from lfads.plots.conditions import MOST_CONDITIONS, labelled
from lfads.quality.findings import IMPLAUSIBLE_HZ
from lfads.quality.measures import Firing, population_rates_hz


@style.in_style
def plot_firing(
    session: Session,
    firing: Firing,
    *,
    start_s: float = 0.0,
    max_conditions: int = MOST_CONDITIONS,
) -> Figure:
    """Mean rate of each neuron, sorted, beside the mean rate of all neurons over time.

    Parameters
    ----------
    session, firing
        Trials, and how much each neuron fires in them.
    start_s
        Time of the first bin's start.
    max_conditions
        At most this many conditions are drawn, evenly spread over all.

    Returns
    -------
    Figure
        Two panels.
    """
    figure = style.new_figure(2.9)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
    _draw_rates(left, session, firing)
    conditions = labelled(session.condition, session.num_trials, max_conditions)
    time_s = start_s + np.arange(session.num_bins) * firing.bin_width_s
    middle_s = time_s + 0.5 * firing.bin_width_s

    def courses_hz(group: np.ndarray) -> np.ndarray:
        rates = population_rates_hz(session, group, bin_width_s=firing.bin_width_s)
        return smoothed(rates[..., None], SMOOTHING_S / firing.bin_width_s)[..., 0]

    (mean,) = courses_hz(np.zeros(session.num_trials, np.int64))
    if conditions.known and conditions.num > 1:
        courses = courses_hz(conditions.group)
        for c in conditions.chosen:
            right.plot(middle_s, courses[c], color=conditions.colors[c], linewidth=1.2)
        conditions.draw_key(right)
    dashes = (0, (3, 1.5)) if right.get_lines() else "solid"  # a condition may be black, too
    right.plot(middle_s, mean, color=style.INK, linewidth=1.8, linestyle=dashes)
    right.set(title="Population over the trial", ylabel="mean over neurons (spikes/s)")
    right.set_ylim(bottom=0)
    style.over_time(right, time_s)
    return figure


def _draw_rates(axes: Axes, session: Session, firing: Firing) -> None:
    """A point a neuron on a logarithmic scale; silent ones as crosses on its floor."""
    rates = np.nan_to_num(firing.rates_hz)
    order = np.argsort(-rates, kind="stable")
    rates, held_out = rates[order], session.held_out_neurons[order]
    fires = rates > 0
    place = np.arange(1, len(rates) + 1)
    size = float(np.clip(1200 / len(rates), 4, 22))
    floor = 0.5 * rates[fires].min() if fires.any() else 0.1
    for mask, color, label in (
        (fires & ~held_out, style.BLUE, "encoded"), (fires & held_out, style.VERMILLION, "held out"),
    ):  # fmt: skip
        if mask.any():
            axes.scatter(place[mask], rates[mask], s=size, color=color, linewidths=0, label=label)
    if (~fires).any():
        axes.scatter(
            place[~fires], np.full((~fires).sum(), floor), s=14, marker="x", color=style.INK,
            linewidths=0.9, clip_on=False, label="silent",
        )  # fmt: skip
    if fires.any():
        median = float(np.median(firing.rates_hz[np.isfinite(firing.rates_hz)]))
        if median > 0:
            axes.axhline(median, color=style.GREY, linewidth=0.8, linestyle=style.DOTTED, zorder=0)
            axes.annotate(
                f"median {median:.2g}", (1, median), (-2, 2), xycoords=("axes fraction", "data"),
                textcoords="offset points", ha="right", va="bottom", fontsize=8, color=style.GREY,
            )  # fmt: skip
        if rates.max() > IMPLAUSIBLE_HZ:
            axes.axhline(IMPLAUSIBLE_HZ, color=style.VERMILLION, linewidth=0.8, zorder=0)
    axes.set_yscale("log")
    axes.set_ylim(bottom=floor * (0.85 if (~fires).any() else 1.3))
    low, high = axes.get_ylim()
    within = (1.0, 2.0, 5.0) if high < 30 * low else (1.0,)
    style.plain_log_ticks(axes.yaxis, within)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set(title="Neurons, sorted", xlabel="rank", ylabel="mean rate (spikes/s, log scale)")
    if held_out.any() or not fires.all():
        axes.legend(loc="lower left", handletextpad=0.2)
    style.tidy(axes)
