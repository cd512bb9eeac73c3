"""Coherence against SciPy's, of noise, and of missing samples."""

import numpy as np
import pytest
from scipy.signal import coherence as coherence_of_one

from lfads.numerics.coherence import coherence, other_pairs, segments_of


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


def test_pairings_of_others_are_as_a_loop_gives():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(12, 30, 2)), rng.normal(size=(12, 30, 1))
    pairs = other_pairs(12, 4)
    found = coherence(segments_of(x, 0.01, 20), segments_of(y, 0.01, 20), pairs)
    for number, pair in enumerate(pairs):
        one = coherence(segments_of(x, 0.01, 20), segments_of(y[pair], 0.01, 20))[0]
        np.testing.assert_allclose(found[number], one)


def test_a_constant_signal_is_coherent_with_nothing():
    y = np.random.default_rng(4).normal(size=(5, 30, 1))
    found = coherence(segments_of(np.ones((5, 30, 1)), 0.01, 20), segments_of(y, 0.01, 20))
    assert not found.any()
