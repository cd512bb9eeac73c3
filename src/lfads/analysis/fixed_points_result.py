"""Fixed points with their labels: eigenvalues, time constants, kinds, and how far trials are."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.analysis.fixed_point_search import Found
from lfads.numerics.linear_maps import Modes, frequencies_hz, modes_of, time_constants_s

MOST_DIRECTIONS = 2
"""Unstable directions of a point that are drawn."""

ONE = {"units": "1"}


def labelled_points(
    found: Found,
    states: Float[np.ndarray, "bin unit"],
    spread: float,
    reach: float,
    limit: float,
    bin_width_s: float,
) -> xr.Dataset:
    """Points: fixed ones before slow ones, by number of unstable directions, then of starts."""
    modes = modes_of(found.jacobians)
    order = np.lexsort((-found.num_starts, modes.num_unstable, ~found.is_fixed))
    found, modes = found.of(order), Modes(modes.eigenvalues[order], modes.vectors[order])
    values, away = modes.eigenvalues, nearest(states, found.states) / spread
    at_limit = (np.abs(found.states) >= limit).sum(1)

    def of_point(values: np.ndarray, name: str) -> tuple[str, np.ndarray, dict[str, str]]:
        return "point", values, {"units": "1", "long_name": name}

    def of_mode(values: np.ndarray, unit: str, name: str) -> tuple[Any, np.ndarray, dict[str, str]]:
        return ("point", "mode"), values, {"units": unit, "long_name": name}

    return xr.Dataset(
        {
            "state": (("point", "unit"), found.states, {"units": "1"}),
            "moved": of_point(found.moved / spread, "shares of the spread that a bin moves it"),
            "num_unstable": of_point(modes.num_unstable, "unstable directions"),
            "num_led": of_point(found.num_starts, "starts that led there"),
            "distance": of_point(away, "shares of the spread to the nearest state of the trials"),
            "num_at_limit": of_point(at_limit, "units at the limit of the state"),
            "eigenvalue_real": of_mode(np.real(values), "1", "real part"),
            "eigenvalue_imag": of_mode(np.imag(values), "1", "imaginary part"),
            "time_constant_s": of_mode(
                time_constants_s(values, bin_width_s), "s", "to 1/e; negative: growth by e"
            ),
            "frequency_hz": of_mode(frequencies_hz(values, bin_width_s), "Hz", "turns a second"),
            "unstable_direction": (
                ("point", "direction", "unit"), unstable_directions(modes),
                {"units": "1", "long_name": "of norm 1; NaN beyond those that there are"},
            ),
        },
        {
            "kind": ("point", kinds_of(modes)),
            "found": ("point", np.where(found.is_fixed, "fixed point", "slow point")),
            "region": ("point", np.where(away <= reach, "visited", "outside")),
        },
    )  # fmt: skip


def kinds_of(modes: Modes) -> np.ndarray:
    """`stable`, `saddle` or `source`, of each point."""
    unstable = modes.num_unstable
    kind = np.where(unstable == 0, "stable", "saddle")
    return np.where(unstable == modes.eigenvalues.shape[1], "source", kind)


def unstable_directions(modes: Modes) -> Float[np.ndarray, "point direction unit"]:
    """Of the largest eigenvalues outside of the unit circle; of each pair of conjugates the real part."""
    size = modes.eigenvalues.shape[1]
    found = np.full((len(modes.eigenvalues), MOST_DIRECTIONS, size), np.nan)
    for point, values in enumerate(modes.eigenvalues):
        growing = np.flatnonzero((np.abs(values) > 1) & (values.imag >= 0))[:MOST_DIRECTIONS]
        vectors = modes.vectors[point].real.T[growing]
        length = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-300)
        found[point, : len(growing)] = vectors / length
    return found


def nearest(
    states: Float[np.ndarray, "bin unit"], points: Float[np.ndarray, "point unit"]
) -> Float[np.ndarray, " point"]:
    """Distance of each point to the nearest state."""
    squares = (states**2).sum(1)[:, None] - 2 * states @ points.T + (points**2).sum(1)
    return np.sqrt(np.maximum(squares.min(0), 0.0))
