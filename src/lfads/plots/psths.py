"""Averages over the trials of each condition: of smoothed spikes, and of inferred rates."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lfads.data.session import Session
from lfads.plots.averages import group_means, smoothed_rates_hz
from lfads.plots.conditions import MOST_CONDITIONS, conditions_of, draw_key
from lfads.plots.pairing import bin_width_of, paired, values_of
from lfads.plots.rates import most_modulated
from lfads.plots.style import SMALL_SIZE, in_style, label_time, mark_event, new_figure, tidy

SMOOTHING_S = 0.04


@in_style
def plot_psths(
    posterior: xr.Dataset,
    session: Session,
    *,
    num_neurons: int = 6,
    smoothing_s: float = SMOOTHING_S,
    max_conditions: int = MOST_CONDITIONS,
) -> Figure:
    """Averages over the trials of each condition: smoothed spikes above, inferred rates below.

    Parameters
    ----------
    posterior
        One session's results.
    session
        The data they were inferred from.
    num_neurons
        Neurons whose averages vary most, unlike each other's, are shown.
    smoothing_s
        Standard deviation of the Gaussian that smooths the spikes, in seconds.
    max_conditions
        At most this many conditions are drawn, evenly spread over all; r² counts all.

    Returns
    -------
    Figure
        Two rows; r² between them over conditions and time stands in each lower panel.
    """
    rates = values_of(posterior, "rates", "neuron")
    data = paired(session, posterior)
    conditions = conditions_of(posterior, max_conditions)
    bin_width_s = bin_width_of(posterior)
    observed = smoothed_rates_hz(
        data, conditions.group, conditions.num, bin_width_s=bin_width_s, smoothing_s=smoothing_s
    )
    inferred = group_means(rates, conditions.group, conditions.num)
    neurons = np.sort(most_modulated(inferred, num_neurons))
    time_s = posterior["time"].to_numpy() + 0.5 * bin_width_s
    figure = new_figure(3.7)
    grid = figure.subplots(2, len(neurons), squeeze=False, sharex=True, sharey="col")
    for column, neuron in zip(grid.T, neurons, strict=True):
        for axes, values in zip(column, (observed, inferred), strict=True):
            for c in conditions.chosen:
                axes.plot(time_s, values[c, :, neuron], color=conditions.colors[c], linewidth=1.1)
            tidy(axes)
            mark_event(axes, posterior["time"].to_numpy())
            label_time(axes, shown=axes is column[1])
        column[0].set_ylim(bottom=0)
        held_out = " (held out)" if data.held_out_neurons[neuron] else ""
        column[0].set_title(f"neuron {neuron}{held_out}")
        score = squared_correlation(observed[..., neuron], inferred[..., neuron])
        if np.isfinite(score):
            column[1].set_title(f"r² = {score:.2f}", fontweight="normal", fontsize=SMALL_SIZE)
    grid[0, 0].set_ylabel("smoothed spikes\n(spikes/s)")
    grid[1, 0].set_ylabel("LFADS\n(spikes/s)")
    draw_key(figure, conditions)
    return figure


def squared_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Squared Pearson correlation over what is finite in both; NaN if one does not vary."""
    known = np.isfinite(one) & np.isfinite(other)
    if known.sum() < 3 or np.ptp(one[known]) == 0 or np.ptp(other[known]) == 0:
        return float("nan")
    return float(np.corrcoef(one[known], other[known])[0, 1] ** 2)
