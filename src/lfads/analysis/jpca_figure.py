"""The figure of jPCA: courses of conditions in the planes in which they turn, and R² beside chance."""

from typing import Any

import numpy as np
import xarray as xr

from lfads.plots import style
from lfads.plots.conditions import Angles, Conditions, labelled

MOST_PLANES = 2
MOST_CONDITIONS = 24
FITS = {"skew": ("skew-symmetric", style.BLUE), "linear": ("any linear", style.GREY)}


def draw_jpca(figure: Any, result: xr.Dataset, angles: Angles | None = None) -> None:
    """Two planes and, if there are surrogates, their R²."""
    planes = min(MOST_PLANES, result.sizes["plane"])
    has_chance = result.sizes["surrogate"] > 0
    grid = figure.add_gridspec(1, planes + has_chance)
    conditions = conditions_of_result(result, angles)
    courses = result["courses"].values
    for plane in range(planes):
        axes = figure.add_subplot(grid[0, plane])
        draw_courses(axes, courses[:, :, plane], conditions)
        hz, share = (float(result[n][plane]) for n in ("frequency_hz", "variance_fraction"))
        axes.set_title(f"{hz:.2f} Hz, {100 * share:.0f} % of variance", fontsize=style.text_size())
        axes.set_xlabel(f"plane {plane + 1}, axis 1")
        axes.set_ylabel("axis 2")
    if has_chance:
        _draw_chance(figure.add_subplot(grid[0, planes]), result)
    conditions.draw_key(figure)


def conditions_of_result(result: xr.Dataset, angles: Angles | None) -> Conditions:
    """Colours of the conditions that a result has an entry each of."""
    labels = result["condition"].values.astype(str)
    if all(label.lstrip("-").isdigit() for label in labels):
        labels = labels.astype(np.int64)  # in the order of numbers
    return labelled(labels, len(labels), MOST_CONDITIONS, angles=angles)


def draw_courses(
    axes: Any, courses: np.ndarray, conditions: Conditions, linewidth: float = 1.3
) -> None:
    """Lines of conditions in a plane with a dot at their start, on axes of one scale without numbers."""
    for number, course in enumerate(courses):
        color = conditions.color(conditions.group[number])
        axes.plot(*course.T, color=color, linewidth=linewidth)
        axes.plot(*course[0], "o", color=color, markersize=3.5)
    largest = 1.08 * float(np.abs(courses).max(initial=1e-9))
    axes.set(xlim=(-largest, largest), ylim=(-largest, largest), xticks=[0], yticks=[0])
    axes.set_aspect("equal", adjustable="box")
    style.tidy(axes)


def _draw_chance(axes: Any, result: xr.Dataset) -> None:
    """Histograms of surrogates, the data as lines."""
    values = [result[f"r2_{name}_surrogates"].values for name in FITS]
    own = [float(result[f"r2_{name}"]) for name in FITS]
    lowest = min(0.0, *(v.min() for v in values), *own)
    edges = np.linspace(lowest, 1, 51)
    for (name, (words, color)), chance, r2 in zip(FITS.items(), values, own, strict=True):
        p = float(result[f"p_{name}"])
        axes.hist(chance, edges, color=color, alpha=0.45)
        axes.axvline(
            r2, ymax=0.76, color=color, linewidth=2, label=f"{words}: {r2:.2f}, p = {p:.2g}"
        )
    axes.set_xlabel("R² of the fit")
    axes.set_ylabel("surrogates")
    axes.set_xlim(lowest - 0.02, 1.02)
    axes.set_ylim(0, 1.35 * axes.get_ylim()[1])
    axes.legend(loc="upper left", handlelength=1.0)
    style.tidy(axes)
