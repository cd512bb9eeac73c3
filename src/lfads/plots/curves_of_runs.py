"""Learning curves of several runs over each other: a colour for each, the same axes for all."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lfads.checks import UserError
from lfads.plots.style import PALETTE, as_label, in_style, new_figure, panels_of, tidy
from lfads.plots.training import column

Metrics = Sequence[Mapping[str, Any]]
MOST_RUNS = 16
"""Eight colours, each in full and in dashed lines."""

PANELS = (
    ("Training", "negative log-likelihood\n(nats per bin and neuron)", "train_nll"),
    ("Validation", "negative log-likelihood\n(nats per bin and neuron)", "valid_nll"),
    ("Validation", "bits per spike", "valid_bits_per_spike"),
    ("Validation", "bits per sample", "valid_bits_per_sample"),
    ("KL, initial condition", "nats per trial", "valid_kl_initial_condition"),
    ("KL, inferred inputs", "nats per trial", "valid_kl_inferred_inputs"),
    ("Learning rate", "step size", "learning_rate"),
)
_DASHES = ("-", (0, (5, 2)))
_SHARE = (
    0.05  # of epochs at the start that may leave the axis, where they would flatten what follows
)


@in_style
def plot_curves_of_runs(runs: Mapping[str, Metrics]) -> Figure:
    """Likelihood, bits per spike, Kullback-Leibler terms and learning rate of several runs over epochs.

    Each run has a colour; beyond eight runs, lines are dashed. What no run has is not drawn. The best
    epoch of each run, that of its lowest smoothed validation likelihood, is a dot. Axes are cut to what
    follows the first twentieth of each run's epochs.

    Parameters
    ----------
    runs
        The lines of `metrics.jsonl` by the name of the run, at most 16.

    Returns
    -------
    Figure
        Panels, with one key for all.

    Raises
    ------
    UserError
        If there are no epochs, or too many runs.

    Examples
    --------
    >>> lines = [{"epoch": e, "train_nll": 1 / e, "valid_nll": 2 / e} for e in (1, 2, 3)]
    >>> len(plot_curves_of_runs({"a": lines, "b": lines[:2]}).axes)
    2
    """
    runs = {name: metrics for name, metrics in runs.items() if metrics}
    if not 1 <= len(runs) <= MOST_RUNS:
        raise UserError(
            f"expected 1 to {MOST_RUNS} runs that have trained an epoch; got {len(runs)}"
        )
    there = [panel for panel in PANELS if any(_known(m, panel[2]).any() for m in runs.values())]
    if all(_known(m, "valid_bits_per_spike").any() for m in runs.values()):
        # The same in other words.
        there = [panel for panel in there if panel[2] != "valid_bits_per_sample"]
    num_columns = min(len(there), 3)
    rows_of_key = -(-len(runs) // 4)
    figure = new_figure(0.4 + 0.25 * rows_of_key + 2.4 * -(-len(there) // num_columns))
    panels = panels_of(figure, len(there), num_columns)
    for axes, (title, unit, name) in zip(panels, there, strict=True):
        for number, metrics in enumerate(runs.values()):
            values, epoch = column(metrics, name), column(metrics, "epoch")
            form: dict[str, Any] = _form(number)
            if len(epoch) < 3:
                form |= {"marker": "o", "markersize": 3}
            axes.plot(epoch, values, linewidth=1.4, **form)
            best = _best_place(metrics)
            if best is not None and name.startswith("valid"):
                axes.plot(
                    epoch[best], values[best], marker="o", markersize=4.5, color=form["color"]
                )
        _limit(axes, [column(metrics, name) for metrics in runs.values()])
        axes.set(title=title, ylabel=unit, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        tidy(axes)
    key = [Line2D([], [], label=as_label(name, 30), **_form(k)) for k, name in enumerate(runs)]
    figure.legend(handles=key, loc="outside upper left", ncols=min(len(key), 4))
    return figure


def _form(number: int) -> dict[str, Any]:
    return {"color": PALETTE[number % len(PALETTE)], "linestyle": _DASHES[number // len(PALETTE)]}


def _known(metrics: Metrics, name: str) -> np.ndarray:
    """Where a term was recorded, and is not 0 throughout."""
    return np.nan_to_num(column(metrics, name)) != 0


def _best_place(metrics: Metrics) -> int | None:
    """Where the smoothed validation likelihood is lowest, after the ramp as far as it is known."""
    smoothed, ramp = column(metrics, "valid_smoothed"), column(metrics, "ramp")
    can = np.isfinite(smoothed) & ~(ramp < 1)
    return int(np.where(can, smoothed, np.inf).argmin()) if can.any() else None


def _limit(axes: Axes, curves: Sequence[np.ndarray]) -> None:
    settled = np.concatenate([curve[int(len(curve) * _SHARE) :] for curve in curves])
    settled = settled[np.isfinite(settled)]
    if len(settled) and np.ptp(settled) > 0:
        room = 0.06 * np.ptp(settled)
        axes.set_ylim(settled.min() - room, settled.max() + room)
