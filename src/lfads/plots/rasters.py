"""Rasters of spikes in single trials."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from lfads.data.session import Session
from lfads.plots import style
from lfads.plots.conditions import labelled
from lfads.quality.measures import Firing

MOST_NEURONS = 150
SHADES = ("#666666", "#262626", "#000000")
"""Of ticks for one spike in a bin, for two, and for three or more."""
_TICK_WIDTHS = (0.9, 1.5, 2.1)
_COLUMNS = 3


@style.in_style
def plot_rasters(
    session: Session, firing: Firing, *, trials: Sequence[int] | None = None, start_s: float = 0.0
) -> Figure:
    """Spikes of a few trials.

    Parameters
    ----------
    session, firing
        Trials, and how much each neuron fires in them: neurons stand by falling mean rate, without
        silent ones; of many, those that fire most.
    trials
        Which to show; by default six of different conditions, from all parts of the session.
    start_s
        Time of the first bin's start.

    Returns
    -------
    Figure
        Three trials a row.
    """
    chosen = varied_trials(session, firing) if trials is None else np.asarray(trials)
    order = neurons_by_rate(firing)
    time_s = start_s + np.arange(session.num_bins) * firing.bin_width_s
    columns = min(_COLUMNS, len(chosen))
    rows = -(-len(chosen) // columns)
    figure = style.new_figure(0.4 + rows * rows_in(len(order)))
    panels = style.panels_of(figure, len(chosen), columns, sharex=True, sharey=True)
    for place, axes in enumerate(panels):
        draw_raster(axes, session, int(chosen[place]), order, time_s, firing.bin_width_s)
        axes.set_title(_name(session, int(chosen[place])), fontweight="normal")
        axes.set_yticks([])
        style.over_time(axes, time_s, lowest=place + columns >= len(chosen))
    figure.supylabel("neurons, highest rate on top", fontsize=style.text_size())
    return figure


def neurons_by_rate(firing: Firing, most: int = MOST_NEURONS) -> Int[np.ndarray, " shown"]:
    """Neurons that fire, by falling rate; of too many, those that fire most."""
    order = np.argsort(-np.nan_to_num(firing.rates_hz), kind="stable")
    order = order[~firing.silent[order]]
    order = order if order.size else np.arange(len(firing.silent))
    return order[:most]


def varied_trials(session: Session, firing: Firing, num: int = 6) -> Int[np.ndarray, " chosen"]:
    """Trials with spikes, of conditions that are spread over all and times spread over the session."""
    spikes = firing.spike_counts.sum(1)
    candidates = np.flatnonzero(spikes > 0) if spikes.any() else np.arange(session.num_trials)
    candidates = candidates[np.argsort(session.trial_index[candidates], kind="stable")]
    num = min(num, len(candidates))
    conditions = labelled(session.condition, session.num_trials, num)
    chosen: list[int] = []
    for k in range(num):
        wanted = conditions.chosen[k % len(conditions.chosen)]
        left = np.setdiff1d(candidates, chosen, assume_unique=True)
        alike = left[conditions.group[left] == wanted]
        pool = alike if alike.size else left
        chosen.append(int(pool[int((k + 0.5) / num * len(pool))]))
    return np.array(chosen)


def rows_in(num_neurons: int) -> float:
    """Height in inches of a panel with title and labels, in which rows of 100 neurons are told apart."""
    return 1.2 + 0.015 * min(num_neurons, MOST_NEURONS)


def draw_raster(
    axes: Axes,
    session: Session,
    trial: int,
    order: Int[np.ndarray, " shown"],
    time_s: np.ndarray,
    bin_width_s: float,
) -> None:
    """A tick for each bin that holds a spike, darker and wider for several.

    Bins behind the trial's end are grey, samples that were not recorded orange.
    """
    start_s, end_s = style.bin_edges_s(time_s, bin_width_s)
    length = int(session.trial_length[trial])
    counts = session.values[trial, :length][:, order]
    bins, rows = np.nonzero(counts)
    x = time_s[bins] + 0.5 * bin_width_s
    segments = np.stack([np.stack([x, rows - 0.45], 1), np.stack([x, rows + 0.45], 1)], axis=1)
    level = np.minimum(counts[bins, rows].astype(np.int64), len(SHADES)) - 1
    ticks = LineCollection(
        list(segments), colors=[SHADES[k] for k in level], linewidths=[_TICK_WIDTHS[k] for k in level],
        capstyle="butt", rasterized=True,
    )  # fmt: skip
    axes.add_collection(ticks)
    mark_end(axes, session, trial, time_s, bin_width_s)
    mark_missing(axes, session, trial, order, (start_s, end_s, len(order) - 0.5, -0.5))
    axes.set(xlim=(start_s, end_s), ylim=(len(order) - 0.5, -0.5))


def mark_end(
    axes: Axes, session: Session, trial: int, time_s: np.ndarray, bin_width_s: float
) -> None:
    """Grey behind the trial's end."""
    length = int(session.trial_length[trial])
    if length < len(time_s):
        _, end_s = style.bin_edges_s(time_s, bin_width_s)
        axes.axvspan(time_s[length], end_s, color=style.PALE, linewidth=0, rasterized=True)


def mark_missing(
    axes: Axes,
    session: Session,
    trial: int,
    order: Int[np.ndarray, " shown"],
    extent: tuple[float, float, float, float],
) -> None:
    """Orange where samples of the trial were not recorded."""
    length = int(session.trial_length[trial])
    missing = ~session.observed_bins()[trial][:, order]
    missing[length:] = False
    if missing.any():
        image = np.where(missing, 0.0, np.nan).T
        only = ListedColormap([style.MISSING])
        shown = style.draw_image(axes, image, extent, cmap=only, vmin=0, vmax=1)
        shown.set_cmap(only.with_extremes(bad=(0, 0, 0, 0)))


def _name(session: Session, trial: int) -> str:
    name = f"trial {trial}"
    if session.condition is not None:
        name += f", condition {style.as_label(session.condition[trial], 14)}"
    return f"{name} ({session.split[trial]})"
