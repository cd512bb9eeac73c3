"""How well sessions agree in a common space, after alignment and before."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lfads.data.dataset import Dataset
from lfads.numerics.components import principal_components
from lfads.numerics.means import mean_of_known
from lfads.numerics.regression import r_squared
from lfads.stitching.alignment import Start, check_sizes
from lfads.stitching.averages import averages_of_all, encoded_parts, labels_of

SMOOTHING_S = 0.03

Course = Float[np.ndarray, "condition time component"]


def agreement_of(courses: Sequence[Course]) -> tuple[float, ...]:
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
    return tuple(
        _r_squared(course, [*courses[:number], *courses[number + 1 :]], centre)
        for number, course in enumerate(courses)
    )


def own_components(
    dataset: Dataset,
    num_components: int,
    start: Start | None = None,
    *,
    smoothing_s: float = SMOOTHING_S,
) -> tuple[Course, ...]:
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
        Of condition averages, or of time courses as one condition; by default the former if every session
        has conditions.
    smoothing_s
        Standard deviation of the Gaussian kernel, in seconds.
    """
    check_sizes(num_components, smoothing_s, "own_components")
    parts = encoded_parts(dataset)
    if start is None:
        start = "conditions" if all(labels_of(part) for part in parts) else "time_course"
    averages = averages_of_all(parts, start == "conditions", smoothing_s / dataset.bin_width_s)
    return tuple(_own_components(average, num_components) for average in averages)


def _own_components(average: np.ndarray, num_components: int) -> np.ndarray:
    scores = principal_components(average.reshape(-1, average.shape[-1]), num_components).scores
    variance = float(np.nanvar(scores, 0).mean())
    course = scores / np.sqrt(variance) if variance > 0 else scores
    return course.reshape(*average.shape[:2], num_components)


def _r_squared(course: np.ndarray, others: Sequence[np.ndarray], centre: np.ndarray) -> float:
    if not others:
        return float("nan")
    predicted = mean_of_known(np.stack(others), 0)
    about = np.broadcast_to(centre, course.shape).reshape(-1, 1)
    return float(r_squared(course.reshape(-1, 1), predicted.reshape(-1, 1), about)[0])
