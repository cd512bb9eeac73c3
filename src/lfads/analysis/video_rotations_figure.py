"""Single trials in a plane by two methods, as a whole and while time runs."""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from lfads.analysis.animated import chance_in_words, colours
from lfads.plots import style
from lfads.plots.conditions import Angles
from lfads.plots.video import Animation, Pace

_SHARE_OF_PANEL = 0.45
"""Of the video, in which time runs in one panel; the rest stands still at the end."""

_HELD = 0.995  # quantile of states that panels hold: one wild trial must not make all others small


class Panel(NamedTuple):
    """A panel with its lines, dots and the words below."""

    axes: Any
    lines: list[Any]
    dots: Any
    clock: Any


def draw_planes(figure: Any, result: xr.Dataset, angles: Angles | None = None) -> None:
    """Whole courses of all trials."""
    for place, panel in enumerate(_panels(figure, result, angles)):
        _show(panel, result["state"].to_numpy()[place], result["time"].to_numpy(), 1.0, result)


def animate_planes(figure: Any, result: xr.Dataset, angles: Angles | None, pace: Pace) -> Animation:
    """First the left panel, then the right one."""
    panels = _panels(figure, result, angles)
    states, time_s = result["state"].to_numpy(), result["time"].to_numpy()
    each = max(1, round(_SHARE_OF_PANEL * pace.num_frames))

    def draw_frame(number: int) -> None:
        for place, panel in enumerate(panels):
            share = (number + 1 - place * each) / each
            _show(panel, states[place], time_s, min(share, 1.0), result)

    return Animation(pace.num_frames, draw_frame, pace.frames_per_s)


def _panels(figure: Any, result: xr.Dataset, angles: Angles | None) -> list[Panel]:
    groups = colours(str(result.attrs["by"]), result["label"].to_numpy(), angles)
    reach = np.abs(result["state"].to_numpy()).max((2, 3))
    largest = 1.05 * float(np.quantile(reach, _HELD)) or 1.0
    panels = []
    for place, name in enumerate(result["signal"].values.astype(str).tolist()):
        axes = figure.add_subplot(1, 2, place + 1)
        colors = groups.colors[groups.group]
        lines = [axes.plot([], [], color=c, linewidth=0.8, alpha=0.75)[0] for c in colors]
        dots = axes.scatter([], [], s=14, linewidths=0, zorder=3)
        axes.set(xlim=(-largest, largest), ylim=(-largest, largest), xticks=[0], yticks=[0])
        axes.set_aspect("equal", adjustable="box")
        plane = result.attrs["plane"]
        axes.set(title=name, xlabel=f"jPCA plane {plane}, axis 1 (a.u.)", ylabel="axis 2 (a.u.)")
        style.tidy(axes)
        clock = axes.text(
            0.98, 0.02, "", transform=axes.transAxes, ha="right", va="bottom",
            fontsize=style.text_size(),
        )  # fmt: skip
        panels.append(Panel(axes, lines, dots, clock))
        dots.set_facecolor(colors)
    hz, r2, p = (float(result[n]) for n in ("frequency_hz", "r2_skew", "p_skew"))
    method = str(result["signal"].values[-1])
    said = (
        f"{result.sizes['trial']} single trials; averages of {method}: {hz:.2f} Hz, R² of the rotation "
        f"{r2:.2f}, {chance_in_words(p)}"
    )
    figure.suptitle(said, fontsize=style.text_size(), x=0.02, ha="left")
    groups.draw_key(figure)
    return panels


def _show(
    panel: Panel, states: np.ndarray, time_s: np.ndarray, share: float, result: xr.Dataset
) -> None:
    """Courses up to a share of the window; nothing before it begins."""
    if share <= 0:
        for line in panel.lines:
            line.set_data([], [])
        panel.dots.set_offsets(np.empty((0, 2)))
        panel.clock.set_text("")
        return
    at = share * (len(time_s) - 1)
    first = int(at)
    last = min(first + 1, len(time_s) - 1)
    head = states[:, first] + (at - first) * (states[:, last] - states[:, first])
    for line, course, end in zip(panel.lines, states, head, strict=True):
        line.set_data(*np.vstack([course[: first + 1], end]).T)
    panel.dots.set_offsets(head)
    now_ms = 1000 * float(np.interp(at, np.arange(len(time_s)), time_s))
    event = str(result.attrs["align_to"] or "time zero")
    panel.clock.set_text(f"{now_ms:.0f} ms from {style.as_label(event)}".replace("-", "−", 1))
