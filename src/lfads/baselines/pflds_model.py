"""PfLDS: a linear dynamical system behind a network that reads out Poisson log-rates, and its inference.

z_1 ~ N(0, Q_1), z_t ~ N(A z_{t−1}, Q), y_t ~ Poisson(exp(network(z_t))). The posterior is approximated by
q(z | y) ∝ p(z) Π_t N(z_t; m(y_t), Λ(y_t)⁻¹), whose m and Λ a second network gives: a Gaussian of block-
tridiagonal precision. Its block Cholesky factor gives samples, their log density, and covariances exactly.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

HIGHEST_LOG_RATE = 5.0
HIDDEN = 60
"""Units of each of two hidden layers, as in the paper."""


class Layer(NamedTuple):
    """Weights and biases of a layer."""

    weights: Float[Array, "inside outside"]
    biases: Float[Array, " outside"]


class Parameters(NamedTuple):
    """Everything that is learned. Q_1 and Q are diagonal, by their logarithms."""

    dynamics: Float[Array, "latent latent"]
    log_start: Float[Array, " latent"]
    log_noise: Float[Array, " latent"]
    readout: tuple[Layer, ...]
    recognition: tuple[Layer, ...]


class Recognised(NamedTuple):
    """What the counts of each bin say of the latents: precision Λ, and Λ m."""

    precision: Float[Array, "trial time latent latent"]
    drive: Float[Array, "trial time latent"]


class Factor(NamedTuple):
    """The block Cholesky factor of q's precision, and u, the solution of L u = Λ m."""

    diagonal: Float[Array, "time trial latent latent"]
    below: Float[Array, "time trial latent latent"]
    solved: Float[Array, "time trial latent"]


def started(
    key: PRNGKeyArray, num_encoded: int, mean_counts: Float[Array, " neuron"], num_latents: int
) -> Parameters:
    """Slow dynamics, networks with small random weights, and the mean rates as last biases."""
    k_out, k_in = jax.random.split(key)
    sizes = (num_latents, HIDDEN, HIDDEN, len(mean_counts))
    readout = _layers(k_out, sizes)
    readout = (*readout[:-1], Layer(readout[-1].weights, jnp.log(mean_counts)))
    recognition = _layers(k_in, (num_encoded, HIDDEN, HIDDEN, num_latents * (num_latents + 1)))
    return Parameters(
        dynamics=0.9 * jnp.eye(num_latents),
        log_start=jnp.zeros(num_latents),
        log_noise=jnp.log(0.1) * jnp.ones(num_latents),
        readout=readout,
        recognition=recognition,
    )


def _layers(key: PRNGKeyArray, sizes: tuple[int, ...]) -> tuple[Layer, ...]:
    keys = jax.random.split(key, len(sizes) - 1)
    return tuple(
        Layer(jax.random.normal(k, (a, b)) / a**0.5, jnp.zeros(b))
        for k, a, b in zip(keys, sizes[:-1], sizes[1:], strict=True)
    )


def _through(layers: tuple[Layer, ...], values: Array) -> Array:
    """A network, along the last axis."""
    rows = values.reshape(-1, values.shape[-1])
    for layer in layers[:-1]:
        rows = jnp.tanh(rows @ layer.weights + layer.biases[None])
    rows = rows @ layers[-1].weights + layers[-1].biases[None]
    return rows.reshape(*values.shape[:-1], -1)


def log_rates(parameters: Parameters, latents: Array) -> Array:
    """Log of expected counts per bin."""
    return jnp.minimum(_through(parameters.readout, latents), HIGHEST_LOG_RATE)


def recognised(
    parameters: Parameters,
    counts: Float[Array, "trial time encoded"],
    known: Bool[Array, "trial time encoded"],
) -> Recognised:
    """Λ and Λ m of each bin; precision in proportion to the share of neurons that are known."""
    num_latents = len(parameters.log_start)
    out = _through(parameters.recognition, jnp.where(known, counts, 0.0))
    mean, roots = out[..., :num_latents], out[..., num_latents:]
    roots = roots.reshape(*roots.shape[:-1], num_latents, num_latents)
    share = known.astype(roots.dtype).mean(-1)
    precision = jnp.einsum("...ij,...kj->...ik", roots, roots) * share[..., None, None]
    return Recognised(precision, jnp.einsum("...ij,...j->...i", precision, mean))


def factor_of(parameters: Parameters, seen: Recognised) -> Factor:
    """L of q's precision, block row by block row."""
    num_latents = len(parameters.log_start)
    inverse_noise = jnp.exp(-parameters.log_noise)
    coupling = -inverse_noise[:, None] * parameters.dynamics
    onwards = parameters.dynamics.T @ (inverse_noise[:, None] * parameters.dynamics)
    num_trials, num_bins = seen.drive.shape[:2]
    first = jnp.diag(jnp.exp(-parameters.log_start))
    own = jnp.concatenate(
        [first[None], jnp.broadcast_to(jnp.diag(inverse_noise), (num_bins - 1, *first.shape))]
    )
    own = own.at[:-1].add(onwards[None]) + 1e-4 * jnp.eye(num_latents)[None]

    def step(before: Any, given: Any) -> Any:
        below, solved = before
        prior, precision, drive = given
        block = prior[None] + precision - jnp.einsum("nij,nkj->nik", below, below)
        diagonal = jnp.linalg.cholesky(block)
        right = drive - jnp.einsum("nij,nj->ni", below, solved)
        together = jnp.concatenate(
            [right[..., None], jnp.broadcast_to(coupling.T, block.shape)], axis=-1
        )
        found = jax.lax.linalg.triangular_solve(diagonal, together, left_side=True, lower=True)
        solved = found[..., 0]
        below = found[..., 1:].swapaxes(-1, -2)  # E L⁻ᵀ, the block below in the next row
        return (below, solved), (diagonal, below, solved)

    nothing = jnp.zeros((num_trials, num_latents, num_latents))
    start = (nothing, jnp.zeros((num_trials, num_latents)))
    over_time = (own, seen.precision.swapaxes(0, 1), seen.drive.swapaxes(0, 1))
    _, found = jax.lax.scan(step, start, over_time)
    return Factor(*found)


def drawn(
    factor: Factor, noise: Float[Array, "time trial latent"]
) -> Float[Array, "trial time latent"]:
    """z = L⁻ᵀ (u + noise): a sample for noise of N(0, I), the mean for none."""

    def step(after: Array, given: Any) -> tuple[Array, Array]:
        diagonal, below, solved, own = given
        right = solved + own - jnp.einsum("nji,nj->ni", below, after)
        here = jax.lax.linalg.triangular_solve(
            diagonal, right[..., None], left_side=True, lower=True, transpose_a=True
        )[..., 0]
        return here, here

    nothing = jnp.zeros(noise.shape[1:])
    _, found = jax.lax.scan(step, nothing, (*factor, noise), reverse=True)
    return found.swapaxes(0, 1)


def covariances(factor: Factor) -> Float[Array, "trial time latent latent"]:
    """Of the latents within each bin."""
    identity = jnp.eye(factor.solved.shape[-1])

    def step(after: Array, given: Any) -> tuple[Array, Array]:
        diagonal, below = given
        inner = identity[None] + jnp.einsum("nji,njk,nkl->nil", below, after, below)
        inverse = jax.lax.linalg.triangular_solve(
            diagonal, jnp.broadcast_to(identity, diagonal.shape), left_side=True, lower=True
        )
        here = jnp.einsum("nji,njk,nkl->nil", inverse, inner, inverse)
        return here, here

    nothing = jnp.zeros_like(factor.diagonal[0])
    _, found = jax.lax.scan(step, nothing, (factor.diagonal, factor.below), reverse=True)
    return found.swapaxes(0, 1)


def bound(
    parameters: Parameters,
    counts: Float[Array, "trial time neuron"],
    known: Bool[Array, "trial time neuron"],
    encoded: Float[Array, "trial time encoded"],
    seen: Bool[Array, "trial time encoded"],
    noise: Float[Array, "time trial latent"],
) -> Float[Array, " trial"]:
    """One-sample bound on the log-likelihood of each trial, in nats, without log y!."""
    factor = factor_of(parameters, recognised(parameters, encoded, seen))
    latents = drawn(factor, noise)
    rates = log_rates(parameters, latents)
    fit = jnp.where(known, counts * rates - jnp.exp(rates), 0.0).sum((1, 2))
    volume = jnp.log(jnp.diagonal(factor.diagonal, axis1=-2, axis2=-1)).sum((0, 2))
    log_q = volume - 0.5 * (noise**2).sum((0, 2))
    return fit + _log_prior(parameters, latents) - log_q


def _log_prior(parameters: Parameters, latents: Float[Array, "trial time latent"]) -> Array:
    """Log density of the dynamics, without the constant, which that of q has too."""
    change = latents[:, 1:] - latents[:, :-1] @ parameters.dynamics.T
    start = latents[:, 0] ** 2 @ jnp.exp(-parameters.log_start) + parameters.log_start.sum()
    moves = (change**2).sum(1) @ jnp.exp(-parameters.log_noise)
    volume = change.shape[1] * parameters.log_noise.sum()
    return -0.5 * (start + moves + volume)
