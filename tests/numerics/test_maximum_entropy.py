"""Surrogates keep means and covariances along each axis, and nothing else."""

import numpy as np
import pytest

from lfads.numerics.maximum_entropy import additive_mean, marginal_variances, maximum_entropy


def table(seed: int = 0, rank: int = 3) -> np.ndarray:
    """Smooth in time, of few dimensions, with unlike conditions."""
    rng = np.random.default_rng(seed)
    latents = rng.normal(size=(20, rank, 8)).cumsum(0)
    return np.einsum("tkc,nk->tnc", latents, rng.normal(size=(10, rank))) + 2.0


def covariance(rest: np.ndarray, axis: int) -> np.ndarray:
    rows = np.moveaxis(rest, axis, 0).reshape(rest.shape[axis], -1)
    return rows @ rows.T


@pytest.mark.parametrize("rank", [3, 10])
def test_means_and_three_covariances_are_those_of_the_table(rank):
    """Exactly: what is expected follows from the variances, without a draw."""
    given = table(rank=rank)
    found = maximum_entropy(given)
    rest = given - found.mean
    for axis, others in enumerate([(1, 2), (0, 2), (0, 1)]):
        np.testing.assert_allclose(found.mean.mean(others), given.mean(others), atol=1e-9)
        basis = found.axes[axis]
        expected = (basis * (found.std**2).sum(others)) @ basis.T
        true = covariance(rest, axis)
        np.testing.assert_allclose(expected, true, atol=1e-7 * np.abs(true).max())


def test_draws_have_on_average_what_is_expected():
    given = table()
    found = maximum_entropy(given)
    rng = np.random.default_rng(1)
    draws = np.stack([found.draw(rng) for _ in range(2000)])
    error = np.abs(draws.mean(0) - found.mean).max()
    assert error < 5 * np.abs(given - found.mean).max() / np.sqrt(2000)
    for axis in range(3):
        mean = np.mean([covariance(draw - found.mean, axis) for draw in draws], axis=0)
        true = covariance(given - found.mean, axis)
        assert np.abs(mean - true).max() < 0.05 * np.abs(true).max()


def test_nothing_of_larger_entropy_has_the_same_covariances():
    """Moving variances without changing their sums lowers the sum of their logarithms."""
    variances = maximum_entropy(table(rank=10)).std ** 2
    rng = np.random.default_rng(2)
    entropy = np.log(variances).sum()
    for _ in range(20):
        moved = variances.copy()
        (i, j), (k, m), (n, o) = (rng.choice(size, 2, replace=False) for size in moved.shape)
        amount = 0.5 * moved[[i, i, j, j], [k, m, k, m], [n, n, n, n]].min()
        for first, second, sign in ((i, k, 1), (i, m, -1), (j, k, -1), (j, m, 1)):
            moved[first, second, n] += sign * amount
        assert np.log(moved).sum() < entropy
        assert o != n


def test_variances_over_many_orders_of_magnitude_are_found():
    size = 10.0 ** -np.arange(10)
    values = tuple(v / v.sum() for v in (size, size[:6], np.ones(7)))
    found = marginal_variances(values)
    for axis, others in enumerate([(1, 2), (0, 2), (0, 1)]):
        np.testing.assert_allclose(found.sum(others), values[axis], rtol=1e-8)


def test_a_table_that_adds_up_has_itself_as_its_only_surrogate():
    flat = np.add.outer(np.arange(3.0), np.zeros((4, 5)))
    np.testing.assert_allclose(additive_mean(flat), flat)
    np.testing.assert_allclose(maximum_entropy(flat).draw(np.random.default_rng(0)), flat)
