"""Averages over the trials of each condition: of spikes, and of inferred rates, through one filter."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int, Real
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of, matched, values_of
from lfads.numerics.means import means_of_groups
from lfads.numerics.regression import squared_correlation
from lfads.numerics.smoothing import SMOOTHING_S, smoothed
from lfads.plots.averages import averaged_trials, reached_by_few
from lfads.plots.canvas import canvas, only_panel, whole_of
from lfads.plots.choices import chosen_neurons
from lfads.plots.conditions import MOST_CONDITIONS, Angles, Colors, conditions_of
from lfads.plots.examples import method_of, middles_s, unit_of
from lfads.plots.rates import most_modulated
from lfads.plots.sizes import StyleName
from lfads.plots.style import GREY, in_style, over_time, small_size


@in_style
def plot_psths(
    posterior: xr.Dataset,
    session: Session,
    *,
    neurons: Sequence[int | str] | None = None,
    num_neurons: int = 6,
    smoothing_s: float = SMOOTHING_S,
    max_conditions: int = MOST_CONDITIONS,
    angles: Angles | None = None,
    conditions: Sequence[Any] | None = None,
    colors: Colors | None = None,
    figure: Figure | SubFigure | None = None,
    ax: Axes | None = None,
    style: StyleName | None = None,
) -> Figure:
    """Averages over the trials of each condition: spikes or signals above, inferred rates below.

    Both are averaged over the same samples of the same trials and pass the same filter, so that what they
    differ in is what the model gets wrong, and a burst of one bin is as wide in both. Trials are those that
    were not trained on, where each condition that is drawn has five of them, else all
    (`lfads.plots.averages`). Bins that fewer than three trials reach are not drawn.

    Parameters
    ----------
    posterior
        One session's results.
    session
        The data they were inferred from.
    neurons
        Which to show, by number or by name.
    num_neurons
        How many to show otherwise: those whose averages vary most, unlike each other's.
    smoothing_s
        Standard deviation of the Gaussian that smooths both, in seconds; 0 leaves them as they are.
    max_conditions
        At most this many conditions are drawn, evenly spread over all; r² counts all.
    angles
        Directions of the conditions in degrees, for their colours.
    conditions
        Labels of the conditions to draw; by default at most `max_conditions` of them.
    colors
        Colours of conditions, by label or in the order of those that are drawn.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    ax
        A panel to draw in instead: one of the `neurons`, with what was recorded dashed.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        Two rows; r² between them over conditions and time stands in each lower panel.
    """
    rates = values_of(posterior, "rates", "neuron")
    data = matched(session, posterior)
    of_trials = conditions_of(
        posterior, max_conditions, angles=angles, conditions=conditions, colors=colors
    )
    counts, unit = data.kind == "counts", unit_of(posterior)
    group = np.where(averaged_trials(posterior, of_trials).trials, of_trials.group, -1)
    smoothing_bins = smoothing_s / bin_width_of(posterior)
    scale = 1 / bin_width_of(posterior) if counts else 1.0
    recorded, inferred = (
        factor * smoothed_averages(values, data, group, of_trials.num, smoothing_bins)
        for factor, values in ((scale, data.values), (1.0, rates))
    )
    signals = None if counts else np.where(data.observed_bins(), data.values, np.nan)
    courses = means_of_groups(rates, of_trials.group, of_trials.num)
    chosen = chosen_neurons(
        posterior, neurons, np.sort(most_modulated(courses, num_neurons, signals))
    )
    only_panel(figure, ax, len(chosen.positions), "of the `neurons`")
    time_s, middle_s = posterior["time"].to_numpy(), middles_s(posterior)
    if ax is not None:
        ((neuron,), (name,)) = chosen
        recorded_as = "spikes" if counts else "signals"
        for c in of_trials.chosen:
            for values, dashes in ((recorded, (0, (2, 1.5))), (inferred, "solid")):
                color = of_trials.colors[c]
                ax.plot(
                    middle_s, values[c, :, neuron], color=color, linewidth=1.1, linestyle=dashes
                )
        ax.set(title=name, ylabel=unit, **({"ylim": (0, None)} if counts else {}))
        over_time(ax, time_s)
        for word, dashes in ((recorded_as, (0, (2, 1.5))), (method_of(posterior), "solid")):
            ax.plot([], [], color=GREY, linewidth=1.1, linestyle=dashes, label=word)
        lines = ax.legend(loc="upper right")
        of_trials.draw_key(ax)
        ax.add_artist(lines)
        return whole_of(ax)
    where = canvas(figure, 3.7)
    grid = where.subplots(2, len(chosen.names), squeeze=False, sharex=True, sharey="col")
    for column, neuron, name in zip(grid.T, *chosen, strict=True):
        for axes, values in zip(column, (recorded, inferred), strict=True):
            for c in of_trials.chosen:
                axes.plot(middle_s, values[c, :, neuron], color=of_trials.colors[c], linewidth=1.1)
            over_time(axes, time_s, lowest=axes is column[1])
        if counts:
            column[0].set_ylim(bottom=0)
        held_out = " (held out)" if data.held_out_neurons[neuron] else ""
        column[0].set_title(f"{name}{held_out}")
        score = squared_correlation(recorded[..., neuron], inferred[..., neuron])
        if np.isfinite(score):
            column[1].set_title(f"r² = {score:.2f}", fontweight="normal", fontsize=small_size())
    grid[0, 0].set_ylabel(f"{'spikes' if counts else 'signals'}\n({unit})")
    grid[1, 0].set_ylabel(f"{method_of(posterior)}\n({unit})")
    of_trials.draw_key(where)
    return whole_of(where)


def smoothed_averages(
    values: Real[np.ndarray, "trial time neuron"],
    session: Session,
    group: Int[np.ndarray, " trial"],
    num_groups: int,
    smoothing_bins: float,
) -> Float[np.ndarray, "group time neuron"]:
    """Averages over what the session observed of each group's trials, smoothed with a Gaussian.

    Bins count by the trials that were observed in them, so that unequal trials and missing samples do not
    bias what is smoothed. NaN where nothing was observed, and in bins that few trials reach.

    Parameters
    ----------
    values
        Recorded, or inferred from what was recorded.
    session
        Says which samples were observed.
    group
        Number of each trial's group; trials of negative numbers are in none.
    num_groups
        How many groups there are.
    smoothing_bins
        Standard deviation of the Gaussian in bins.
    """
    seen = session.observed_bins()
    means = means_of_groups(values, group, num_groups, seen)
    num_trials = np.stack([seen[group == g].sum(0) for g in range(num_groups)])
    averages = smoothed(means, smoothing_bins, num_trials)
    few = reached_by_few(session.valid_bins(), group, num_groups)
    return np.where(few[:, :, None], np.nan, averages)
