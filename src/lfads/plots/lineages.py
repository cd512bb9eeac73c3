"""A population-based search: scores of its members over generations, and who came from whom.

Scores are smoothed validation negative log-likelihoods: lower is better. A line leads from a member to
each that went on with its weights and settings in the next generation; the winning line ends with the
best member of all generations.
"""

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lfads.plots import style
from lfads.plots.families import (
    Edge,
    Family,
    failed_of,
    family_of,
    family_order,
    place_of,
    relative_ranks,
)
from lfads.search.record import MemberRow, best_scores

OfMember = Callable[[MemberRow], float]

SCORE = "negative log-likelihood\n(nats per bin and neuron)"
WINNING: dict[str, Any] = {"color": style.VERMILLION, "linewidth": 2.0, "zorder": 4}
BEST_SO_FAR: dict[str, Any] = {"color": style.INK, "linewidth": 2.8, "zorder": 3}
BACKGROUND: dict[str, Any] = {"color": style.GREY, "linewidth": 0.5, "alpha": 0.6, "zorder": 1}
MEMBER: dict[str, Any] = {**BACKGROUND, "marker": "o", "markersize": 2.2, "markeredgewidth": 0}
FAILED: dict[str, Any] = {
    "color": style.INK, "marker": "x", "markersize": 3.5, "markeredgewidth": 0.9, "linestyle": "",
    "zorder": 6,
}  # fmt: skip
BEYOND: dict[str, Any] = {
    "color": style.GREY, "marker": "^", "markersize": 3.5, "linestyle": "", "zorder": 2,
}  # fmt: skip
RING: dict[str, Any] = {
    "color": style.VERMILLION, "marker": "o", "markersize": 8, "markerfacecolor": "none",
    "markeredgewidth": 1.6, "linestyle": "", "zorder": 7,
}  # fmt: skip
COLORS = ListedColormap(mpl.colormaps["viridis"](np.linspace(0, 0.93, 256)))
"""Dark is good; without the brightest end, which white paper hides."""

FEW_GENERATIONS = 3
"""The later half of so few is not shown by itself."""

FEW_SCORES = 20
"""An axis shows all of fewer."""


@style.in_style
def plot_population_scores(rows: Sequence[MemberRow], best: MemberRow) -> Figure:
    """Scores of all members over generations, the best score so far, and the winning line.

    Members without a finite score are crosses above the upper edge, with their number if there are
    several. Triangles below it are scores beyond the axis, which is cut so that later differences can
    be seen.

    Parameters
    ----------
    rows
        Of every member and generation.
    best
        The member that won.

    Returns
    -------
    Figure
        All generations and, if there are more than three, the later half of them.

    Raises
    ------
    UserError
        If there are no rows, or some are missing.
    """
    family, bests = family_of(rows, best), best_scores(rows)
    last, beyond = len(bests), False
    figure = style.new_figure(3.2)
    starts = [1, last // 2 + 1] if last > FEW_GENERATIONS else [1]
    for axes, first in zip(style.panels_of(figure, len(starts), len(starts)), starts, strict=True):
        shown = [row for row in rows if row.generation >= first]
        low, high = score_limits(shown)
        draw_edges(axes, [*family.surviving, *family.extinct], _score)
        axes.plot(generations(rows), [row.score for row in rows], **{**MEMBER, "linestyle": ""})
        axes.plot(np.arange(1, last + 1), bests, **BEST_SO_FAR)
        draw_winning(axes, family.winning, _score)
        above = [row for row in shown if np.isfinite(row.score) and row.score > high]
        _mark_at_top(axes, above, 0.97, BEYOND)
        beyond = beyond or bool(above)
        _mark_failed_at_top(axes, failed_of(shown))
        axes.set(ylim=(low, high), ylabel=SCORE)
        axes.set_title("All generations" if first == 1 else "The later half", pad=18)
        number_generations(axes, first, last)
    key = [Line2D([], [], label="best so far", **BEST_SO_FAR), *line_keys("other members", MEMBER)]
    key += [Line2D([], [], label="beyond the axis", **BEYOND)] if beyond else []
    draw_key(figure, rows, key)
    return figure


@style.in_style
def plot_lineages(rows: Sequence[MemberRow], best: MemberRow) -> Figure:
    """Who went on from whom: a point for each member and generation, coloured by score.

    Children stand beside each other, in the order of their parents, so that lines do not cross;
    height means nothing else. Colours compare the members of one generation.

    Parameters
    ----------
    rows
        Of every member and generation.
    best
        The member that won.

    Returns
    -------
    Figure
        One panel.

    Raises
    ------
    UserError
        If there are no rows, or some are missing.
    """
    family, order = family_of(rows, best), family_order(rows)
    last, size = max(generations(rows)), 1 + max(order.values())

    def height(row: MemberRow) -> float:
        return float(order[place_of(row)])

    figure = style.new_figure(float(np.clip(1.4 + 0.15 * size, 2.2, 6.0)))
    (axes,) = style.panels_of(figure, 1, 1)
    draw_family(axes, family, rows, rows, height, area_pt2=float(np.clip(900 / last, 12, 36)))
    axes.set(ylim=(size - 0.3, -0.7), yticks=[], ylabel="members")
    axes.spines["left"].set_visible(False)
    number_generations(axes, 1, last)
    draw_key(figure, rows, line_keys("lines that died out", BACKGROUND))
    draw_rank_scale(figure, [axes])
    return figure


def score_limits(rows: Sequence[MemberRow]) -> tuple[float, float]:
    """Of an axis on which all but the worst twentieth of the finite scores lie; all, if they are few."""
    known = np.array([row.score for row in rows if np.isfinite(row.score)])
    if not len(known):
        return 0.0, 1.0
    low, share = float(known.min()), 0.95 if len(known) >= FEW_SCORES else 1.0
    high = float(np.quantile(known, share))
    room = 0.06 * (high - low) or 0.01 * abs(low) or 0.01
    return low - room, high + room


def generations(rows: Sequence[MemberRow]) -> list[int]:
    """Of each row."""
    return [row.generation for row in rows]


def draw_edges(axes: Axes, edges: Sequence[Edge], height: OfMember) -> None:
    """Lines in the background, as one path with gaps."""
    x = [at for parent, child in edges for at in (parent.generation, child.generation, np.nan)]
    y = [at for parent, child in edges for at in (height(parent), height(child), np.nan)]
    axes.plot(x, y, **BACKGROUND)


def draw_family(
    axes: Axes, family: Family, rows: Sequence[MemberRow], shown: Sequence[MemberRow],
    height: OfMember, area_pt2: float,
) -> None:  # fmt: skip
    """Lines in the colour of the child, members `shown` as points, failed ones as crosses."""
    ranks = relative_ranks(rows)
    form: dict[str, Any] = {"cmap": COLORS, "norm": Normalize(0, 1)}
    draw_edges(axes, family.extinct, height)
    ends = [[(row.generation, height(row)) for row in edge] for edge in family.surviving]
    array = [ranks[place_of(child)] for _, child in family.surviving]
    lines = LineCollection(ends, array=array, linewidths=1.2, capstyle="round", zorder=3, **form)
    axes.add_collection(lines)
    known = [row for row in shown if np.isfinite(row.score)]
    axes.scatter(
        generations(known), [height(row) for row in known], s=area_pt2, linewidths=0, zorder=5,
        c=[ranks[place_of(row)] for row in known], **form,
    )  # fmt: skip
    draw_winning(axes, family.winning, height)
    failed = failed_of(rows)
    axes.plot(generations(failed), [height(row) for row in failed], **FAILED)


def draw_winning(axes: Axes, winning: Sequence[MemberRow], height: OfMember) -> None:
    """The winning line, and a ring around its end."""
    axes.plot(generations(winning), [height(row) for row in winning], **WINNING)
    end = winning[-1]
    axes.plot(end.generation, height(end), clip_on=False, **RING)


def number_generations(axes: Axes, first: int, last: int) -> None:
    """Whole numbers below, and small ticks."""
    axes.set(xlim=(first - 0.5, last + 0.5), xlabel="generation")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    style.tidy(axes)


def line_keys(others: str, form: dict[str, Any]) -> list[Line2D]:
    """What the winning line and those in the background are."""
    return [Line2D([], [], label="winning line", **WINNING), Line2D([], [], label=others, **form)]


def draw_key(figure: Figure, rows: Sequence[MemberRow], key: list[Line2D]) -> None:
    """One legend above all panels, where it covers nothing."""
    if failed_of(rows):
        key = [*key, Line2D([], [], label="no finite score", **FAILED)]
    figure.legend(handles=key, loc="outside upper left", ncols=len(key))


def draw_rank_scale(figure: Figure, panels: Sequence[Axes]) -> None:
    """What the colours of `relative_ranks` mean."""
    scale, words = ScalarMappable(Normalize(0, 1), COLORS), "score in its generation"
    bar = style.draw_scale(figure, scale, list(panels), words, aspect=30, pad=0.02)
    bar.ax.invert_yaxis()
    bar.set_ticks([0, 1], labels=["best", "worst"])


def _score(row: MemberRow) -> float:
    return row.score


def _mark_at_top(
    axes: Axes, rows: Sequence[MemberRow], height: float, form: dict[str, Any]
) -> None:
    """A mark for each, at a fraction of the axes' height."""
    if not rows:  # no points at all would take place in the corner of the figure
        return
    where = axes.get_xaxis_transform()
    axes.plot(generations(rows), [height] * len(rows), transform=where, clip_on=False, **form)


def _mark_failed_at_top(axes: Axes, failed: Sequence[MemberRow]) -> None:
    """Crosses, with a number above those that stand for several members."""
    _mark_at_top(axes, failed, 1.03, FAILED)
    generation, number = np.unique(generations(failed), return_counts=True)
    for where, count in zip(generation, number, strict=True):
        if count > 1:
            axes.annotate(
                str(count), (where, 1.03), (0, 4), xycoords=axes.get_xaxis_transform(),
                textcoords="offset points", ha="center", va="bottom", fontsize=style.small_size() - 1.5,
            )  # fmt: skip
