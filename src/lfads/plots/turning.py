"""Figures in three dimensions that can be turned in a page: what their panels hold, for `turning.js`.

Lines and dots are taken from the figure after it was drawn. Where scripts are off, the still figure is
there; a panel that holds anything else stays still.
"""

import json
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lfads.numerics.evenly import evenly

MARK = '<script type="application/json" class="turning">'
"""How the description of a figure begins."""

MOST_POINTS = 100
"""Of a line; of more, evenly chosen ones are drawn."""

MOST_DOTS = 1500
_POINTS_PER_INCH = 72  # in which an SVG counts
_UNTURNED = 1e6  # from where a space is looked at that knows no perspective


class View(NamedTuple):
    """From where a panel is looked at, and where in the picture it stands."""

    azimuth: float
    elevation: float
    sides: list[float]
    distance: float
    scale: float
    centre: list[float]


def mark_names(figure: Figure) -> None:
    """Give the names of axes ids before the figure is drawn, by which the script finds and hides them."""
    for number, axes in enumerate(_spaces(figure)):
        for name in "xyz":
            getattr(axes, f"{name}axis").label.set_gid(f"turning-{number}-{name}")


def turning(figure: Figure) -> str:
    """The description of the panels in three dimensions of a figure that was drawn; empty without any."""
    panels = [_panel(figure, axes) for axes in _spaces(figure)]
    found = [panel for panel in panels if panel is not None]
    if not found:
        return ""
    data = json.dumps(found, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return f"{MARK}{data}</script>"


def script_for(html: str) -> str:
    """The script that turns what is in a page; empty where nothing is."""
    if MARK not in html:
        return ""
    text = resources.files("lfads.plots").joinpath("turning.js").read_text(encoding="utf-8")
    return f"<script>\n{text}</script>\n"


def _spaces(figure: Figure) -> list[Any]:
    return [axes for axes in figure.axes if hasattr(axes, "zaxis")]


def _panel(figure: Figure, axes: Any) -> dict[str, Any] | None:
    """None if it is empty, or holds what the script cannot draw."""
    dots = [dot for of in axes.collections for dot in _dots(axes, of) or [None]]
    lines = [_line(axes, line) for line in axes.lines]
    if axes.texts or axes.patches or None in dots or len(dots) > MOST_DOTS:
        return None
    if not (lines or dots):
        return None
    view = _view(figure, axes)
    return {
        **view._asdict(),
        "place": _place(figure, axes),
        "text": float(axes.xaxis.label.get_fontsize()),
        "title": axes.get_title(loc="left") or axes.get_title(),
        "names": [axis.get_label_text() for axis in (axes.xaxis, axes.yaxis, axes.zaxis)],
        "lines": [line for line in lines if line["at"]],
        "dots": dots,
    }


def _line(axes: Any, line: Line2D) -> dict[str, Any]:
    points = np.column_stack(line.get_data_3d()).astype(np.float64)  # pyright: ignore[reportAttributeAccessIssue]
    points = points[np.isfinite(points).all(1)]
    return {
        "at": _in_box(axes, points[evenly(len(points), MOST_POINTS)]),
        "color": to_hex(line.get_color()),
        "width": round(float(line.get_linewidth()), 2),
        "alpha": _opacity(line),
    }


def _dots(axes: Any, dots: Any) -> list[dict[str, Any]]:
    """Of a scatter; empty if it is something else."""
    at = getattr(dots, "_offsets3d", None)
    if at is None:
        return []
    points = np.column_stack([np.ma.filled(np.ma.asarray(each, float), np.nan) for each in at])
    colors = np.atleast_2d(Collection.get_facecolor(dots))  # its own are sorted by depth
    colors = colors[np.arange(len(points)) % len(colors)]
    size = round(float(np.sqrt(np.ravel(dots.get_sizes())[0])) / 2, 2)
    return [
        {
            "at": _in_box(axes, point[None]), "size": size, "color": to_hex(color[:3]),
            "alpha": _opacity(dots),
        }
        for point, color in zip(points, colors, strict=True)
        if np.isfinite(point).all()
    ]  # fmt: skip


def _opacity(artist: Any) -> float:
    alpha = artist.get_alpha()
    return 1.0 if alpha is None else round(float(alpha), 2)


def _limits(axes: Any) -> Float[np.ndarray, "axis 2"]:
    return np.array([axes.get_xlim3d(), axes.get_ylim3d(), axes.get_zlim3d()], np.float64)


def _in_box(axes: Any, points: Float[np.ndarray, "point axis"]) -> list[int]:
    """Thousandths of the ranges of the axes, point after point."""
    low, high = _limits(axes).T
    size = np.where(high == low, 1.0, high - low)
    return np.rint(1000 * (points - low) / size).astype(int).ravel().tolist()


def _view(figure: Figure, axes: Any) -> View:
    """As matplotlib shows the panel, so that nothing jumps where the script begins."""
    sides = np.asarray(getattr(axes, "_box_aspect", (1.0, 1.0, 0.75)), np.float64)
    in_perspective = np.isfinite(getattr(axes, "_focal_length", 1.0))
    distance = float(getattr(axes, "_dist", 10.0)) if in_perspective else _UNTURNED
    corners = np.array(np.meshgrid(*[(-0.5, 0.5)] * 3)).reshape(3, -1).T
    seen = _seen(corners * sides, float(axes.azim), float(axes.elev), distance)
    there = _on_page(figure, axes, corners)
    centre = _on_page(figure, axes, np.zeros((1, 3)))[0]
    about = (there - centre) * (1, -1)
    scale = float((about * seen).sum() / (seen**2).sum())
    return View(
        round(float(axes.azim), 2), round(float(axes.elev), 2), sides.round(4).tolist(), distance,
        round(scale, 3), centre.round(2).tolist(),
    )  # fmt: skip


def _seen(
    points: Float[np.ndarray, "point axis"], azimuth: float, elevation: float, distance: float
) -> Float[np.ndarray, "point 2"]:
    """To the right and up of the middle, as the script has it."""
    a, e = np.radians((azimuth, elevation))
    right = np.array([-np.sin(a), np.cos(a), 0])
    near = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    up = np.cross(near, right)
    size = distance / (distance - points @ near)
    return np.column_stack([size * (points @ right), size * (points @ up)])


def _on_page(
    figure: Figure, axes: Any, points: Float[np.ndarray, "point axis"]
) -> Float[np.ndarray, "point 2"]:
    """Points of the box, in [-.5, .5], as the SVG counts."""
    low, high = _limits(axes).T
    world = np.column_stack([(low + high) / 2 + points * (high - low), np.ones(len(points))])
    x, y, _, w = axes.get_proj() @ world.T
    pixels = axes.transData.transform(np.column_stack([x / w, y / w]))
    return _of_page(figure, pixels)


def _of_page(figure: Figure, pixels: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "point 2"]:
    found = np.asarray(pixels) * _POINTS_PER_INCH / figure.dpi
    found[:, 1] = figure.get_figheight() * _POINTS_PER_INCH - found[:, 1]
    return found


def _place(figure: Figure, axes: Any) -> list[float]:
    """Left, top, width and height of the panel, without its title."""
    (left, bottom), (right, top) = _of_page(figure, np.array(axes.bbox.get_points()))
    return np.round([left, top, right - left, bottom - top], 1).tolist()
