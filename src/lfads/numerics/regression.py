"""Linear maps by least squares or ridge regression, and the share of variance that is predicted."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Real

from lfads.checks import UserError, describe
from lfads.numerics.means import mean_of_known


class LinearMap(NamedTuple):
    """y = x · weights + intercept."""

    weights: Float[np.ndarray, "feature column"]
    intercept: Float[np.ndarray, " column"]

    def __call__(self, x: Real[np.ndarray, "*sample feature"]) -> Float[np.ndarray, "..."]:
        """Map features along the last axis to columns."""
        return x @ self.weights + self.intercept


def fit_linear_map(
    x: Real[np.ndarray, "*sample feature"],
    y: Real[np.ndarray, "*sample column"],
    penalty: float = 0.0,
) -> LinearMap:
    """Least squares with an intercept, by default without penalty, else ridge.

    Minimises sum ‖y - x W - b‖² + penalty ‖W‖²; of several solutions, the one with the least norm.

    Parameters
    ----------
    x, y
        Samples along all axes but the last; a sample with NaN in any feature or column is left out.
    penalty
        Weight of the squared norm of W; the intercept b is free.

    Raises
    ------
    UserError
        If no sample is left, or the penalty is negative.

    Examples
    --------
    >>> x = np.arange(4.0)[:, None]
    >>> fit_linear_map(x, 2 * x + 1)(np.array([10.0])).round(6).tolist()
    [21.0]
    """
    if not 0 <= penalty < np.inf:
        raise UserError(f"`penalty` must be 0 or more; got {penalty}")
    x, y = _rows(x).astype(np.float64), _rows(y).astype(np.float64)
    known = ~(np.isnan(x).any(1) | np.isnan(y).any(1))
    x, y = x[known], y[known]
    if not len(x):
        raise UserError("expected at least one sample without NaN to fit a linear map on; got none")
    mean_x, mean_y = x.mean(0), y.mean(0)
    weights = ridge_weights(x - mean_x, y - mean_y, penalty)
    return LinearMap(weights, mean_y - mean_x @ weights)


def ridge_weights(
    x: Float[np.ndarray, "sample feature"], y: Float[np.ndarray, "sample column"], penalty: float
) -> Float[np.ndarray, "feature column"]:
    """W that minimises ‖y - x W‖² + penalty ‖W‖²; without penalty, the one with the least norm."""
    if penalty > 0:
        return np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)
    return np.linalg.lstsq(x, y)[0]


def r_squared(
    true: Real[np.ndarray, "*sample column"],
    predicted: Real[np.ndarray, "..."],
    centre: Real[np.ndarray, "..."] | None = None,
) -> Float[np.ndarray, " column"]:
    """Share of each column's variance that is predicted: 1 - SS_residual / SS_total.

    Parameters
    ----------
    true, predicted
        Samples of each column along all axes but the last. A sample that is NaN in either is left
        out of its column.
    centre
        What SS_total is taken about, broadcast to `true`; by default each column's mean.

    Returns
    -------
    np.ndarray
        At most 1 for each column; NaN where the truth does not vary.

    Examples
    --------
    >>> r_squared(np.array([[0.0], [2.0]]), np.array([[0.5], [1.5]])).tolist()
    [0.75]
    """
    if true.shape != predicted.shape:
        raise UserError(
            f"`true` and `predicted` must have the same shape; got {describe(true)} and "
            f"{describe(predicted)}"
        )
    known = ~(np.isnan(true) | np.isnan(predicted))
    rows = _rows(np.where(known, true, np.nan))
    residual = np.nansum((rows - _rows(predicted)) ** 2, axis=0)
    about = mean_of_known(rows, 0) if centre is None else _rows(np.broadcast_to(centre, true.shape))
    total = np.nansum((rows - about) ** 2, axis=0)
    # Rounding leaves a little variance in a constant column.
    varies = total > 1e-12 * np.nansum(rows**2, axis=0)
    return np.where(varies, 1 - residual / np.where(varies, total, 1), np.nan)


def squared_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Squared Pearson correlation over what is finite in both; NaN if one does not vary."""
    known = np.isfinite(one) & np.isfinite(other)
    if known.sum() < 3 or np.ptp(one[known]) == 0 or np.ptp(other[known]) == 0:
        return float("nan")
    return float(np.corrcoef(one[known], other[known])[0, 1] ** 2)


def _rows(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, values.shape[-1])
