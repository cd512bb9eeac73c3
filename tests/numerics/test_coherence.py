"""Coherence against SciPy's, of noise, and of missing samples."""

import numpy as np
import pytest
from scipy.signal import coherence as coherence_of_one

from lfads.numerics.coherence import coherence, num_segments, other_pairs, segments_of


def test_of_one_long_trial_it_is_scipys():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(1, 2000, 1))
    x = 0.5 * y + rng.normal(size=(1, 2000, 3))
    found = coherence(segments_of(x, 0.01, 100), segments_of(y, 0.01, 100))[0]
    frequency, slow = coherence_of_one(x[0].T, y[0].T, fs=100, nperseg=100)
    np.testing.assert_allclose(found.T[:, 1:], slow[:, 1:], atol=1e-9)
    np.testing.assert_allclose(segments_of(x, 0.01, 100).frequency_hz, frequency)


def test_many_trials_are_averaged_and_noise_falls_with_their_number():
    rng = np.random.default_rng(1)
    means = []
    for trials in (20, 200):
        x, y = rng.normal(size=(trials, 60, 4)), rng.normal(size=(trials, 60, 1))
        means.append(coherence(segments_of(x, 0.01, 60), segments_of(y, 0.01, 60))[0, 1:].mean())
    assert means[0] == pytest.approx(1 / 20, rel=0.4)
    assert means[1] == pytest.approx(1 / 200, rel=0.4)


def test_segments_with_missing_samples_do_not_count():
    rng = np.random.default_rng(2)
    y = rng.normal(size=(50, 40, 1))
    x = np.concatenate([y, rng.normal(size=(50, 40, 1))], axis=2)
    x[:10, 30:] = np.nan
    y[10:15, :3] = np.nan
    found = coherence(segments_of(x, 0.01, 20), segments_of(y, 0.01, 20))
    np.testing.assert_allclose(found[0, 1:, 0], 1.0)
    assert found[0, 1:, 1].max() < 0.2


def test_a_missing_sample_of_one_signal_costs_no_other_its_segment():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(20, 40, 3)), rng.normal(size=(20, 40, 1))
    whole, other = segments_of(x, 0.01, 20), segments_of(y, 0.01, 20)
    x[3, 15, 0] = np.nan  # in two segments, which overlap
    x[:, 0, 2] = x[:, 20, 2] = np.nan
    x[:, 39, 2] = np.nan
    gaps = segments_of(x, 0.01, 20)
    assert num_segments(gaps, other).tolist() == [58, 60, 0]
    pairs = other_pairs(np.zeros(20, int), 3)
    for given in (None, pairs):
        found, slow = coherence(gaps, other, given), coherence(whole, other, given)
        np.testing.assert_allclose(found[..., 1], slow[..., 1])
        assert np.isnan(found[..., 2]).all()
    kept = gaps.known[:, :, 0]  # what remains of the signal with a gap, by hand
    one, two = whole.spectra[:, kept, 0], other.spectra[:, kept, 0]
    power = (np.abs(one) ** 2).sum(1) * (np.abs(two) ** 2).sum(1)
    slow = np.abs((one.conj() * two).sum(1)) ** 2 / power
    np.testing.assert_allclose(coherence(gaps, other)[0, 1:, 0], slow[1:])


def test_pairs_are_of_the_same_group_where_it_has_another_trial():
    group = np.array([0, 1, 0, 1, 1, 2, 0])
    pairs = other_pairs(group, 50)
    assert (pairs != np.arange(7)).all()
    shared = group != 2
    assert (group[pairs][:, shared] == group[shared]).all()
    assert set(pairs[:, 5].tolist()) == {0, 1, 2, 3, 4, 6}


def test_pairings_of_others_are_as_a_loop_gives():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(12, 30, 2)), rng.normal(size=(12, 30, 1))
    pairs = other_pairs(np.zeros(12, int), 4)
    found = coherence(segments_of(x, 0.01, 20), segments_of(y, 0.01, 20), pairs)
    for number, pair in enumerate(pairs):
        one = coherence(segments_of(x, 0.01, 20), segments_of(y[pair], 0.01, 20))[0]
        np.testing.assert_allclose(found[number], one)


def test_a_constant_signal_is_coherent_with_nothing():
    y = np.random.default_rng(4).normal(size=(5, 30, 1))
    found = coherence(segments_of(np.ones((5, 30, 1)), 0.01, 20), segments_of(y, 0.01, 20))
    assert not found.any()
