"""How far predicted rates are from the true ones, from samples that the network did not see.

The spread of a posterior says what the network does not know of a trial; it says nothing of what the
network itself has wrong. That shows in residuals x = (y - r) / sqrt(r) of samples y that were hidden:
Poisson noise of two bins is independent, the error of a rate lasts. So the products of residuals of one
neuron l bins apart have the mean V a(l), with the error's variance V and its autocorrelation a; this is
taken between that of posterior samples and that of the rates' changes from trial to trial, as it was on
simulations. Of V belongs to the hiding itself the mean square D of how far rates moved by it,

    V = E[x(t) x(t + l)] / a(l),    error of rates that see all = V - D,    c = V - D - spread.

The error's variance is then spread² + c r. Where few spikes were held out, V is drawn to the ratio to the
spread that was measured on simulations. What a neuron does by itself, such as bursts, counts as an error of
its rate.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lfads.inference.averages import PosteriorArrays, Sample
from lfads.inference.encoding import encode_trials, noise_of_sample
from lfads.inference.held_out import HeldOut
from lfads.inference.spread import KLWeights, input_noise_scale, scaled, widened_code
from lfads.model.lfads import LFADS
from lfads.randomness import run_key
from lfads.training.batching import TrialArrays

MOST_LAGS = 8
USUAL_RATIO = 4.0
"""Mean square error of rates over the variance of their spread at KL weights of 1, on simulations: 2.3
(reaches), 3.1 (Lorenz), 3.9 and 8 (chaotic networks, with and without pulses)."""

SHARED = 0.5
"""Share of the error beyond the spread that lies in the factors, not in how they are read out."""


MOST_TIMES = 10.0
"""What the spread of factors is multiplied by at most: 2.2 on simulations."""


class RateError(NamedTuple):
    """What is added to spreads.

    Parameters
    ----------
    of_rates
        c: the variance of the error beyond the spread, over the rate, in the unit of the data.
    of_factors
        What the spread of factors is multiplied by.
    times
        What the spread of rates is multiplied by.
    """

    of_rates: float
    of_factors: float
    times: float = 1.0

    def attributes(self) -> dict[str, float]:
        """For files of results."""
        return {
            "rate_error": self.of_rates,
            "rates_std_times": self.times,
            "factors_std_times": self.of_factors,
        }


USUAL = RateError(0.0, (1 + SHARED * (USUAL_RATIO - 1)) ** 0.5, USUAL_RATIO**0.5)
"""What spreads lack as a rule, for where nothing was measured."""


class Spread(NamedTuple):
    """Mean of products of standardised deviations of posterior samples, by lag in bins; lag 0 first."""

    by_lag: Float[np.ndarray, " lag"]
    rates: Float[np.ndarray, "trial time neuron"]


def rate_error(
    spread: Spread, held_out: HeldOut, values: Float[np.ndarray, "trial time neuron"]
) -> RateError:
    """The error beyond the spread.

    Parameters
    ----------
    spread
        Of the same trials.
    held_out
        Rates of samples that were hidden.
    values
        What was recorded, in the bins that are decoded.
    """
    hidden = held_out.fold >= 0
    rates = np.where(hidden, np.maximum(held_out.rates, LEAST_RATE), 1.0)
    residual = np.where(hidden, (values - rates) / np.sqrt(rates), 0)
    moved = (held_out.rates - spread.rates)[hidden] ** 2 / np.maximum(spread.rates, LEAST_RATE)[
        hidden
    ]
    variance = max(float(spread.by_lag[0]), LEAST_VARIANCE)
    courses = np.stack(
        [spread.by_lag / variance, _of_changes(spread.rates, hidden, len(spread.by_lag))], axis=1
    )
    total = _lasting(residual, held_out.fold, courses[1:], USUAL_RATIO * variance) - moved.mean()
    beyond = max(float(total) - variance, 0.0)
    return RateError(beyond, min(float(np.sqrt(1 + SHARED * beyond / variance)), MOST_TIMES))


LEAST_RATE, LEAST_VARIANCE = 1e-6, 1e-12
"""Counts per bin, and variance over the rate, below which nothing is divided by them."""


def _of_changes(rates: np.ndarray, there: np.ndarray, num_lags: int) -> Float[np.ndarray, " lag"]:
    """Autocorrelation, by lag, of what differs between trials; 1 where nothing does."""
    number = np.maximum(there.sum(0), 1)
    mean = np.where(there, rates, 0).sum(0) / number
    scale = np.sqrt(np.maximum(rates, LEAST_RATE))
    changes = np.where(there, (rates - mean) / scale, 0)
    products, num_bins = np.zeros(num_lags), rates.shape[1]
    for lag in range(num_lags):
        pairs = there[:, lag:] & there[:, : num_bins - lag]
        product = changes[:, lag:] * changes[:, : num_bins - lag]
        products[lag] = product.sum() / max(pairs.sum(), 1)
    return products / products[0] if products[0] > 0 else np.ones(num_lags)


def _lasting(
    residual: np.ndarray, fold: np.ndarray, courses: Float[np.ndarray, "lag 2"], usual: float
) -> float:
    """V: the sum of two parts, whose products fall off as each course does by the lags from 1 on.

    Each part is half of the usual one, give or take as much, before the products are seen. Products are
    those of samples of a neuron that were hidden together.
    """
    means, errors = [], []
    for lag in range(1, len(courses) + 1):
        together = (fold[:, lag:] == fold[:, :-lag]) & (fold[:, lag:] >= 0)
        products = np.where(together, residual[:, lag:] * residual[:, :-lag], 0).sum((1, 2))
        number = together.sum((1, 2))
        total = max(number.sum(), 1)
        mean = products.sum() / total
        means.append(mean)
        between = np.sqrt(((products - mean * number) ** 2).sum()) / total
        errors.append(max(between, total**-0.5))  # that of Poisson noise, where trials are few
    weights = 1 / np.array(errors) ** 2
    prior = np.full(2, usual / 2)
    precision = courses.T @ (weights[:, None] * courses) + np.eye(2) / prior**2
    parts = np.linalg.solve(precision, courses.T @ (weights * means) + 1 / prior)
    return float(np.maximum(parts, 0).sum())


def spread_by_lag(
    model: LFADS,
    trials: TrialArrays,
    kl_weights: KLWeights,
    *,
    num_samples: int = 32,
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
        Posterior samples for each trial.
    seed
        Of the samples.
    """
    products, counts, rates = [], [], []
    for first in range(0, len(trials.trial_id), TRIALS_AT_ONCE):
        some = slice(first, first + TRIALS_AT_ONCE)
        given = jax.tree.map(lambda x, s=some: np.asarray(x)[s], trials)
        found = _of_batch(model, given, run_key(seed), kl_weights, num_samples)
        for parts, part in zip((products, counts, rates), found, strict=True):
            parts.append(np.asarray(part, np.float64))
    by_lag = np.sum(products, axis=0) / np.maximum(np.sum(counts, axis=0), 1)
    return Spread(by_lag, np.concatenate(rates).astype(np.float32))


TRIALS_AT_ONCE = 16


@eqx.filter_jit
def _of_batch(
    model: LFADS, trials: TrialArrays, key: PRNGKeyArray, kl_weights: KLWeights, num_samples: int
) -> tuple[Float[Array, " lag"], Float[Array, " lag"], Float[Array, "trial time neuron"]]:
    """Sums of products by lag, their numbers, and mean rates."""
    batch, encoded = encode_trials(model, trials, key)
    one = noise_of_sample(model, batch.trial_ids, key, jnp.asarray(0))
    log_variance = model.decode(encoded, one).input_log_variance
    variance = None if log_variance is None else jnp.exp(log_variance)
    scale = input_noise_scale(model, variance, kl_weights)
    wide = widened_code(model, encoded, kl_weights)

    def of_sample(number: Int[Array, ""]) -> Float[Array, "time trial neuron"]:
        noise = noise_of_sample(model, batch.trial_ids, key, number)
        trajectories = model.decode(wide, scaled(noise, scale))
        return model.distributions(trajectories.read_outs)["mean"]

    rates = jax.lax.map(of_sample, jnp.arange(num_samples))
    mean = rates.mean(0)
    deviation = (rates - mean[None]) / jnp.sqrt(jnp.maximum(mean, LEAST_RATE))[None]
    there = jnp.ones(mean.shape[:2], bool)
    if batch.valid is not None:
        there = batch.valid[model.config.initial_condition_length :]
    deviation = jnp.where(there[None, :, :, None], deviation, 0)
    by_lag, counts = [], []
    for lag in range(min(MOST_LAGS + 1, mean.shape[0])):
        ends = there[lag:].sum().astype(jnp.float32) * mean.shape[2] * (num_samples - 1)
        by_lag.append((deviation[:, lag:] * deviation[:, : mean.shape[0] - lag]).sum())
        counts.append(ends)
    return jnp.stack(by_lag), jnp.stack(counts), jnp.swapaxes(mean, 0, 1)


def with_error(arrays: PosteriorArrays, error: RateError) -> PosteriorArrays:
    """Spreads that hold the error of the network, too."""
    std: Sample = arrays.std
    rates = np.sqrt((error.times * std.rates) ** 2 + error.of_rates * arrays.mean.rates)
    states = std.generator_states
    wider = std._replace(
        rates=rates,
        factors=std.factors * error.of_factors,
        generator_states=None if states is None else states * error.of_factors,
    )
    return arrays._replace(std=wider)
