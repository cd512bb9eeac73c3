"""Learning curves: how the terms of the objective went from epoch to epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lfads.checks import UserError
from lfads.plots.style import GREY, INK, PALE, TRAIN, VALID, in_style, new_figure, tidy

_WHITE: dict[str, Any] = {
    "frameon": True,
    "edgecolor": "none",
    "framealpha": 0.85,
    "borderpad": 0.2,
}


@in_style
def plot_learning_curves(
    metrics: Sequence[Mapping[str, Any]], *, best_epoch: int | None = None
) -> Figure:
    """Likelihood, Kullback-Leibler terms, bits per spike and learning rate over epochs.

    Epochs in which the weights of the Kullback-Leibler and L2 terms still rise are shaded. Axes are
    cut to what follows the first few epochs.

    Parameters
    ----------
    metrics
        The lines of `metrics.jsonl`, one dictionary an epoch; missing or null values are left out.
    best_epoch
        Marked with a line.

    Returns
    -------
    Figure
        Four panels.

    Raises
    ------
    UserError
        If there is no epoch.

    Examples
    --------
    >>> lines = [{"epoch": e, "train_nll": 1 / e, "valid_nll": 2 / e} for e in (1, 2, 3)]
    >>> len(plot_learning_curves(lines).axes)
    4
    """
    if not metrics:
        raise UserError("expected at least one epoch of metrics; got none")
    epoch = column(metrics, "epoch")
    figure = new_figure(2.5)
    panels: list[Axes] = list(figure.subplots(1, 4))
    terms = [
        [("train_nll", "train", TRAIN, "-"), ("valid_nll", "validation", VALID, "-")],
        [
            ("train_kl_initial_condition", "initial condition", TRAIN, "-"),
            ("valid_kl_initial_condition", "", VALID, "-"),
            ("train_kl_inferred_inputs", "inferred inputs", TRAIN, (0, (3, 1.5))),
            ("valid_kl_inferred_inputs", "", VALID, (0, (3, 1.5))),
        ],
        [("valid_bits_per_spike", "", VALID, "-")],
        [("learning_rate", "", INK, "-")],
    ]
    titles = ["Reconstruction", "KL divergence", "Validation", "Learning rate"]
    units = [
        "negative log-likelihood\n(nats per bin and neuron)",
        "nats per trial",
        "bits per spike",
        "step size",
    ]
    for axes, lines, title, unit in zip(panels, terms, titles, units, strict=True):
        _shade_ramp(axes, epoch, column(metrics, "ramp"))
        shown = [_draw(axes, epoch, column(metrics, name), *form) for name, *form in lines]
        _limit(axes, [values for values in shown if values is not None])
        if best_epoch is not None:
            axes.axvline(best_epoch, color=GREY, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
        axes.set(title=title, ylabel=unit, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        tidy(axes)
    panels[0].legend(loc="upper right", **_WHITE)
    if any(
        np.nanmax(column(metrics, name), initial=0) > 0 for name, label, *_ in terms[1] if label
    ):
        panels[1].legend(*_legend_in_ink(panels[1]), loc="best", **_WHITE)
    panels[3].ticklabel_format(axis="y", style="plain")
    panels[3].set_ylim(bottom=0)
    return figure


def column(metrics: Sequence[Mapping[str, Any]], name: str) -> np.ndarray:
    """One value an epoch, NaN where there is none."""
    values = [record.get(name) for record in metrics]
    return np.array([np.nan if v is None else v for v in values], np.float64)


def _draw(
    axes: Axes, epoch: np.ndarray, values: np.ndarray, label: str, color: str, dash: Any
) -> np.ndarray | None:
    """Draw one term unless it is missing or was 0 throughout."""
    if not np.isfinite(values).any() or not np.nan_to_num(values).any():
        return None
    marker = "o" if len(epoch) < 3 else ""
    axes.plot(
        epoch, values, color=color, linestyle=dash, label=label or "_", marker=marker, markersize=3,
        linewidth=1.3,
    )  # fmt: skip
    return values


def _limit(axes: Axes, curves: list[np.ndarray]) -> None:
    """Let the first epochs leave the axis, where they would flatten what follows."""
    if not curves:
        axes.text(0.5, 0.5, "not recorded", transform=axes.transAxes, ha="center", color=GREY)
        axes.set_yticks([])
        return
    if len(curves[0]) < 20:
        return
    settled = np.concatenate([curve[len(curve) // 20 + 1 :] for curve in curves])
    settled = settled[np.isfinite(settled)]
    if len(settled) and np.ptp(settled) > 0:
        room = 0.06 * np.ptp(settled)
        axes.set_ylim(settled.min() - room, settled.max() + room)


def _shade_ramp(axes: Axes, epoch: np.ndarray, ramp: np.ndarray) -> None:
    rising = epoch[ramp < 1]
    if len(rising):
        axes.axvspan(epoch[0], rising[-1] + 1, color=PALE, alpha=0.5, linewidth=0, zorder=0)


def _legend_in_ink(axes: Axes) -> tuple[list[Any], list[str]]:
    """Handles of the dashes alone: colours mean train and validation, as in the first panel."""
    from matplotlib.lines import Line2D

    handles, labels = axes.get_legend_handles_labels()
    lines = [h for h in handles if isinstance(h, Line2D)]
    dashes = [Line2D([], [], color=INK, linestyle=h.get_linestyle(), linewidth=1.3) for h in lines]
    for dash, line in zip(dashes, lines, strict=True):
        if line.is_dashed():
            dash.set_linestyle((0, (3, 1.5)))
    return dashes, labels
