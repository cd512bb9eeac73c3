"""What changes slowly over a row of trials and is shared by channels: courses, and the weights of channels.

Values of channels in trials are D s(k) and noise that is new in each trial, however channels share it.
What neighbouring trials have in common is then free of noise: eigenvectors of the covariance of trials
with those a few steps later are the directions D, and s is the mean of a random walk given the projections
on them, whose noise their differences from trial to trial tell.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.linalg import solveh_banded

MOST_STEPS = 5
"""Between trials whose covariance is taken."""


class SlowCourses(NamedTuple):
    """values(k) = course(k) weights; a row of weights has a root mean square of 1."""

    course: Float[np.ndarray, "place slow_offset"]
    weights: Float[np.ndarray, "slow_offset channel"]


def slow_courses(
    values: Float[np.ndarray, "place channel"],
    places: Float[np.ndarray, " place"],
    number: int,
    std: float,
) -> SlowCourses:
    """The courses that channels share most, largest first; fewer than asked for where there are no more.

    Parameters
    ----------
    values
        Of each channel, about its mean.
    places
        Of the rows, ascending.
    number
        Of courses.
    std
        Of the change of a course from the first place to the last, before anything is known.
    """
    none = SlowCourses(np.zeros((len(places), 0)), np.zeros((0, values.shape[1])))
    if len(places) < 3:
        return none
    noise = np.sqrt(0.5 * np.mean(np.diff(values, axis=0) ** 2, axis=0))
    scaled = values / np.where(noise > 0, noise, np.inf)
    shared = np.zeros((values.shape[1], values.shape[1]))
    for steps in range(1, min(MOST_STEPS, len(places) - 1) + 1):
        product = scaled[:-steps].T @ scaled[steps:]
        shared += (product + product.T) / (2 * (len(places) - steps))
    sizes, directions = np.linalg.eigh(shared)
    chosen = [k for k in np.argsort(-sizes)[:number] if sizes[k] > 0]
    courses, weights = [none.course], [none.weights]
    for direction in directions[:, chosen].T:
        own = direction * noise
        scale = np.sqrt(np.mean(own**2))
        found = scale * (scaled @ direction)
        variance = max(0.5 * float(np.mean(np.diff(found) ** 2)), 1e-12)
        courses.append(walk_given(found, variance, places, std)[:, None])
        weights.append(own[None] / scale)
    return SlowCourses(np.concatenate(courses, axis=1), np.concatenate(weights))


def walk_given(
    values: Float[np.ndarray, " place"],
    variance: float,
    places: Float[np.ndarray, " place"],
    std: float,
) -> Float[np.ndarray, " place"]:
    """Mean of a random walk at its places, given its values there with noise of a variance.

    Its change from the first place to the last has the standard deviation `std`; its level is not known.

    >>> walk_given(np.array([0.0, 1.0]), 0.5, np.array([0.0, 1.0]), 1.0).round(3).tolist()
    [0.25, 0.75]
    """
    precision = (places[-1] - places[0]) / (std**2 * np.diff(places))
    bands = np.zeros((2, len(places)))
    bands[1] = 1 / variance
    bands[1, :-1] += precision
    bands[1, 1:] += precision
    bands[0, 1:] = -precision
    return solveh_banded(bands, values / variance)
