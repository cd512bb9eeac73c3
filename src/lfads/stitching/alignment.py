"""What an alignment of sessions is: a read-in for each, into one space, and how well they agree there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from lfads.checks import Problems, is_whole
from lfads.data.companions import is_finite_number
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.numerics.components import principal_components
from lfads.numerics.means import mean_of_known
from lfads.numerics.moments import moments_of
from lfads.numerics.regression import r_squared
from lfads.numerics.smoothing import SMOOTHING_S
from lfads.stitching.trial_averages import averages_of_all, encoded_parts

AlignedBy = Literal["conditions", "time_course", "files"]
TimeCourse = Float[np.ndarray, "condition time component"]


@dataclass(frozen=True, eq=False, kw_only=True)
class StartingReadIn:
    """Affine map of a session's counts per bin into the common space, `(counts - offset) @ weights`.

    Parameters
    ----------
    offset
        Mean count per bin of each encoded neuron.
    weights
        Finite; 0 for neurons that are silent in training.
    """

    offset: Float[np.ndarray, " encoded_neuron"]
    weights: Float[np.ndarray, "encoded_neuron component"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Alignment:
    """Read-ins that bring sessions into one space.

    All weights share one factor, with which the variance of the inputs of single trials, unsmoothed, over
    training samples, is 1 on average over sessions and components. One factor for all changes no alignment.

    Parameters
    ----------
    start
        By what sessions were aligned.
    read_ins
        One a session, in the order of the data set.
    """

    start: AlignedBy
    read_ins: tuple[StartingReadIn, ...]


def alignment_of(
    start: AlignedBy,
    parts: Sequence[Session],
    read_ins: Sequence[StartingReadIn],
) -> Alignment:
    """The read-ins times one factor, with which inputs have variance 1 on average."""
    variances = [
        (r.weights * (moments_of(p.values, p.observed_of_any()).covariance @ r.weights)).sum(0)
        for p, r in zip(parts, read_ins, strict=True)
    ]
    variance = float(np.mean(variances))
    factor = variance**-0.5 if variance > 0 else 1.0
    scaled = tuple(StartingReadIn(offset=r.offset, weights=factor * r.weights) for r in read_ins)
    return Alignment(start=start, read_ins=scaled)


def inputs_of(
    averages: Float[np.ndarray, "condition time neuron"], read_in: StartingReadIn
) -> Float[np.ndarray, "condition time component"]:
    """What averages become in the common space; NaN where none of the neurons is known.

    Single neurons that are not known there count as if at their mean.
    """
    missing = np.isnan(averages)
    deviation = np.where(missing, 0.0, averages - read_in.offset)
    return np.where(missing.all(axis=2, keepdims=True), np.nan, deviation @ read_in.weights)


def check_sizes(num_components: Any, smoothing_s: Any, where: str) -> None:
    """Refuse a number of components below 1 and a width of smoothing below 0."""
    problems = Problems(where)
    problems.require(
        is_whole(num_components) and num_components >= 1,
        f"`num_components` must be a whole number, at least 1; got {num_components!r}",
    )
    problems.require(
        is_finite_number(smoothing_s) and smoothing_s >= 0,
        f"`smoothing_s` must be a standard deviation in seconds, 0 or more; got {smoothing_s!r}",
    )
    problems.raise_if_any()


def agreement_of(courses: Sequence[TimeCourse]) -> tuple[float, ...]:
    """R² of each session's condition averages, predicted by the mean of the other sessions'.

    R² = 1 - sum (y - y_others)² / sum (y - m)², over the conditions, bins and components that the session
    and at least one other know; m is the mean of each component over all that is known of all sessions.

    Parameters
    ----------
    courses
        One array a session, on the same axes; NaN where not known.

    Returns
    -------
    tuple[float, ...]
        1 for sessions that agree exactly, 0 or less for those that have nothing in common; NaN if nothing
        is shared, or nothing varies.

    Examples
    --------
    >>> course = np.random.default_rng(0).normal(size=(4, 10, 2))
    >>> agreement_of([course, course])
    (1.0, 1.0)
    """
    everything = np.concatenate([course.reshape(-1, course.shape[-1]) for course in courses])
    centre = mean_of_known(everything, 0)
    if len(courses) == 1:
        return (float("nan"),)
    found = []
    for number, course in enumerate(courses):
        predicted = mean_of_known(np.stack([*courses[:number], *courses[number + 1 :]]), 0)
        about = np.broadcast_to(centre, course.shape).reshape(-1, 1)
        found.append(float(r_squared(course.reshape(-1, 1), predicted.reshape(-1, 1), about)[0]))
    return tuple(found)


def own_components(
    dataset: Dataset,
    num_components: int,
    start: AlignedBy,
    *,
    smoothing_s: float = SMOOTHING_S,
) -> tuple[TimeCourse, ...]:
    """The leading principal components of each session alone: what there is before alignment.

    Each session's components are scaled together to a mean variance of 1, so that sessions can be compared;
    those beyond its number of neurons are 0.

    Parameters
    ----------
    dataset
        One session or several.
    num_components
        As in the common space.
    start
        Of condition averages, or of time courses as one condition.
    smoothing_s
        Standard deviation of the Gaussian kernel, in seconds.
    """
    check_sizes(num_components, smoothing_s, "own_components")
    parts = encoded_parts(dataset)
    averages = averages_of_all(parts, start == "conditions", smoothing_s / dataset.bin_width_s)
    return tuple(_own_components(average, num_components) for average in averages)


def _own_components(average: np.ndarray, num_components: int) -> np.ndarray:
    scores = principal_components(average.reshape(-1, average.shape[-1]), num_components).scores
    variance = float(np.nanvar(scores, 0).mean())
    course = scores / np.sqrt(variance) if variance > 0 else scores
    return course.reshape(*average.shape[:2], num_components)
