"""How far predicted rates are from the true ones, from samples that the network did not see.

The spread of a posterior says what the network does not know of a trial; it says nothing of what the
network itself has wrong. That shows in residuals x = (y - r) / sqrt(r) of samples y that were hidden:
Poisson noise of two bins is independent, the error of a rate lasts. So the products of residuals of one
neuron l bins apart have the mean W a(l), with the error's variance W and its autocorrelation a; this is
taken between that of posterior samples and that of the rates' changes from trial to trial, as it was on
simulations. Of W belongs to the hiding itself the mean square D of how far rates moved by it,

    W = E[x(t) x(t + l)] / a(l),    error of rates that see all V = W - D,    c = V - spread.

The error's variance is then spread² + c r. All means are over the samples that are hidden in turn, and V is
drawn to the ratio to the spread that was measured on simulations, which counts where few spikes were held
out. A neuron that is far from all others, as one that is silent but for a burst, is left out. What a neuron
does by itself, such as bursts, counts as an error of its rate.
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from lfads.inference.held_out import HeldOut
from lfads.inference.spread_by_lag import LEAST_RATE, ByLag, Products, Spread

USUAL_RATIO = 4.0
"""Mean square error of rates over the variance of their spread at KL weights of 1, on simulations: 2.3
(reaches), 3.1 (Lorenz), 3.9 and 8 (chaotic networks, with and without pulses)."""

SHARED = 0.5
"""Share of the error beyond the spread that lies in the factors, not in how they are read out."""


MOST_TIMES = 10.0
"""What the spread of factors is multiplied by at most: 2.2 on simulations."""

LEAST_VARIANCE = 1e-12
"""Over the rate, below which nothing is divided by it."""

FAR = 5.0
"""Ranges between quartiles beyond them from which a neuron is too far from the others to be counted."""

NUM_RESAMPLES = 200
"""Of trials, for the standard deviation of the error."""


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
    of_rates_std
        How uncertain c is: its standard deviation over bootstraps of trials; NaN where it was not measured.
    """

    of_rates: float
    of_factors: float
    times: float = 1.0
    of_rates_std: float = math.nan

    def attributes(self) -> dict[str, float]:
        """For files of results."""
        known = {} if math.isnan(self.of_rates_std) else {"rate_error_std": self.of_rates_std}
        return {
            "rate_error": self.of_rates,
            **known,
            "rates_std_times": self.times,
            "factors_std_times": self.of_factors,
        }


USUAL = RateError(0.0, (1 + SHARED * (USUAL_RATIO - 1)) ** 0.5, USUAL_RATIO**0.5)
"""What spreads lack as a rule, for where nothing was measured."""


def rate_error(
    spread: Spread,
    held_out: HeldOut,
    values: Float[np.ndarray, "trial time neuron"],
    *,
    seed: int = 0,
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
    seed
        Of the bootstrap.
    """
    hidden, stored = held_out.fold >= 0, np.maximum(spread.rates, LEAST_RATE)
    rates = np.where(hidden, np.maximum(held_out.rates, LEAST_RATE), 1.0)
    residual = np.where(hidden, (values - rates) / np.sqrt(rates), 0)
    moved = np.where(hidden, (held_out.rates - spread.rates) ** 2 / stored, 0)
    num_lags = spread.products.sums.shape[1]
    found = _products(residual, held_out.fold, num_lags)
    kept = _near(found)
    of_moves = Products(moved.sum(1)[:, None], hidden.sum(1)[:, None].astype(float)).of(kept)
    of_spread, residuals = spread.products.of(kept), found.of(kept)
    once = np.ones(len(values))
    by_lag = of_spread.mean(once)
    courses = np.stack(
        [
            by_lag[1:] / max(by_lag[0], LEAST_VARIANCE),
            _of_changes(spread.rates[..., kept], hidden[..., kept], num_lags)[1:],
        ],
        axis=1,
    )
    weights = _weights(residuals)

    def beyond(times: np.ndarray) -> tuple[float, float]:
        variance = max(float(of_spread.mean(times)[0]), LEAST_VARIANCE)
        by_hiding = float(of_moves.mean(times)[0])
        lasting = _lasting(
            residuals.mean(times)[1:], weights, courses, USUAL_RATIO * variance + by_hiding
        )
        return max(lasting - by_hiding - variance, 0.0), variance

    of_rates, variance = beyond(once)
    rng, num = np.random.default_rng(seed), len(values)
    drawn = rng.multinomial(num, np.full(num, 1 / num), NUM_RESAMPLES)
    uncertain = float(np.std([beyond(times)[0] for times in drawn]))
    of_factors = min(float(np.sqrt(1 + SHARED * of_rates / variance)), MOST_TIMES)
    return RateError(of_rates, of_factors, of_rates_std=uncertain)


def _products(residual: np.ndarray, fold: np.ndarray, num_lags: int) -> Products:
    """Of samples of a neuron that were hidden together; none at lag 0, where noise is."""
    sums = np.zeros((len(fold), num_lags, fold.shape[2]))
    numbers, num_bins = np.zeros_like(sums), fold.shape[1]
    for lag in range(1, num_lags):
        later, earlier = slice(lag, None), slice(num_bins - lag)
        together = (fold[:, later] == fold[:, earlier]) & (fold[:, later] >= 0)
        product = residual[:, later] * residual[:, earlier]
        sums[:, lag] = np.where(together, product, 0).sum(1)
        numbers[:, lag] = together.sum(1)
    return Products(sums, numbers)


def _near(found: Products) -> Bool[np.ndarray, " neuron"]:
    """Neurons that are not far from all others."""
    number = found.numbers.sum((0, 1))
    mean = found.sums.sum((0, 1)) / np.maximum(number, 1)
    there = number > 0
    if not there.any():
        return there
    low, high = np.percentile(mean[there], (25, 75))
    return there & (mean >= low - FAR * (high - low)) & (mean <= high + FAR * (high - low))


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


def _weights(residuals: ByLag) -> Float[np.ndarray, " lag"]:
    """How much the mean of products says, by the lags from 1 on: one over its squared uncertainty."""
    mean, total = residuals.mean(np.ones(len(residuals.sums))), residuals.numbers.sum(0)
    within = residuals.sums - mean * residuals.numbers
    total = np.maximum(total, 1)
    between = np.sqrt((within**2).sum(0)) / total
    errors = np.maximum(between, total**-0.5)  # that of Poisson noise, where trials are few
    return 1 / errors[1:] ** 2


def _lasting(
    means: Float[np.ndarray, " lag"],
    weights: Float[np.ndarray, " lag"],
    courses: Float[np.ndarray, "lag 2"],
    usual: float,
) -> float:
    """W: the sum of two parts, whose products fall off as each course does by the lags from 1 on.

    Each part is half of the usual one, give or take as much, before the products are seen.
    """
    prior = np.full(2, usual / 2)
    precision = courses.T @ (weights[:, None] * courses) + np.eye(2) / prior**2
    parts = np.linalg.solve(precision, courses.T @ (weights * means) + 1 / prior)
    return float(np.maximum(parts, 0).sum())
