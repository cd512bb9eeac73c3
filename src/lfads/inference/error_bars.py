"""Spreads that hold the error of networks, of one or of several whose rates are averaged."""

from collections.abc import Sequence

import numpy as np

from lfads.inference.averages import PosteriorArrays, Sample
from lfads.inference.rate_error import LEAST_VARIANCE, RateError
from lfads.inference.spread_by_lag import LEAST_RATE


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


def with_rates_of(best: PosteriorArrays, others: Sequence[PosteriorArrays]) -> PosteriorArrays:
    """The best member's averages with rates, and the variances of their spread, averaged over members."""
    members = (best, *others)
    mean = np.mean([member.mean.rates for member in members], axis=0)
    variance = np.mean([member.std.rates**2 for member in members], axis=0)
    return best._replace(
        mean=best.mean._replace(rates=mean), std=best.std._replace(rates=np.sqrt(variance))
    )


def error_of_average(error: RateError, members: Sequence[PosteriorArrays]) -> RateError:
    """What spreads of rates that are averaged over members lack, where `error` is what those of one lack.

    The mean square error of an average is that of its members less the variance between them (Krogh &
    Vedelsby 1995, NIPS 7:231). That holds of means over many samples, not of each, where members may differ
    most because none is right; so it is taken off the error of all rates alike, of which at least a
    member's share is left.

        c_average = max(c - E[var(rates of members) / mean rate], c / number)

    Parameters
    ----------
    error
        Of one member. Where it multiplies the spread, what it adds thereby is reduced likewise.
    members
        As inferred, two or more; their spreads without an error.
    """
    rates = np.stack([np.asarray(member.mean.rates, np.float64) for member in members])
    spread = np.mean([np.asarray(member.std.rates, np.float64) ** 2 for member in members], axis=0)
    mean = np.maximum(rates.mean(0), LEAST_RATE)
    between = float((rates.var(0) / mean).mean())

    def less(excess: float) -> float:
        return max(excess - between, excess / len(members))

    own = max(float((spread / mean).mean()), LEAST_VARIANCE)
    times = error.times
    if times > 1:
        times = (1 + less((times**2 - 1) * own) / own) ** 0.5
    return error._replace(of_rates=less(error.of_rates), times=times)
