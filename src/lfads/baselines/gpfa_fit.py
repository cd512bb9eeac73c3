"""GPFA fitted by expectation and maximisation (Yu et al. 2009, Appendix B)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.baselines.gaussian_process import (
    Alike,
    LatentPosterior,
    Model,
    grouped,
    posterior,
)
from lfads.baselines.time_constants import Second, time_constants
from lfads.numerics.factor_analysis import fitted

LEAST_NOISE = 0.01
"""Share of a neuron's variance that its noise has at least."""

MOST_ROUNDS = 200
CONVERGED = 1e-5
"""Change of the log-likelihood in a round, relative to that since the first."""

_WARM_UP = 2  # rounds before convergence is asked for


class Fitted(NamedTuple):
    """A model, and the log-likelihood after each round."""

    model: Model
    log_likelihoods: tuple[float, ...]


def fit(
    values: Float[np.ndarray, "trial time neuron"],
    known: Bool[np.ndarray, "trial time neuron"],
    length: Int[np.ndarray, " trial"],
    num_latents: int,
    tau_bins: float,
    *,
    most_rounds: int = MOST_ROUNDS,
    converged: float = CONVERGED,
) -> Fitted:
    """Loadings, offsets, noise and time constants of largest likelihood.

    Parameters
    ----------
    values
        Such as square roots of counts; anything where not known.
    known
        False for samples that are missing, or behind the end of a trial.
    length
        Bins of each trial.
    num_latents
        Dimensions of the latents; fewer where there are fewer neurons that vary.
    tau_bins
        Where time constants start, in bins.
    most_rounds, converged
        When to stop.
    """
    model = started(values, known, num_latents, tau_bins)
    groups = list(grouped(known, length))
    lengths = np.array([len(alike.known) for alike in groups])
    found: list[float] = []
    for round_ in range(most_rounds):
        expected = [posterior(model, values[g.trials][:, : len(g.known)], g.known) for g in groups]
        found.append(sum(one.log_likelihood for one in expected))
        enough = round_ > _WARM_UP and found[-1] - found[-2] < converged * (found[-1] - found[0])
        if enough:
            break
        seconds = [
            _second([e for e, m in zip(expected, lengths, strict=True) if m == length])
            for length in np.unique(lengths)
        ]
        model = _regressed(values, groups, expected, model)._replace(
            tau_bins=time_constants(model.tau_bins, seconds)
        )
    return Fitted(model, tuple(found))


def started(values: np.ndarray, known: np.ndarray, num_latents: int, tau_bins: float) -> Model:
    """Factor analysis of single bins, without regard to time; missing samples are the neuron's mean."""
    within = known.any(2)
    rows = np.where(known, values, np.nan)[within]
    number = np.maximum(known.sum((0, 1)), 1)
    mean = np.where(known, values, 0.0).sum((0, 1)) / number
    rows = np.where(np.isnan(rows), 0.0, rows - mean)
    variance = np.maximum((rows**2).sum(0) / number, 1e-12)
    scale = np.sqrt(variance)
    moving = np.flatnonzero(variance > 1e-10)
    num = min(num_latents, max(1, len(moving)))
    loadings, noise = np.zeros((len(mean), num)), variance.copy()
    if len(moving):
        of = rows[:, moving] / scale[moving]
        inside, left = fitted(of.T @ of / len(of), min(num, len(moving)))
        loadings[moving, : inside.shape[1]] = inside * scale[moving, None]
        noise[moving] = left * variance[moving]
    return Model(loadings, mean, noise, np.full(num, float(tau_bins)))


def _regressed(
    values: np.ndarray,
    groups: Sequence[Alike],
    expected: Sequence[LatentPosterior],
    model: Model,
) -> Model:
    """Loadings, offsets and noise given the latents: a regression of each neuron on its known samples."""
    num_neurons, num = values.shape[2], len(model.tau_bins) + 1
    gram = np.zeros((num_neurons, num, num))
    cross = np.zeros((num_neurons, num))
    squares, number = np.zeros(num_neurons), np.zeros(num_neurons)
    for alike, one in zip(groups, expected, strict=True):
        of = values[alike.trials][:, : len(alike.known)]
        of = np.where(alike.known, of, 0.0)
        mean = np.concatenate([one.mean, np.ones((*one.mean.shape[:2], 1))], axis=2)
        second = np.einsum("rtk,rtl->tkl", mean, mean)
        second[:, :-1, :-1] += len(alike.trials) * one.of_bins
        gram += np.einsum("tn,tkl->nkl", alike.known.astype(float), second)
        cross += np.tensordot(of, mean, axes=([0, 1], [0, 1]))
        squares += (of**2).sum((0, 1))
        number += len(alike.trials) * alike.known.sum(0)
    seen = number > 0
    weights = np.zeros((num_neurons, num))
    weights[seen] = np.linalg.solve(gram[seen], cross[seen][..., None])[..., 0]
    number = np.maximum(number, 1)
    total = np.maximum(squares / number - (cross[:, -1] / number) ** 2, 1e-12)
    noise = squares / number - (weights * cross).sum(1) / number
    return model._replace(
        loadings=weights[:, :-1],
        offset=weights[:, -1],
        noise=np.maximum(noise, LEAST_NOISE * total),
    )


def _second(expected: Sequence[LatentPosterior]) -> Second:
    """Sums of second moments over time of each latent, of trials of one length."""
    number = sum(len(one.mean) for one in expected)
    moments = sum(
        (
            len(one.mean) * one.of_latents + np.einsum("rtk,rsk->kts", one.mean, one.mean)
            for one in expected
        ),
        start=np.zeros_like(expected[0].of_latents),
    )
    return Second(moments, number)
