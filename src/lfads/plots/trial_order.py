"""In which order trials stand as the rows of an image, and what is written beside them.

Never by anything that is taken from the rows themselves: sorted by their own peaks, noise shows a wave.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator

from lfads.checks import UserError
from lfads.numerics.evenly import evenly
from lfads.plots import style
from lfads.plots.conditions import Conditions, labelled

MOST_ROWS = 400
_MOST_NAMES = 8  # of conditions, beside an image


@dataclass(frozen=True, eq=False)
class TrialOrder:
    """Trials as rows, from above.

    Parameters
    ----------
    trials
        Position of each row's trial in the posterior.
    words
        What trials are sorted by, after "sorted".
    by_condition
        Whether conditions form blocks.
    event_s
        Time of an event in each row, NaN where there is none; None if rows are not sorted by one.
    """

    trials: Int[np.ndarray, " row"]
    words: str
    by_condition: bool = False
    event_s: Float[np.ndarray, " row"] | None = None


def order_of_trials(
    posterior: xr.Dataset, conditions: Conditions, sort_by: str | None = None
) -> TrialOrder:
    """At most `MOST_ROWS` trials, evenly spread over their order.

    Parameters
    ----------
    posterior
        One session's results.
    conditions
        Of its trials.
    sort_by
        A coordinate with one value a trial. By default `condition`, if there are several, and the order
        of the session within each; else the order of the session.

    Raises
    ------
    UserError
        If there is no such coordinate.
    """
    session = np.arange(posterior.sizes["trial"])
    if "trial_index" in posterior.coords:
        session = np.argsort(posterior["trial_index"].to_numpy(), kind="stable")
    several = conditions.known and conditions.num > 1
    if sort_by == "condition" or (sort_by is None and several):
        _column(posterior, "condition")
        order = session[np.argsort(conditions.group[session], kind="stable")]
        words = "by condition, in the order of the session within each"
        return TrialOrder(_spread(order), words, by_condition=True)
    if sort_by is None or sort_by == "trial_index":
        return TrialOrder(_spread(session), "in the order of the session")
    values = _column(posterior, sort_by)
    if values.dtype.kind not in "iufb":
        group = labelled(values, len(values)).group
        order = session[np.argsort(group[session], kind="stable")]
        return TrialOrder(_spread(order), f"by {sort_by}")
    order = _spread(session[np.argsort(values[session], kind="stable")])  # NaN stands last
    event_s, time_s = values[order].astype(np.float64), posterior["time"].to_numpy()
    known = event_s[np.isfinite(event_s)]
    inside = (
        known.size and time_s[0] <= known.min() and known.max() <= time_s[-1] + np.ptp(time_s) / 10
    )
    return TrialOrder(order, f"by {sort_by}", event_s=event_s if inside else None)


def name_rows(axes: Axes, order: TrialOrder, conditions: Conditions) -> None:
    """Beside an image of trials: where conditions begin and end, and which they are; events as marks."""
    axes.set_yticks([])
    if order.event_s is not None:
        rows = np.arange(len(order.trials)) + 0.5
        axes.plot(order.event_s, rows, color=style.INK, marker="|", markersize=2.5, linestyle="")
    if not order.by_condition:
        return
    group = conditions.group[order.trials]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    ends = np.append(starts[1:], len(group))
    named = evenly(len(starts), _MOST_NAMES)
    names = [style.as_label(conditions.labels[group[starts[k]]], 10) for k in named]
    axes.set_yticks(0.5 * (starts + ends)[named], names)
    axes.yaxis.set_minor_locator(FixedLocator([*starts.tolist(), len(group)]))
    style.tidy(axes)
    axes.tick_params(axis="y", which="major", length=0, pad=6)
    axes.tick_params(axis="y", which="minor", length=5, width=0.6)
    for label, k in zip(axes.get_yticklabels(), named, strict=True):
        condition = group[starts[k]]
        if condition in conditions.chosen:
            label.set_color(tuple(conditions.colors[condition]))


def _spread(order: np.ndarray) -> np.ndarray:
    return order[evenly(len(order), MOST_ROWS)]


def _column(posterior: xr.Dataset, name: str) -> np.ndarray:
    if name in posterior.coords and posterior[name].dims == ("trial",):
        return posterior[name].to_numpy()
    there = [str(n) for n, values in posterior.coords.items() if values.dims == ("trial",)]
    raise UserError(
        f"`sort_by` must name a coordinate of the posterior with one value a trial; got `{name}`; "
        f"there are {', '.join(there) or 'none'}"
    )
