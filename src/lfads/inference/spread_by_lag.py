"""How posterior samples of rates deviate from their mean at KL weights of 1, and how long that lasts."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Real

from lfads.inference.batches import in_parts
from lfads.inference.encoding import encode_trials, noise_of_sample
from lfads.inference.spread import KLWeights, input_noise_scale, scaled, widened_code
from lfads.model.lfads import LFADS, Encoded
from lfads.objective import encoded_samples
from lfads.randomness import run_key
from lfads.training.batching import TrialArrays

MOST_LAGS = 8
TRIALS_AT_ONCE = 16

LEAST_RATE = 1e-6
"""Counts per bin below which nothing is divided by them."""


class Products(NamedTuple):
    """Sums over the bins of products of two bins, a lag apart, of one neuron; lag 0 first."""

    sums: Float[np.ndarray, "trial lag neuron"]
    numbers: Float[np.ndarray, "trial lag neuron"]

    def of(self, neurons: Bool[np.ndarray, " neuron"]) -> "ByLag":
        """Over some neurons."""
        return ByLag(self.sums[..., neurons].sum(-1), self.numbers[..., neurons].sum(-1))


class ByLag(NamedTuple):
    """Sums and numbers of products of each trial; or of one value, at the only lag."""

    sums: Float[np.ndarray, "trial lag"]
    numbers: Float[np.ndarray, "trial lag"]

    def mean(self, times: Real[np.ndarray, " trial"]) -> Float[np.ndarray, " lag"]:
        """With each trial as often as it is said."""
        return (times @ self.sums) / np.maximum(times @ self.numbers, 1)


class Spread(NamedTuple):
    """How samples of rates deviate from their mean, at KL weights of 1, and the rates as they are stored.

    Parameters
    ----------
    products
        Mean over posterior samples of products of standardised deviations, of encoded samples.
    rates
        Means over samples of the posterior as it is.
    """

    products: Products
    rates: Float[np.ndarray, "trial time neuron"]


def spread_by_lag(
    model: LFADS,
    trials: TrialArrays,
    kl_weights: KLWeights,
    *,
    num_samples: int = 32,
    num_samples_of_mean: int = 16,
    seed: int = 0,
) -> Spread:
    """How posterior samples of rates deviate from their mean, and how long deviations last.

    Parameters
    ----------
    model
        A trained network of one session.
    trials
        A few hundred at most: samples of all of them are held at once.
    kl_weights
        That the network was trained with.
    num_samples
        Posterior samples for each trial, two at least.
    num_samples_of_mean
        Samples of the posterior as it is, for rates; as many as `held_out_rates` takes, whose noise is the
        same.
    seed
        Of the samples.
    """
    found = []
    for part in in_parts(trials, min(len(trials.trial_id), TRIALS_AT_ONCE)):
        of_part = _of_batch(
            model, part.trials, run_key(seed), kl_weights, num_samples, num_samples_of_mean
        )
        found.append([np.asarray(values)[part.filled] for values in of_part])
    sums, there, rates = (np.concatenate(values) for values in zip(*found, strict=True))
    num_lags, num_bins = sums.shape[1], there.shape[1]
    pairs = [(there[:, lag:] & there[:, : num_bins - lag]).sum(1) for lag in range(num_lags)]
    numbers = np.stack(pairs, axis=1).astype(np.float64)
    return Spread(Products(sums.astype(np.float64), numbers), rates)


@eqx.filter_jit
def _of_batch(
    model: LFADS,
    trials: TrialArrays,
    key: PRNGKeyArray,
    kl_weights: KLWeights,
    num_samples: int,
    num_samples_of_mean: int,
) -> tuple[
    Float[Array, "trial lag neuron"],
    Bool[Array, "trial time neuron"],
    Float[Array, "trial time neuron"],
]:
    """Sums of products by lag, which samples were encoded, and mean rates."""
    batch, encoded = encode_trials(model, trials, key)
    one = noise_of_sample(model, batch.trial_ids, key, jnp.asarray(0))
    log_variance = model.decode(encoded, one).input_log_variance
    variance = None if log_variance is None else jnp.exp(log_variance)

    def rates_of(
        encoded: Encoded, scale: Array | None, number: Int[Array, ""]
    ) -> Float[Array, "time trial neuron"]:
        noise = noise_of_sample(model, batch.trial_ids, key, number)
        trajectories = model.decode(encoded, scaled(noise, scale))
        return model.distributions(trajectories.read_outs)["mean"]

    scale, wide = (
        input_noise_scale(model, variance, kl_weights),
        widened_code(model, encoded, kl_weights),
    )
    wider = jax.lax.map(lambda n: rates_of(wide, scale, n), jnp.arange(num_samples))
    nothing = jnp.zeros_like(wider[0])
    total = jax.lax.fori_loop(
        0, num_samples_of_mean, lambda n, so_far: so_far + rates_of(encoded, None, n), nothing
    )
    mean = wider.mean(0)
    deviation = (wider - mean[None]) / jnp.sqrt(jnp.maximum(mean, LEAST_RATE))[None]
    there = encoded_samples(model, batch)[model.config.initial_condition_length :]
    deviation = jnp.where(there[None], deviation, 0) / (num_samples - 1) ** 0.5
    sums, num_bins = [], mean.shape[0]
    for lag in range(min(MOST_LAGS + 1, num_bins)):
        sums.append((deviation[:, lag:] * deviation[:, : num_bins - lag]).sum((0, 1)))
    rates = total / num_samples_of_mean
    return jnp.stack(sums, axis=1), jnp.swapaxes(there, 0, 1), jnp.swapaxes(rates, 0, 1)
