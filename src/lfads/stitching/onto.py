"""New sessions onto a space that other sessions already share, and read-outs from known factors.

Both are ridge regressions that go through averages over conditions that the new session has in common
with the others; without any, through averages over all trials.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from lfads.data.session import Session
from lfads.numerics.means import mean_of_known
from lfads.numerics.regression import ridge_weights
from lfads.numerics.smoothing import SMOOTHING_S
from lfads.stitching.alignment import StartingReadIn, inputs_of
from lfads.stitching.by_conditions import PENALTY, read_in_onto
from lfads.stitching.shared import labels_of_all, with_shared_conditions
from lfads.stitching.trial_averages import averages_of_all

LEAST_OF_MEAN = 0.1
"""Averages below this share of a neuron's mean count as it, before a logarithm."""

SMALLEST_DIRECTION = 1e-2
"""Directions of a read-in that are smaller than this share of its largest are not inverted."""


class StartingReadOut(NamedTuple):
    """Weights to what is read out, and what is added so that means are right."""

    weights: Float[np.ndarray, "factor neuron"]
    bias: Float[np.ndarray, " neuron"]


def read_in_like(
    new: Session, others: Sequence[Session], read_ins: Sequence[StartingReadIn], bin_width_s: float
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
    chosen, _, (own, *averages) = _on_shared_conditions(new, others, bin_width_s)
    inputs = [inputs_of(a, read_ins[n]) for a, n in zip(averages, chosen, strict=True)]
    course = mean_of_known(np.stack(inputs), 0)
    known = np.asarray(~np.isnan(course).any(2) & ~np.isnan(own).all(2))
    offset, there = _mean_of_neurons(own[known]), course[known].mean(0)
    rows = np.where(known[:, :, None], course - there, np.nan).reshape(-1, course.shape[2])
    found = read_in_onto(np.where(known[:, :, None], own, np.nan), offset, rows)
    moved = offset - there @ np.linalg.pinv(found.weights, rcond=SMALLEST_DIRECTION)
    return StartingReadIn(offset=moved, weights=found.weights)


def read_out_like(
    new: Session,
    others: Sequence[Session],
    factors: Sequence[np.ndarray],
    bin_width_s: float,
    log_links: Bool[np.ndarray, " neuron"],
) -> StartingReadOut:
    """A read-out that leads from other sessions' factors to a new session's averages, or their logarithms.

    The regression is on factors of single trials: what scatters in them does not enter the rates.

    Parameters
    ----------
    new
        Training trials and bins alone, of all neurons.
    others
        As in `read_in_like`; their conditions and bins are those of their factors.
    factors
        Of the other sessions' training trials, `trial time factor`; NaN where there are none.
    bin_width_s
        Of all.
    log_links
        Neurons of which a logarithm is read out; of others it is the value less its mean.
    """
    chosen, labels, (own, *_) = _on_shared_conditions(new, others, bin_width_s)
    mean = _mean_of_neurons(own)
    mean = np.where(log_links, np.maximum(mean, 1e-9), mean)
    known = np.asarray(~np.isnan(own).all(2))
    filled = np.where(np.isnan(own), mean, own)
    ratio = np.divide(filled, mean, out=np.ones_like(filled), where=log_links)
    targets = np.where(log_links, np.log(np.maximum(ratio, LEAST_OF_MEAN)), filled - mean)
    x, y = [], []
    for number in chosen:
        for label, target, there in zip(labels, targets, known, strict=True):
            rows = factors[number]
            if label is not None:
                rows = rows[np.asarray(others[number].condition).astype(str) == label]
            rows = rows[:, : len(target)]
            used = ~np.isnan(rows).any(2) & there[: rows.shape[1]]
            x.append(rows[used])
            y.append(np.broadcast_to(target[: rows.shape[1]], (*used.shape, target.shape[1]))[used])
    return _ridge(np.concatenate(x), np.concatenate(y), log_links)


def _on_shared_conditions(
    new: Session, others: Sequence[Session], bin_width_s: float
) -> tuple[Sequence[int], Sequence[str | None], list[np.ndarray]]:
    """Which of the others count, labels (None for all trials), and averages, the new session's first."""
    sharing = with_shared_conditions(new, others)
    chosen = sharing or range(len(others))
    parts = [new, *(others[number] for number in chosen)]
    averages = averages_of_all(parts, bool(sharing), SMOOTHING_S / bin_width_s)
    labels = labels_of_all(parts) if sharing else [None]
    return chosen, labels, averages


def _ridge(x: np.ndarray, y: np.ndarray, log_links: np.ndarray) -> StartingReadOut:
    """Weights of a ridge regression; with the bias the mean of exp(x W + bias) is 1, or of x W + bias 0."""
    weights = ridge_weights(x - x.mean(0), y - y.mean(0), PENALTY)
    predicted = x @ weights
    highest = predicted.max(0)
    of_logs = -highest - np.log(np.exp(predicted - highest).mean(0))
    return StartingReadOut(weights, np.where(log_links, of_logs, -predicted.mean(0)))


def _mean_of_neurons(averages: np.ndarray) -> np.ndarray:
    """Of each neuron, over all but the last axis; 0 where nothing is known."""
    return np.nan_to_num(mean_of_known(averages.reshape(-1, averages.shape[-1]), 0))
