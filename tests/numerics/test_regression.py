"""R² and linear maps by hand, and what must leave them as they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfads.checks import UserError
from lfads.numerics.regression import (
    fit_linear_map,
    r_squared,
    ridge_weights,
    squared_correlation,
)

seeds = st.integers(0, 2**32 - 1)


def test_r_squared_by_hand():
    true = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    predicted = np.array([[1.0, 5.0], [2.0, 4.0], [2.0, 5.0]])
    r2 = r_squared(true, predicted)
    assert r2[0] == pytest.approx(1 - 1 / 2)
    assert np.isnan(r2[1])  # no variance to explain


@given(seed=seeds)
def test_r_squared_leaves_out_nan_column_by_column(seed):
    rng = np.random.default_rng(seed)
    true, predicted = rng.normal(size=(2, 4, 5, 3))
    true[rng.random(true.shape) < 0.2] = np.nan
    predicted[rng.random(true.shape) < 0.1] = np.nan
    for column, r2 in enumerate(r_squared(true, predicted)):
        x, y = true[..., column].ravel(), predicted[..., column].ravel()
        known = ~np.isnan(x + y)
        residual = np.sum((x[known] - y[known]) ** 2)
        assert r2 == pytest.approx(1 - residual / (known.sum() * np.var(x[known])))


def test_r_squared_of_other_shapes_is_refused():
    with pytest.raises(UserError, match="`true` and `predicted` must have the same shape"):
        r_squared(np.ones((2, 3)), np.ones((3, 2)))


@given(seed=seeds)
def test_a_linear_relation_is_found(seed):
    rng = np.random.default_rng(seed)
    x, weights, intercept = rng.normal(size=(4, 10, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    found = fit_linear_map(x, x @ weights + intercept)
    np.testing.assert_allclose(found.weights, weights, atol=1e-8)
    np.testing.assert_allclose(found.intercept, intercept, atol=1e-8)


@given(seed=seeds, penalty=st.floats(0.1, 100))
def test_ridge_solves_its_normal_equations_and_leaves_the_intercept_free(seed, penalty):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(30, 3)), rng.normal(size=(30, 2)) + 50
    # The same as least squares with rows that pull the weights, but not the intercept, to 0.
    design = np.block([[x, np.ones((30, 1))], [np.sqrt(penalty) * np.eye(3), np.zeros((3, 1))]])
    expected = np.linalg.lstsq(design, np.vstack([y, np.zeros((3, 2))]))[0]
    found = fit_linear_map(x, y, penalty)
    np.testing.assert_allclose(found.weights, expected[:3], atol=1e-8)
    np.testing.assert_allclose(found.intercept, expected[3], atol=1e-8)


def test_collinear_features_are_no_obstacle():
    x = np.random.default_rng(0).normal(size=(20, 1))
    found = fit_linear_map(np.hstack([x, x]), 3 * x)
    np.testing.assert_allclose(found.weights, [[1.5], [1.5]])


def test_samples_with_nan_are_left_out_of_the_fit():
    x = np.array([[0.0], [1.0], [2.0], [np.nan], [4.0]])
    y = np.array([[1.0], [3.0], [5.0], [7.0], [np.nan]])
    np.testing.assert_allclose(fit_linear_map(x, y)(np.array([[10.0]])), [[21.0]])


@pytest.mark.parametrize(
    ("y", "penalty", "message"),
    [(np.nan, 0.0, "at least one sample"), (1.0, -1.0, "`penalty` must be 0 or more; got -1")],
)
def test_what_cannot_be_fitted_is_refused(y, penalty, message):
    with pytest.raises(UserError, match=message):
        fit_linear_map(np.ones((3, 1)), np.full((3, 1), y), penalty)


@given(seed=seeds)
def test_latents_that_were_mixed_are_recovered_on_other_samples(seed):
    rng = np.random.default_rng(seed)
    latents, mixing = rng.normal(size=(40, 3)), rng.normal(size=(3, 5))
    factors = latents @ mixing + 2
    found = fit_linear_map(factors[:25], latents[:25])
    r2 = r_squared(latents[25:], found(factors[25:]))
    np.testing.assert_allclose(r2, 1, atol=1e-6)


@given(seed=seeds)
def test_r_squared_may_be_about_another_centre(seed):
    rng = np.random.default_rng(seed)
    (true, predicted), centre = rng.normal(size=(2, 6, 3)), rng.normal(size=3)
    expected = 1 - ((true - predicted) ** 2).sum(0) / ((true - centre) ** 2).sum(0)
    np.testing.assert_allclose(r_squared(true, predicted, centre), expected)


def test_ridge_without_a_penalty_is_least_squares():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
    np.testing.assert_allclose(ridge_weights(x, y, 0.0), np.linalg.pinv(x) @ y)


def test_squared_correlation_is_that_of_numpy_where_both_are_known():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 30))
    expected = np.corrcoef(x[3:], y[3:])[0, 1] ** 2
    x[:3] = np.nan
    assert squared_correlation(x, y) == pytest.approx(expected)
    assert np.isnan(squared_correlation(x, np.ones(30)))
