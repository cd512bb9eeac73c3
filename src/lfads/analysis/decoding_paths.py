"""Paths in space, as they were recorded and as they were decoded, side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from lfads.numerics.evenly import evenly
from lfads.numerics.means import std_of_known
from lfads.plots import style
from lfads.plots.conditions import Angles, Conditions, conditions_of, labelled

NUM_PATHS = 40
SECTOR_DEGREES = 45
_BEYOND = 0.5  # of the range that was recorded: how far panels follow what is decoded


def groups_of(
    result: xr.Dataset, places: Sequence[int] = (), angles: Angles | None = None
) -> Conditions:
    """Conditions of the trials; without, the direction of each path, to the nearest of eight."""
    if "condition" in result.coords or not places:
        return conditions_of(result, angles=angles)
    x, y = _plane(result, places)
    way = _way(result["behavior"].values[:, :, [x, y]])
    degrees = np.degrees(np.arctan2(way[:, 1], way[:, 0]))
    sector = (np.round(degrees / SECTOR_DEGREES).astype(np.int64) * SECTOR_DEGREES) % 360
    return labelled(sector, len(sector), angles=np.unique(sector), called="direction (°)")


def draw_paths(
    panels: Sequence[Any], result: xr.Dataset, places: Sequence[int], conditions: Conditions
) -> None:
    """Recorded paths in the first panel, what was decoded from each signal in the others."""
    plane = _plane(result, places)
    truth = result["behavior"].values[:, :, plane]
    trials = _trials(truth, conditions)
    decoded = result["decoded"].values[:, trials][..., plane]
    names = [str(result["channel"].values[k]) for k in plane]
    signals = result["signal"].values.astype(str)
    for axes, paths, title in zip(
        panels,
        [truth[trials], *decoded],
        ["recorded", *(f"from {signal}" for signal in signals)],
        strict=False,
    ):
        for trial, path in zip(trials, paths, strict=True):
            color = conditions.colors[conditions.group[trial]]
            axes.plot(*path.T, color=color, linewidth=1.0, alpha=0.85)
            end = np.flatnonzero(np.isfinite(path).all(1))[-1]
            axes.plot(*path[end], color=color, marker="o", markersize=3)
        axes.set_title(title, fontsize=style.SMALL_SIZE)
        axes.set_aspect("equal")
        axes.set_xlabel(style.as_label(names[0]))
        style.tidy(axes)
        axes.tick_params(labelleft=axes is panels[0])
    panels[0].set_ylabel(style.as_label(names[1]))
    for set_limits, k in ((panels[0].set_xlim, 0), (panels[0].set_ylim, 1)):
        set_limits(*_limits(truth[trials][..., k], decoded[..., k]))


def _plane(result: xr.Dataset, places: Sequence[int]) -> list[int]:
    """The two channels that are drawn: of three, those that vary most."""
    of_three = result["behavior"].values[:, :, list(places)].reshape(-1, len(places))
    spread = np.nan_to_num(std_of_known(of_three, 0))
    return [places[k] for k in np.sort(np.argsort(-spread, kind="stable")[:2])]


def _trials(
    truth: Float[np.ndarray, "trial time 2"], conditions: Conditions
) -> Int[np.ndarray, " chosen"]:
    """So many trials in all, alike of each condition that is drawn, in which there is a path."""
    there = np.isfinite(truth).all(2).sum(1) > 1
    each = max(1, NUM_PATHS // len(conditions.chosen))
    found = []
    for condition in conditions.chosen:
        own = np.flatnonzero(there & (conditions.group == condition))
        found.append(own[evenly(len(own), each)] if len(own) else own)
    return np.concatenate(found)


def _way(paths: Float[np.ndarray, "trial time 2"]) -> Float[np.ndarray, "trial 2"]:
    """From where a path begins to where it is farthest from there; 0 without a path."""
    known = np.isfinite(paths).all(2)
    every = np.arange(len(paths))
    begun = paths - paths[every, known.argmax(1)][:, None]
    distance = np.where(known, np.hypot(begun[..., 0], begun[..., 1]), -1.0)
    return np.nan_to_num(begun[every, distance.argmax(1)])


def _limits(truth: np.ndarray, decoded: np.ndarray) -> tuple[float, float]:
    """All that was recorded, and what was decoded not too far from it."""
    if not np.isfinite(truth).any():
        return 0.0, 1.0
    low, high = float(np.nanmin(truth)), float(np.nanmax(truth))
    size = max(high - low, 1e-9)
    low = max(min(low, float(np.nanmin(decoded))), low - _BEYOND * size)
    high = min(max(high, float(np.nanmax(decoded))), high + _BEYOND * size)
    return low - 0.04 * size, high + 0.04 * size
