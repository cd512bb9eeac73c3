"""Means of what is known, by group, against loops."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lfads.numerics.means import (
    groups_of_labels,
    mean_of_known,
    means_of_groups,
    on_same_bins,
    std_of_known,
)


def test_the_mean_leaves_out_what_is_not_known():
    found = mean_of_known(np.array([[1.0, np.nan, np.nan], [3.0, 2.0, np.nan]]), 0)
    np.testing.assert_array_equal(found, [2.0, 2.0, np.nan])


def test_what_is_known_may_be_said():
    values = np.array([[[1, 9], [3, 5]]], np.uint8)
    known = np.array([[[True], [False]]])
    np.testing.assert_array_equal(mean_of_known(values, (0, 1), known), [1.0, 9.0])
    assert np.isnan(mean_of_known(values, (0, 1, 2), np.zeros_like(known)))


def test_the_spread_is_that_of_numpy():
    values = np.random.default_rng(0).normal(size=(20, 3))
    values[:5, 0] = np.nan
    np.testing.assert_allclose(std_of_known(values, 0), np.nanstd(values, 0))


@given(st.integers(1, 5), st.integers(0, 999))
def test_means_of_groups_are_those_of_a_loop(num_groups, seed):
    rng = np.random.default_rng(seed)
    values, group = rng.normal(size=(12, 4, 2)), rng.integers(-1, num_groups, 12)
    known = rng.random((12, 4, 1)) < 0.7
    found = means_of_groups(values, group, num_groups, known)
    for g in range(num_groups):
        for time in range(4):
            rows = values[(group == g) & known[:, time, 0], time]
            expected = rows.mean(0) if len(rows) else np.full(2, np.nan)
            np.testing.assert_allclose(found[g, time], expected)


def test_labels_are_compared_as_text():
    assert groups_of_labels(np.array(["b", "1", "c"]), [1, "b"]).tolist() == [1, 0, -1]


def test_shorter_courses_are_nan_behind_their_end():
    short, long = np.ones((2, 3, 4)), np.full((2, 8, 4), 2.0)
    found = on_same_bins([short, long])
    assert [course.shape for course in found] == [(2, 8, 4), (2, 8, 4)]
    assert (found[0][:, :3] == 1).all()
    assert np.isnan(found[0][:, 3:]).all()
    assert (found[1] == 2).all()
