"""Principal components of a table in which entries may be missing.

Without missing entries this is plain PCA. With some, scores Z, loadings V and means m of
x_ij = m_j + z_i · v_j are fitted to the known entries by alternating least squares (`factorisation`), and
then turned to the principal axes of the completed table.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lfads.stitching.factorisation import factorised


@dataclass(frozen=True, eq=False, kw_only=True)
class Components:
    """Principal components of a table.

    Parameters
    ----------
    scores
        Orthogonal, centred, by decreasing variance; 0 for components beyond the table's rank.
    loadings
        Orthonormal; the largest entry of each component is positive. 0 beyond the rank.
    mean
        Of each column over all rows, those included that are missing and predicted.
    """

    scores: Float[np.ndarray, "row component"]
    loadings: Float[np.ndarray, "column component"]
    mean: Float[np.ndarray, " column"]


def principal_components(table: Float[np.ndarray, "row column"], num_components: int) -> Components:
    """The leading principal components; NaN marks what is missing."""
    if np.isnan(table).any():
        low_rank = factorised(table, min(num_components, *table.shape))
        return _principal(low_rank.scores, low_rank.loadings, low_rank.mean, num_components)
    mean = table.mean(0)
    left, size, right = np.linalg.svd(table - mean, full_matrices=False)
    return _leading(left * size, right.T, mean, num_components)


def _principal(
    scores: np.ndarray, loadings: np.ndarray, mean: np.ndarray, num_components: int
) -> Components:
    """PCA of the table `mean + scores loadings'`, without making it."""
    centre = scores.mean(0)
    left, triangle = np.linalg.qr(scores - centre)
    inner, size, right = np.linalg.svd(triangle @ loadings.T, full_matrices=False)
    return _leading(left @ inner * size, right.T, mean + loadings @ centre, num_components)


def _leading(
    scores: np.ndarray, loadings: np.ndarray, mean: np.ndarray, num_components: int
) -> Components:
    """The leading components, with their signs fixed, and zeros where there are no more."""
    size = np.linalg.norm(scores, axis=0)
    found = np.flatnonzero(size > 1e-10 * max(size.max(initial=0.0), 1e-300))[:num_components]
    largest = np.abs(loadings[:, found]).argmax(0)
    sign = np.sign(loadings[largest, found])
    none = ((0, 0), (0, num_components - len(found)))
    return Components(
        scores=np.pad(scores[:, found] * sign, none),
        loadings=np.pad(loadings[:, found] * sign, none),
        mean=mean,
    )
