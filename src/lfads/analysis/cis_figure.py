"""The figure of the condition-independent signal and a plane of rotation, in three dimensions."""

from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.jpca_figure import conditions_of_result
from lfads.numerics.evenly import evenly
from lfads.plots import style
from lfads.plots.conditions import Angles

MOST_TRIALS = 120
VIEW = {"elev": 18, "azim": -62}


def draw_projection(figure: Any, result: xr.Dataset, angles: Angles | None = None) -> None:
    """Averages on the left, single trials on the right, on the same axes."""
    conditions = conditions_of_result(result, angles)
    names = result["condition"].values.astype(str).tolist()
    group = np.array([names.index(c) for c in result["condition_of_trial"].values.astype(str)])
    order = np.argsort(group, kind="stable")
    some = order[evenly(len(order), MOST_TRIALS)]
    panels = (
        ("Condition averages", result["averages"].values, np.arange(len(names)), 1.2),
        ("Single trials", result["projection"].values[some], group[some], 0.5),
    )
    low, high = (edge(result["projection"].values[some], (0, 1)) for edge in (np.min, np.max))
    for place, (title, courses, of, width) in enumerate(panels):
        axes = figure.add_subplot(1, 2, place + 1, projection="3d")
        for course, number in zip(courses, of, strict=True):
            color = conditions.color(conditions.group[number])
            x, y, z = course[:, 1], course[:, 2], course[:, 0]
            axes.plot(x, y, z, color=color, linewidth=width, alpha=1.0 if width > 1 else 0.7)
            axes.scatter(x[:1], y[:1], z[:1], color=color, s=10 * width, linewidths=0)
        axes.set(xlim=(low[1], high[1]), ylim=(low[2], high[2]), zlim=(low[0], high[0]))
        axes.set(xticklabels=[], yticklabels=[], zticklabels=[])
        axes.set_xlabel("rotation, axis 1", labelpad=-12)
        axes.set_ylabel("rotation, axis 2", labelpad=-12)
        axes.set_zlabel("condition-independent", labelpad=-12)
        axes.set_title(title, fontsize=style.text_size())
        axes.view_init(**VIEW)
        axes.set_box_aspect((1, 1, 1), zoom=1.2)
    conditions.draw_key(figure)
