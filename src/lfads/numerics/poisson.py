"""Poisson counts: likelihood, bits per spike, and the chance of a higher count.

Bits per spike follow the Neural Latents Benchmark (Pei et al. 2021). Rates are in counts per bin here,
not in spikes/s.
"""

import numpy as np
from jaxtyping import Bool, Float, Real

from lfads.checks import UserError, describe
from lfads.numerics.means import mean_of_known

LOWEST_RATE = 1e-9  # replaces a rate of exactly 0, in counts per bin


def poisson_nll(
    rates: Real[np.ndarray, "*shape"], spikes: Real[np.ndarray, "..."]
) -> Float[np.ndarray, "*shape"]:
    """Negative Poisson log-likelihood of each sample, in nats.

    -log p(x | r) = r - x log r + log x!

    Parameters
    ----------
    rates
        Expected counts per bin r; exactly 0 counts as 1e-9.
    spikes
        Counts x of the same shape; NaN where missing, which gives NaN.

    Raises
    ------
    UserError
        If shapes differ, or a rate is negative, infinite, or NaN where the count is known.

    Examples
    --------
    >>> poisson_nll(np.array([0.5, 2.0]), np.array([0, 1])).round(4).tolist()
    [0.5, 1.3069]
    """
    return _nll_without_factorials(rates, spikes) + log_factorial(spikes)


def bits_per_spike(
    rates: Real[np.ndarray, "*shape"],
    spikes: Real[np.ndarray, "..."],
    null_rates: Real[np.ndarray, "..."] | None = None,
    mask: Bool[np.ndarray, "..."] | None = None,
) -> float:
    """Gain in log-likelihood over a model without dynamics, in bits per spike.

    (LL(rates) - LL(null_rates)) / (number of spikes · ln 2)

    On held-out neurons this is co-smoothing, on bins after the encoded ones forward prediction.

    Parameters
    ----------
    rates
        Expected counts per bin, neurons along the last axis; exactly 0 counts as 1e-9.
    spikes
        Counts of the same shape. NaN samples are left out.
    null_rates
        Rates of the model to compare with, broadcast to `spikes`; by default each neuron's mean
        over the scored samples.
    mask
        False where a sample is to be left out, broadcast to `spikes`.

    Returns
    -------
    float
        NaN if there is no spike to score.

    Raises
    ------
    UserError
        If shapes differ, or a scored rate is negative, infinite or NaN.

    References
    ----------
    Pei et al. (2021), "Neural Latents Benchmark '21", NeurIPS Datasets and Benchmarks.

    Examples
    --------
    >>> spikes = np.array([[0, 1], [2, 1], [0, 1], [2, 1]])
    >>> round(bits_per_spike(np.maximum(spikes, 0.1), spikes), 3)
    0.464
    """
    if rates.shape != spikes.shape:
        raise UserError(_shapes_differ(rates, spikes))
    scored = ~np.isnan(spikes)
    if mask is not None:
        scored = scored & mask
    rates = np.where(scored, rates, 1.0)
    counts = np.where(scored, spikes, np.nan).astype(np.float64)
    num_spikes = np.nansum(counts)
    if num_spikes == 0:
        return float("nan")
    null = (
        mean_of_known(counts, tuple(range(counts.ndim - 1))) if null_rates is None else null_rates
    )
    null = np.where(scored, null, 1.0)
    _check_whole(counts)
    # Factorials, which take as long as all else, are in both.
    null_nats, nats = (_nll_without_factorials(each, counts) for each in (null, rates))
    gain = np.nansum(null_nats) - np.nansum(nats)
    return float(gain / (num_spikes * np.log(2)))


def bits_per_spike_of_sums(
    rates: Real[np.ndarray, "*shape neuron"],
    totals: Real[np.ndarray, "*shape neuron"],
    numbers: Real[np.ndarray, "*shape #neuron"],
) -> float:
    """`bits_per_spike` of samples that share rates, from their counts summed.

    Parameters
    ----------
    rates
        Expected counts per bin, above 0.
    totals, numbers
        Counts of the samples with each rate, and how many samples these are.

    Examples
    --------
    >>> spikes, rates = np.array([[0], [3], [1], [2]]), np.array([[1.0], [1.0], [2.0], [2.0]])
    >>> round(bits_per_spike(rates, spikes), 6)
    -0.084963
    >>> sums = spikes[[0, 2]] + spikes[[1, 3]]
    >>> round(bits_per_spike_of_sums(rates[[0, 2]], sums, np.full((2, 1), 2)), 6)
    -0.084963
    """
    over = tuple(range(totals.ndim - 1))
    of_neurons, number = totals.sum(over), np.broadcast_to(numbers, totals.shape).sum(over)
    null = rate_of(of_neurons, number)
    gain = (totals * np.log(rates) - numbers * rates).sum()
    gain -= (of_neurons * np.log(null) - of_neurons).sum()
    spikes = of_neurons.sum()
    return float(gain / (spikes * np.log(2))) if spikes else float("nan")


def rate_of(
    total: Real[np.ndarray, "*shape"], number: Real[np.ndarray, "..."]
) -> Float[np.ndarray, "*shape"]:
    """The mean of some counts; that of half a spike where there is none, so that none is impossible.

    Parameters
    ----------
    total
        Counts, summed.
    number
        How many they are.

    Examples
    --------
    >>> rate_of(np.array([6, 0]), np.array([3, 5])).tolist()
    [2.0, 0.1]
    """
    return np.maximum(total, 0.5) / np.maximum(number, 1)


def chance_above(
    highest: Real[np.ndarray, "*shape"], mean: Real[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Chance that a Poisson count of the given mean exceeds a whole number of -1 or more.

    >>> chance_above(np.array([0, 1]), np.array([1.0, 1.0])).round(4).tolist()
    [0.6321, 0.2642]
    """
    from scipy.special import gammainc  # takes a while to load, and only a preview needs it

    return gammainc(highest + 1.0, mean)


def _nll_without_factorials(rates: np.ndarray, spikes: np.ndarray) -> np.ndarray:
    _check_rates(rates, spikes)
    rates = np.where(rates == 0, LOWEST_RATE, rates).astype(np.float64)
    return rates - spikes * np.log(rates)


def _check_rates(rates: np.ndarray, spikes: np.ndarray) -> None:
    if rates.shape != spikes.shape:
        raise UserError(_shapes_differ(rates, spikes))
    scored = rates[~np.isnan(spikes)]
    if np.isnan(scored).any():
        raise UserError(
            f"{np.isnan(scored).sum()} of {scored.size} rates are NaN where a count is known: "
            "leave these samples out with `mask`, or predict them"
        )
    if scored.size and (scored.min() < 0 or scored.max() == np.inf):
        raise UserError(
            f"`rates` must be expected counts per bin, 0 or more and finite; got values from "
            f"{scored.min():g} to {scored.max():g}. If these are log-rates, take their exponential."
        )


def _shapes_differ(rates: np.ndarray, spikes: np.ndarray) -> str:
    return (
        f"`rates` and `spikes` must have the same shape; got {describe(rates)} and "
        f"{describe(spikes)}"
    )


def log_factorial(counts: Real[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Log of x! by table; NaN where the count is missing.

    >>> log_factorial(np.array([0, 3])).round(4).tolist()
    [0.0, 1.7918]
    """
    known = ~np.isnan(counts)
    whole = _check_whole(counts).astype(np.int64)
    table = np.append(0.0, np.cumsum(np.log(np.arange(1, whole.max(initial=0) + 1))))
    return np.where(known, table[whole], np.nan)


def _check_whole(counts: np.ndarray) -> np.ndarray:
    """The counts, 0 where they are missing."""
    whole = np.where(np.isnan(counts), 0, counts)
    if (whole < 0).any() or (whole != np.round(whole)).any():
        raise UserError(f"`spikes` must be whole numbers, 0 or more; got {describe(counts)}")
    return whole
