"""The plane in which factors vary most: trials, points and the flow of a generator in it."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.analysis.fixed_point_search import Step
from lfads.analysis.visited import Visited
from lfads.numerics.components import Components, principal_components
from lfads.numerics.evenly import evenly
from lfads.plots.conditions import conditions_of
from lfads.plots.examples import example_trials

GRID = 21
"""Places of the flow along each axis."""

MOST_BINS = 20_000
"""That the plane is found from."""

MARGIN = 0.06
"""Of the range of the trials, on each side."""

INNER_PERCENT = 0.5
"""Of the bins on each side that may lie beyond the plane's edges."""


def in_plane(
    step: Step,
    points: xr.Dataset,
    seen: Visited,
    factor_weights: Float[np.ndarray, "unit factor"],
    posterior: xr.Dataset,
    num_trajectories: int,
) -> xr.Dataset:
    """Where points, their unstable directions and some trials lie, and where a bin moves places.

    A place of the plane has many states. The one that is moved is the mean of those that trials go through
    there, as a linear regression of states on places has it; its own place is the one asked for.
    """
    states = seen.each
    chosen = states[evenly(len(states), MOST_BINS)]
    found = principal_components(chosen @ factor_weights, 2)
    places = found.project(chosen @ factor_weights)
    directions = points["unstable_direction"].to_numpy() @ factor_weights
    length = np.maximum(np.linalg.norm(directions, axis=2, keepdims=True), 1e-300)
    of_points = points["state"].to_numpy() @ factor_weights
    trials = _trials(posterior, num_trajectories)
    near = found.project(of_points)[points["region"].to_numpy().astype(str) == "visited"]
    across, up = (_ticks(places[:, k], near[:, k]) for k in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1)
    variables: dict[str, Any] = {
        "point_factors": (("point", "factor"), of_points),
        "point_place": (("point", "component"), found.project(of_points)),
        "direction_in_plane": (
            ("point", "direction", "component"), directions / length @ found.loadings,
        ),
        "loadings": (("factor", "component"), found.loadings),
        "centre": ("factor", found.mean),
        "variance_fraction": ("component", found.variance_fraction),
        "flow": (
            ("vertical", "horizontal", "component"),
            _flow(step, grid, places, chosen, factor_weights, found),
        ),
        "course": (
            ("trajectory", "time", "component"),
            _courses(seen, factor_weights, found, trials),
        ),
    }  # fmt: skip
    coordinates: dict[str, Any] = {
        "horizontal": ("horizontal", across, {"units": "1"}),
        "vertical": ("vertical", up, {"units": "1"}),
        "time": ("time", posterior["time"].to_numpy(), {"units": "s"}),
    }
    if "condition" in posterior.coords:
        own = posterior["condition"].to_numpy()[trials]
        coordinates["condition"] = ("trajectory", own)
    labelled = {name: (*of, {"units": "1"}) for name, of in variables.items()}
    return xr.Dataset(labelled, coordinates)


def _flow(
    step: Step,
    grid: Float[np.ndarray, "vertical horizontal 2"],
    places: Float[np.ndarray, "bin 2"],
    states: Float[np.ndarray, "bin unit"],
    factor_weights: Float[np.ndarray, "unit factor"],
    plane: Components,
) -> Float[np.ndarray, "vertical horizontal 2"]:
    """How far a bin moves each place."""
    mean = places.mean(0)
    slopes = np.linalg.lstsq(places - mean, states - states.mean(0), rcond=None)[0]
    lifted = (grid.reshape(-1, 2) - mean) @ slopes + states.mean(0)
    after = np.asarray(step(jnp.asarray(lifted, jnp.float32)), np.float64)
    return ((after - lifted) @ factor_weights @ plane.loadings).reshape(grid.shape)


def _courses(
    seen: Visited, factor_weights: np.ndarray, plane: Components, trials: np.ndarray
) -> Float[np.ndarray, "trajectory time 2"]:
    found = plane.project(seen.states[trials] @ factor_weights)
    return np.where(seen.known[trials][..., None], found, np.nan)


def _trials(posterior: xr.Dataset, number: int) -> np.ndarray:
    """Some trials, of conditions spread over all that there are."""
    return example_trials(posterior, conditions_of(posterior).group, number)


def _ticks(places: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Even places over what trials go through and the points near them, with a margin."""
    least, most = np.percentile(places, [INNER_PERCENT, 100 - INNER_PERCENT])
    least, most = points.min(initial=least), points.max(initial=most)
    margin = MARGIN * (most - least) + 1e-9
    return np.linspace(least - margin, most + margin, GRID)
