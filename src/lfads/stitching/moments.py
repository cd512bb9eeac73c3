"""Mean and covariance of counts over training samples, taken over the samples that were observed."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lfads.data.session import Session
from lfads.stitching.smoothing import smoothed

_CHUNK = 500_000  # samples that are held as floats at once


@dataclass(frozen=True, eq=False, kw_only=True)
class Moments:
    """Of counts per bin.

    Parameters
    ----------
    mean
        Mean count per bin.
    covariance
        Over bins of all trials; 0 for silent neurons.
    """

    mean: Float[np.ndarray, " neuron"]
    covariance: Float[np.ndarray, "neuron neuron"]


def moments_of(part: Session, smoothing_bins: float = 0.0) -> Moments:
    """Moments of the counts of single trials, the covariance after smoothing.

    Where samples are missing, each covariance is over the bins in which both neurons were observed, and
    the whole is moved to the nearest matrix without negative eigenvalues.
    """
    mean = _mean(part)
    num = part.num_neurons
    products, sums, number = np.zeros((num, num)), np.zeros(num), np.zeros((1, 1))
    step = max(1, _CHUNK // max(part.num_bins * num, 1))
    within = part.valid_bins()[:, :, None]
    for start in range(0, part.num_trials, step):
        chunk = slice(start, start + step)
        known = within[chunk]
        if part.observed is not None:
            known = known & part.observed[chunk]
        counts = smoothed(part.spikes[chunk].astype(np.float64), known, smoothing_bins)
        deviation = np.where(known, counts - mean, 0.0).reshape(-1, num)
        seen = known.reshape(-1, known.shape[-1]).astype(np.float64)
        products += deviation.T @ deviation
        sums += deviation.sum(0)
        number = number + seen.T @ seen
    left = sums / np.maximum(np.diag(number), 1)  # smoothing moves the mean a little
    covariance = products / np.maximum(number, 1) - left[:, None] * left
    if part.observed is not None:
        values, vectors = np.linalg.eigh(covariance)
        covariance = (vectors * np.maximum(values, 0)) @ vectors.T
    return Moments(mean=mean, covariance=covariance)


def _mean(part: Session) -> np.ndarray:
    within = part.valid_bins()[:, :, None]
    seen = within if part.observed is None else within & part.observed
    total = np.where(seen, part.spikes, 0).sum((0, 1), dtype=np.float64)
    return total / np.maximum(seen.sum((0, 1)), 1)
