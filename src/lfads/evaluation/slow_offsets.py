"""How much slow offsets change rates over trials, beside what the factors change: drift and dynamics.

The mean over a trial's bins of the log-rate of a neuron is the trial's offset and what is left, which comes
from the factors. Their variances over trials, averaged over neurons, say which of the two is large.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.evaluation.matching import holds, values_of
from lfads.numerics.means import mean_of_known

LEAST_RATE_HZ = 1e-6
"""Of which a logarithm is taken."""


class VarianceOverTrials(NamedTuple):
    """Variances of log-rates over trials, averaged over neurons; that of factors is NaN for signals."""

    offsets: float
    factors: float

    @property
    def share(self) -> float:
        """That of the offsets among both."""
        return self.offsets / max(self.offsets + self.factors, 1e-12)


def offsets_of_trials(found: xr.Dataset) -> Float[np.ndarray, "trial neuron"]:
    """D s of each trial: what is added to the read-out of each neuron in all of its bins."""
    courses = values_of(found, "slow_offsets", "slow_offset").astype(np.float64)
    weights = found["slow_offset_weights"].transpose("slow_offset", "neuron").to_numpy()
    return courses @ weights.astype(np.float64)


def variance_over_trials(found: xr.Dataset) -> VarianceOverTrials | None:
    """What a session's results say of it; None for results without slow offsets."""
    if not holds(found, "slow_offsets"):
        return None
    offsets = offsets_of_trials(found)
    of_factors = float("nan")
    if found["rates"].attrs.get("units") == "spikes/s":
        rates = values_of(found, "rates", "neuron").astype(np.float64)
        means = mean_of_known(np.log(np.maximum(rates, LEAST_RATE_HZ)), 1)
        known = np.isfinite(means).all(1)  # not a trial without a bin that is modelled
        means, offsets = means[known], offsets[known]
        of_factors = float((means - offsets).var(0).mean()) if known.any() else of_factors
    return VarianceOverTrials(float(offsets.var(0).mean()), of_factors)


def words_on_slow_offsets(found: xr.Dataset) -> str:
    """One line for tables of scores; empty for results without slow offsets."""
    variance = variance_over_trials(found)
    if variance is None:
        return ""
    std = f"slow offsets: standard deviation over trials {np.sqrt(variance.offsets):.2g}"
    if np.isnan(variance.factors):
        return f"{std} in units of the read-out, root mean square over neurons"
    return (
        f"{std} of log-rates, root mean square over neurons; {variance.share:.0%} of the variance of "
        "trials' mean log-rates, the factors have the rest"
    )
