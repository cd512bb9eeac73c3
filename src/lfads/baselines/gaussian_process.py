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
    """Mean and covariance of the latents, given what is known of the values; anything elsewhere.

    The precision over all bins and latents is blockdiag_k(K_k⁻¹) + blockdiag_t(C' R_t⁻¹ C), where neurons
    that are not known in a bin are left out of C there.
    """
    num_bins, num_latents = len(known), len(model.tau_bins)
    size = num_bins * num_latents
    weights = known / model.noise
    each_bin = np.einsum("nk,tn,nl->tkl", model.loadings, weights, model.loadings)
    residual = np.where(known, values - model.offset, 0.0)
    drive = (residual * weights) @ model.loadings
    kernels = kernel(num_bins, model.tau_bins)
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
    log_determinant += (known * np.log(model.noise)).sum()
    squares = (residual**2 * weights).sum() - (flat * mean).sum()
    constant = known.sum() * np.log(2 * np.pi)
    latents = np.arange(num_latents)
    return LatentPosterior(
        mean=mean.reshape(len(values), num_latents, num_bins).transpose(0, 2, 1),
        of_bins=blocks[:, bins, :, bins],
        of_latents=blocks[latents, :, latents],
        log_likelihood=float(-0.5 * (len(values) * (log_determinant + constant) + squares)),
    )
