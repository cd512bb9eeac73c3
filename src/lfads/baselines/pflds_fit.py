"""PfLDS learned by Adam on the one-sample bound, stopped where trials that it does not see stop gaining."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float

from lfads.baselines.pflds_model import (
    Parameters,
    bound,
    covariances,
    drawn,
    factor_of,
    log_rates,
    recognised,
    started,
)

BATCH = 64
LEARNING_RATE = 3e-3
MOST_EPOCHS = 200
PATIENCE = 15
"""Epochs without a better bound on the trials that stop it."""

STOPPED_BY = 8
"""Every so many trials one stops learning instead of teaching."""

NUM_SAMPLES = 32
"""Of the posterior, over which rates are averaged."""

_AT_ONCE = 128  # trials inferred together
_CLIP = 10.0  # norm of the gradient of a bin's bound


class Given(NamedTuple):
    """Trials as the bound takes them: what is explained, and what inference sees of it."""

    counts: Float[np.ndarray, "trial time neuron"]
    known: Bool[np.ndarray, "trial time neuron"]
    encoded: Float[np.ndarray, "trial time encoded"]
    seen: Bool[np.ndarray, "trial time encoded"]

    def of(self, trials: np.ndarray) -> tuple[Array, Array, Array, Array]:
        """Some trials, on the device."""
        counts, known, encoded, seen = (jnp.asarray(one[trials]) for one in self)
        return counts.astype(jnp.float32), known, encoded.astype(jnp.float32), seen


class Fitted(NamedTuple):
    """Parameters with the best bound on the trials that stopped learning, and that bound by epoch."""

    parameters: Parameters
    bounds: tuple[float, ...]


def fit(given: Given, num_latents: int, *, seed: int = 0, most_epochs: int = MOST_EPOCHS) -> Fitted:
    """Learn from trials; a bound that is not finite ends it at the best so far."""
    num_trials, num_bins, _ = given.counts.shape
    number = np.maximum(given.known.sum((0, 1)), 1)
    mean = np.maximum(given.counts.sum((0, 1)), 0.5) / number
    key = jax.random.key(seed)
    parameters = started(key, given.encoded.shape[2], jnp.asarray(mean, jnp.float32), num_latents)
    stops = np.arange(num_trials) % STOPPED_BY == STOPPED_BY - 1
    teaching = np.flatnonzero(~stops)
    stopping = np.flatnonzero(stops) if stops.any() else teaching
    state, best = _optimizer().init(parameters), (-np.inf, parameters)
    bounds: list[float] = []
    for epoch in range(most_epochs):
        order = np.random.default_rng((seed, epoch)).permutation(teaching)
        size = min(BATCH, len(order))
        for first in range(0, len(order) - size + 1, size):
            key, own = jax.random.split(key)
            noise = jax.random.normal(own, (num_bins, size, num_latents))
            trials = given.of(order[first : first + size])
            parameters, state = _step(parameters, state, trials, noise)
        noise = jax.random.normal(jax.random.key(seed + 1), (num_bins, len(stopping), num_latents))
        bounds.append(float(_mean_bound(parameters, given.of(stopping), noise)))
        if bounds[-1] > best[0]:
            best = (bounds[-1], parameters)
        elif not np.isfinite(bounds[-1]) or epoch - int(np.argmax(bounds)) >= PATIENCE:
            break
    return Fitted(best[1], tuple(bounds))


def _optimizer() -> optax.GradientTransformation:
    return optax.chain(optax.clip_by_global_norm(_CLIP), optax.adam(LEARNING_RATE))


@jax.jit
def _step(parameters: Parameters, state: Any, trials: Any, noise: Array) -> tuple[Any, Any]:
    """One step of Adam on the mean bound of some trials, a bin."""

    def cost(own: Parameters) -> Array:
        counts, known, encoded, seen = trials
        return -bound(own, counts, known, encoded, seen, noise).mean() / noise.shape[0]

    gradient = jax.grad(cost)(parameters)
    with jax.numpy_dtype_promotion("standard"):  # optax mixes dtypes of scalars
        updates, state = _optimizer().update(gradient, state, parameters)
    return optax.apply_updates(parameters, updates), state


@jax.jit
def _mean_bound(parameters: Parameters, trials: Any, noise: Array) -> Array:
    """Mean bound of some trials, in nats a trial."""
    counts, known, encoded, seen = trials
    return bound(parameters, counts, known, encoded, seen, noise).mean()


class Averages(NamedTuple):
    """Expected counts, and mean and covariance of the latents, of each trial."""

    counts: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray


def infer(parameters: Parameters, encoded: np.ndarray, seen: np.ndarray) -> Averages:
    """Averages over samples of the posterior; all trials are given the same noise."""
    num_bins, num_latents = encoded.shape[1], len(parameters.log_start)
    noise = jax.random.normal(jax.random.key(0), (NUM_SAMPLES, num_bins, 1, num_latents))
    parts = []
    for first in range(0, len(encoded), _AT_ONCE):
        here = slice(first, first + _AT_ONCE)
        counts, known = jnp.asarray(encoded[here], jnp.float32), jnp.asarray(seen[here])
        parts.append([np.asarray(one) for one in _averages(parameters, counts, known, noise)])
    counts, mean, covariance = (np.concatenate(one) for one in zip(*parts, strict=True))
    return Averages(counts, mean, covariance)


@jax.jit
def _averages(
    parameters: Parameters, encoded: Array, seen: Array, noise: Array
) -> tuple[Array, Array, Array]:
    factor = factor_of(parameters, recognised(parameters, encoded, seen))
    shape = factor.solved.shape

    def of_sample(own: Array) -> Array:
        return jnp.exp(log_rates(parameters, drawn(factor, jnp.broadcast_to(own, shape))))

    counts = jax.lax.map(of_sample, noise).mean(0)
    return counts, drawn(factor, jnp.zeros(shape)), covariances(factor)
