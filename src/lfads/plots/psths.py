"""Averages over the trials of each condition: of smoothed spikes, and of inferred rates."""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of, matched, values_of
from lfads.numerics.means import means_of_groups
from lfads.numerics.regression import squared_correlation
from lfads.numerics.smoothing import SMOOTHING_S, smoothed
from lfads.plots.conditions import MOST_CONDITIONS, Conditions, conditions_of
from lfads.plots.examples import method_of, middles_s, unit_of
from lfads.plots.rates import most_modulated
from lfads.plots.style import SMALL_SIZE, in_style, new_figure, over_time


@in_style
def plot_psths(
    posterior: xr.Dataset,
    session: Session,
    *,
    num_neurons: int = 6,
    smoothing_s: float = SMOOTHING_S,
    max_conditions: int = MOST_CONDITIONS,
) -> Figure:
    """Averages over the trials of each condition: smoothed spikes or signals above, inferred rates below.

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
    data = matched(session, posterior)
    conditions = conditions_of(posterior, max_conditions)
    observed = smoothed_rates_hz(data, conditions, bin_width_of(posterior), smoothing_s)
    inferred = means_of_groups(rates, conditions.group, conditions.num)
    counts, unit = data.kind == "counts", unit_of(posterior)
    signals = None if counts else np.where(data.observed_bins(), data.values, np.nan)
    neurons = np.sort(most_modulated(inferred, num_neurons, signals))
    time_s, middle_s = posterior["time"].to_numpy(), middles_s(posterior)
    figure = new_figure(3.7)
    grid = figure.subplots(2, len(neurons), squeeze=False, sharex=True, sharey="col")
    for column, neuron in zip(grid.T, neurons, strict=True):
        for axes, values in zip(column, (observed, inferred), strict=True):
            for c in conditions.chosen:
                axes.plot(middle_s, values[c, :, neuron], color=conditions.colors[c], linewidth=1.1)
            over_time(axes, time_s, lowest=axes is column[1])
        if counts:
            column[0].set_ylim(bottom=0)
        held_out = " (held out)" if data.held_out_neurons[neuron] else ""
        column[0].set_title(f"neuron {neuron}{held_out}")
        score = squared_correlation(observed[..., neuron], inferred[..., neuron])
        if np.isfinite(score):
            column[1].set_title(f"r² = {score:.2f}", fontweight="normal", fontsize=SMALL_SIZE)
    grid[0, 0].set_ylabel(f"smoothed {'spikes' if counts else 'signals'}\n({unit})")
    grid[1, 0].set_ylabel(f"{method_of(posterior)}\n({unit})")
    conditions.draw_key(figure)
    return figure


def smoothed_rates_hz(
    session: Session, conditions: Conditions, bin_width_s: float, smoothing_s: float
) -> Float[np.ndarray, "condition time neuron"]:
    """Averages of spikes over the trials of each condition, smoothed with a Gaussian, in spikes/s.

    Those of signals are in their own unit. Bins count by the trials that were observed in them, so that
    unequal trials and missing samples do not bias what is smoothed. NaN where nothing was observed.
    """
    seen, group = session.observed_bins(), conditions.group
    means = means_of_groups(session.values, group, conditions.num, seen)
    num_trials = np.stack([seen[group == c].sum(0) for c in range(conditions.num)])
    averages = smoothed(means, smoothing_s / bin_width_s, num_trials)
    return averages / bin_width_s if session.kind == "counts" else averages
