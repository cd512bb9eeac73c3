"""Traces of inferred rates beside the spikes they were inferred from, and which neurons to show."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from lfads.data.session import Session
from lfads.evaluation.matching import matched, values_of
from lfads.numerics.evenly import evenly
from lfads.numerics.means import mean_of_known
from lfads.plots import style as house
from lfads.plots.canvas import canvas, only_panel, whole_of
from lfads.plots.choices import chosen_neurons
from lfads.plots.conditions import conditions_of
from lfads.plots.examples import chosen_trials, method_of, middles_s, trial_name, unit_of
from lfads.plots.sizes import StyleName


@house.in_style
def plot_rate_traces(
    posterior: xr.Dataset,
    session: Session,
    *,
    trials: Sequence[int] | None = None,
    neurons: Sequence[int | str] | None = None,
    num_trials: int = 3,
    num_neurons: int = 5,
    figure: Figure | SubFigure | None = None,
    ax: Axes | None = None,
    style: StyleName | None = None,
) -> Figure:
    """Rates of the most modulated neurons in single trials, with their spikes and the true rates.

    Signals are drawn as they were recorded, behind what is inferred from them.

    Parameters
    ----------
    posterior
        One session's results; `rates_std`, if there, is drawn as a band of ± 1 s.d.
    session
        The data they were inferred from.
    trials
        Which trials of the posterior to show; by default `num_trials` that were not trained on.
    neurons
        Which to show, by number or by name.
    num_trials, num_neurons
        How many to show otherwise.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    ax
        A panel to draw in instead: one of the `neurons` in one of the `trials`.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        A row for each neuron, a column for each trial.
    """
    rates = values_of(posterior, "rates", "neuron")
    spread = values_of(posterior, "rates_std", "neuron") if "rates_std" in posterior else None
    data = matched(session, posterior)
    conditions = conditions_of(posterior)
    chosen = chosen_trials(posterior, conditions.group, trials, num_trials)
    counts, unit = data.kind == "counts", unit_of(posterior)
    recorded = np.where(data.observed_bins(), data.values, np.nan)
    modulated = np.sort(most_modulated(rates, num_neurons, None if counts else recorded))
    shown = chosen_neurons(posterior, neurons, modulated)
    only_panel(figure, ax, len(shown.names) * len(chosen), "of the `neurons` and of the `trials`")
    time_s, middle_s = posterior["time"].to_numpy(), middles_s(posterior)
    where, grid = None, np.array([[ax]])
    if ax is None:
        where = canvas(figure, 0.6 + 0.95 * len(shown.names))
        grid = where.subplots(
            len(shown.names), len(chosen), squeeze=False, sharex=True, sharey="row"
        )
    for place, (neuron, name) in enumerate(zip(*shown, strict=True)):
        row: list[Axes] = list(grid[place])
        for axes, trial in zip(row, chosen, strict=True):
            if not counts:
                signal = recorded[trial, :, neuron]
                axes.plot(
                    middle_s, signal, color=house.INK, linewidth=0.6, alpha=0.5, label="signal"
                )
            if data.true_rates_hz is not None:
                truth = data.true_rates_hz[trial, :, neuron]
                axes.plot(middle_s, truth, color=house.TRUE, linewidth=1.0, label="true rate")
            mean = rates[trial, :, neuron]
            if spread is not None:
                sd = spread[trial, :, neuron]
                low = np.maximum(mean - sd, 0) if counts else mean - sd
                band = {"color": house.INFERRED, "alpha": 0.25, "linewidth": 0}
                axes.fill_between(middle_s, low, mean + sd, **band)
            label = f"{method_of(posterior)} rate" if counts else method_of(posterior)
            axes.plot(middle_s, mean, color=house.INFERRED, linewidth=1.6, label=label)
            if place == 0:
                axes.set_title(trial_name(posterior, int(trial), between=", "))
            house.over_time(axes, time_s, lowest=place == len(shown.names) - 1)
        row[0].set_ylabel(f"{name}\n({unit})")
        if counts:
            _draw_ticks(row, [recorded[trial, :, neuron] > 0 for trial in chosen], middle_s)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    if counts:
        handles.append(Line2D([], [], color=house.INK, linestyle="", marker="|", markersize=6))
        labels.append("spikes")
    if where is None:
        grid[0, 0].legend(handles, labels, loc="center left", bbox_to_anchor=(1.0, 0.5))
        return whole_of(grid[0, 0])
    where.legend(handles, labels, loc="outside upper left", ncols=3)
    return whole_of(where)


def _draw_ticks(row: Sequence[Axes], fires: Sequence[np.ndarray], middle_s: np.ndarray) -> None:
    """Ticks for bins with a spike, below rates that share their axis."""
    top = row[0].get_ylim()[1]
    row[0].set_ylim(-0.22 * top, top)
    row[0].set_yticks([t for t in row[0].get_yticks() if 0 <= t <= top])
    for axes, fired in zip(row, fires, strict=True):
        axes.vlines(middle_s[fired], -0.2 * top, -0.06 * top, color=house.INK, linewidth=0.7)


def most_modulated(
    rates: Float[np.ndarray, "trial time neuron"],
    num: int,
    signals: Float[np.ndarray, "_ time neuron"] | None = None,
) -> np.ndarray:
    """Neurons whose rates vary much for their mean, and unlike each other's.

    Each next neuron has the largest ratio of variance to mean (to the variance of its `signals`, where
    these were recorded), times 1 - the largest r² with one that was chosen before.
    """
    samples = rates[evenly(len(rates), 200)].reshape(-1, rates.shape[2]).astype(np.float64)
    samples = samples[np.isfinite(samples).all(1)]
    if not len(samples):
        return np.arange(min(num, rates.shape[2]))
    deviation = samples - samples.mean(0)
    variance = (deviation**2).mean(0)
    whole = samples.mean(0)
    if signals is not None:
        whole = mean_of_known((signals - mean_of_known(signals, (0, 1))) ** 2, (0, 1))
    score = variance / np.maximum(whole, 1e-9)
    unit = deviation / np.sqrt(np.maximum(variance, 1e-12) * len(samples))
    likeness = (unit.T @ unit) ** 2
    chosen: list[int] = []
    for _ in range(min(num, rates.shape[2])):
        novelty = 1 - likeness[chosen].max(0, initial=0.0)
        merit = score * np.maximum(novelty, 1e-6)
        merit[chosen] = -np.inf
        chosen.append(int(merit.argmax()))
    return np.array(chosen)
