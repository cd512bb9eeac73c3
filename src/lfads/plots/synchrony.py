"""Correlations within single bins, and how spikes of the most alike neurons lie to each other."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lfads.data.session import Session
from lfads.plots import style
from lfads.quality.synchrony import Synchrony, closest, cross_correlogram

MOST_ROWS = 350
NUM_PAIRS = 4
_HALF_WIDTH_S = 0.05
_MOST_RINGS = 40


@style.in_style
def plot_synchrony(session: Session, synchrony: Synchrony, *, bin_width_s: float) -> Figure:
    """Correlations of all neurons within single bins, beside correlograms of the most alike pairs.

    Parameters
    ----------
    session
        The trials.
    synchrony
        What their neurons share, with at least two neurons compared.
    bin_width_s
        Width of a bin in seconds.

    Returns
    -------
    Figure
        A matrix, and up to four cross-correlograms.
    """
    figure = style.new_figure(3.9)
    left, right = style.halves(figure, (1.0, 1.15))
    _draw_matrix(left.subplots(), synchrony)
    pairs = [(p.keep, p.drop) for p in synchrony.pairs[:NUM_PAIRS]]
    suspicious = bool(pairs)
    pairs = pairs or closest(synchrony, NUM_PAIRS)
    columns = max(1, -(-len(pairs) // (1 if len(pairs) < 3 else 2)))
    panels = style.panels_of(right, len(pairs), columns, sharex=True) if pairs else []
    most = max(synchrony.lag_bins + 1, round(_HALF_WIDTH_S / bin_width_s))
    most = min(most, session.num_bins - 1)
    for place, (axes, (keep, drop)) in enumerate(zip(panels, pairs, strict=True)):
        counts = cross_correlogram(session, keep, drop, most)
        _draw_correlogram(axes, counts, 1000 * bin_width_s, suspicious=suspicious)
        axes.set_title(f"{keep} and {drop}")
        if place % columns == 0:
            axes.set_ylabel("coincidences")
        if place // columns == (len(pairs) - 1) // columns:
            axes.set_xlabel("lag (ms)")
    none = "Most alike pairs (none is suspicious)" if pairs else "No two neurons are alike"
    right.suptitle(
        "Most suspicious pairs" if suspicious else none,
        fontsize=style.text_size(), fontweight="bold", x=0.02, ha="left",
    )  # fmt: skip
    return figure


def reduced(values: Float[np.ndarray, "neuron neuron"], most: int) -> Float[np.ndarray, "row row"]:
    """A matrix of at most `most` rows: of each block, the entry that is farthest from 0."""
    step = -(-len(values) // most)
    pad = -len(values) % step
    blocks = np.pad(values, (0, pad)).reshape((len(values) + pad) // step, step, -1, step)
    high, low = blocks.max((1, 3)), blocks.min((1, 3))
    return np.where(high > -low, high, low)


def _draw_matrix(axes: Axes, synchrony: Synchrony) -> None:
    num = len(synchrony.neurons)
    shown = reduced(synchrony.correlation, MOST_ROWS)
    top = max(0.05, float(np.quantile(np.abs(shown), 0.998)))
    image = axes.imshow(
        shown, cmap="RdBu_r", vmin=-top, vmax=top, interpolation="nearest",
        extent=(-0.5, num - 0.5, num - 0.5, -0.5),
    )  # fmt: skip
    place = {int(n): k for k, n in enumerate(synchrony.neurons)}
    rings = [(place[p.keep], place[p.drop]) for p in synchrony.pairs[:_MOST_RINGS]]
    if rings:
        both = np.array([*rings, *(ring[::-1] for ring in rings)])
        axes.scatter(
            both[:, 0], both[:, 1], s=max(5.0, 300 / num) ** 2, facecolors="none", edgecolors=style.INK,
            linewidths=0.8, clip_on=False,
        )  # fmt: skip
    every = max(1, num // 5)
    ticks = np.arange(0, num, every)
    labels = synchrony.neurons[ticks].astype(str).tolist()
    axes.set_xticks(ticks, labels)
    axes.set_yticks(ticks, labels)
    axes.set(title="Within the same bin", xlabel="neuron", ylabel="neuron")
    style.draw_scale(axes.figure, image, axes, "correlation in excess", shrink=0.6, aspect=18)
    style.tidy(axes)


def _draw_correlogram(axes: Axes, counts: np.ndarray, bin_ms: float, *, suspicious: bool) -> None:
    most = len(counts) // 2
    lag = np.arange(-most, most + 1)
    middle = style.VERMILLION if suspicious else style.INK
    colors = [middle if k == 0 else style.BLUE for k in lag]
    axes.bar(lag * bin_ms, counts, width=0.85 * bin_ms, color=colors, linewidth=0)
    beside = np.delete(counts, most).mean()
    axes.axhline(beside, color=style.GREY, linewidth=0.8, linestyle=style.DOTTED)
    axes.set_ylim(bottom=0)
    style.tidy(axes)
