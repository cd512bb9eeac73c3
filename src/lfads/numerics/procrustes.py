"""Rotations that bring the courses of several sessions onto a common one."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lfads.numerics.means import mean_of_known

_MOST_ROUNDS = 200
_CONVERGED = 1e-9  # change of the common course, relative to its size

Rotation = Float[np.ndarray, "component component"]


def rotation_onto(
    course: Float[np.ndarray, "row component"], common: Float[np.ndarray, "row component"]
) -> Rotation:
    """The orthogonal R for which `course R` is closest to `common`, over rows that both know.

    R may reflect. Directions in which the rows say nothing are completed somehow.
    """
    known = ~(np.isnan(course).any(1) | np.isnan(common).any(1))
    left, _, right = np.linalg.svd(course[known].T @ common[known])
    return left @ right


def rotations_onto_common(
    courses: Sequence[Float[np.ndarray, "row component"]], first: int
) -> list[Rotation]:
    """Generalised Procrustes analysis: rotate all onto their mean, again until the mean stays.

    Parameters
    ----------
    courses
        NaN in rows that a session does not know.
    first
        The session that the others are rotated onto at first.
    """
    common = courses[first]
    rotations = [rotation_onto(course, common) for course in courses]
    for _ in range(_MOST_ROUNDS):
        rotated = [course @ turn for course, turn in zip(courses, rotations, strict=True)]
        before, common = common, mean_of_known(np.stack(rotated), 0)
        rotations = [rotation_onto(course, common) for course in courses]
        change = np.nansum((common - before) ** 2)
        if change <= _CONVERGED**2 * np.nansum(common**2):
            break
    return rotations
