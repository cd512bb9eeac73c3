"""Common trajectories of sessions, and each session's averages mapped onto them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from lfads.analysis.methods_of_sessions import Methods
from lfads.evaluation.matching import values_of
from lfads.numerics.components import Components, principal_components
from lfads.numerics.means import groups_of_labels, mean_of_known, means_of_groups
from lfads.numerics.regression import fit_linear_map

NUM_AXES = 3

Averages = Float[np.ndarray, "condition time factor"]


class Trajectories(NamedTuple):
    """Averages over trials that neither common trajectories nor maps were found in.

    Parameters
    ----------
    paths
        In the common space.
    r2
        Of what tells conditions apart, by session.
    own_maps
        For which methods each session was mapped by itself.
    axes
        Names of the axes.
    """

    paths: Float[np.ndarray, "method session condition time 3"]
    r2: Float[np.ndarray, "method session"]
    own_maps: Bool[np.ndarray, " method"]
    axes: list[str]


class Halves(NamedTuple):
    """Averages over the trials of each condition, of every other trial and of the rest."""

    fitted: Averages
    shown: Averages


def common_trajectories(
    methods: Methods,
    labels: Sequence[str],
    bins: Mapping[tuple[str, str], Int[np.ndarray, " time"]],
    own: str,
    own_is_of_each: bool,
    penalty: float,
) -> Trajectories:
    """Averages of all methods in the space of the common trajectories of one of them.

    Parameters
    ----------
    methods
        Results by method and session.
    labels
        Conditions, with two trials or more everywhere.
    bins
        Places of the shared bins, by method and session.
    own
        The method that the common trajectories are of.
    own_is_of_each
        Whether its factors, too, mean something else in each session.
    penalty
        Of the ridge regression onto the common trajectories.
    """
    halves = {
        m: [_halves(of, labels, bins[m, name]) for name, of in sessions.items()]
        for m, sessions in methods.items()
    }
    found = _common(halves[own], own_is_of_each)
    target = _in_three(found.scores).reshape(len(labels), -1, NUM_AXES)
    paths, own_maps = [], []
    for method, sessions in halves.items():
        by_itself = own_is_of_each or method != own
        own_maps.append(by_itself)
        paths.append([
            _mapped(each, target, penalty) if by_itself else _in_three(found.project(each.shown))
            for each in sessions
        ])  # fmt: skip
    shown = np.array(paths)
    r2 = np.array([[_r2_between(path, target) for path in of_method] for of_method in shown])
    shares = [f"PC {k + 1} ({100 * s:.0f} %)" for k, s in enumerate(found.variance_fraction)]
    names = shares + [f"none ({k + 1})" for k in range(len(shares), NUM_AXES)]
    return Trajectories(shown, r2, np.array(own_maps), names)


def _halves(of: xr.Dataset, labels: Sequence[str], bins: Int[np.ndarray, " time"]) -> Halves:
    values = values_of(of, "factors", "factor")[:, bins].astype(np.float64)
    group = groups_of_labels(of["condition"].to_numpy(), labels)
    place = np.zeros(len(group), np.int64)
    for g in range(len(labels)):
        own = np.flatnonzero(group == g)
        place[own] = np.arange(len(own)) % 2
    return Halves(*(
        means_of_groups(values, np.where(place == half, group, -1), len(labels)) for half in (0, 1)
    ))  # fmt: skip


def _common(sessions: Sequence[Halves], of_each: bool) -> Components:
    """Principal components of the mean over sessions, or of all sessions' factors side by side."""
    if of_each:
        table = np.concatenate([each.fitted / _size(each.fitted) for each in sessions], axis=2)
    else:
        table = mean_of_known(np.stack([each.fitted for each in sessions]), 0)
    rows = table.reshape(-1, table.shape[2])
    return principal_components(rows, min(NUM_AXES, rows.shape[1]))


def _mapped(
    session: Halves, target: Float[np.ndarray, "condition time 3"], penalty: float
) -> Float[np.ndarray, "condition time 3"]:
    size = _size(session.fitted)
    return fit_linear_map(session.fitted / size, target, penalty)(session.shown / size)


def _size(averages: Averages) -> float:
    """Root of the mean square about the mean of each factor."""
    about = averages - mean_of_known(averages, (0, 1))
    return max(float(np.sqrt(mean_of_known(about**2, (0, 1, 2)))), 1e-300)


def _r2_between(
    path: Float[np.ndarray, "condition time 3"], target: Float[np.ndarray, "condition time 3"]
) -> float:
    """Of both less their mean over conditions, over all axes together."""
    shown, wanted = (each - mean_of_known(each, 0) for each in (path, target))
    known = np.isfinite(shown) & np.isfinite(wanted)
    total = float((wanted[known] ** 2).sum())
    if not total > 0:
        return float("nan")
    return 1 - float(((wanted[known] - shown[known]) ** 2).sum()) / total


def _in_three(scores: Float[np.ndarray, "*rows axis"]) -> Float[np.ndarray, "*rows 3"]:
    """0 along axes that are not there."""
    none = [(0, 0)] * (scores.ndim - 1) + [(0, NUM_AXES - scores.shape[-1])]
    return np.pad(scores, none)
