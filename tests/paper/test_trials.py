"""Trials that something is fitted to or computed of."""

import numpy as np

from lfads.data.dataset import Dataset
from lfads.paper.trials import fewer_trials


def dataset_of_three_splits() -> Dataset:
    split = np.array(["train", "valid", "train", "test"] * 5)
    return Dataset.from_arrays(np.ones((20, 3, 2), int), bin_width_s=0.01, split=split)


def test_trials_of_each_split_are_evenly_spread_and_those_of_tests_stay() -> None:
    few = fewer_trials(dataset_of_three_splits(), 4, 3).session
    assert few.trial_index[few.of_split("train")].tolist() == [0, 6, 12, 18]
    assert few.trial_index[few.of_split("valid")].tolist() == [1, 9, 17]
    assert few.of_split("test").sum() == 5
    assert (np.diff(few.trial_index) > 0).all()


def test_none_and_more_than_there_are_leave_all() -> None:
    dataset = dataset_of_three_splits()
    assert fewer_trials(dataset, None).session.num_trials == 20
    assert fewer_trials(dataset, 1000, 1000).session.num_trials == 20
    assert set(fewer_trials(dataset, 0).session.split) == {"valid", "test"}
