"""A low-rank table fitted to the known entries of another, by alternating least squares.

Minimises the sum of (x_ij - m_j - z_i · v_j)² over known entries + ridge (|Z|² + |V|²). Rows, and columns,
that are known in the same places are solved for together.

The ridge is s² n / d, with s² the mean square of what is left, n rows, and d the largest singular value of
the table (missing entries taken as 0): about that of probabilistic PCA. It keeps noise from growing where a
condition is known to few neurons only, and vanishes where the table is of low rank without noise.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

_FIRST_RIDGE, _LEAST_RIDGE = 1e-2, 1e-7  # relative to the largest singular value
_MOST_ROUNDS = 500
_CONVERGED = 1e-6  # relative change of what is minimised
_NOTHING = 1e-9  # of a singular value, relative to the largest


class LowRank(NamedTuple):
    """x_ij = m_j + z_i · v_j."""

    scores: Float[np.ndarray, "row component"]
    loadings: Float[np.ndarray, "column component"]
    mean: Float[np.ndarray, " column"]


class _Block(NamedTuple):
    """Rows of a table that are known in the same columns."""

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray


def factorised(table: Float[np.ndarray, "row column"], num_components: int) -> LowRank:
    """Fit `num_components` components to what is not NaN."""
    known = ~np.isnan(table)
    filled = np.where(known, table, 0.0)
    own_mean = filled.sum(0) / np.maximum(known.sum(0), 1)
    filled = np.where(known, filled - own_mean, 0.0)
    size = max(float(np.linalg.norm(filled, 2)), 1e-300)
    by_rows, by_columns = _blocks(filled, known), _blocks(filled.T, known.T)
    ridge, before = _FIRST_RIDGE * size, np.inf
    loadings, shift = _start(filled, known, by_rows, num_components, ridge)
    scores = _row_scores(by_rows, loadings, shift, len(table), ridge)
    for _ in range(_MOST_ROUNDS):
        loadings, shift = _column_loadings(by_columns, scores, table.shape[1], ridge)
        scores = _row_scores(by_rows, loadings, shift, len(table), ridge)
        left = _left(by_rows, scores, loadings, shift)
        cost = left + ridge * float((scores**2).sum() + (loadings**2).sum())
        if abs(before - cost) <= _CONVERGED * cost:
            break
        before = cost
        ridge = max(left / known.sum() * len(table) / size, _LEAST_RIDGE * size)
    return LowRank(scores=scores, loadings=loadings, mean=own_mean + shift)


def _blocks(filled: np.ndarray, known: Bool[np.ndarray, "row column"]) -> list[_Block]:
    packed = np.packbits(known, axis=1)
    patterns, first, pattern = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    blocks = []
    for number in range(len(patterns)):
        rows = np.flatnonzero(pattern.reshape(-1) == number)
        columns = np.flatnonzero(known[first[number]])
        blocks.append(_Block(rows=rows, columns=columns, values=filled[np.ix_(rows, columns)]))
    return blocks


def _start(
    filled: np.ndarray,
    known: np.ndarray,
    by_rows: list[_Block],
    num_components: int,
    ridge: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Loadings from the rows that are known whole, the others from what those leave unexplained."""
    whole = filled[known.all(1)]
    shift = whole.mean(0) if len(whole) else np.zeros(filled.shape[1])
    loadings = _leading_loadings(whole - shift, num_components)
    if loadings.shape[1] < num_components:
        scores = _row_scores(by_rows, loadings, shift, len(filled), ridge)
        left = np.where(known, filled - shift - scores @ loadings.T, 0.0)
        more = _leading_loadings(left, num_components - loadings.shape[1])
        loadings = np.concatenate([loadings, more], axis=1)
    return loadings, shift


def _leading_loadings(table: np.ndarray, num: int) -> np.ndarray:
    """Right singular vectors, each times the root of its singular value, at most `num`."""
    if not table.size:
        return np.zeros((table.shape[1], 0))
    _, size, right = np.linalg.svd(table, full_matrices=False)
    found = np.flatnonzero(size > _NOTHING * max(float(size[0]), 1e-300))[:num]
    return right[found].T * np.sqrt(size[found])


def _row_scores(
    blocks: list[_Block], loadings: np.ndarray, shift: np.ndarray, num_rows: int, ridge: float
) -> np.ndarray:
    num = loadings.shape[1]
    scores = np.zeros((num_rows, num))
    for block in blocks:
        v = loadings[block.columns]
        inverse = np.linalg.inv(v.T @ v + ridge * np.eye(num))
        scores[block.rows] = (block.values - shift[block.columns]) @ (v @ inverse)
    return scores


def _column_loadings(
    blocks: list[_Block], scores: np.ndarray, num_columns: int, ridge: float
) -> tuple[np.ndarray, np.ndarray]:
    """Loadings and shifts; here a block's rows are columns of the table, whose known entries average 0."""
    num = scores.shape[1]
    loadings, shift = np.zeros((num_columns, num)), np.zeros(num_columns)
    for block in blocks:
        if not len(block.columns):
            continue
        z = scores[block.columns]
        centre = z.mean(0)
        z = z - centre
        found = (block.values @ z) @ np.linalg.inv(z.T @ z + ridge * np.eye(num))
        loadings[block.rows], shift[block.rows] = found, -found @ centre
    return loadings, shift


def _left(
    blocks: list[_Block], scores: np.ndarray, loadings: np.ndarray, shift: np.ndarray
) -> float:
    """Sum of squares that is not explained."""
    left = 0.0
    for block in blocks:
        fitted = scores[block.rows] @ loadings[block.columns].T + shift[block.columns]
        left += float(((block.values - fitted) ** 2).sum())
    return left
