"""Scores of rates, latents and inputs, as pure functions of NumPy arrays.

Bits per spike follow the Neural Latents Benchmark (Pei et al. 2021). Rates are in counts per bin
here, not in spikes/s.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Real

from lfads.checks import UserError, describe

LOWEST_RATE = 1e-9  # replaces a rate of exactly 0, in counts per bin


def poisson_nll(
    rates: Real[np.ndarray, "*shape"], spikes: Real[np.ndarray, "..."]
) -> Float[np.ndarray, "*shape"]:
    """Negative Poisson log-likelihood of each sample, in nats.

    -log p(x | r) = r - x log r + log x!

    Parameters
    ----------
    rates
        Expected counts per bin r; exactly 0 counts as 1e-9.
    spikes
        Counts x of the same shape; NaN where missing, which gives NaN.

    Raises
    ------
    UserError
        If shapes differ, or a rate is negative, infinite, or NaN where the count is known.

    Examples
    --------
    >>> poisson_nll(np.array([0.5, 2.0]), np.array([0, 1])).round(4).tolist()
    [0.5, 1.3069]
    """
    _check_rates(rates, spikes)
    rates = np.where(rates == 0, LOWEST_RATE, rates).astype(np.float64)
    return rates - spikes * np.log(rates) + _log_factorial(spikes)


def bits_per_spike(
    rates: Real[np.ndarray, "*shape"],
    spikes: Real[np.ndarray, "..."],
    null_rates: Real[np.ndarray, "..."] | None = None,
    mask: Bool[np.ndarray, "..."] | None = None,
) -> float:
    """Gain in log-likelihood over a model without dynamics, in bits per spike.

    (LL(rates) - LL(null_rates)) / (number of spikes · ln 2)

    On held-out neurons this is co-smoothing, on bins after the encoded ones forward prediction.

    Parameters
    ----------
    rates
        Expected counts per bin, neurons along the last axis; exactly 0 counts as 1e-9.
    spikes
        Counts of the same shape. NaN samples are left out.
    null_rates
        Rates of the model to compare with, broadcast to `spikes`; by default each neuron's mean
        over the scored samples.
    mask
        False where a sample is to be left out, broadcast to `spikes`.

    Returns
    -------
    float
        NaN if there is no spike to score.

    Raises
    ------
    UserError
        If shapes differ, or a scored rate is negative, infinite or NaN.

    References
    ----------
    Pei et al. (2021), "Neural Latents Benchmark '21", NeurIPS Datasets and Benchmarks.

    Examples
    --------
    >>> spikes = np.array([[0, 1], [2, 1], [0, 1], [2, 1]])
    >>> round(bits_per_spike(np.maximum(spikes, 0.1), spikes), 3)
    0.464
    """
    if rates.shape != spikes.shape:
        raise UserError(_shapes_differ(rates, spikes))
    scored = ~np.isnan(spikes)
    if mask is not None:
        scored = scored & mask
    rates = np.where(scored, rates, 1.0)
    counts = np.where(scored, spikes, np.nan).astype(np.float64)
    num_spikes = np.nansum(counts)
    if num_spikes == 0:
        return float("nan")
    null = _mean_of_known(counts) if null_rates is None else null_rates
    null = np.where(scored, null, 1.0)
    gain = np.nansum(poisson_nll(null, counts)) - np.nansum(poisson_nll(rates, counts))
    return float(gain / (num_spikes * np.log(2)))


def r_squared(
    true: Real[np.ndarray, "*sample column"], predicted: Real[np.ndarray, "..."]
) -> Float[np.ndarray, " column"]:
    """Share of each column's variance that is predicted: 1 - SS_residual / SS_total.

    Parameters
    ----------
    true, predicted
        Samples of each column along all axes but the last. A sample that is NaN in either is left
        out of its column.

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
    true = _rows(np.where(known, true, np.nan))
    residual = np.nansum((true - _rows(predicted)) ** 2, axis=0)
    total = np.nansum((true - _mean_of_known(true)) ** 2, axis=0)
    # Rounding leaves a little variance in a constant column.
    varies = total > 1e-12 * np.nansum(true**2, axis=0)
    return np.where(varies, 1 - residual / np.where(varies, total, 1), np.nan)


@dataclass(frozen=True, eq=False)
class LinearMap:
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
    x, y = x - mean_x, y - mean_y
    if penalty > 0:
        weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)
    else:
        weights = np.linalg.lstsq(x, y)[0]
    return LinearMap(weights, mean_y - mean_x @ weights)


def r_squared_after_linear_map(
    x_fit: Real[np.ndarray, "*fit feature"],
    y_fit: Real[np.ndarray, "*fit column"],
    x_scored: Real[np.ndarray, "*scored feature"],
    y_scored: Real[np.ndarray, "*scored column"],
    penalty: float = 0.0,
) -> Float[np.ndarray, " column"]:
    """R² of each column of `y_scored`, predicted by a linear map that was fitted on other samples.

    Latents are known up to such a map only, so recovered ones are compared after it.

    Parameters
    ----------
    x_fit, y_fit
        Samples, such as those of training trials, that the map is fitted on.
    x_scored, y_scored
        Samples that it is scored on.
    penalty
        As in `fit_linear_map`.
    """
    return r_squared(y_scored, fit_linear_map(x_fit, y_fit, penalty)(x_scored))


def _check_rates(rates: np.ndarray, spikes: np.ndarray) -> None:
    if rates.shape != spikes.shape:
        raise UserError(_shapes_differ(rates, spikes))
    scored = rates[~np.isnan(spikes)]
    if np.isnan(scored).any():
        raise UserError(
            f"{np.isnan(scored).sum()} of {scored.size} rates are NaN where a count is known: "
            "leave these samples out with `mask`, or predict them"
        )
    if scored.size and (scored.min() < 0 or scored.max() == np.inf):
        raise UserError(
            f"`rates` must be expected counts per bin, 0 or more and finite; got values from "
            f"{scored.min():g} to {scored.max():g}. If these are log-rates, take their exponential."
        )


def _shapes_differ(rates: np.ndarray, spikes: np.ndarray) -> str:
    return (
        f"`rates` and `spikes` must have the same shape; got {describe(rates)} and "
        f"{describe(spikes)}"
    )


def _log_factorial(counts: np.ndarray) -> np.ndarray:
    """Log of x! by table; NaN where the count is missing."""
    known = ~np.isnan(counts)
    whole = np.where(known, counts, 0)
    if (whole < 0).any() or (whole != np.round(whole)).any():
        raise UserError(f"`spikes` must be whole numbers, 0 or more; got {describe(counts)}")
    whole = whole.astype(np.int64)
    table = np.append(0.0, np.cumsum(np.log(np.arange(1, whole.max(initial=0) + 1))))
    return np.where(known, table[whole], np.nan)


def _mean_of_known(values: np.ndarray) -> np.ndarray:
    """Mean over all axes but the last, without NaN; 0 for a column that has nothing else."""
    known = ~np.isnan(values)
    axes = tuple(range(values.ndim - 1))
    return np.nansum(values, axes, dtype=np.float64) / np.maximum(known.sum(axes), 1)


def _rows(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, values.shape[-1])
