"""Latents that are Gaussian processes, read out linearly with Gaussian noise: exact inference.

x_k ~ GP(0, K_k), K_k(s, t) = (1 - ε) exp(-(s - t)²/2τ_k²) + ε δ(s, t), ε = 10⁻³; y_t = C x_t + d + N(0, R).
Trials whose samples are known at the same places share all that does not depend on the data.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.linalg import cho_factor, cho_solve

NOISE = 1e-3
"""ε, the share of a latent's variance that is white."""


class Model(NamedTuple):
    """What is fitted: loadings C, offsets d, noise variances R, and time constants τ in bins."""

    loadings: Float[np.ndarray, "neuron latent"]
    offset: Float[np.ndarray, " neuron"]
    noise: Float[np.ndarray, " neuron"]
    tau_bins: Float[np.ndarray, " latent"]


class Alike(NamedTuple):
    """Trials of the same samples: which they are, and which samples of neurons are known."""

    trials: Int[np.ndarray, " alike"]
    known: Bool[np.ndarray, "time neuron"]


class LatentPosterior(NamedTuple):
    """Of the latents of trials alike: a mean for each, one covariance for all.

    `of_bins` are the covariances of the latents within each bin, `of_latents` those of a latent over time.
    """

    mean: Float[np.ndarray, "alike time latent"]
    of_bins: Float[np.ndarray, "time latent latent"]
    of_latents: Float[np.ndarray, "latent time time"]
    log_likelihood: float


class Predicted(NamedTuple):
    """Of the latents of trials alike at other times: a mean for each, and covariances for all."""

    mean: Float[np.ndarray, "alike other latent"]
    of_times: Float[np.ndarray, "other latent latent"]


def kernel(
    num_bins: int, tau_bins: Float[np.ndarray, " latent"], noise: float = NOISE
) -> Float[np.ndarray, "latent time time"]:
    """K of each latent over so many bins, with a share of white variance."""
    apart = np.subtract.outer(np.arange(num_bins), np.arange(num_bins)).astype(np.float64)
    smooth = np.exp(-0.5 * (apart / np.asarray(tau_bins)[:, None, None]) ** 2)
    return (1 - noise) * smooth + noise * np.eye(num_bins)


def grouped(
    known: Bool[np.ndarray, "trial time neuron"], length: Int[np.ndarray, " trial"]
) -> Iterator[Alike]:
    """Trials of one length whose known samples are the same ones, cut to that length."""
    packed = np.packbits(known.reshape(len(known), -1), axis=1)
    keys = np.column_stack([packed, np.asarray(length, ">i8").view(np.uint8).reshape(-1, 8)])
    _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    for number, one in enumerate(first):
        yield Alike(np.flatnonzero(group.ravel() == number), known[one, : length[one]])


def posterior(
    model: Model,
    values: Float[np.ndarray, "alike time neuron"],
    known: Bool[np.ndarray, "time neuron"],
) -> LatentPosterior:
    """Mean and covariance of the latents, given what is known of the values; anything elsewhere."""
    found = _solved(model, values, known, kernel(len(known), model.tau_bins))
    latents, bins = np.arange(len(model.tau_bins)), np.arange(len(known))
    return LatentPosterior(
        mean=found.mean,
        of_bins=found.covariance[:, bins, :, bins],
        of_latents=found.covariance[latents, :, latents],
        log_likelihood=found.log_likelihood,
    )


def predicted(
    model: Model,
    values: Float[np.ndarray, "alike time neuron"],
    share: Float[np.ndarray, "time neuron"],
    times: Float[np.ndarray, " time"],
    others: Float[np.ndarray, " other"],
) -> Predicted:
    """Mean and covariance of the latents at other times than those of the values.

    x(t) = A y + rest, with A = K(t, s) K(s, s)⁻¹ of each latent; the white share of its variance is another
    at every other time.

    Parameters
    ----------
    model
        Time constants are in units of `times`.
    values
        At `times`; anything where `share` is 0.
    share
        Of a whole sample's precision that each value has.
    times, others
        When values are known, and when latents are asked for.
    """
    tau = np.asarray(model.tau_bins)[:, None, None]
    own = (1 - NOISE) * np.exp(-0.5 * (np.subtract.outer(times, times) / tau) ** 2)
    own += NOISE * np.eye(len(times))
    found = _solved(model, values, share, own)
    across = (1 - NOISE) * np.exp(-0.5 * (np.subtract.outer(others, times) / tau) ** 2)
    weights = np.linalg.solve(own, across.transpose(0, 2, 1)).transpose(0, 2, 1)
    carried = np.einsum("kts,kslr->ktlr", weights, found.covariance)
    of_times = np.einsum("ktlr,ltr->tkl", carried, weights)
    latents = np.arange(len(own))
    of_times[:, latents, latents] += 1 - (weights * across).sum(2).T
    return Predicted(np.einsum("kts,rsk->rtk", weights, found.mean), of_times)


class _Solved(NamedTuple):
    """The whole posterior of trials alike; the covariance by latent, time, latent, time."""

    mean: np.ndarray
    covariance: np.ndarray
    log_likelihood: float


def _solved(model: Model, values: np.ndarray, share: np.ndarray, kernels: np.ndarray) -> _Solved:
    """Means and covariance over all times and latents; values count by their share of precision.

    The precision over all bins and latents is blockdiag_k(K_k⁻¹) + blockdiag_t(C' R_t⁻¹ C), where neurons
    that are not known in a bin are left out of C there.
    """
    num_bins, num_latents = len(share), len(model.tau_bins)
    size = num_bins * num_latents
    weights = share / model.noise
    each_bin = np.einsum("nk,tn,nl->tkl", model.loadings, weights, model.loadings)
    residual = np.where(share > 0, values - model.offset, 0.0)
    drive = (residual * weights) @ model.loadings
    precision = np.zeros((num_latents, num_bins, num_latents, num_bins))
    log_prior = 0.0
    for latent, own in enumerate(kernels):
        factor = cho_factor(own, lower=True, check_finite=False)
        precision[latent, :, latent] = cho_solve(factor, np.eye(num_bins), check_finite=False)
        log_prior += 2 * np.log(np.diag(factor[0])).sum()
    bins = np.arange(num_bins)
    # Two lists of bins choose the diagonal, which then comes first.
    precision[:, bins, :, bins] += each_bin
    factor = cho_factor(precision.reshape(size, size), lower=True, check_finite=False)
    covariance = cho_solve(factor, np.eye(size), check_finite=False)
    flat = drive.transpose(0, 2, 1).reshape(len(values), size)
    mean = flat @ covariance
    blocks = covariance.reshape(num_latents, num_bins, num_latents, num_bins)
    log_determinant = log_prior + 2 * np.log(np.diag(factor[0])).sum()
    log_determinant += (share * np.log(model.noise)).sum()
    squares = (residual**2 * weights).sum() - (flat * mean).sum()
    constant = share.sum() * np.log(2 * np.pi)
    return _Solved(
        mean=mean.reshape(len(values), num_latents, num_bins).transpose(0, 2, 1),
        covariance=blocks,
        log_likelihood=float(-0.5 * (len(values) * (log_determinant + constant) + squares)),
    )
