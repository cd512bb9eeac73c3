"""Averages that leave missing samples out, smoothed spikes, and principal components."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lfads.data.session import Session


class Components(NamedTuple):
    """Principal components: centre, directions as columns, and the fraction of variance of each."""

    centre: Float[np.ndarray, " factor"]
    directions: Float[np.ndarray, "factor component"]
    variance_fraction: Float[np.ndarray, " component"]

    def project(self, values: np.ndarray, num: int) -> np.ndarray:
        """Scores on the first `num` components, along the last axis."""
        return (values - self.centre) @ self.directions[:, :num]


def nan_mean(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """Mean over what is finite; NaN where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(axis, dtype=np.float64)
    count = known.sum(axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def nan_std(values: np.ndarray, axis: int) -> np.ndarray:
    """Standard deviation over what is finite; NaN where nothing is."""
    deviation = values - np.expand_dims(nan_mean(values, axis), axis)
    return np.sqrt(nan_mean(deviation**2, axis))


def group_means(
    values: Float[np.ndarray, "trial time feature"], group: Int[np.ndarray, " trial"], num: int
) -> Float[np.ndarray, "group time feature"]:
    """Mean of each group's trials, bin by bin."""
    return np.stack([nan_mean(values[group == g], 0) for g in range(num)])


def smoothed_rates_hz(
    session: Session,
    group: Int[np.ndarray, " trial"],
    num: int,
    *,
    bin_width_s: float,
    smoothing_s: float,
) -> Float[np.ndarray, "group time neuron"]:
    """Spikes of each group's trials, smoothed with a Gaussian, in spikes/s.

    Counts and observed bins are summed over the trials and smoothed alike, so that edges, unequal
    trials and missing samples do not bias their ratio. NaN where nothing was observed.
    """
    observed = session.observed_bins()
    counts = np.where(observed, session.spikes, 0)
    total = np.stack([counts[group == g].sum(0, dtype=np.float64) for g in range(num)])
    exposure = np.stack([observed[group == g].sum(0, dtype=np.float64) for g in range(num)])
    weights = gaussian(smoothing_s / bin_width_s)
    smooth_total, smooth_exposure = (_along_time(x, weights) for x in (total, exposure))
    rates = smooth_total / np.maximum(smooth_exposure, 1e-12) / bin_width_s
    return np.where(exposure > 0, rates, np.nan)


def gaussian(sd_bins: float) -> Float[np.ndarray, " offset"]:
    """Weights of a Gaussian over -3 to 3 standard deviations, with sum 1.

    >>> len(gaussian(1.0))
    7
    """
    half = int(np.ceil(3 * sd_bins))
    offsets = np.arange(-half, half + 1)
    weights = np.exp(-0.5 * (offsets / max(sd_bins, 1e-6)) ** 2)
    return weights / weights.sum()


def _along_time(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    half, num_bins = len(weights) // 2, values.shape[1]
    padded = np.pad(values, ((0, 0), (half, half), (0, 0)))
    return sum(
        (w * padded[:, k : k + num_bins] for k, w in enumerate(weights)), np.zeros_like(values)
    )


def principal_components(values: Float[np.ndarray, "sample factor"]) -> Components:
    """Principal components of the samples that are finite."""
    known = values[np.isfinite(values).all(1)].astype(np.float64)
    if not len(known):
        known = np.zeros((1, values.shape[1]))
    centre = known.mean(0)
    covariance = (known - centre).T @ (known - centre) / len(known)
    variance, directions = np.linalg.eigh(covariance)
    variance, directions = np.maximum(variance[::-1], 0), directions[:, ::-1]
    # A component's sign is arbitrary; its largest weight is made positive, so that figures repeat.
    largest = np.abs(directions).argmax(0)
    directions = directions * np.sign(directions[largest, np.arange(len(largest))])
    total = variance.sum()
    return Components(centre, directions, variance / total if total > 0 else variance)


def evenly(num: int, limit: int) -> Int[np.ndarray, " chosen"]:
    """At most `limit` of the indices below `num`, evenly spread.

    >>> evenly(65, 5).tolist()
    [0, 16, 32, 48, 64]
    """
    return np.unique(np.linspace(0, num - 1, min(num, limit)).round().astype(int))


def peak_order(
    rates: Float[np.ndarray, "trial time neuron"],
) -> Int[np.ndarray, " neuron"]:
    """Neurons by the time at which their mean rate peaks."""
    mean = nan_mean(rates, 0)
    return np.argsort(np.where(np.isfinite(mean), mean, -np.inf).argmax(0), kind="stable")
