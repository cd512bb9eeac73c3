"""Change of firing over a session: neurons that are lost, found, or slowly change their rate.

Trials are taken in the order of `trial_index` and cut into up to ten blocks. A neuron drifts if the means
of the blocks differ by more than the scatter of trials within blocks explains, and by much for its rate.
Differences between conditions are taken away first.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.data.session import Session
from lfads.numerics.means import mean_of_known, means_of_groups
from lfads.quality.measures import Firing, groups_of, silent_in

FEWEST_TRIALS = 20
MUCH = 0.3  # standard deviation of the rate between blocks, relative to its mean
_MOST_BLOCKS = 10
_SURE = 6.0  # ratio of variances between and within blocks


@dataclass(frozen=True, eq=False, kw_only=True)
class Drift:
    """Rates along a session.

    Parameters
    ----------
    order
        Trials in the order of the session.
    block
        Block of each trial in that order.
    rates_hz
        Mean rate of each neuron in each block, in spikes/s, conditions taken away.
    population_hz
        Rate of each trial, in that order: mean over neurons, conditions taken away.
    variation
        Standard deviation of the rate between blocks, without what the scatter of trials explains,
        relative to the mean rate; the last entry is that of the population.
    surely
        True where the variation is no chance.
    lost
        Neurons without a spike in the first or last fifth of the trials, where many were expected.
    """

    order: Int[np.ndarray, " trial"]
    block: Int[np.ndarray, " trial"]
    rates_hz: Float[np.ndarray, "block neuron"]
    population_hz: Float[np.ndarray, " trial"]
    variation: Float[np.ndarray, " neuron_and_population"]
    surely: Bool[np.ndarray, " neuron_and_population"]
    lost: Bool[np.ndarray, " neuron"]

    @property
    def num_blocks(self) -> int:
        """Number of blocks."""
        return len(self.rates_hz)

    @property
    def drifting(self) -> Int[np.ndarray, " drifting"]:
        """Neurons whose rate changes much, most changed first."""
        variation = self.variation[:-1]
        much = np.flatnonzero((variation > MUCH) & self.surely[:-1])
        return much[np.argsort(-variation[much], kind="stable")]

    @property
    def population_drifts(self) -> bool:
        """Whether the rate of the whole population changes by more than a fifth of its mean."""
        return bool(self.surely[-1] and self.variation[-1] > 0.2)


def drift_of(session: Session, firing: Firing) -> Drift | None:
    """Rates along the session; None with fewer than twenty trials."""
    if session.num_trials < FEWEST_TRIALS:
        return None
    order = np.argsort(session.trial_index, kind="stable")
    rates = _without_conditions(firing, groups_of(session))[order]
    duration_s = firing.observed_s[order]
    num_blocks = min(_MOST_BLOCKS, session.num_trials // (FEWEST_TRIALS // 2))
    block = np.arange(len(order)) * num_blocks // len(order)
    population = mean_of_known(rates, 1)
    series = np.column_stack([rates, population])
    means = means_of_groups(series, block)
    floor = np.append(np.nan_to_num(firing.rates_hz) / np.maximum(duration_s.mean(0), 1e-12), 0.0)
    variation, surely = _variation(series, means, block, floor)
    fifth = max(1, len(order) // 5)
    return Drift(
        order=order,
        block=block,
        rates_hz=np.maximum(means[:, :-1], 0),
        population_hz=population,
        variation=variation,
        surely=surely,
        lost=silent_in(firing, order[:fifth]) | silent_in(firing, order[-fifth:]),
    )


def _without_conditions(firing: Firing, group: np.ndarray) -> np.ndarray:
    """Rates of trials in spikes/s, each condition's mean replaced by the mean of all; NaN unobserved."""
    seen = firing.observed_s > 0
    rates = np.where(seen, firing.spike_counts / np.where(seen, firing.observed_s, 1), np.nan)
    return rates + (mean_of_known(rates, 0) - means_of_groups(rates, group)[group])


def _variation(
    series: np.ndarray, means: np.ndarray, block: np.ndarray, floor: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Relative standard deviation between blocks, and whether it is no chance.

    `floor` is the least variance within blocks, that of Poisson spikes.
    """
    weight = np.isfinite(series)
    count = np.stack([weight[block == b].sum(0) for b in range(len(means))])
    known = count > 0
    overall = mean_of_known(series, 0)
    degrees = np.maximum(weight.sum(0) - known.sum(0), 1)
    scatter = np.where(weight, series - means[block], 0)
    within = np.maximum((scatter**2).sum(0) / degrees, floor)
    distance = np.where(known, means - overall, 0)
    between = (count * distance**2).sum(0) / np.maximum(known.sum(0) - 1, 1)
    per_block = np.maximum(weight.sum(0) / np.maximum(known.sum(0), 1), 1)
    sd = np.sqrt(np.maximum(between - within, 0) / per_block)
    relative = np.where(np.nan_to_num(overall) > 0, sd / np.where(overall > 0, overall, 1), 0.0)
    return relative, between > _SURE * np.maximum(within, 1e-300)
