"""What a look before training says in words."""

import numpy as np
import pytest
from tests.quality.planted import found_in, poisson

from lfads.checks import first_of


def test_nothing_is_said_about_good_data():
    assert found_in(poisson(120, 60, 20), condition=np.arange(120) % 4) == []


@pytest.mark.parametrize(
    ("counts", "given", "title"),
    [
        (poisson(20), {}, "Only 20 trials to train and validate on."),
        (poisson(60), {"split": ["test"] * 60}, "There are no training trials."),
        (poisson(60), {"split": ["train"] * 60}, "There are no validation trials."),
        (poisson(60, rate=2.0), {}, "10 neurons above 150 spikes/s"),
        (poisson(60, rate=0.01), {}, "All neurons together fire 0.1"),
        (poisson(60, rate=3.0), {"bin_width_s": 0.1}, "Half of the neurons fire more than 3"),
        (poisson(60, rate=0.01), {"bin_width_s": 1.0}, "Half of the neurons fire less than 0.01"),
        (poisson(60), {"condition": np.arange(60)}, "60 conditions among 60 trials."),
        (poisson(60), {"condition": [0] * 57 + [1] * 3}, "1 condition of 2 with fewer than 5"),
        (poisson(60), {"condition": [0] * 50 + [1] * 10, "split": ["train"] * 50 + ["valid"] * 10},
         "Conditions without a training trial: 1."),
        (poisson(60), {"held_out_neurons": range(6)}, "6 of 10 neurons are held out."),
    ],
)  # fmt: skip
def test_what_is_named(counts, given, title):
    assert any(found.startswith(title) for found in found_in(counts, **given))


def test_long_lists_are_shortened():
    assert first_of(range(3)) == "0, 1, 2"
    assert first_of(range(20)).endswith("9 and 10 more")
