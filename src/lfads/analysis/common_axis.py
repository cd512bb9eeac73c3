"""The axis of the condition-independent signal, what conditions share of it, and what turns beside it."""

import numpy as np
from jaxtyping import Float

from lfads.analysis.demixing import Grid, Normalised, Sums, axes_of, chosen_penalty
from lfads.analysis.jpca import Rotation, rotations
from lfads.numerics.maximum_entropy import maximum_entropy
from lfads.numerics.means import means_of_groups
from lfads.numerics.regression import r_squared
from lfads.numerics.rotations import rotation_fit


def first_axis(sums: Sums, grid: Grid, time_s: np.ndarray) -> np.ndarray:
    """The decoder of the first component that conditions share, of unit length and rising."""
    penalty = chosen_penalty(sums, grid, 1)
    averages = sums.some(sums.folds)
    decoder = axes_of(averages, grid, 1, penalty, ("time",)).of_part["time"].decoder[:, 0]
    axis = decoder / np.linalg.norm(decoder)
    return axis * _sign(averages.mean @ axis, time_s)


def along_left_out(
    trials: Normalised, grid: Grid, time_s: np.ndarray
) -> Float[np.ndarray, "condition time 1"]:
    """Averages of trials, each along the first axis that the other folds have."""
    course = np.empty(trials.rates.shape[:2])
    for left_out in trials.sums.folds:
        others = trials.sums.only([fold for fold in trials.sums.folds if fold != left_out])
        own = trials.fold == left_out
        course[own] = trials.rates[own] @ first_axis(others, grid, time_s)
    return means_of_groups(course[..., None], trials.group, grid.num)


def share_common(averages: Float[np.ndarray, "condition time axis"]) -> Float[np.ndarray, " axis"]:
    """Of the variance along each axis, what is common to conditions."""
    common = np.broadcast_to(averages.mean(0), averages.shape)
    return r_squared(averages, common, averages.mean((0, 1)))


def beside(table: np.ndarray, first: np.ndarray, number: int) -> Rotation:
    """Rotations in what is orthogonal to the first axis."""
    return rotations(table - (table @ first)[..., None] * first, number)


def r2_of_fastest(found: Rotation) -> float:
    """Of the rotation in the fastest plane alone."""
    return rotation_fit(found.courses[:, :, 0]).skew_r2


def surrogates_beside(
    table: Float[np.ndarray, "condition time neuron"],
    first: np.ndarray,
    num_components: int,
    number: int,
    seed: int,
) -> Float[np.ndarray, " surrogate"]:
    """R² in the fastest planes of random tables, found in what is orthogonal to the same first axis."""
    chance = maximum_entropy(table) if number else None
    rng, found = np.random.default_rng(seed), np.empty(number)
    for place in range(number):
        assert chance is not None
        drawn = chance.draw(rng)
        found[place] = r2_of_fastest(beside(drawn - drawn.mean(0), first, num_components))
    return found


def _sign(course: Float[np.ndarray, "trial time"], time_s: np.ndarray) -> float:
    """With which the mean course goes up from its start, or from before time zero."""
    mean = course.mean(0)
    before = mean[time_s < 0].mean() if (time_s < 0).any() else mean[0]
    after = mean - before
    return 1.0 if after[int(np.abs(after).argmax())] >= 0 else -1.0
