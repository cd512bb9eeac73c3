"""Buckets of trials of similar length, so that short trials need not run as long as the longest."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from lfads.arrays import PerTrial

MOST_BUCKETS = 4
COST_OF_A_BUCKET = 0.05
"""Share of the bins of padded trials that another bucket must save: each is compiled by itself."""


class Buckets(NamedTuple):
    """Bins to which each bucket's trials are padded, shortest first, and the bucket of each trial."""

    num_bins: tuple[int, ...]
    of_trial: Int[np.ndarray, " trial"]

    @property
    def trials(self) -> list[Int[np.ndarray, " trial"]]:
        """The trials of each bucket."""
        return [np.flatnonzero(self.of_trial == bucket) for bucket in range(len(self.num_bins))]


def buckets_by_length(trial_length: PerTrial, num_buckets: int) -> Buckets:
    """The buckets (at most so many) in which trials are padded with the fewest bins.

    Dynamic programming over the lengths that occur: C(k, j) is the least number of bins of the trials
    of the j shortest lengths in k buckets.

    Parameters
    ----------
    trial_length
        Bins of each trial.
    num_buckets
        At most; fewer where there are not so many lengths.

    Examples
    --------
    >>> buckets_by_length(np.array([10, 40, 11, 12, 39]), 2)
    Buckets(num_bins=(12, 40), of_trial=array([0, 1, 0, 0, 1]))
    """
    lengths, number = np.unique(trial_length, return_counts=True)
    ends = _bucket_ends(lengths, number, min(num_buckets, len(lengths)))
    return Buckets(
        tuple(int(lengths[end - 1]) for end in ends),
        np.searchsorted(lengths[np.array(ends) - 1], trial_length),
    )


def _bucket_ends(lengths: np.ndarray, number: np.ndarray, num_buckets: int) -> list[int]:
    """How many of the lengths lie in the buckets up to each one."""
    trials = np.concatenate([[0], np.cumsum(number)])
    places = len(lengths) + 1
    cost = np.full(places, np.inf)
    cost[0] = 0
    begins = np.zeros((num_buckets, places), int)
    for bucket in range(num_buckets):
        best = np.full(places, np.inf)
        for end in range(bucket + 1, places):
            costs = cost[:end] + lengths[end - 1] * (trials[end] - trials[:end])
            begins[bucket, end] = int(np.argmin(costs))
            best[end] = costs[begins[bucket, end]]
        cost = best
    ends = [places - 1]
    for bucket in range(num_buckets - 1, 0, -1):
        ends.append(int(begins[bucket, ends[-1]]))
    return ends[::-1]


def padded_share(trial_length: PerTrial, num_buckets: int) -> float:
    """Bins that so many buckets run, as a share of those when all trials run for the longest."""
    buckets = buckets_by_length(trial_length, num_buckets)
    run = np.asarray(buckets.num_bins)[buckets.of_trial].sum()
    return float(run / (len(trial_length) * trial_length.max()))


def worthwhile_buckets(trial_length: PerTrial) -> int:
    """How many buckets to use when each must save a twentieth of the bins.

    >>> worthwhile_buckets(np.full(50, 100)), worthwhile_buckets(np.repeat([20, 60, 100], 50))
    (1, 3)
    """
    costs = [
        padded_share(trial_length, number) + COST_OF_A_BUCKET * number
        for number in range(1, MOST_BUCKETS + 1)
    ]
    return 1 + int(np.argmin(costs))
