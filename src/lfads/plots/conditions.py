"""The conditions of trials and a colour for each: circular for angles, sequential for numbers."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lfads.plots.averages import evenly
from lfads.plots.style import BLUE, PALETTE, as_label, settings

MOST_IN_LEGEND = 8
# Opposite colours differ in blue-yellow or in lightness, which colour-blind readers see.
CIRCLE = ("#2d7fe0", "#6cc3a0", "#e08a1e", "#6a1150")


@dataclass(frozen=True, eq=False)
class Conditions:
    """What tells groups of trials apart. Without labels, all trials are one group.

    Parameters
    ----------
    labels
        The distinct labels in order.
    group
        Which label each trial bears.
    colors
        Red, green, blue of each label.
    known
        False if the trials bear no labels.
    """

    labels: np.ndarray
    group: Int[np.ndarray, " trial"]
    colors: Float[np.ndarray, "condition 3"]
    known: bool

    @property
    def num(self) -> int:
        """Number of conditions."""
        return len(self.labels)

    def chosen(self, limit: int) -> Int[np.ndarray, " chosen"]:
        """At most `limit` conditions, evenly spread over all."""
        return evenly(self.num, limit)


def conditions_of(posterior: xr.Dataset) -> Conditions:
    """Conditions of the trials of a posterior."""
    num_trials = posterior.sizes["trial"]
    if "condition" not in posterior.coords:
        one = np.array([to_rgb(BLUE)])
        return Conditions(
            np.array(["all trials"]), np.zeros(num_trials, np.int64), one, known=False
        )
    values = posterior["condition"].to_numpy()
    if values.dtype.kind not in "iufb":
        values = values.astype(str)
    labels, group = np.unique(values, return_inverse=True)
    return Conditions(labels, group.reshape(-1).astype(np.int64), colors_of(labels), known=True)


def colors_of(labels: np.ndarray) -> Float[np.ndarray, "condition 3"]:
    """A colour for each label, as red, green, blue in [0, 1].

    Angles that go round a circle get a circular map, other numbers a sequential one in their order,
    words a palette of distinct colours while it lasts.
    """
    num = len(labels)
    turn = full_turn(labels)
    if turn is not None:
        return circular(labels.astype(np.float64) / turn)
    if labels.dtype.kind not in "iuf" and num < len(PALETTE):
        return np.array([to_rgb(c) for c in PALETTE[:num]])
    if num == 1:
        return np.array([to_rgb(BLUE)])
    return colormaps["viridis"](np.linspace(0.0, 0.88, num))[:, :3]


def full_turn(labels: np.ndarray) -> float | None:
    """360 or 2 pi if the labels are evenly spaced angles in degrees or radians, else None.

    >>> full_turn(np.arange(0, 360, 45))
    360.0
    >>> full_turn(np.arange(8)) is None
    True
    """
    if labels.dtype.kind not in "iuf" or len(labels) < 3:
        return None
    steps = np.diff(labels.astype(np.float64))
    for turn in (360.0, 2 * np.pi):
        whole = np.isclose(steps, turn / len(labels), rtol=1e-3).all()
        if whole and (turn == 360.0 or labels.dtype.kind == "f"):
            return turn
    return None


def circular(phase: Float[np.ndarray, " value"]) -> Float[np.ndarray, "value 3"]:
    """Colours round a circle of four anchors, mixed in linear light; phase 1 is phase 0 again."""
    anchors = np.array([to_rgb(c) for c in (*CIRCLE, CIRCLE[0])]) ** 2.2
    place = np.mod(phase, 1.0) * len(CIRCLE)
    mixed = [np.interp(place, np.arange(len(anchors)), anchors[:, k]) for k in range(3)]
    return np.stack(mixed, axis=1) ** (1 / 2.2)


def draw_key(
    figure: Figure, axes: Axes | list[Axes], conditions: Conditions, chosen: np.ndarray
) -> None:
    """Say which colour is which condition: a legend for a few, a colour bar for many."""
    if not conditions.known:
        return
    names = [as_label(label) for label in conditions.labels[chosen]]
    if len(chosen) <= MOST_IN_LEGEND:
        handles = [Line2D([], [], color=tuple(conditions.colors[c]), linewidth=2.5) for c in chosen]
        figure.legend(
            handles, names, title="condition", loc="outside right center", alignment="left"
        )
        return
    colors = ListedColormap([tuple(c) for c in conditions.colors[chosen]])
    norm = BoundaryNorm(np.arange(len(chosen) + 1) - 0.5, len(chosen))
    bar = figure.colorbar(
        ScalarMappable(norm, colors), ax=axes, shrink=0.6, aspect=25, pad=0.02, label="condition"
    )
    marked = evenly(len(chosen), 5)
    bar.set_ticks(marked.tolist(), labels=[names[k] for k in marked])
    bar.ax.tick_params(length=0, labelsize=8, labelfontfamily=settings()["font.family"])
    bar.ax.minorticks_off()
    bar.outline.set_visible(False)
