"""Learning curves: how the terms of the objective went from epoch to epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from lfads.checks import UserError
from lfads.plots.canvas import canvas, only_panel, whole_of
from lfads.plots.sizes import StyleName
from lfads.plots.style import GREY, INK, PALE, TRAIN, VALID, in_style, tidy

Panel = tuple[str, str, list[tuple[str, str]]]
LIKELIHOOD: Panel = (
    "Reconstruction",
    "negative log-likelihood\n(nats per bin and neuron)",
    [("train_nll", TRAIN), ("valid_nll", VALID), ("valid_sample_nll", INK)],
)
START: Panel = (
    "KL, initial condition",
    "nats per trial",
    [("train_kl_initial_condition", TRAIN), ("valid_kl_initial_condition", VALID)],
)
INPUTS: Panel = (
    "KL, inferred inputs",
    "nats per trial",
    [("train_kl_inferred_inputs", TRAIN), ("valid_kl_inferred_inputs", VALID)],
)
BITS: Panel = ("Validation", "bits per spike", [("valid_bits_per_spike", VALID)])
BITS_OF_SAMPLES: Panel = ("Validation", "bits per sample", [("valid_bits_per_sample", VALID)])
STEP: Panel = ("Learning rate", "step size", [("learning_rate", INK)])

_BEST: dict[str, Any] = {"color": GREY, "linewidth": 1.0, "linestyle": (0, (3, 2))}


@in_style
def plot_learning_curves(
    metrics: Sequence[Mapping[str, Any]],
    *,
    best_epoch: int | None = None,
    figure: Figure | SubFigure | None = None,
    ax: Axes | None = None,
    style: StyleName | None = None,
) -> Figure:
    """Likelihood, bits per spike, Kullback-Leibler terms and learning rate over epochs.

    Epochs in which the weights of the Kullback-Leibler and L2 terms still rise are shaded. Axes are
    cut to what follows the first few epochs.

    Parameters
    ----------
    metrics
        The lines of `metrics.jsonl`, one dictionary an epoch; missing or null values are left out.
    best_epoch
        Marked with a dashed line.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    ax
        A panel to draw in instead: the reconstruction alone.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        Four panels, or five if there are inferred inputs.

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
    rising = epoch[column(metrics, "ramp") < 1]
    inputs = [INPUTS] if any(_varied(column(metrics, name)) for name, _ in INPUTS[2]) else []
    per_spike = any(m.get("valid_bits_per_spike") is not None for m in metrics)
    per_sample = any(m.get("valid_bits_per_sample") is not None for m in metrics)
    bits = BITS if per_spike or not per_sample else BITS_OF_SAMPLES
    panels = [LIKELIHOOD, bits, START, *inputs, STEP] if ax is None else [LIKELIHOOD]
    only_panel(figure, ax, 1, "panel")
    marker = "o" if len(epoch) < 3 else ""
    where = canvas(figure, 2.6) if ax is None else ax
    grid = [where] if isinstance(where, Axes) else list(where.subplots(1, len(panels)))
    for axes, (title, unit, curves) in zip(grid, panels, strict=True):
        if len(rising):
            axes.axvspan(0, min(rising[-1] + 1, epoch[-1]), color=PALE, alpha=0.5, linewidth=0)
        shown = [(column(metrics, name), color) for name, color in curves]
        shown = [(values, color) for values, color in shown if _varied(values)]
        for values, color in shown:
            axes.plot(epoch, values, color=color, marker=marker, markersize=3, linewidth=1.3)
        _limit(axes, [values for values, _ in shown])
        if best_epoch is not None:
            axes.axvline(best_epoch, zorder=1, clip_on=False, **_BEST)
        axes.set(title=title, ylabel=unit, xlabel="epoch", xlim=(0, max(epoch[-1], 1)))
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        tidy(axes)
    if ax is None:
        grid[-1].ticklabel_format(axis="y", style="plain")
        grid[-1].set_ylim(bottom=0)
    removed = _varied(column(metrics, "valid_sample_nll"))
    _draw_key(where, best_epoch, ramp=len(rising) > 0, removed=removed)
    return whole_of(where)


def column(metrics: Sequence[Mapping[str, Any]], name: str) -> np.ndarray:
    """One value an epoch, NaN where there is none."""
    return np.array([record.get(name) for record in metrics], np.float64)


def _varied(values: np.ndarray) -> bool:
    """Whether a term was there at all, and not 0 throughout."""
    return bool(np.nan_to_num(values).any())


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


def _draw_key(
    where: Figure | SubFigure | Axes, best_epoch: int | None, *, ramp: bool, removed: bool
) -> None:
    """One legend above all panels, where it covers nothing."""
    handles: list[Artist] = [
        Line2D([], [], color=TRAIN, label="training trials"),
        Line2D([], [], color=VALID, label="validation trials"),
    ]
    if removed:
        handles.append(Line2D([], [], color=INK, label="samples removed from validation trials"))
    if ramp:
        handles.append(Patch(color=PALE, alpha=0.5, label="weights of penalties still rise"))
    if best_epoch is not None:
        handles.append(Line2D([], [], label=f"best epoch, {best_epoch}", **_BEST))
    if isinstance(where, Axes):
        where.legend(handles=handles, loc="upper right")
    else:
        where.legend(handles=handles, loc="outside upper left", ncols=len(handles))
