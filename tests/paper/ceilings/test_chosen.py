"""Trials that ceilings are computed of."""

import numpy as np

from lfads.data.dataset import Dataset
from lfads.paper.ceilings.chosen import chosen_trials


def test_trials_of_each_split_are_evenly_spread():
    split = np.array(["train", "valid", "train", "test"] * 5)
    session = Dataset.from_arrays(np.ones((20, 3, 2), int), bin_width_s=0.01, split=split).session
    found = chosen_trials(session, 4, 3)
    assert found.trial_index.tolist() == [0, 1, 6, 9, 12, 17, 18]
    assert found.of_split("train").sum() == 4
    assert len(chosen_trials(session, 100, None).split) == 15
    assert set(chosen_trials(session, 0, 2).split) == {"valid"}
