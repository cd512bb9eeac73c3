"""Every fifth trial validates, and there is always a trial to train on."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.data.splits import default_split


def validating(num_trials, condition=None):
    split = default_split(num_trials, None if condition is None else np.asarray(condition))
    return np.flatnonzero(split == "valid").tolist()


def test_every_fifth_trial_validates():
    assert validating(16) == [4, 9, 14]


@pytest.mark.parametrize(("num_trials", "expected"), [(1, []), (2, [1]), (3, [2]), (4, [3])])
def test_few_trials(num_trials, expected):
    assert validating(num_trials) == expected


def test_every_fifth_trial_of_each_condition_validates():
    condition = ["a", "b"] * 10
    assert validating(20, condition) == [8, 9, 18, 19]


def test_conditions_too_small_to_split_are_split_together():
    assert validating(20, np.repeat(np.arange(10), 2)) == [4, 9, 14, 19]


def test_no_trials():
    with pytest.raises(UserError, match="expected at least one trial to split; got 0"):
        default_split(0)
