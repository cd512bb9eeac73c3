"""Averages over the trials of each condition: of spikes, and of inferred rates, through one filter."""

import numpy as np
import xarray as xr
from jaxtyping import Float, Int, Real
from matplotlib.figure import Figure

from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of, matched, values_of
from lfads.numerics.means import means_of_groups
from lfads.numerics.regression import squared_correlation
from lfads.numerics.smoothing import SMOOTHING_S, smoothed
from lfads.plots.averages import averaged_trials, reached_by_few
from lfads.plots.conditions import MOST_CONDITIONS, Angles, conditions_of
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
    angles: Angles | None = None,
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
    num_neurons
        Neurons whose averages vary most, unlike each other's, are shown.
    smoothing_s
        Standard deviation of the Gaussian that smooths both, in seconds; 0 leaves them as they are.
    max_conditions
        At most this many conditions are drawn, evenly spread over all; r² counts all.
    angles
        Directions of the conditions in degrees, for their colours.

    Returns
    -------
    Figure
        Two rows; r² between them over conditions and time stands in each lower panel.
    """
    rates = values_of(posterior, "rates", "neuron")
    data = matched(session, posterior)
    conditions = conditions_of(posterior, max_conditions, angles=angles)
    counts, unit = data.kind == "counts", unit_of(posterior)
    group = np.where(averaged_trials(posterior, conditions).trials, conditions.group, -1)
    smoothing_bins = smoothing_s / bin_width_of(posterior)
    scale = 1 / bin_width_of(posterior) if counts else 1.0
    recorded, inferred = (
        factor * smoothed_averages(values, data, group, conditions.num, smoothing_bins)
        for factor, values in ((scale, data.values), (1.0, rates))
    )
    signals = None if counts else np.where(data.observed_bins(), data.values, np.nan)
    courses = means_of_groups(rates, conditions.group, conditions.num)
    neurons = np.sort(most_modulated(courses, num_neurons, signals))
    time_s, middle_s = posterior["time"].to_numpy(), middles_s(posterior)
    figure = new_figure(3.7)
    grid = figure.subplots(2, len(neurons), squeeze=False, sharex=True, sharey="col")
    for column, neuron in zip(grid.T, neurons, strict=True):
        for axes, values in zip(column, (recorded, inferred), strict=True):
            for c in conditions.chosen:
                axes.plot(middle_s, values[c, :, neuron], color=conditions.colors[c], linewidth=1.1)
            over_time(axes, time_s, lowest=axes is column[1])
        if counts:
            column[0].set_ylim(bottom=0)
        held_out = " (held out)" if data.held_out_neurons[neuron] else ""
        column[0].set_title(f"neuron {neuron}{held_out}")
        score = squared_correlation(recorded[..., neuron], inferred[..., neuron])
        if np.isfinite(score):
            column[1].set_title(f"r² = {score:.2f}", fontweight="normal", fontsize=SMALL_SIZE)
    grid[0, 0].set_ylabel(f"{'spikes' if counts else 'signals'}\n({unit})")
    grid[1, 0].set_ylabel(f"{method_of(posterior)}\n({unit})")
    conditions.draw_key(figure)
    return figure


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
