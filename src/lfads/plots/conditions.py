"""The conditions of trials and a colour for each that is drawn: circular for directions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import is_color_like, to_rgb
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from lfads.checks import UserError, first_of
from lfads.data.companions import in_order
from lfads.numerics.evenly import evenly
from lfads.plots.angles import phases_of, turn_of
from lfads.plots.style import BLUE, INK, PALE, PALETTE, as_label

MOST_CONDITIONS = 8
LONGEST_KEY = 16  # entries of one column
# Opposite colours differ in blue-yellow or in lightness, which colour-blind readers see.
CIRCLE = ("#2d7fe0", "#6cc3a0", "#e08a1e", "#6a1150")
Angles = Mapping[Any, float | int] | Sequence[float | int] | np.ndarray
"""Directions of conditions in degrees: by label, or in the order of the labels."""
Colors = Mapping[Any, Any] | Sequence[Any]
"""Colours of conditions, as matplotlib knows them: by label, or in the order of those drawn."""


@dataclass(frozen=True, eq=False)
class Conditions:
    """What tells groups of trials apart. Without labels, all trials are one group.

    Parameters
    ----------
    labels
        The distinct labels in order.
    group
        Which label each trial bears.
    chosen
        The labels that are drawn.
    colors
        Red, green, blue of each label; pale grey for those that are not drawn.
    known
        False if the trials bear no labels.
    called
        What the labels are, as the key's title.
    """

    labels: np.ndarray
    group: Int[np.ndarray, " trial"]
    chosen: Int[np.ndarray, " chosen"]
    colors: Float[np.ndarray, "condition 3"]
    known: bool
    called: str = "condition"

    @property
    def num(self) -> int:
        """Number of conditions."""
        return len(self.labels)

    def color(self, condition: Any) -> Any:
        """Of the average over a condition's trials; black for that over all trials."""
        return self.colors[condition] if self.known else INK

    def draw_key(self, beside: Figure | SubFigure | Axes, *, dots: bool = False) -> None:
        """Say which colour is which condition, to the right of a figure or of one panel."""
        if not self.known:
            return
        drawn: list[tuple[Any, str]]
        drawn = [(tuple(self.colors[c]), as_label(self.labels[c])) for c in self.chosen]
        if dots and self.num > len(drawn):
            drawn.append((PALE, "others"))
        mark: dict[str, Any] = {"linewidth": 2.5}
        if dots:
            mark = {"linestyle": "", "marker": "o", "markersize": 5}
        place: dict[str, Any] = {"loc": "outside right center"}
        if isinstance(beside, Axes):
            place = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
        handles = [Line2D([], [], color=color, label=label, **mark) for color, label in drawn]
        columns = -(-len(handles) // LONGEST_KEY)
        some = f" ({len(self.chosen)} of {self.num})" if len(self.chosen) < self.num else ""
        title = self.called + some
        beside.legend(handles=handles, title=title, alignment="left", ncols=columns, **place)


def conditions_of(
    posterior: xr.Dataset,
    most: int = MOST_CONDITIONS,
    *,
    angles: Angles | None = None,
    conditions: Sequence[Any] | None = None,
    colors: Colors | None = None,
) -> Conditions:
    """Conditions of the trials of a posterior, of which at most `most` are drawn.

    Labels that are angles themselves are told by their values (`lfads.plots.angles`); for codes of
    directions, `angles` says which code is which direction, in degrees. Of `conditions`, if given, all are
    drawn, and no others.

    Raises
    ------
    UserError
        If a condition is not there, or a colour is none.
    """
    given = posterior["condition"].to_numpy() if "condition" in posterior.coords else None
    if given is None and not (conditions is None and colors is None):
        word = "conditions" if conditions is not None else "colors"
        raise UserError(f"`{word}`: the trials of this posterior bear no condition labels")
    found = labelled(given, posterior.sizes["trial"], most, angles=angles)
    if given is not None:
        found = replace(found, called=called(found.labels, posterior["condition"].attrs))
    return in_colors(only(found, conditions, angles=angles), colors)


def called(labels: np.ndarray, about: Mapping[str, Any]) -> str:
    """What the labels are, with the unit of angles."""
    unit = {360.0: " (°)", None: ""}.get(turn_of(labels), " (rad)")
    return as_label(about.get("long_name", "condition")) + unit


def only(
    found: Conditions, wanted: Sequence[Any] | None, *, angles: Angles | None = None
) -> Conditions:
    """Draw the conditions that a user named; those that are drawn anyway keep their colours."""
    if wanted is None:
        return found
    names = [str(label) for label in found.labels]
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    lacking = [word for word in wanted if str(word) not in names]
    if lacking or not wanted:
        got = ", ".join(repr(word) for word in lacking) or "none"
        raise UserError(f"`conditions` must be of {first_of(names, 20)}; got {got}")
    chosen = np.array([names.index(str(word)) for word in wanted])
    colors = found.colors
    if not np.isin(chosen, found.chosen).all():
        phases = None if angles is None else _given_phases(found.labels, angles)
        colors = colors_of(found.labels, chosen, phases)
    others = ~np.isin(np.arange(found.num), chosen)
    colors = np.where(others[:, None], to_rgb(PALE), colors)
    return replace(found, chosen=chosen, colors=colors)


def in_colors(found: Conditions, colors: Colors | None) -> Conditions:
    """Draw conditions in the colours that a user gave; those without one stay as they are."""
    if colors is None:
        return found
    names = [str(found.labels[c]) for c in found.chosen]
    if isinstance(colors, Mapping):
        every = [str(label) for label in found.labels]
        given = {str(label): color for label, color in colors.items()}
        unknown = [label for label in given if label not in every]
        if unknown:
            raise UserError(
                f"`colors` must be by condition, of {first_of(every, 20)}; got {first_of(unknown)}"
            )
    elif isinstance(colors, str) or len(colors) != len(names):
        raise UserError(
            f"`colors` must have one colour for each of {len(names)} conditions that are drawn, in the "
            f"order {first_of(names, 20)}; or give a mapping: label to colour"
        )
    else:
        given = dict(zip(names, colors, strict=True))
    wrong = [color for color in given.values() if not is_color_like(color)]
    if wrong:
        raise UserError(
            f"`colors` must be colours that matplotlib knows, such as 'tab:red' or '#0072b2'; got "
            f"{first_of(map(repr, wrong))}"
        )
    changed = found.colors.copy()
    for c, name in zip(found.chosen, names, strict=True):
        if name in given:
            changed[c] = to_rgb(given[name])
    return replace(found, colors=changed)


def labelled(
    values: np.ndarray | None,
    num_trials: int,
    most: int = MOST_CONDITIONS,
    *,
    angles: Angles | None = None,
    called: str = "condition",
) -> Conditions:
    """Conditions from the label of each trial, None if there are none; at most `most` are drawn.

    Numbers stand in their order; text does, too, wherever it holds numbers: `s2` before `s10`.
    """
    if values is None:
        labels, group = np.array(["all trials"]), np.zeros(num_trials, np.int64)
        one = np.array([to_rgb(BLUE)])
        return Conditions(labels, group, np.arange(1), one, known=False)
    values = values if values.dtype.kind in "iufb" else values.astype(str)
    labels, group = np.unique(values, return_inverse=True)
    if labels.dtype.kind == "U":
        order = np.searchsorted(labels, np.array(in_order(labels.tolist())))
        labels, group = labels[order], np.argsort(order)[group]
    phases = phases_of(labels) if angles is None else _given_phases(labels, angles)
    chosen = choose(labels, most, phases)
    return Conditions(labels, group, chosen, colors_of(labels, chosen, phases), True, called)


def _given_phases(labels: np.ndarray, angles: Angles) -> Float[np.ndarray, " condition"]:
    """Angles in degrees as parts of a turn, in the order of the labels."""
    names = labels.tolist()
    if isinstance(angles, Mapping):
        lacking = [name for name in names if name not in angles]
        if lacking:
            raise UserError(
                f"`angles` must have the direction of each condition in degrees; {first_of(lacking)} "
                f"lack one, it has {first_of(angles)}"
            )
        degrees = [angles[name] for name in names]
    elif len(angles) == len(names):
        degrees = list(angles)
    else:
        raise UserError(
            f"`angles` must have one direction in degrees for each of {len(names)} conditions, in the "
            f"order {first_of(names)}; got {len(angles)}. Or give a mapping: label to degrees"
        )
    return np.mod(np.asarray(degrees, np.float64) / 360.0, 1.0)


def choose(
    labels: np.ndarray, most: int, phases: Float[np.ndarray, " condition"] | None = None
) -> Int[np.ndarray, " chosen"]:
    """At most `most` of the labels, evenly spread, on a circle if they are directions.

    >>> choose(np.arange(0, 360, 30), 4).tolist()
    [0, 3, 6, 9]
    """
    num = len(labels)
    phases = phases_of(labels) if phases is None else phases
    if num > most and phases is not None:
        round_the_circle = np.argsort(phases, kind="stable")
        return np.sort(round_the_circle[evenly(num + 1, most + 1)[:-1]])
    return evenly(num, most)


def colors_of(
    labels: np.ndarray,
    chosen: Int[np.ndarray, " chosen"],
    phases: Float[np.ndarray, " condition"] | None = None,
) -> Float[np.ndarray, "condition 3"]:
    """A colour for each label, as red, green, blue in [0, 1]; pale grey for those not chosen.

    Directions get a circular map; other labels, numbers or words, a palette of distinct colours, or
    a sequential map where it is too short.
    """
    colors = np.tile(to_rgb(PALE), (len(labels), 1))
    phases = phases_of(labels) if phases is None else phases
    if phases is not None:
        colors[chosen] = circular(phases[chosen])
    elif len(chosen) <= len(PALETTE):
        colors[chosen] = [to_rgb(c) for c in PALETTE[: len(chosen)]]
    else:
        colors[chosen] = colormaps["viridis"](np.linspace(0.0, 0.88, len(chosen)))[:, :3]
    return colors


def circular(phase: Float[np.ndarray, " value"]) -> Float[np.ndarray, "value 3"]:
    """Colours round a circle of four anchors, mixed in linear light; phase 1 is phase 0 again."""
    anchors = np.array([to_rgb(c) for c in (*CIRCLE, CIRCLE[0])]) ** 2.2
    place = np.mod(phase, 1.0) * len(CIRCLE)
    mixed = [np.interp(place, np.arange(len(anchors)), anchors[:, k]) for k in range(3)]
    return np.stack(mixed, axis=1) ** (1 / 2.2)
