"""Boxes, arrows and words of diagrams, in the colours of the network's parts."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from lfads.plots.style import BLUE, GREEN, GREY, INK, VERMILLION, small_size, text_size

Point = tuple[float | int, float | int]
Role = Literal["sees", "drives", "runs", "data"]
"""Of a box: it looks at the data, pushes the dynamics, is the dynamics, or is what goes in and out."""

_LINE = {"sees": BLUE, "drives": VERMILLION, "runs": GREEN, "data": GREY}
_FILL = {"sees": "#e6f1f9", "drives": "#fbeadd", "runs": "#e2f4ee", "data": "#f6f6f6"}


def blank(axes: Axes, across: Point, upward: Point) -> None:
    """A panel without axes between these limits, whose units are equal in both directions."""
    axes.set_xlim(*across)
    axes.set_ylim(*upward)
    axes.set_aspect("equal")
    axes.set_axis_off()


def box(axes: Axes, centre: Point, size: Point, role: Role, title: str, below: str = "") -> None:
    """A box with a title, and smaller words below it."""
    (x, y), (width, height) = centre, size
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2), width, height,
            boxstyle="round,pad=0,rounding_size=0.8", facecolor=_FILL[role], edgecolor=_LINE[role],
            linewidth=1.4, zorder=2,
        )
    )  # fmt: skip
    lines = 1 + below.count("\n") if below else 0
    lift = 0.62 * lines
    axes.text(
        x, y + lift, title, ha="center", va="center", color=INK, fontsize=text_size(),
        fontweight="bold", zorder=3,
    )  # fmt: skip
    if below:
        axes.text(
            x, y + lift - 1.15, below, ha="center", va="top", color=INK, fontsize=small_size(),
            linespacing=1.25, zorder=3,
        )  # fmt: skip


def arrow(
    axes: Axes, points: Sequence[Point], words: str = "", at: Point | None = None, *,
    dashed: bool = False, aligned: Literal["center", "left", "right"] = "center",
) -> None:  # fmt: skip
    """An arrow along straight lines; its words stand `at`, or above the middle of its longest line."""
    path = Path(list(points), [Path.MOVETO] + [Path.LINETO] * (len(points) - 1))
    axes.add_patch(
        FancyArrowPatch(
            path=path, arrowstyle="-|>", mutation_scale=9, color=INK, linewidth=1.1, zorder=1,
            linestyle=(0, (4, 3)) if dashed else "-", shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip
    if words:
        x, y = at or _above_longest(points)
        axes.text(
            x, y, words, ha=aligned, va="bottom", color=INK, fontsize=small_size(), linespacing=1.15,
            zorder=3,
        )  # fmt: skip


def words(
    axes: Axes, at: Point, text: str, *, aligned: Literal["center", "left"] = "center"
) -> None:
    """Small words in grey, about what stands beside them."""
    axes.text(
        *at, text, ha=aligned, va="center", color="#5c5c5c", fontsize=small_size(), linespacing=1.25,
        zorder=3,
    )  # fmt: skip


def _above_longest(points: Sequence[Point]) -> Point:
    lines = list(pairwise(points))
    (x, y), (to_x, to_y) = max(
        lines, key=lambda line: abs(line[0][0] - line[1][0]) + abs(line[0][1] - line[1][1])
    )
    return (x + to_x) / 2, (y + to_y) / 2 + 0.45
