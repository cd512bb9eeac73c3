"""Principal components of a table in which entries may be missing.

Without missing entries this is plain PCA. With some, scores Z, loadings V and means m of
x_ij = m_j + z_i · v_j are fitted to the known entries by alternating least squares (`factorisation`), and
then turned to the principal axes of the completed table.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Real

from lfads.numerics.factorisation import factorised


class Components(NamedTuple):
    """Principal components of a table.

    Parameters
    ----------
    scores
        Orthogonal, centred, by decreasing variance; 0 for components beyond the table's rank. NaN in rows
        of which nothing is known.
    loadings
        Orthonormal; the largest entry of each component is positive. 0 beyond the rank.
    mean
        Of each column over all rows, those included that are missing and predicted.
    variance_fraction
        Share of each component in the variance of the table, as far as it was fitted.
    """

    scores: Float[np.ndarray, "row component"]
    loadings: Float[np.ndarray, "column component"]
    mean: Float[np.ndarray, " column"]
    variance_fraction: Float[np.ndarray, " component"]

    def project(self, values: Real[np.ndarray, "*row column"]) -> Float[np.ndarray, "..."]:
        """Scores of other rows, along the last axis."""
        return (values - self.mean) @ self.loadings


def principal_components(table: Real[np.ndarray, "row column"], num_components: int) -> Components:
    """The leading principal components; NaN marks what is missing."""
    known = ~np.isnan(table).all(1)
    rows = table[known].astype(np.float64)
    if np.isnan(rows).any():
        rank = min(num_components, *rows.shape)
        scores, loadings, mean = _principal(*factorised(rows, rank))
    else:
        mean = rows.mean(0) if len(rows) else np.zeros(table.shape[1])
        left, size, right = np.linalg.svd(rows - mean, full_matrices=False)
        scores, loadings = left * size, right.T
    size = np.linalg.norm(scores, axis=0)
    found = np.flatnonzero(size > 1e-10 * max(size.max(initial=0.0), 1e-300))[:num_components]
    loadings = loadings[:, found]
    sign = signs_of(loadings)
    none = ((0, 0), (0, num_components - len(found)))
    of_all = np.full((len(table), num_components), np.nan)
    of_all[known] = np.pad(scores[:, found] * sign, none)
    share = size[found] ** 2 / max((size**2).sum(), 1e-300)
    return Components(of_all, np.pad(loadings * sign, none), mean, np.pad(share, none[1]))


def leading_axes(
    second_moment: Float[np.ndarray, "column column"], num_components: int
) -> Float[np.ndarray, "column component"]:
    """Orthonormal axes of the largest second moments, by decreasing moment.

    For tables of many rows: `x.T @ x` is all that is needed of them.
    """
    num = len(second_moment)
    if 4 * num_components > num or not second_moment.any():
        vectors = np.linalg.eigh(second_moment)[1]
    else:  # Lanczos finds a few leading ones many times faster
        from scipy.sparse.linalg import eigsh

        vectors = eigsh(second_moment, k=num_components, v0=np.ones(num))[1]
    vectors = vectors[:, ::-1][:, :num_components]
    return vectors * signs_of(vectors)


def signs_of(columns: Float[np.ndarray, "row column"]) -> Float[np.ndarray, " column"]:
    """Signs that make each column's largest entry positive, so that results repeat."""
    if not columns.size:
        return np.ones(columns.shape[1])
    return np.sign(columns[np.abs(columns).argmax(0), np.arange(columns.shape[1])])


def _principal(
    scores: np.ndarray, loadings: np.ndarray, mean: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """PCA of the table `mean + scores loadings'`, without making it."""
    centre = scores.mean(0)
    left, triangle = np.linalg.qr(scores - centre)
    inner, size, right = np.linalg.svd(triangle @ loadings.T, full_matrices=False)
    return left @ inner * size, right.T, mean + loadings @ centre
