"""In how many dimensions inferred rates vary: a hint whether there are enough factors."""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator

from lfads.evaluation.matching import values_of
from lfads.numerics.components import principal_components
from lfads.numerics.evenly import evenly
from lfads.plots.canvas import canvas, only_panel, whole_of
from lfads.plots.examples import unit_of
from lfads.plots.sizes import StyleName
from lfads.plots.style import BLUE, GREY, in_style, tidy

MOST_TRIALS = 200
_LEAST_HZ = 0.5  # nearly silent neurons vary without bound in logs


@in_style
def plot_dimensions(
    posterior: xr.Dataset,
    *,
    shares: Float[np.ndarray, " component"] | None = None,
    figure: Figure | SubFigure | None = None,
    ax: Axes | None = None,
    style: StyleName | None = None,
) -> Figure:
    """Share of variance in the leading principal components of log-rates, and their participation ratio.

    Log-rates are nearly linear in factors (those of one posterior sample are), so that their dimensions
    are those that factors are used for, whatever map the network chose between them.

    Parameters
    ----------
    posterior
        One session's results.
    shares
        What is drawn, if `variance_shares` was called already.
    figure, ax
        Where to draw: a figure or a part of one, or a panel.
    style
        How large: `talk` or `paper`.

    Returns
    -------
    Figure
        Cumulative share over components; the participation ratio and the number of factors are marked.
    """
    share = variance_shares(posterior) if shares is None else shares
    ratio, num_factors = participation_ratio(share), posterior.sizes["factor"]
    shown = min(len(share), num_factors + 2)
    only_panel(figure, ax, 1, "panel")
    where = canvas(figure, 2.4) if ax is None else ax
    axes = where if isinstance(where, Axes) else where.subplots()
    rank = np.arange(shown + 1)
    axes.plot(
        rank,
        np.r_[0, np.cumsum(share)[:shown]],
        color=BLUE,
        marker="o",
        markersize=3,
        clip_on=False,
    )
    label = f"participation ratio, {ratio:.1f}"
    axes.axvline(ratio, color=BLUE, linewidth=1.0, linestyle=(0, (3, 2)), label=label)
    axes.axvline(num_factors, color=GREY, linewidth=1.0, label=f"factors, {num_factors}")
    axes.set(
        xlabel="principal components",
        ylabel="share of variance, summed",
        xlim=(0, None),
        ylim=(0, 1),
    )
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    tidy(axes)
    return whole_of(where)


def variance_shares(posterior: xr.Dataset) -> Float[np.ndarray, " component"]:
    """Share of each principal component in the variance of log-rates (of means, for signals)."""
    rates = values_of(posterior, "rates", "neuron")
    rows = rates[evenly(len(rates), MOST_TRIALS)].reshape(-1, rates.shape[2]).astype(np.float64)
    rows = rows[np.isfinite(rows).all(1)]
    if unit_of(posterior) == "spikes/s":
        rows = np.log(np.maximum(rows, _LEAST_HZ))
    return principal_components(rows, min(rows.shape)).variance_fraction


def participation_ratio(share: Float[np.ndarray, " component"]) -> float:
    """(sum of variances)² / sum of squares: as many equal dimensions would have this spread.

    Gao et al. (2017), "A theory of multineuronal dimensionality, dynamics and measurement".

    >>> participation_ratio(np.array([0.25, 0.25, 0.25, 0.25]))
    4.0
    """
    squares = float((share**2).sum())
    return float(share.sum()) ** 2 / squares if squares else float("nan")
