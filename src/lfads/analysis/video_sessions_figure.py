"""Sessions in one space: a panel for each method, one session and all, or one after the other in time."""

from typing import Any, NamedTuple

import mpl_toolkits.mplot3d  # noqa: F401 - registers the projection  # pyright: ignore[reportUnusedImport]
import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from lfads.analysis.animated import colours
from lfads.plots import style
from lfads.plots.conditions import Angles, Conditions, choose
from lfads.plots.factors import draw_trajectory, name_directions
from lfads.plots.video import Animation, Pace

MOST_DRAWN = 24
_RUNNING = 0.75
"""Of a part, in which time runs; the rest shows the whole."""

_TURN_DEGREES = 40.0
"""That the space turns in a part."""

_WIDE, _NARROW = 1.6, 0.9
_ELEVATION, _AZIMUTH = 20.0, -70.0


class Part(NamedTuple):
    """What one panel shows: a method, and one session or all."""

    method: int
    sessions: Int[np.ndarray, " session"]
    title: str
    below: str


def parts_of(result: xr.Dataset) -> list[Part]:
    """Of each method one session, then all."""
    names = result["session"].values.astype(str).tolist()
    one = names.index(str(result.attrs["shown"]))
    found = []
    for k, method in enumerate(result["method"].values.astype(str).tolist()):
        r2, maps = result["r2"].values[k], bool(result["own_maps"].values[k])
        how = "each session by a map of its own" if maps else "all sessions by the same axes"
        title = style.as_label(method, 40)
        session = style.as_label(names[one], 24)
        found.append(
            Part(k, np.array([one]), f"{title}: {session}", f"R² between conditions {r2[one]:.2f}")
        )
        found.append(
            Part(
                k, np.arange(len(names)), f"{title}: all {len(names)} sessions",
                f"R² between conditions {r2.mean():.2f} (mean of sessions); {how}",
            )
        )  # fmt: skip
    return found


def draw_parts(figure: Any, result: xr.Dataset, angles: Angles | None = None) -> None:
    """All parts at once: a column for each method, one session above all."""
    conditions, drawn = _coloured(result, angles)
    limits, num = _limits(result, drawn), result.sizes["method"]
    for part in parts_of(result):
        place = 1 + part.method + num * (len(part.sessions) > 1)
        space = figure.add_subplot(2, num, place, projection="3d")
        for session in part.sessions:
            for c in drawn:
                path = result["path"].values[part.method, session, c]
                draw_trajectory(space, path, conditions.colors[conditions.group[c]], single=False)
        for line in space.lines:
            line.set_linewidth(_WIDE if len(part.sessions) == 1 else _NARROW)
        _finish(space, result, limits)
        space.set_title(
            f"{part.title}\n{part.below.split(' (')[0]}", fontsize=style.text_size(), loc="center",
            fontweight="normal", pad=2,
        )  # fmt: skip
    conditions.draw_key(figure)


def animate_parts(figure: Any, result: xr.Dataset, angles: Angles | None, pace: Pace) -> Animation:
    """One part after the other; in each time runs from the start of the trials."""
    conditions, drawn = _coloured(result, angles)
    parts, time_s = parts_of(result), result["time"].to_numpy()
    space = figure.add_subplot(projection="3d")
    courses = [_Course(space) for _ in range(len(drawn) * result.sizes["session"])]
    _finish(space, result, _limits(result, drawn))
    above = figure.suptitle(" \n ", x=0.02, ha="left", fontsize=style.text_size())
    clock = figure.text(0.02, 0.03, "", fontsize=style.text_size())
    conditions.draw_key(figure)
    each = pace.num_frames / len(parts)

    def draw_frame(frame: int) -> None:
        place = min(int(frame / each), len(parts) - 1)
        part, within = parts[place], (frame - place * each + 1) / each
        at = max(2, round(min(within / _RUNNING, 1.0) * len(time_s)))
        paths = result["path"].to_numpy()[part.method, part.sessions][:, drawn, :at]
        colors = np.tile(conditions.colors[conditions.group[drawn]], (len(part.sessions), 1))
        for course in courses:
            course.hide()
        shown = zip(courses, paths.reshape(-1, at, 3), colors, strict=False)
        for course, path, color in shown:
            course.show(path, color, _WIDE if len(part.sessions) == 1 else _NARROW)
        space.view_init(elev=_ELEVATION, azim=_AZIMUTH + _TURN_DEGREES * (place + within))
        above.set_text(f"{place + 1}/{len(parts)}  {part.title}\n{part.below}")
        clock.set_text(f"{1000 * time_s[at - 1]:.0f} ms from time zero".replace("-", "−", 1))

    return Animation(pace.num_frames, draw_frame, pace.frames_per_s)


class _Course:
    """A line with a dot at its end, of one condition and session after the other."""

    def __init__(self, space: Any) -> None:
        self.line = space.plot([], [], [])[0]
        self.dot = space.plot([], [], [], "o", markersize=4)[0]

    def hide(self) -> None:
        for artist in (self.line, self.dot):
            artist.set_visible(False)

    def show(self, path: Float[np.ndarray, "time 3"], color: np.ndarray, width: float) -> None:
        known = path[np.isfinite(path).all(1)]
        for artist, points in ((self.line, known), (self.dot, known[-1:])):
            artist.set_data_3d(*points.T)
            artist.set(visible=True, color=color)
        self.line.set_linewidth(width)


def _coloured(
    result: xr.Dataset, angles: Angles | None
) -> tuple[Conditions, Int[np.ndarray, " drawn"]]:
    """Colours of conditions, and which conditions are drawn: those with a colour, not too many."""
    found = colours(str(result.attrs["by"]), result["label"].to_numpy(), angles)
    own = np.flatnonzero(np.isin(found.group, found.chosen))
    return found, own[choose(own, MOST_DRAWN)]


def _limits(result: xr.Dataset, drawn: Int[np.ndarray, " drawn"]) -> list[tuple[float, float]]:
    """The range of each axis over all that is drawn."""
    values = result["path"].to_numpy()[:, :, drawn].reshape(-1, 3)
    values = values[np.isfinite(values).all(1)]
    low, high = values.min(0), values.max(0)
    half = np.where(high > low, 0.52 * (high - low), 1.0)
    middle = (low + high) / 2
    return list(zip((middle - half).tolist(), (middle + half).tolist(), strict=True))


def _finish(space: Any, result: xr.Dataset, limits: list[tuple[float, float]]) -> None:
    name_directions(space, result["axis"].values.astype(str).tolist())
    space.set(**dict(zip(("xlim", "ylim", "zlim"), limits, strict=True)))
    space.set_box_aspect((1, 1, 1), zoom=1.12)
    space.view_init(elev=_ELEVATION, azim=_AZIMUTH)
