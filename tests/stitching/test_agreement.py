"""How well sessions agree: R² against the others, and what there is before alignment."""

import math

import numpy as np
import pytest
from tests.stitching.planted import planted

from lfads.stitching.alignment import agreement_of, own_components


def test_r_squared_is_that_of_the_formula():
    rng = np.random.default_rng(0)
    first, second, third = rng.normal(size=(3, 2, 5, 2)) + 3.0
    centre = (first + second + third).mean((0, 1)) / 3
    expected = 1 - ((first - (second + third) / 2) ** 2).sum() / ((first - centre) ** 2).sum()
    assert agreement_of([first, second, third])[0] == pytest.approx(expected)


def test_only_shared_entries_count():
    rng = np.random.default_rng(0)
    course = rng.normal(size=(4, 5, 2))
    one, other = course.copy(), course.copy()
    one[0], other[3, 2:] = np.nan, np.nan
    one[3, 2:] = 100.0  # the other does not know these
    assert agreement_of([one, other]) == (1.0, 1.0)


def test_nothing_shared_or_nothing_varying_is_not_a_number():
    one, other = np.ones((2, 3, 1)), np.ones((2, 3, 1))
    assert all(map(math.isnan, agreement_of([one, other])))
    one[0], other[1] = np.nan, np.nan
    assert all(map(math.isnan, agreement_of([one, other])))
    assert math.isnan(agreement_of([np.random.default_rng(0).normal(size=(2, 3, 1))])[0])


def test_unrelated_courses_do_not_agree():
    rng = np.random.default_rng(0)
    assert max(agreement_of(list(rng.normal(size=(4, 6, 20, 3))))) < 0.1


def test_own_components_are_orthogonal_and_of_one_scale():
    first, second, _ = own_components(planted((12, 2, 15)), 3, "conditions")
    assert first.shape == second.shape == (6, 30, 3)
    flat = first.reshape(-1, 3)
    gram = flat.T @ flat / len(flat)
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-9)
    assert np.trace(gram) == pytest.approx(3)
    assert (second[..., 2] == 0).all()


def test_own_components_of_time_courses_are_one_condition():
    assert own_components(planted(labelled=False), 2, "time_course")[0].shape == (1, 30, 2)
    assert own_components(planted(), 2, "time_course")[0].shape == (1, 30, 2)
