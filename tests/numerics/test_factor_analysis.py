"""Factor analysis against its equations, and rotations that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from lfads.numerics.factor_analysis import fitted, posterior_weights
from lfads.numerics.procrustes import rotation_onto, rotations_onto_common


def planted_correlation(num_neurons=12, num_factors=3, seed=0):
    rng = np.random.default_rng(seed)
    loadings = rng.normal(size=(num_neurons, num_factors))
    covariance = loadings @ loadings.T + np.diag(rng.uniform(0.5, 2.0, num_neurons))
    deviation = np.sqrt(np.diag(covariance))
    return covariance / np.outer(deviation, deviation)


def test_a_planted_covariance_is_found():
    correlation = planted_correlation()
    loadings, noise = fitted(correlation, 3)
    np.testing.assert_allclose(loadings @ loadings.T + np.diag(noise), correlation, atol=5e-3)
    gram = loadings.T @ loadings
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-9)


def test_no_other_start_is_more_likely():
    rng = np.random.default_rng(3)
    samples = rng.multivariate_normal(np.zeros(6), planted_correlation(6, 2, 3), 200)
    correlation = np.asarray(np.corrcoef(samples.T))
    standard = (samples - samples.mean(0)) / samples.std(0)

    def likelihood(loadings, noise):
        covariance = loadings @ loadings.T + np.diag(noise)
        return multivariate_normal(np.zeros(6), covariance).logpdf(standard).mean()

    loadings, noise = fitted(correlation, 2)
    best = likelihood(loadings, noise)
    for _ in range(30):
        moved = loadings + 0.02 * rng.normal(size=loadings.shape)
        assert likelihood(moved, noise * np.exp(0.02 * rng.normal(size=6))) < best + 1e-4


def test_weights_are_those_of_the_posterior_mean():
    correlation = planted_correlation()
    deviation = np.random.default_rng(1).uniform(0.5, 3.0, 12)
    covariance = correlation * np.outer(deviation, deviation)
    loadings, noise = fitted(correlation, 3)
    expected = np.linalg.solve(loadings @ loadings.T + np.diag(noise), loadings)
    found = posterior_weights(covariance, 3)
    np.testing.assert_allclose(found, expected / deviation[:, None], atol=1e-9)


@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 999))
def test_weights_are_finite_for_any_number_of_factors(num_neurons, num_factors, seed):
    rng = np.random.default_rng(seed)
    samples = rng.poisson(0.1, (20, num_neurons)).astype(float)
    samples[:, 0] = 0
    if num_neurons > 2:
        samples[:, 1] = samples[:, 2]
    found = posterior_weights(np.atleast_2d(np.cov(samples.T, bias=True)), num_factors)
    assert found.shape == (num_neurons, num_factors)
    assert np.isfinite(found).all()
    assert (found[0] == 0).all()
    assert (found[:, num_neurons - 1 :] == 0).all()


def orthogonal(num, rng):
    return np.linalg.qr(rng.normal(size=(num, num)))[0]


@given(st.integers(1, 6), st.integers(0, 999))
def test_a_rotation_is_undone(num, seed):
    rng = np.random.default_rng(seed)
    course = rng.normal(size=(20, num))
    turn = orthogonal(num, rng)
    turned = course @ turn.T
    turned[:5] = np.nan
    np.testing.assert_allclose(rotation_onto(turned, course), turn, atol=1e-8)


def test_rotations_meet_on_a_common_course():
    rng = np.random.default_rng(0)
    course = rng.normal(size=(30, 4))
    given_ = [course @ orthogonal(4, rng) for _ in range(5)]
    given_[1][20:] = np.nan
    rotations = rotations_onto_common(given_, 2)
    for one, turn in zip(given_, rotations, strict=True):
        known = ~np.isnan(one).any(1)
        np.testing.assert_allclose(
            (one @ turn)[known], (given_[2] @ rotations[2])[known], atol=1e-8
        )
        np.testing.assert_allclose(turn @ turn.T, np.eye(4), atol=1e-9)


def test_courses_that_do_not_fill_the_space_are_rotated_all_the_same():
    rng = np.random.default_rng(0)
    course = np.zeros((30, 5))
    course[:, :2] = rng.normal(size=(30, 2))
    turned = course @ orthogonal(5, rng)
    (one, other) = rotations_onto_common([course, turned], 0)
    np.testing.assert_allclose(turned @ other, course @ one, atol=1e-8)
    np.testing.assert_allclose(other @ other.T, np.eye(5), atol=1e-9)


@pytest.mark.parametrize("num", [1, 3])
def test_nothing_known_gives_a_rotation(num):
    found = rotation_onto(np.full((4, num), np.nan), np.ones((4, num)))
    np.testing.assert_allclose(found @ found.T, np.eye(num), atol=1e-12)
