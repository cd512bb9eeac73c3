"""The variational Gaussian process of vLGP: latents given spikes, and what is learned, by turns.

x_k = G_k v_k with v_k ~ N(0, I), where G_k G_k' is the kernel K_k to within `RANK_TOLERANCE`: few numbers
stand for a smooth latent. q(v_k) = N(m_k, S_k) of each trial and latent by itself.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from lfads.baselines.gaussian_process import NOISE, kernel
from lfads.baselines.gpfa_fit import started
from lfads.baselines.time_constants import Second, time_constants

RANK_TOLERANCE = 1e-4
"""Share of a kernel's variance that its low rank may miss."""

HIGHEST_LOG_RATE = 5.0
"""Counts per bin; keeps wild steps finite."""

MOST_ROUNDS = 100
CONVERGED = 1e-5
"""Change of the bound in a round, relative to that since the first."""

LEAST_ROUNDS = 5
_HALVINGS = 6
_SWEEPS = 30  # over the latents, for trials whose loadings stay as they are
_WEAK_PRIOR = 1e-3  # precision of loadings: of a neuron that hardly fires nothing is known


class Model(NamedTuple):
    """What is learned: loadings α, log-rates β (counts per bin), and time constants τ in bins."""

    loadings: Float[np.ndarray, "neuron latent"]
    log_rates: Float[np.ndarray, " neuron"]
    tau_bins: Float[np.ndarray, " latent"]


class Latents(NamedTuple):
    """q of each trial and latent: mean and variance over time, KL from the prior, and what they come from.

    `weights` are m of each latent, `covariances` the sums of S over the trials.
    """

    weights: tuple[Float[np.ndarray, "trial rank"], ...]
    covariances: tuple[Float[np.ndarray, "rank rank"], ...]
    mean: Float[np.ndarray, "trial time latent"]
    variance: Float[np.ndarray, "trial time latent"]
    divergence: Float[np.ndarray, "trial latent"]


class Fitted(NamedTuple):
    """A model, and the bound on the log-likelihood after each round, in nats."""

    model: Model
    bounds: tuple[float, ...]


def low_rank(num_bins: int, tau_bins: float) -> Float[np.ndarray, "time rank"]:
    """G of a latent's kernel, by its leading eigenvectors."""
    values, vectors = np.linalg.eigh(kernel(num_bins, np.array([tau_bins]), noise=0.0)[0])
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    missing = 1 - np.cumsum(values) / values.sum()
    rank = int(np.argmax(missing <= RANK_TOLERANCE)) + 1
    return vectors[:, :rank] * np.sqrt(values[:rank])


def fit(
    counts: Float[np.ndarray, "trial time neuron"],
    known: Bool[np.ndarray, "trial time neuron"],
    num_latents: int,
    tau_bins: float,
    *,
    most_rounds: int = MOST_ROUNDS,
    converged: float = CONVERGED,
) -> Fitted:
    """Loadings, rates and time constants that raise the bound, by turns with the latents of each trial.

    Parameters
    ----------
    counts
        Anything where not known.
    known
        False for samples that are missing, or behind the end of a trial.
    num_latents
        Dimensions of the latents.
    tau_bins
        Where time constants start, in bins.
    most_rounds, converged
        When to stop.
    """
    counts = np.where(known, counts, 0.0)
    model = _started(counts, known, num_latents, tau_bins)
    bases = _bases(counts.shape[1], model.tau_bins)
    latents = _at_rest(len(counts), bases)
    bounds: list[float] = []
    for round_ in range(most_rounds):
        latents = swept(counts, known, model, bases, latents)
        bounds.append(_bound(counts, known, model, latents))
        done = round_ >= LEAST_ROUNDS and bounds[-1] - bounds[-2] < converged * abs(
            bounds[-1] - bounds[0]
        )
        if done:
            break
        model = _relearned(counts, known, model, latents)
        tau = time_constants(model.tau_bins, [_second(bases, latents)])
        model, bases = model._replace(tau_bins=tau), _bases(counts.shape[1], tau)
        latents = _onto(bases, latents)
    return Fitted(model, tuple(bounds))


def infer(
    counts: Float[np.ndarray, "trial time neuron"],
    known: Bool[np.ndarray, "trial time neuron"],
    model: Model,
) -> Latents:
    """The latents of trials, given what was learned: sweeps over the latents until they stay."""
    counts = np.where(known, counts, 0.0)
    bases = _bases(counts.shape[1], model.tau_bins)
    latents = _at_rest(len(counts), bases)
    for _ in range(_SWEEPS):
        before = latents.mean
        latents = swept(counts, known, model, bases, latents)
        if np.abs(latents.mean - before).max(initial=0.0) < 1e-3:
            break
    return latents


def swept(
    counts: np.ndarray, known: np.ndarray, model: Model, bases: list[np.ndarray], latents: Latents
) -> Latents:
    """Each latent in turn by a Newton step of the bound, halved for trials in which it would fall."""
    mean, variance = latents.mean.copy(), latents.variance.copy()
    divergence, weights = latents.divergence.copy(), list(latents.weights)
    covariances = list(latents.covariances)
    for latent, basis in enumerate(bases):
        own = model.loadings[:, latent]
        others = _log_rates(model, mean, variance) - _part(own, mean, variance, latent)
        spread = variance[:, :, latent]
        rates = known * _rate(others + _along(own, mean[:, :, latent], spread))
        curvature = _inverse(basis, rates @ own**2)
        spread = np.einsum("tr,nrs,ts->nt", basis, curvature, basis, optimize=True)
        rates = known * _rate(others + _along(own, mean[:, :, latent], spread))
        slope = ((counts - rates) @ own) @ basis - weights[latent]
        step = np.einsum("nrs,ns->nr", curvature, slope)
        value = _value(counts, known, own, others, basis, weights[latent], spread)
        share = np.ones(len(counts))
        for _ in range(_HALVINGS):
            tried = weights[latent] + share[:, None] * step
            fell = _value(counts, known, own, others, basis, tried, spread) < value - 1e-9
            if not fell.any():
                break
            share = np.where(fell, share / 2, share)
        weights[latent] = weights[latent] + share[:, None] * step
        mean[:, :, latent], variance[:, :, latent] = weights[latent] @ basis.T, spread
        covariances[latent] = curvature.sum(0)
        trace = np.trace(curvature, axis1=1, axis2=2)
        log_volume = np.linalg.slogdet(curvature)[1]
        squares = (weights[latent] ** 2).sum(1)
        divergence[:, latent] = 0.5 * (trace + squares - basis.shape[1] - log_volume)
    return Latents(tuple(weights), tuple(covariances), mean, variance, divergence)


def _inverse(basis: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """S = (I + G' diag(w) G)⁻¹ of each trial."""
    inner = np.einsum("tr,nt,ts->nrs", basis, precision, basis, optimize=True)
    return np.linalg.inv(np.eye(basis.shape[1]) + inner)


def _value(
    counts: np.ndarray, known: np.ndarray, own: np.ndarray, others: np.ndarray, basis: np.ndarray,
    weights: np.ndarray, spread: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The bound of each trial as far as the mean of one latent moves it."""
    mean = weights @ basis.T
    rates = known * _rate(others + _along(own, mean, spread))
    return ((counts @ own) * mean).sum(1) - rates.sum((1, 2)) - 0.5 * (weights**2).sum(1)


def _along(own: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    return mean[:, :, None] * own + 0.5 * spread[:, :, None] * own**2


def _part(own: np.ndarray, mean: np.ndarray, variance: np.ndarray, latent: int) -> np.ndarray:
    return _along(own, mean[:, :, latent], variance[:, :, latent])


def _log_rates(model: Model, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """log E[rate] = α μ + β + ½ α² V."""
    return mean @ model.loadings.T + model.log_rates + 0.5 * variance @ (model.loadings**2).T


def expected(model: Model, latents: Latents) -> Float[np.ndarray, "trial time neuron"]:
    """Expected counts per bin, E[exp(α x + β)]."""
    return _rate(_log_rates(model, latents.mean, latents.variance))


def _rate(log_rates: np.ndarray) -> np.ndarray:
    return np.exp(np.minimum(log_rates, HIGHEST_LOG_RATE))


def _bound(counts: np.ndarray, known: np.ndarray, model: Model, latents: Latents) -> float:
    """Σ [y E log rate − E rate] − Σ KL, in nats; without log y!."""
    linear = latents.mean @ model.loadings.T + model.log_rates
    rates = known * expected(model, latents)
    return float((counts * linear).sum() - rates.sum() - latents.divergence.sum())


def _relearned(counts: np.ndarray, known: np.ndarray, model: Model, latents: Latents) -> Model:
    """Loadings and rates by one Newton step of each neuron, halved where the bound would fall."""
    num = model.loadings.shape[1]
    loadings, log_rates = model.loadings.copy(), model.log_rates.copy()
    for neuron in range(counts.shape[2]):
        seen = known[:, :, neuron]
        y, mean, spread = counts[seen, neuron], latents.mean[seen], latents.variance[seen]
        if not y.any():
            continue
        now = np.append(loadings[neuron], log_rates[neuron])
        value, rates = _of_neuron(now, y, mean, spread)
        inside = np.column_stack([mean + spread * now[:num], np.ones(len(y))])
        slope = np.append(mean.T @ y, y.sum()) - inside.T @ rates
        slope[:num] -= _WEAK_PRIOR * now[:num]
        curvature = inside.T @ (inside * rates[:, None])
        curvature[np.arange(num), np.arange(num)] += spread.T @ rates + _WEAK_PRIOR
        step = np.linalg.solve(curvature + 1e-9 * np.eye(num + 1), slope)
        for _ in range(_HALVINGS):
            if _of_neuron(now + step, y, mean, spread)[0] >= value:
                loadings[neuron], log_rates[neuron] = (now + step)[:num], (now + step)[num]
                break
            step = step / 2
    return model._replace(loadings=loadings, log_rates=log_rates)


def _of_neuron(
    given: np.ndarray, y: np.ndarray, mean: np.ndarray, spread: np.ndarray
) -> tuple[float, np.ndarray]:
    """The bound of one neuron, and its expected counts."""
    own, log_rate = given[:-1], given[-1]
    linear = mean @ own + log_rate
    rates = _rate(linear + 0.5 * spread @ own**2)
    return float(y @ linear - rates.sum() - 0.5 * _WEAK_PRIOR * own @ own), rates


def _started(counts: np.ndarray, known: np.ndarray, num_latents: int, tau_bins: float) -> Model:
    """From factor analysis of square roots, whose slope along the log-rate is half of them."""
    found = started(np.sqrt(counts), known, num_latents, tau_bins)
    number = np.maximum(known.sum((0, 1)), 1)
    mean = np.maximum(counts.sum((0, 1)), 0.5) / number
    loadings = np.clip(found.loadings / (0.5 * np.sqrt(mean))[:, None], -2.0, 2.0)
    return Model(loadings, np.log(mean), found.tau_bins)


def _bases(num_bins: int, tau_bins: np.ndarray) -> list[np.ndarray]:
    return [low_rank(num_bins, tau) for tau in tau_bins]


def _at_rest(num_trials: int, bases: list[np.ndarray]) -> Latents:
    """q as the prior is."""
    weights = tuple(np.zeros((num_trials, basis.shape[1])) for basis in bases)
    covariances = tuple(num_trials * np.eye(basis.shape[1]) for basis in bases)
    variance = np.stack([(basis**2).sum(1) for basis in bases], axis=-1)
    shape = (num_trials, *variance.shape)
    return Latents(
        weights, covariances, np.zeros(shape), np.broadcast_to(variance, shape).copy(),
        np.zeros((num_trials, len(bases))),
    )  # fmt: skip


def _onto(bases: list[np.ndarray], latents: Latents) -> Latents:
    """The means as near as other bases come to them; variances are those of before until the next sweep."""
    weights, means = [], []
    for latent, basis in enumerate(bases):
        ridge = basis.T @ basis + 1e-6 * np.eye(basis.shape[1])
        own = np.linalg.solve(ridge, basis.T @ latents.mean[:, :, latent].T).T
        weights.append(own)
        means.append(own @ basis.T)
    return latents._replace(weights=tuple(weights), mean=np.stack(means, axis=-1))


def _second(bases: list[np.ndarray], latents: Latents) -> Second:
    """Σ E[x x'] of each latent, with the white share that kernels of `gaussian_process` have."""
    number, num_bins = latents.mean.shape[:2]
    moments = np.einsum("rtk,rsk->kts", latents.mean, latents.mean, optimize=True)
    moments += number * NOISE * np.eye(num_bins)
    for latent, basis in enumerate(bases):
        moments[latent] += basis @ latents.covariances[latent] @ basis.T
    return Second(moments, number)
