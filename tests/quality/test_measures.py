"""Rates, counts and trials: planted defects, and nothing where none is planted."""

import numpy as np
import pytest
from tests.quality.planted import WIDTH_S, found_in, poisson, session_of

from lfads.quality.measures import (
    copied_trials,
    firing_of,
    groups_of,
    population_rates_hz,
    silent_in,
)


def test_firing_counts_what_was_observed():
    counts = poisson(20, 30, 4)
    observed = np.ones(counts.shape, bool)
    observed[:, :15, 1] = False
    observed[:, :, 2] = False
    counts[..., 3] = 0
    firing = firing_of(session_of(counts, observed=observed), WIDTH_S)
    assert firing.rates_hz[0] == pytest.approx(counts[..., 0].sum() / 6.0)
    assert firing.rates_hz[1] == pytest.approx(counts[:, 15:, 1].sum() / 3.0)
    assert np.isnan(firing.rates_hz[2])
    assert firing.silent.tolist() == [False, False, True, True]


def test_nearly_silent_neurons_fire_less_than_once_in_ten_trials():
    counts = np.zeros((40, 10, 3), int)
    counts[::4, 0, 0] = 1
    counts[:3, 0, 1] = 1
    assert firing_of(session_of(counts), WIDTH_S).nearly_silent().tolist() == [False, True, False]


def test_counts_that_were_cut_off_are_found():
    counts = poisson(200, 50, 6, rate=0.6)
    assert not firing_of(session_of(counts), WIDTH_S).cut_off.any()
    assert firing_of(session_of(np.minimum(counts, 1)), WIDTH_S).cut_off.all()
    assert firing_of(session_of(np.minimum(counts, 2)), WIDTH_S).cut_off.all()
    assert not firing_of(session_of(np.minimum(counts, 1)), 0.001).cut_off.any()
    assert any("look cut off at 1" in t for t in found_in(np.minimum(counts, 1)))


def test_copied_trials_are_found():
    counts = poisson(20)
    counts[17] = counts[4]
    counts[5:7] = 0
    assert copied_trials(session_of(counts)) == ((4, 17),)
    titles = found_in(counts)
    assert "Trials that hold exactly the same spikes: 4 = 17." in titles
    assert "2 trials without a single spike: 5, 6." in titles


def test_neurons_that_a_split_lacks_are_found():
    counts = poisson(60, rate=0.5)
    split = np.repeat(["train", "valid", "test"], 20)
    counts[40:, :, 3] = 0
    session = session_of(counts, split=split)
    silent = silent_in(firing_of(session, WIDTH_S), session.of_split("test"))
    assert np.flatnonzero(silent).tolist() == [3]
    titles = found_in(counts, split=split)
    assert any("without a spike in the test trials" in t for t in titles)
    assert "All test trials lie before or after all training trials." in titles
    titles = found_in(counts, split=["test", *["train", "valid"] * 29, "train"])
    assert not any("before or after" in t for t in titles)


def test_groups_pool_rare_conditions():
    condition = np.array(["a"] * 6 + ["b", "c", "c"] + ["d"] * 5)
    group = groups_of(session_of(poisson(14), condition=condition))
    assert group.tolist() == [0] * 6 + [2] * 3 + [1] * 5


def test_averages_leave_out_what_was_not_observed():
    counts = poisson(12, 8, 3, rate=1.0)
    observed = np.ones(counts.shape, bool)
    observed[:6, :, 1] = False
    session = session_of(counts, observed=observed)
    group = np.zeros(12, np.int64)
    expected = (counts * observed).sum((0, 2)) / observed.sum((0, 2)) / WIDTH_S
    assert np.allclose(population_rates_hz(session, group, bin_width_s=WIDTH_S)[0], expected)
