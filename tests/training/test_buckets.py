"""Trials of similar length together."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lfads.training.batching import epoch_order, in_order
from lfads.training.buckets import buckets_by_length, padded_share, worthwhile_buckets

lengths = st.lists(st.integers(1, 12), min_size=1, max_size=30).map(np.array)


def fewest_bins(trial_length: np.ndarray, num_buckets: int) -> int:
    """By trying every choice of the buckets' lengths."""
    occurring = np.unique(trial_length)
    longest, others = occurring[-1], occurring[:-1].tolist()
    choices = [
        np.array([*chosen, longest])
        for number in range(min(num_buckets, len(occurring)))
        for chosen in combinations(others, number)
    ]
    return min(int(ends[np.searchsorted(ends, trial_length)].sum()) for ends in choices)


@given(lengths, st.integers(1, 4))
def test_no_other_buckets_run_fewer_bins(trial_length, num_buckets):
    buckets = buckets_by_length(trial_length, num_buckets)
    run = np.array(buckets.num_bins)[buckets.of_trial]
    assert (run >= trial_length).all()
    assert list(buckets.num_bins) == sorted(set(buckets.num_bins))
    assert run.sum() == fewest_bins(trial_length, num_buckets)
    assert np.isclose(
        padded_share(trial_length, num_buckets),
        run.sum() / (len(trial_length) * trial_length.max()),
    )


@given(lengths, st.integers(1, 9), st.integers(1, 3), st.integers(0, 5))
def test_each_trial_comes_once_in_steps_of_one_bucket(trial_length, batch_size, shards, epoch):
    bucket = buckets_by_length(trial_length, 3).of_trial
    number = len(trial_length)
    for steps in (
        epoch_order(number, batch_size, shards, 0, epoch, bucket),
        in_order(number, batch_size, shards, bucket),
    ):
        assert sorted(steps[steps >= 0].tolist()) == list(range(number))
        assert steps.shape[1] % shards == 0
        for step in steps:
            assert len(set(bucket[step[step >= 0]])) == 1
            assert 0 < (step >= 0).sum() <= batch_size


def test_buckets_that_save_little_are_not_made():
    assert worthwhile_buckets(np.arange(95, 101)) == 1
    assert worthwhile_buckets(np.repeat([50, 100], 20)) == 2
    assert worthwhile_buckets(np.repeat([25, 50, 75, 100], 20)) == 4
