"""Principal components, of whole tables and of such with missing entries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfads.numerics.components import principal_components


def table(num_rows=40, num_columns=12, rank=3, *, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(num_rows, rank)) * np.arange(rank, 0, -1)
    w = rng.normal(size=(rank, num_columns))
    return z @ w + rng.normal(size=num_columns) + noise * rng.normal(size=(num_rows, num_columns))


def up_to_signs(one, other):
    return one * np.sign((one * other).sum(0))


@given(st.integers(2, 30), st.integers(1, 12), st.integers(1, 6), st.integers(0, 99))
def test_a_whole_table_has_the_components_of_plain_pca(num_rows, num_columns, num, seed):
    x = table(num_rows, num_columns, noise=1.0, seed=seed)
    found = principal_components(x, num)
    centred = x - x.mean(0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    expected = centred @ vectors[:, ::-1][:, :num]
    kept = min(num, num_columns, num_rows - 1)
    np.testing.assert_allclose(
        up_to_signs(found.scores[:, :kept], expected[:, :kept]), expected[:, :kept], atol=1e-6
    )
    assert found.scores.shape == (num_rows, num)
    assert (found.scores[:, kept:] == 0).all()
    np.testing.assert_allclose(found.mean, x.mean(0))
    np.testing.assert_allclose(
        found.scores @ found.loadings.T, centred @ (found.loadings @ found.loadings.T), atol=1e-8
    )


def missing_blocks(x, *blocks):
    x = x.copy()
    for rows, columns in blocks:
        x[rows, columns] = np.nan
    return x


MASKS = {
    "one session lacks rows": [(slice(10, 30), slice(0, 5))],
    "each lacks some, some rows are whole": [(slice(0, 12), slice(0, 6)), (slice(12, 24), slice(6, 12))],
    "no row is whole": [
        (slice(0, 15), slice(0, 4)), (slice(15, 30), slice(4, 8)), (slice(30, 40), slice(8, 12)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", MASKS)
def test_known_entries_give_what_the_whole_table_gives(name):
    x = table()
    whole, found = (
        principal_components(x, 3),
        principal_components(missing_blocks(x, *MASKS[name]), 3),
    )
    np.testing.assert_allclose(found.scores, whole.scores, atol=2e-3 * np.abs(whole.scores).max())
    np.testing.assert_allclose(found.loadings, whole.loadings, atol=2e-3)
    np.testing.assert_allclose(found.mean, whole.mean, atol=2e-3 * np.abs(x).max())


@given(st.integers(0, 999))
def test_single_missing_entries_are_predicted(seed):
    x = table(seed=seed)
    known = np.random.default_rng(seed).random(x.shape) > 0.1
    found = principal_components(np.where(known, x, np.nan), 3)
    completed = found.mean + found.scores @ found.loadings.T
    np.testing.assert_allclose(completed, x, atol=5e-3 * np.abs(x).max())


@given(st.integers(1, 15), st.integers(0, 999))
def test_axes_are_principal_whatever_is_missing(num, seed):
    x = table(noise=1.0, seed=seed)
    known = np.random.default_rng(seed).random(x.shape) > 0.3
    found = principal_components(np.where(known, x, np.nan), num)
    gram = found.scores.T @ found.scores
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-8 * gram.max())
    assert (np.diff(np.diag(gram)) <= 1e-9 * gram.max()).all()
    np.testing.assert_allclose(found.scores.mean(0), 0, atol=1e-9)
    largest = found.loadings[np.abs(found.loadings).argmax(0), np.arange(num)]
    assert (largest >= 0).all()


def test_columns_and_rows_of_which_nothing_is_known_stay_finite():
    x = table()
    x[:, 3] = np.nan
    x[7] = np.nan
    found = principal_components(x, 4)
    assert np.isfinite(np.delete(found.scores, 7, 0)).all()
    assert np.isnan(found.scores[7]).all()
    assert (found.loadings[3] == 0).all()
    assert found.mean[3] == 0


@pytest.mark.parametrize("missing", [False, True])
def test_a_constant_table_has_no_components(missing):
    x = np.full((6, 3), 2.0)
    x[0, 0] = np.nan if missing else 2.0
    found = principal_components(x, 2)
    assert (found.scores == 0).all()
    np.testing.assert_allclose(found.mean, 2.0)


def test_fractions_of_variance_and_projections_are_those_of_the_scores():
    x = table(noise=0.5)
    x[3] = np.nan
    found = principal_components(x, 12)
    assert found.variance_fraction.sum() == pytest.approx(1)
    assert (np.diff(found.variance_fraction) < 0).all()
    np.testing.assert_allclose(found.project(x), found.scores, atol=1e-9)
    first = principal_components(x, 2)
    np.testing.assert_allclose(first.variance_fraction, found.variance_fraction[:2])


def test_nothing_known_has_no_components():
    found = principal_components(np.full((4, 3), np.nan), 2)
    assert np.isnan(found.scores).all()
    assert (found.loadings == 0).all()
