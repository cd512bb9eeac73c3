"""Slow changes over a session: courses of the offsets of log-rates, and how much of the rates they are."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from lfads.data.places import are_windows, starts_of_windows
from lfads.evaluation.matching import bin_width_of, values_of
from lfads.evaluation.slow_offsets import offsets_of_trials, variance_over_trials
from lfads.numerics.evenly import evenly
from lfads.plots import style as house
from lfads.plots.canvas import canvas, whole_of
from lfads.plots.sizes import StyleName

MOST_NEURONS = 60
"""Whose offsets are drawn as thin lines behind the courses."""


@house.in_style
def plot_slow_offsets(
    posterior: xr.Dataset,
    *,
    figure: Figure | SubFigure | None = None,
    style: StyleName | None = None,
) -> Figure:
    """Courses of slow offsets over the session, and their variance over trials beside that of the factors.

    Parameters
    ----------
    posterior
        One session's results, of a network with slow offsets.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        Courses on the left, with the offsets of single neurons behind them; variances on the right.

    Raises
    ------
    UserError
        If the posterior holds no slow offsets.
    """
    courses = values_of(posterior, "slow_offsets", "slow_offset").astype(np.float64)
    where = canvas(figure, 2.6)
    left, right = where.subplots(1, 2, width_ratios=(2.4, 1))
    _draw_courses(left, posterior, courses)
    _draw_variances(right, posterior)
    return whole_of(where)


def places_of(posterior: xr.Dataset) -> tuple[np.ndarray, str]:
    """Where each trial lies in the session, and the name of that axis."""
    if are_windows(posterior.coords):
        return starts_of_windows(posterior, bin_width_of(posterior)), "time of recording (s)"
    return posterior["trial_index"].to_numpy(), "trial"


def _draw_courses(axes: Axes, posterior: xr.Dataset, courses: np.ndarray) -> None:
    places, name = places_of(posterior)
    order = np.argsort(places, kind="stable")
    offsets = offsets_of_trials(posterior)
    thin: dict[str, Any] = {"color": house.PALE, "linewidth": 0.6, "zorder": 0}
    axes.plot(places[order], offsets[order][:, evenly(offsets.shape[1], MOST_NEURONS)], **thin)
    axes.axhline(0.0, color=house.GREY, linewidth=0.7, linestyle=house.DOTTED, zorder=1)
    for k, color in zip(range(courses.shape[1]), house.PALETTE, strict=False):
        axes.plot(places[order], courses[order, k], color=color, label=str(k))
    axes.set(title="Slow offsets", xlabel=name, ylabel="offset of log-rates")
    if posterior["rates"].attrs.get("units") != "spikes/s":
        axes.set_ylabel("offset of read-outs")
    if courses.shape[1] > 1:
        axes.legend(title="offset", loc="best", ncols=courses.shape[1])
    house.tidy(axes)


def _draw_variances(axes: Axes, posterior: xr.Dataset) -> None:
    variance = variance_over_trials(posterior)
    assert variance is not None
    known = {"slow offsets": variance.offsets, "factors": variance.factors}
    held = {name: value for name, value in known.items() if np.isfinite(value)}
    axes.bar(range(len(held)), list(held.values()), color=(house.BLUE, house.GREY), width=0.6)
    axes.set_xticks(range(len(held)), list(held))
    axes.set_xlim(-0.6, len(held) - 0.4)
    axes.set(title="Variance over trials", ylabel="of mean log-rates")
    if len(held) < len(known):
        axes.set_ylabel("of read-outs")
    house.tidy(axes)


def caption_of_slow_offsets(posterior: xr.Dataset) -> str:
    """Caption of `plot_slow_offsets`."""
    variance = variance_over_trials(posterior)
    if variance is None or np.isnan(variance.factors):
        what, right = "read-outs", ""
    else:
        what = "log-rates"
        right = (
            " Right: variance over trials, averaged over neurons, of these offsets and of the trial's mean "
            "log-rate without them, which the factors make. Of both the offsets have "
            f"{variance.share:.0%}. Much of it is drift that would otherwise stand in factors and initial "
            "conditions; next to nothing: rates are steady, and networks without slow offsets do as well."
        )
    return (
        f"Slow changes over the session: what is added to the {what} of a trial in all of its bins, by its "
        "place in the session. Colour: the courses, for a neuron of weight 1; grey: offsets of single "
        f"neurons. Training trials have a value each, others lie between those beside them.{right}"
    )
