"""Whether inferred inputs are needed: likelihood of held-out samples with and without, and what they drive.

With samples y that the encoders did not see, of trial r, and the rates that the network predicts for them,

    gain = sum_r [log p(y_r | rates) - log p(y_r | rates without)] / (ln 2 · sum_r spikes_r)

for counts, by the Poisson likelihood; for signals, nats by the network's own likelihood over the number of
samples. The interval is that of a bootstrap over trials: it knows which trials there happen to be, not that
another training gives another network. With factors f and f⁰ that one generator gives from the same initial
state with the inputs and without,

    share driven = sum (f - f⁰)² / sum (f - mean of f)²

over trials, bins and factors; means are those of each factor. It may exceed 1.

"Without" says of one network how much it uses its inputs, not whether another network would do without
them. That takes a network that was trained without, `gain_over`.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Real

from lfads.numerics.poisson import poisson_nll

NUM_RESAMPLES = 2000
FEWEST_TRIALS = 10
"""Trials below which a bootstrap over trials says nothing."""

UNITS = {"counts": "bits per spike", "real": "nats per sample"}
"""Of gains, by the kind of values."""


class Gain(NamedTuple):
    """A gain in the likelihood of held-out samples and its 95 % interval; NaN where trials are too few.

    Examples
    --------
    >>> gain = lfads.Gain(value=0.08, low=0.05, high=0.11)
    >>> gain.low > 0
    True
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class InputsNeeded:
    """What one network's inferred inputs do for held-out samples and for its factors.

    Parameters
    ----------
    split, num_trials
        The trials.
    unit
        Of the gains.
    gains
        Over the same network with one of the inputs at 0, input by input.
    gain_of_all
        Over the same network with all of them at 0.
    kl_nats
        Divergence of each input from its prior, mean nats a trial.
    shares, share_of_all
        Share of the factors' variance that each input drives, and all of them.

    Examples
    --------
    >>> gain = lfads.Gain(value=0.08, low=0.05, high=0.11)
    >>> needed = lfads.InputsNeeded(
    ...     split="valid", num_trials=80, unit="bits per spike", gains=(gain,), gain_of_all=gain,
    ...     kl_nats=(9.9,), shares=(0.6,), share_of_all=0.6,
    ... )
    >>> needed.gain_of_all.low > 0
    True
    """

    split: str
    num_trials: int
    unit: str
    gains: tuple[Gain, ...]
    gain_of_all: Gain
    kl_nats: tuple[float, ...]
    shares: tuple[float, ...]
    share_of_all: float

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        found = asdict(self)
        gains = [gain._asdict() for gain in self.gains]
        return {**found, "gains": gains, "gain_of_all": self.gain_of_all._asdict()}


@dataclass(frozen=True, kw_only=True)
class GainOverWithout:
    """The gain over another network, which was trained without inferred inputs.

    Parameters
    ----------
    run
        Name of the other.
    split, num_trials, unit
        As in `InputsNeeded`.
    gain
        Of the network with inputs.

    Examples
    --------
    >>> gain = lfads.Gain(value=0.08, low=0.05, high=0.11)
    >>> over = lfads.GainOverWithout(
    ...     run="none", split="valid", num_trials=80, unit="bits per spike", gain=gain
    ... )
    >>> over.to_dict()["gain"]
    {'value': 0.08, 'low': 0.05, 'high': 0.11}
    """

    run: str
    split: str
    num_trials: int
    unit: str
    gain: Gain

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "gain": self.gain._asdict()}


def gain_from(
    nll: Float[np.ndarray, " trial"],
    nll_without: Float[np.ndarray, " trial"],
    number: Real[np.ndarray, " trial"],
    unit: str = UNITS["counts"],
    *,
    seed: int = 0,
) -> Gain:
    """The gain of the module's equation, with the interval of a bootstrap over trials.

    Parameters
    ----------
    nll, nll_without
        Nats of each trial's held-out samples, with the inputs and without.
    number
        Spikes or samples of each trial.
    unit
        Bits per spike or nats per sample.
    seed
        Of the bootstrap.

    Examples
    --------
    >>> gain = gain_from(np.full(20, 3.0), np.full(20, 3.0 + np.log(2)), np.full(20, 4), "bits per spike")
    >>> np.round(gain, 3).tolist()
    [0.25, 0.25, 0.25]
    """
    scale = math.log(2) if unit == UNITS["counts"] else 1.0
    gained, number = (nll_without - nll) / scale, np.asarray(number, np.float64)
    if not number.sum():
        return Gain(math.nan, math.nan, math.nan)
    value, num = float(gained.sum() / number.sum()), len(gained)
    if num < FEWEST_TRIALS:
        return Gain(value, math.nan, math.nan)
    drawn = np.random.default_rng(seed).multinomial(num, np.full(num, 1 / num), NUM_RESAMPLES)
    there = drawn @ number
    low, high = np.percentile((drawn @ gained)[there > 0] / there[there > 0], (2.5, 97.5))
    return Gain(value, float(low), float(high))


def nll_of_trials(
    rates: Real[np.ndarray, "trial time neuron"],
    spikes: Real[np.ndarray, "trial time neuron"],
    scored: Bool[np.ndarray, "trial time neuron"],
) -> Float[np.ndarray, " trial"]:
    """Nats of the scored samples of each trial, by the Poisson likelihood of predicted counts per bin."""
    nats = poisson_nll(np.where(scored, rates, 1.0), np.where(scored, spikes, 0))
    return np.where(scored, nats, 0).sum((1, 2))


def share_driven(
    factors: Real[np.ndarray, "trial time factor"],
    without: Real[np.ndarray, "trial time factor"],
    within: Bool[np.ndarray, "trial time"],
) -> float:
    """Share of the factors' variance that inputs drive, by the module's equation.

    Parameters
    ----------
    factors, without
        Of one generator from the same initial states, with inputs and without.
    within
        Bins of the trials, not behind their ends.

    Returns
    -------
    float
        NaN where factors do not change.

    Examples
    --------
    >>> course = np.arange(4.0)[None, :, None]
    >>> share_driven(course, np.full((1, 4, 1), 1.5), np.ones((1, 4), bool))
    1.0
    """
    known, other = (values[within].astype(np.float64) for values in (factors, without))
    total = ((known - known.mean(0)) ** 2).sum() if known.size else 0.0
    return float(((known - other) ** 2).sum() / total) if total else math.nan


def needed_of(scores: Mapping[str, Any], session: str) -> InputsNeeded | None:
    """Of a session, from `Scores.to_dict`; None where it was not measured."""
    found = scores.get("inputs_needed", {}).get(session)
    if found is None:
        return None
    gains = tuple(_gain(gain) for gain in found["gains"])
    numbers = {name: tuple(_number(v) for v in found[name]) for name in ("kl_nats", "shares")}
    share, of_all = _number(found["share_of_all"]), _gain(found["gain_of_all"])
    return InputsNeeded(
        **{**found, **numbers, "gains": gains, "gain_of_all": of_all, "share_of_all": share}
    )


def without_of(scores: Mapping[str, Any], session: str) -> GainOverWithout | None:
    """The gain over a network without inputs, from `Scores.to_dict`; None where it was not measured."""
    found = scores.get("without_inputs", {}).get(session)
    return None if found is None else GainOverWithout(**{**found, "gain": _gain(found["gain"])})


def _gain(found: Mapping[str, Any]) -> Gain:
    return Gain(*(_number(found[name]) for name in Gain._fields))


def _number(value: float | None) -> float:
    return math.nan if value is None else value
