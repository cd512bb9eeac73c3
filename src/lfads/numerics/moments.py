"""Mean and covariance of counts over trials and bins, taken over the samples that were observed."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Shaped

from lfads.numerics.means import mean_of_known
from lfads.numerics.smoothing import smoothed

_CHUNK = 500_000  # samples that are held as floats at once


class Moments(NamedTuple):
    """Mean count per bin, and the covariance over bins of all trials; 0 for silent neurons."""

    mean: Float[np.ndarray, " neuron"]
    covariance: Float[np.ndarray, "neuron neuron"]


def moments_of(
    counts: Shaped[np.ndarray, "trial time neuron"],
    known: Bool[np.ndarray, "trial time #neuron"],
    smoothing_bins: float = 0.0,
) -> Moments:
    """Moments of the counts of single trials, the covariance after smoothing.

    Where neurons are not known in the same samples, each covariance is over the bins in which both are,
    and the whole is moved to the nearest matrix without negative eigenvalues. One neuron of `known`
    stands for all.
    """
    mean = np.nan_to_num(mean_of_known(counts, (0, 1), known))
    num_trials, num_bins, num = counts.shape
    products, sums, number = np.zeros((num, num)), np.zeros(num), np.zeros((1, 1))
    step = max(1, _CHUNK // max(num_bins * num, 1))
    for start in range(0, num_trials, step):
        seen = known[start : start + step]
        values = smoothed(counts[start : start + step].astype(np.float64), smoothing_bins, seen)
        deviation = np.where(seen, values - mean, 0.0).reshape(-1, num)
        flat = seen.reshape(-1, seen.shape[-1]).astype(np.float64)
        products += deviation.T @ deviation
        sums += deviation.sum(0)
        number = number + flat.T @ flat
    left = sums / np.maximum(np.diag(number), 1)  # smoothing moves the mean a little
    covariance = products / np.maximum(number, 1) - left[:, None] * left
    if known.shape[-1] > 1:
        values, vectors = np.linalg.eigh(covariance)
        covariance = (vectors * np.maximum(values, 0)) @ vectors.T
    return Moments(mean, covariance)
