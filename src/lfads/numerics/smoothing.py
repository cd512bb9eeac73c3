"""Smoothing in time by a Gaussian kernel that is normalised over what is known.

At the ends of trials, and beside missing samples, the kernel has less to rest on and is not darkened by it.
"""

import numpy as np
from jaxtyping import Bool, Float, Shaped

SMOOTHING_S = 0.03
"""Standard deviation of the kernel for averages of spikes over trials, aligned or drawn."""

_REACH = 4.0  # standard deviations, beyond which the kernel is 0
_NARROWEST = 0.1  # bins, below which the kernel reaches no other


def smoothed(
    values: Float[np.ndarray, "*batch time channel"],
    smoothing_bins: float,
    weight: Shaped[np.ndarray, "*batch time #channel"] | None = None,
) -> Float[np.ndarray, "*batch time channel"]:
    """Smooth along time: sum_k g(k) w(t + k) v(t + k) / sum_k g(k) w(t + k), NaN where w is 0.

    Parameters
    ----------
    values
        Anything where the weight is 0.
    smoothing_bins
        Standard deviation of the kernel g in bins; 0 leaves values as they are.
    weight
        What each sample counts, such as the number of trials that it is a mean over, or whether it is
        known; by default whether it is finite. One channel stands for all.
    """
    weight = np.isfinite(values) if weight is None else weight
    known = weight > 0
    kernel = _half_kernel(smoothing_bins, values.shape[-2])
    total = _convolved(np.where(known, values, 0.0) * weight, kernel)
    mass = _convolved(weight.astype(np.float64), kernel)
    return np.where(known, total / np.where(known, mass, 1.0), np.nan)


def smoothed_everywhere(
    values: Shaped[np.ndarray, "*batch time channel"],
    smoothing_bins: float,
    known: Bool[np.ndarray, "*batch time #channel"],
) -> Float[np.ndarray, "*batch time channel"]:
    """Smooth along time what is known, and say it in other bins as well; NaN beyond the kernel's reach.

    sum_k g(k) v(t + k) / sum_k g(k) over the known bins t + k, as in `smoothed`, which leaves bins that are
    not known open.

    Parameters
    ----------
    values
        Anything where they are not known.
    smoothing_bins
        Standard deviation of the kernel g in bins.
    known
        One channel stands for all.
    """
    mass = smoothed_sums(known, smoothing_bins)
    total = smoothed_sums(np.where(known, values, 0), smoothing_bins)
    return np.where(mass > 0, total / np.where(mass > 0, mass, 1.0), np.nan)


def smoothed_sums(
    values: Shaped[np.ndarray, "*batch time channel"], smoothing_bins: float
) -> Float[np.ndarray, "*batch time channel"]:
    """sum_k g(k) v(t + k) along time, with weights g that add up to 1 away from the ends.

    Parameters
    ----------
    values
        0 where they are not known.
    smoothing_bins
        Standard deviation of the kernel g in bins.

    Examples
    --------
    >>> smoothed_sums(np.array([[0.0], [1.0], [0.0]]), 0.5).ravel().round(2).tolist()
    [0.11, 0.79, 0.11]
    """
    kernel = _half_kernel(smoothing_bins, values.shape[-2])
    lag = np.abs(np.subtract.outer(*[np.arange(values.shape[-2])] * 2))
    weights = np.where(lag < len(kernel), kernel[np.minimum(lag, len(kernel) - 1)], 0.0)
    return (weights / (kernel[0] + 2 * kernel[1:].sum())) @ values.astype(np.float64)


def _half_kernel(smoothing_bins: float, num_bins: int) -> np.ndarray:
    """Weights at lags 0, 1, 2, …; no lag reaches beyond the trial."""
    if smoothing_bins < _NARROWEST:
        return np.ones(1)
    reach = min(int(np.ceil(_REACH * smoothing_bins)), num_bins - 1)
    return np.exp(-0.5 * (np.arange(reach + 1) / smoothing_bins) ** 2)


def _convolved(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    total = kernel[0] * values
    for lag, weight in enumerate(kernel[1:], start=1):
        part = weight * values
        total[..., lag:, :] += part[..., :-lag, :]
        total[..., :-lag, :] += part[..., lag:, :]
    return total
