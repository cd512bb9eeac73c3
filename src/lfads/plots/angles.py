"""Labels that are angles, told by their values: even steps round a circle, or usual fractions of one."""

import numpy as np
from jaxtyping import Float

_STEP_DEGREES = 15.0  # targets of reaching tasks stand at multiples of it
_STEP_RADIANS = np.pi / 12
_NEAR = 0.01  # steps, so that labels rounded to three digits are read as they were meant


def phases_of(labels: np.ndarray) -> Float[np.ndarray, " label"] | None:
    """Angles as parts of a turn, in [0, 1); None for labels that are not clearly angles.

    Angles are three or more different numbers within one turn that

    - stand in even steps that add up to a turn, of 360 or, floats, of 2 pi; or
    - are multiples of 15 that span more than 180; or
    - are floats, multiples of pi / 12.

    Codes and levels such as 0, 1, …, 7 are neither.

    >>> phases_of(np.array([0, 45, 270])).tolist()
    [0.0, 0.125, 0.75]
    >>> phases_of(np.arange(8)) is None
    True
    """
    turn = turn_of(labels)
    return None if turn is None else np.mod(labels.astype(np.float64) / turn, 1.0)


def turn_of(labels: np.ndarray) -> float | None:
    """360 or 2 pi, as the labels are angles in degrees or radians; None if they are none."""
    if labels.dtype.kind not in "iuf" or len(labels) < 3:
        return None
    values = labels.astype(np.float64)
    if not np.isfinite(values).all():
        return None
    for turn, step in ((360.0, _STEP_DEGREES), (2 * np.pi, _STEP_RADIANS)):
        if turn < 360 and labels.dtype.kind != "f":
            continue
        if _even(values, turn) or (_within(values, turn) and _multiples(values, turn, step)):
            return turn
    return None


def _even(values: np.ndarray, turn: float) -> bool:
    return bool(np.isclose(np.diff(values), turn / len(values), rtol=1e-3).all())


def _within(values: np.ndarray, turn: float) -> bool:
    """In [0, turn] or [-turn / 2, turn / 2], and no two the same direction."""
    low, high = values.min(), values.max()
    near = 1e-3 * turn
    from_0 = low >= -near and high <= turn + near
    about_0 = low >= -turn / 2 - near and high <= turn / 2 + near
    return bool((from_0 or about_0) and high - low < turn - near)


def _multiples(values: np.ndarray, turn: float, step: float) -> bool:
    steps = values / step
    whole = bool((np.abs(steps - steps.round()) < _NEAR).all())
    return whole and (turn < 360 or float(np.ptp(values)) > turn / 2)
