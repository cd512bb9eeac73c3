"""What a search did with each hyperparameter: its paths through a population, or scores over its values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lfads.checks import UserError
from lfads.config import SearchRange
from lfads.plots import lineages
from lfads.plots.families import failed_of, family_of
from lfads.plots.style import (
    BLUE,
    GREY,
    INK,
    in_style,
    new_figure,
    panels_of,
    plain_log_ticks,
    tidy,
)
from lfads.search.record import MemberRow

MOST_COLUMNS = 4
LIMITS: dict[bool, dict[str, Any]] = {
    True: {"color": INK, "linewidth": 0.7, "zorder": 0},
    False: {"color": INK, "linewidth": 0.7, "linestyle": (0, (4, 3)), "zorder": 0},
}
"""Limits that always hold, and those that only first values keep."""


@in_style
def plot_hyperparameter_paths(
    rows: Sequence[MemberRow], best: MemberRow, space: Mapping[str, SearchRange]
) -> Figure:
    """How each searched hyperparameter changed along the lines that survived, coloured by score.

    Colours compare the members of one generation: all scores fall as training goes on, which would
    hide what hyperparameters do. Crosses are members without a finite score.

    Parameters
    ----------
    rows
        Of every member and generation.
    best
        The member that won.
    space
        What was searched, by name, with its limits.

    Returns
    -------
    Figure
        A panel for each hyperparameter.

    Raises
    ------
    UserError
        If nothing was searched, there are no rows, or some are missing.
    """
    family, last = family_of(rows, best), max(lineages.generations(rows))
    ends = [row for row in rows if row.generation == last]
    figure, panels = _new_panels(space)
    for axes, (name, range_) in zip(panels, space.items(), strict=True):
        lineages.draw_family(axes, family, rows, ends, _value_of(name), area_pt2=12.0)
        for limit in (range_.low, range_.high):
            axes.axhline(limit, **LIMITS[range_.enforced])
        if range_.law == "log_uniform":
            axes.set_yscale("log")
            _tick_in_between(axes.yaxis, range_)
        axes.set(title=_title(name), ylabel=_unit(name))
        lineages.number_generations(axes, 1, last)
    words = {True: "limits", False: "limits of first values"}
    kinds = sorted({range_.enforced for range_ in space.values()}, reverse=True)
    limits = [Line2D([], [], label=words[kind], **LIMITS[kind]) for kind in kinds]
    lines = lineages.line_keys("lines that died out", lineages.BACKGROUND)
    lineages.draw_key(figure, rows, [*lines, *limits])
    lineages.draw_rank_scale(figure, panels)
    return figure


@in_style
def plot_scores_over_values(
    rows: Sequence[MemberRow], best: MemberRow, space: Mapping[str, SearchRange]
) -> Figure:
    """Score of each member of a random search over each hyperparameter; crosses at the top have none.

    Parameters
    ----------
    rows
        Of every member.
    best
        The member that won.
    space
        What was searched, by name, with its limits.

    Returns
    -------
    Figure
        A panel for each hyperparameter, with one axis of scores, cut as in `plot_population_scores`.

    Raises
    ------
    UserError
        If nothing was searched, or there are no rows.
    """
    family_of(rows, best)
    low, high = lineages.score_limits(rows)
    failed = failed_of(rows)
    known = [row for row in rows if np.isfinite(row.score)]
    figure, panels = _new_panels(space)
    heights = [min(row.score, high) for row in known]
    for axes, (name, range_) in zip(panels, space.items(), strict=True):
        value = _value_of(name)
        values = [value(row) for row in known]
        axes.scatter(values, heights, s=14, color=BLUE, linewidths=0, clip_on=False)
        axes.plot(value(best), best.score, clip_on=False, **lineages.RING)
        if failed:
            axes.plot(
                [value(row) for row in failed], np.full(len(failed), 1.03), clip_on=False,
                transform=axes.get_xaxis_transform(), **lineages.FAILED,
            )  # fmt: skip
        for limit in (range_.low, range_.high):
            axes.axvline(limit, **{**LIMITS[True], "color": GREY})
        if range_.law == "log_uniform":
            axes.set_xscale("log")
            _tick_in_between(axes.xaxis, range_)
        axes.set_title(_title(name), pad=10)
        axes.set(ylim=(low, high), xlabel=_unit(name))
        tidy(axes)
    for axes in panels[::MOST_COLUMNS]:
        axes.set_ylabel(lineages.SCORE)
    key = [
        Line2D([], [], label="a member", color=BLUE, marker="o", markersize=4, linestyle=""),
        Line2D([], [], label="the best", **lineages.RING),
        Line2D([], [], label="limits", **{**LIMITS[True], "color": GREY}),
    ]
    lineages.draw_key(figure, rows, key)
    return figure


def _new_panels(space: Mapping[str, SearchRange]) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each hyperparameter, and empty places at its end."""
    if not space:
        raise UserError("expected at least one hyperparameter that was searched; got none")
    num_columns = min(MOST_COLUMNS, len(space))
    figure = new_figure(0.6 + 2.0 * -(-len(space) // num_columns))
    return figure, panels_of(figure, len(space), num_columns)


def _tick_in_between(axis: Axis, range_: SearchRange) -> None:
    """Plain numbers where powers of ten would be too few."""
    if range_.high < 100 * range_.low:
        plain_log_ticks(axis, (1.0, 2.0, 5.0))


def _value_of(name: str) -> lineages.OfMember:
    return lambda row: row.hyperparameters[name]


def _title(name: str) -> str:
    return name.replace("_", " ").replace(" kl ", " KL ").replace(" l2 ", " L2 ")


def _unit(name: str) -> str:
    if name == "learning_rate":
        return "step size"
    if name.endswith("_rate"):
        return "probability"
    if name.endswith("_l2_weight"):
        return "nats per trial"
    return "weight" if name.endswith("_weight") or name == "weight_decay" else "number"
