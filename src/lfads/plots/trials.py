"""Single trials as images: what was recorded, what was inferred from it, and the truth where known."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.figure import Figure, SubFigure

from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of, matched, values_of
from lfads.numerics.means import mean_of_known
from lfads.plots import style as house
from lfads.plots.canvas import canvas, only_panel, whole_of
from lfads.plots.choices import chosen_neurons
from lfads.plots.conditions import conditions_of
from lfads.plots.examples import chosen_trials, edges_s, method_of, trial_name
from lfads.plots.rasters import draw_raster, mark_end, mark_missing, rows_in
from lfads.plots.sizes import StyleName

_LEAST_HZ = 1.0  # of a scale's upper end: that of silence would show rounding
_SHOWN_PERCENT = 99.5  # one fast neuron must not darken all others; what is above is brightest


@house.in_style
def plot_trials(
    posterior: xr.Dataset,
    session: Session,
    *,
    trials: Sequence[int] | None = None,
    neurons: Sequence[int | str] | None = None,
    num_trials: int = 3,
    figure: Figure | SubFigure | None = None,
    ax: Axes | None = None,
    style: StyleName | None = None,
) -> Figure:
    """Spikes of single trials beside the rates inferred from them, and the true rates if known.

    Neurons stand in the same order everywhere, that of the peaks of their mean inferred rates. All rates
    are on one scale in spikes/s, on which colour follows the square root: silent neurons stay dark, and
    neurons of low rates show next to fast ones. Signals, whose channels may differ in unit, are drawn as
    images of which each channel has a scale of its own, from its lowest to its highest value in the trials
    shown, recorded or inferred.

    Parameters
    ----------
    posterior
        One session's results.
    session
        The data they were inferred from.
    trials
        Which trials of the posterior to show; by default `num_trials` that were not trained on, of
        different conditions.
    neurons
        Which to show, by number or by name; they stand in the order of their peaks all the same.
    num_trials
        How many trials to show otherwise.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    ax
        A panel to draw in instead: the rates of one of the `trials`.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        A row for each trial.

    Raises
    ------
    UserError
        If posterior and session do not fit together, or a trial is not there.
    """
    rates = values_of(posterior, "rates", "neuron")
    data = matched(session, posterior)
    chosen = chosen_trials(posterior, conditions_of(posterior).group, trials, num_trials)
    mean = np.nan_to_num(mean_of_known(rates, 0), nan=-np.inf)
    every = np.arange(rates.shape[2])
    order = np.unique(chosen_neurons(posterior, neurons, every).positions)
    order = order[
        np.argsort(mean.argmax(0)[order], kind="stable")
    ]  # by time of the peak of the mean
    only_panel(figure, ax, len(chosen), "of the `trials`")
    counts = data.kind == "counts"
    method = f"{method_of(posterior)} rates" if counts else method_of(posterior)
    columns = {method: rates}
    if data.true_rates_hz is not None:
        columns["True rates"] = data.true_rates_hz
    if not counts:
        seen = np.where(data.observed_bins(), data.values, np.nan)
        columns = _on_scales_of_channels({"Signals": seen, **columns}, chosen)
    of_these = {name: values[..., order] for name, values in columns.items()}
    norm = _scale_hz(of_these, chosen) if counts else Normalize(0, 1)
    extent = (*edges_s(posterior), len(order) - 0.5, -0.5)
    time_s, bin_width_s = posterior["time"].to_numpy(), bin_width_of(posterior)
    meaning = "rate (spikes/s), square-root scale"
    meaning = meaning if counts else "from lowest to highest of the channel"
    ticks = {} if counts else {"ticks": [0, 0.5, 1]}
    if ax is not None:
        (trial,) = chosen.tolist()
        image = house.draw_image(ax, columns[method][trial][:, order].T, extent, norm=norm)
        mark_end(ax, data, trial, time_s, bin_width_s)
        ax.set(title=trial_name(posterior, trial), ylabel="neurons, by time of peak", yticks=[])
        house.over_time(ax, time_s)
        house.draw_scale(ax.figure, image, ax, meaning, **ticks)
        return whole_of(ax)
    whole = canvas(figure, 0.5 + rows_in(len(order)) * len(chosen))
    num_columns = len(columns) + counts
    grid = whole.subplots(len(chosen), num_columns, squeeze=False, sharex=True, sharey=True)
    for place, (row, trial) in enumerate(zip(grid, chosen.tolist(), strict=True)):
        if counts:
            draw_raster(row[0], data, trial, order, time_s, bin_width_s)
        for axes, values in zip(row[int(counts) :], columns.values(), strict=True):
            house.draw_image(axes, values[trial][:, order].T, extent, norm=norm)
            mark_end(axes, data, trial, time_s, bin_width_s)
        if not counts:
            mark_missing(row[0], data, trial, order, extent)
        row[0].set_ylabel(trial_name(posterior, trial, between="\n"), fontweight="bold")
        _mark_held_out(row[1], data.held_out_neurons[order])
        for axes in row:
            axes.set_yticks([])
            house.over_time(axes, time_s, lowest=place == len(chosen) - 1)
    for axes, title in zip(grid[0], [*(["Spikes"] if counts else []), *columns], strict=True):
        axes.set_title(title)
    whole.supylabel("neurons, sorted by time of peak", fontsize=house.text_size())
    house.draw_scale(
        whole, grid[-1, -1].images[0], list(grid.ravel()), meaning, shrink=0.5, aspect=22, pad=0.015,
        **ticks,
    )  # fmt: skip
    return whole_of(whole)


def _scale_hz(columns: dict[str, np.ndarray], chosen: np.ndarray) -> Normalize:
    """From 0 to a rate that few of the neurons shown exceed; colour follows the square root."""
    shown = np.concatenate([values[chosen].ravel() for values in columns.values()])
    shown = shown[np.isfinite(shown)]
    highest = float(np.percentile(shown, _SHOWN_PERCENT)) if shown.size else 0.0
    return PowerNorm(0.5, 0, max(_LEAST_HZ, highest))


def _on_scales_of_channels(
    columns: dict[str, np.ndarray], chosen: np.ndarray
) -> dict[str, np.ndarray]:
    """Values between 0 and 1, the lowest and highest of each channel in the trials shown."""
    shown = np.concatenate([values[chosen] for values in columns.values()]).astype(np.float64)
    known = np.isfinite(shown)
    lowest = np.where(known, shown, np.inf).min((0, 1))
    highest = np.where(known, shown, -np.inf).max((0, 1))
    lowest, highest = (np.where(np.isfinite(edge), edge, 0) for edge in (lowest, highest))
    span = np.where(highest > lowest, highest - lowest, 1.0)
    return {name: (values - lowest) / span for name, values in columns.items()}


def _mark_held_out(axes: Axes, held_out: np.ndarray) -> None:
    """Squares left of the rates of neurons that the encoders never saw."""
    rows = np.flatnonzero(held_out)
    if len(rows):
        axes.scatter(
            np.full(len(rows), -0.02), rows, marker="s", s=6, color=house.VERMILLION, linewidths=0,
            transform=axes.get_yaxis_transform(), clip_on=False,
        )  # fmt: skip
