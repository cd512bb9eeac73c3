"""Dots of trials in a space that turns, and what colours and marks say."""

from typing import Any

import mpl_toolkits.mplot3d  # noqa: F401 - registers the projection  # pyright: ignore[reportUnusedImport]
import numpy as np
import xarray as xr

from lfads.analysis.animated import chance_in_words, colours
from lfads.plots import style
from lfads.plots.conditions import Angles
from lfads.plots.factors import name_directions
from lfads.plots.marks_key import FORMS, draw_key_of_forms
from lfads.plots.video import Animation, Pace

ELEVATION, AZIMUTH = 18.0, -58.0


def draw_dots(figure: Any, result: xr.Dataset, angles: Angles | None = None) -> Any:
    """The space, in which a dot is a trial; its axes are returned."""
    groups = colours(str(result.attrs["by"]), result["label"].to_numpy(), angles)
    axes = figure.add_subplot(projection="3d")
    places, form = result["place"].to_numpy(), result["mark"].to_numpy()
    area = float(np.clip(9000 / max(len(places), 1), 9, 34))
    for k in range(result.sizes["mark_name"]):
        of = form == k
        axes.scatter(
            *places[of].T, c=groups.colors[groups.group[of]], marker=FORMS[k], s=area, linewidths=0,
            alpha=0.9, depthshade=False,
        )  # fmt: skip
    name_directions(axes, result["axis"].values.astype(str).tolist())
    low, high = places.min(0), places.max(0)
    half, middle = np.where(high > low, 0.52 * (high - low), 1.0), (low + high) / 2
    for k, name in enumerate("xyz"):
        axes.set(**{f"{name}lim": (middle[k] - half[k], middle[k] + half[k])})
    axes.set_box_aspect((1, 1, 1), zoom=1.12)
    axes.view_init(elev=ELEVATION, azim=AZIMUTH)
    figure.suptitle(_told(result), fontsize=style.text_size(), x=0.02, ha="left")
    groups.draw_key(figure, dots=True)
    if result.attrs["marks"]:
        names = result["mark_name"].values.astype(str).tolist()
        draw_key_of_forms(figure, names, str(result.attrs["marks"]))
    return axes


def animate_dots(figure: Any, result: xr.Dataset, angles: Angles | None, pace: Pace) -> Animation:
    """One turn about the vertical."""
    axes = draw_dots(figure, result, angles)

    def draw_frame(number: int) -> None:
        axes.view_init(elev=ELEVATION, azim=AZIMUTH + 360 * number / pace.num_frames)

    return Animation(pace.num_frames, draw_frame, pace.frames_per_s)


def _told(result: xr.Dataset) -> str:
    said = [f"Initial conditions of {result.sizes['trial']:,} trials"]
    for k, name in enumerate((result.attrs["by"], result.attrs["marks"])):
        if name and np.isfinite(accuracy := float(result["accuracy"][k])):
            chance = float(result["chance"][k])
            said.append(
                f"{style.as_label(name)} told by neighbours: {accuracy:.2f} (shuffled {chance:.2f}, "
                f"{chance_in_words(float(result['p'][k]))})"
            )
    return "\n".join(said)
