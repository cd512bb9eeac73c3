"""New sessions onto a space that other sessions already share, and read-outs from known factors.

Both are ridge regressions that go through averages over conditions that the new session has in common
with the others; without any, through averages over all trials.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lfads.data.session import Session
from lfads.data.stitching.agreement import SMOOTHING_S
from lfads.data.stitching.alignment import StartingReadIn, inputs_of
from lfads.data.stitching.averages import averages_of_all, labels_of
from lfads.data.stitching.by_conditions import read_in_onto

FEWEST_SHARED = 2
LEAST_OF_MEAN = 0.1
"""Averages below this share of a neuron's mean count as it, before a logarithm."""

PENALTY = 1.0


def shares_conditions(new: Session, others: Sequence[Session]) -> bool:
    """Whether a new session has at least two conditions of others; labels are compared as text."""
    known: set[str] = set().union(*(labels_of(other) for other in others))
    return len(labels_of(new) & known) >= FEWEST_SHARED


def read_in_like(
    new: Session,
    others: Sequence[Session],
    read_ins: Sequence[StartingReadIn],
    bin_width_s: float,
) -> StartingReadIn:
    """A read-in with which a new session's averages come to lie where those of other sessions lie.

    y = (x - offset) W, with W from a ridge regression of the others' mean course on the new session's
    averages; the offset also moves the new session's mean to theirs.

    Parameters
    ----------
    new, others
        Training trials, encoded neurons and bins alone (`encoded_part`).
    read_ins
        Of the other sessions.
    bin_width_s
        Of all.
    """
    by_condition = shares_conditions(new, others)
    averages = averages_of_all([new, *others], by_condition, SMOOTHING_S / bin_width_s)
    courses = [inputs_of(a, r) for a, r in zip(averages[1:], read_ins, strict=True)]
    course, own = _mean(courses), averages[0]
    known = np.asarray(~np.isnan(course).any(2) & ~np.isnan(own).all(2))
    offset, there = np.nanmean(own[known], axis=0), course[known].mean(0)
    rows = np.where(known[:, :, None], course - there, np.nan).reshape(-1, course.shape[2])
    found = read_in_onto(np.where(known[:, :, None], own, np.nan), offset, rows)
    moved = offset - there @ np.linalg.pinv(found.weights)
    return StartingReadIn(offset=moved, weights=found.weights)


def read_out_like(
    new: Session,
    others: Sequence[Session],
    factors: Sequence[np.ndarray],
    bin_width_s: float,
) -> Float[np.ndarray, "factor neuron"]:
    """Weights that lead from other sessions' factors to the logarithm of a new session's averages.

    The regression is on factors of single trials: what scatters in them does not enter the rates.

    Parameters
    ----------
    new, others
        As in `read_in_like`; conditions and bins of `others` are those of their factors.
    factors
        Of the other sessions' training trials, `trial time factor`; NaN where there are none.
    bin_width_s
        Of all.
    """
    by_condition = shares_conditions(new, others)
    own, *_ = averages_of_all([new, *others], by_condition, SMOOTHING_S / bin_width_s)
    mean = np.maximum(np.nanmean(own, axis=(0, 1)), 1e-9)
    logarithm = np.log(np.maximum(own, LEAST_OF_MEAN * mean) / mean)
    labels: list[str | None] = [None]
    if by_condition:
        labels = sorted(set().union(*(labels_of(s) for s in (new, *others))))
    x, y = [], []
    for session, found in zip(others, factors, strict=True):
        for label, target in zip(labels, logarithm, strict=True):
            alike = np.ones(len(found), bool)
            if label is not None:
                alike = np.asarray(session.condition).astype(str) == label
            bins = min(found.shape[1], len(target))
            rows = found[alike, :bins]
            goal = np.broadcast_to(target[:bins], (len(rows), bins, target.shape[1]))
            known = ~np.isnan(rows).any(2) & ~np.isnan(goal).any(2)
            x.append(rows[known])
            y.append(goal[known])
    return _ridge(np.concatenate(x), np.concatenate(y))


def _ridge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights of a ridge regression with an intercept, which is left out."""
    x, y = x - x.mean(0), y - y.mean(0)
    return np.linalg.solve(x.T @ x + PENALTY * np.eye(x.shape[1]), x.T @ y)


def _mean(courses: Sequence[np.ndarray]) -> np.ndarray:
    """Over sessions, of what is known; NaN where nothing is."""
    known = np.stack([~np.isnan(course) for course in courses])
    total = np.where(known, np.stack(courses), 0).sum(0)
    return np.where(known.any(0), total / np.maximum(known.sum(0), 1), np.nan)
