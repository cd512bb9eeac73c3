"""Means and spreads of what is known, over trials, bins or the trials of each condition."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int, Real

Axes = int | tuple[int, ...]


def mean_of_known(
    values: Real[np.ndarray, "*axes"], axis: Axes, known: Bool[np.ndarray, "..."] | None = None
) -> Float[np.ndarray, "..."]:
    """Mean over what is known, by default what is finite; NaN where nothing is.

    >>> mean_of_known(np.array([[1.0, np.nan], [3.0, np.nan]]), 0)
    array([ 2., nan])
    """
    known = np.isfinite(values) if known is None else np.broadcast_to(known, values.shape)
    total = np.where(known, values, 0).sum(axis, dtype=np.float64)
    count = known.sum(axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def std_of_known(values: Real[np.ndarray, "*axes"], axis: int) -> Float[np.ndarray, "..."]:
    """Standard deviation over what is finite; NaN where nothing is."""
    deviation = values - np.expand_dims(mean_of_known(values, axis), axis)
    return np.sqrt(mean_of_known(deviation**2, axis))


def groups_of_labels(
    labels: np.ndarray, wanted: Sequence[object] | np.ndarray
) -> Int[np.ndarray, " trial"]:
    """Where each trial's label stands among those wanted, compared as text; -1 for others.

    >>> groups_of_labels(np.array([1, 2, 3]), ["2", "1"]).tolist()
    [1, 0, -1]
    """
    place = {str(label): number for number, label in enumerate(wanted)}
    return np.array([place.get(label, -1) for label in labels.astype(str).tolist()], np.int64)


def means_of_groups(
    values: Real[np.ndarray, "trial *axes"],
    group: Int[np.ndarray, " trial"],
    num_groups: int | None = None,
    known: Bool[np.ndarray, "trial ..."] | None = None,
) -> Float[np.ndarray, "group *axes"]:
    """Mean over what is known of each group's trials, bin by bin; NaN where nothing is.

    Parameters
    ----------
    values
        One entry a trial, of any shape.
    group
        Number of each trial's group; trials of negative numbers are in none.
    num_groups
        By default those up to the highest number.
    known
        By default what is finite.
    """
    num_groups = int(group.max()) + 1 if num_groups is None else num_groups
    chosen = [group == g for g in range(num_groups)]
    return np.stack([
        mean_of_known(values[trials], 0, None if known is None else known[trials]) for trials in chosen
    ])  # fmt: skip


def on_same_bins(
    courses: Sequence[Float[np.ndarray, "group _ _"]],
) -> list[Float[np.ndarray, "group time _"]]:
    """Time courses with as many bins as the longest, NaN where others have none."""
    longest = max(course.shape[1] for course in courses)
    return [
        np.pad(c, ((0, 0), (0, longest - c.shape[1]), (0, 0)), constant_values=np.nan)
        for c in courses
    ]
