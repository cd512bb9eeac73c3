"""Signals on the bins of trials: means of what falls in, nothing from the future."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfads.checks import UserError
from lfads.recordings.binning import trial_bins
from lfads.recordings.recording import Series
from lfads.recordings.resample import events_onto_bins, onto_bins


def regular(values, rate_hz, start_s=0.0):
    return Series.from_arrays("hand", values, rate_hz=rate_hz, start_s=start_s)


def test_a_fast_series_is_averaged_in_each_bin():
    bins = trial_bins(0.02, [0.1, 0.5], window_s=(0.0, 0.06))
    series = regular(np.arange(1000.0), 1000.0)
    expected = [[109.5, 129.5, 149.5], [509.5, 529.5, 549.5]]
    np.testing.assert_allclose(onto_bins(series, bins)[:, :, 0], expected)


def test_a_slow_series_is_held_and_never_interpolated():
    bins = trial_bins(0.1, [0.0], window_s=(0.0, 0.8))
    series = regular(np.array([1.0, 5.0, 9.0]), 2.5)  # samples at 0, 0.4, 0.8
    assert onto_bins(series, bins)[0, :, 0].tolist() == [1, 1, 1, 1, 5, 5, 5, 5]


@given(st.integers(0, 29), st.sampled_from([7.0, 30.0, 100.0, 333.0]))
def test_the_future_does_not_leak(bin_, rate_hz):
    bins = trial_bins(0.02, [0.1], window_s=(0.0, 0.6))
    values = np.random.default_rng(0).normal(size=int(rate_hz) + 1)
    end = 0.1 + (bin_ + 1) * 0.02
    later = np.arange(len(values)) / rate_hz >= end
    changed = np.where(later, 1e6, values)
    one, other = (onto_bins(regular(v, rate_hz), bins)[0, : bin_ + 1] for v in (values, changed))
    np.testing.assert_array_equal(one, other)


def test_irregular_series_equal_regular_ones_with_the_same_times():
    bins = trial_bins(0.03, [0.2, 0.4], window_s=(0.0, 0.3))
    values = np.random.default_rng(1).normal(size=(200, 3))
    irregular = Series.from_arrays("hand", values, times_s=0.05 + np.arange(200) / 200.0)
    np.testing.assert_allclose(
        onto_bins(irregular, bins), onto_bins(regular(values, 200.0, 0.05), bins)
    )


def test_gaps_and_the_ends_of_trials_are_nan():
    times = np.concatenate([np.arange(0, 0.3, 0.01), np.arange(0.7, 1.0, 0.01)])
    series = Series.from_arrays("hand", np.ones(len(times)), times_s=times)
    bins = trial_bins(0.1, [0.0, 0.2], [1.0, 0.6])
    known = np.isfinite(onto_bins(series, bins)[:, :, 0])
    assert known[0].tolist() == [True] * 4 + [False] * 3 + [True] * 3
    assert known[1].tolist() == [True] * 2 + [False] * 8


def test_delayed_channels_hold_what_lies_in_their_own_bins():
    values = np.stack([np.arange(6.0), 10 + np.arange(6.0)], axis=1)
    late = dataclasses.replace(regular(values, 10.0), delays_s=np.array([0.0, 0.15]))
    bins = trial_bins(0.1, [0.1], window_s=(0.0, 0.3))
    assert onto_bins(late, bins)[0].tolist() == [[1, 10], [2, 11], [3, 12]]


def test_missing_samples_are_left_out_of_the_mean():
    values = np.array([1.0, np.nan, 3.0, np.nan])
    bins = trial_bins(0.2, [0.0], window_s=(0.0, 0.4))
    assert onto_bins(regular(values, 10.0), bins)[0, :, 0].tolist() == [1.0, 3.0]


def test_a_clock_that_runs_backwards_is_refused():
    series = Series.from_arrays("hand", np.ones(4), times_s=[0.0, 0.2, 0.1, 0.3])
    with pytest.raises(UserError, match=r"sample 2 is at 0\.1 s after one at 0\.2 s"):
        onto_bins(series, trial_bins(0.1, [0.0], window_s=(0.0, 0.2)))


def test_events_are_counted():
    bins = trial_bins(0.1, [0.0, 1.0], [0.3, 1.2])
    found = events_onto_bins(np.array([0.05, 0.25, 0.27, 1.25, 1.1]), bins)[:, :, 0]
    assert found.tolist() == [[1, 0, 2], [0, 1, 0]]


def test_what_is_held_does_not_depend_on_where_a_trial_begins():
    values = np.arange(200.0)
    values[100:103] = np.nan
    series = regular(values, 50.0)
    early, late = (
        onto_bins(series, trial_bins(0.02, [start], window_s=(0.0, 0.4)))[0, :, 0]
        for start in (1.9, 2.02)
    )
    np.testing.assert_array_equal(early[6:20], late[:14])
    assert late[:3].tolist() == [99.0, 99.0, 103.0]
