"""Six numbers of a reach fitted to its spikes: two plans (complex), an amplitude, and the trigger.

For a given trigger the latents are linear in the other five real numbers, so that log-rates are too: a
Poisson regression with a prior. It is solved for many triggers at once, which then are weighed by their
evidence (Laplace's approximation of the other five).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from lfads.simulate.reaching import HIGHEST_RATE_HZ, Neurons, Window
from lfads.simulate.reaching_dynamics import (
    AMPLITUDE_SPREAD,
    TRIGGER_AFTER_S,
    TRIGGER_MEDIAN_S,
    TRIGGER_SPREAD,
    Trials,
    courses,
)

NUM_LINEAR = 5
"""The real and imaginary parts of two plans, and the amplitude."""

_LARGEST_STEP = 0.5  # of any number in a round: far from the optimum a step may be much too long

Numbers = Float[np.ndarray, "candidate 5"]


class Prior(NamedTuple):
    """Plans (their four real numbers) that a trial may have, each as likely, and their deviations."""

    plans: Float[np.ndarray, "plan 4"]
    deviations: Float[np.ndarray, " 4"]

    def broad(self) -> "Prior":
        """One Gaussian about all plans, of their mean and variance."""
        spread = np.sqrt(self.plans.var(0) + self.deviations**2)
        return Prior(self.plans.mean(0, keepdims=True), spread)

    def mean(self, numbers: Numbers) -> Numbers:
        """Of the prior as it is about some numbers: plans count by how near they are."""
        exponents = self._exponents(numbers)
        share = np.exp(exponents - exponents.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        return np.column_stack([share @ self.plans, np.ones(len(numbers))])

    def precision(self) -> Float[np.ndarray, " 5"]:
        """Of each number about that mean."""
        return np.append(self.deviations, AMPLITUDE_SPREAD) ** -2.0

    def log_density(self, numbers: Numbers) -> Float[np.ndarray, " candidate"]:
        """Up to a constant."""
        amplitude = (numbers[:, 4] - 1) / AMPLITUDE_SPREAD
        return logsumexp(self._exponents(numbers), axis=1) - 0.5 * amplitude**2

    def _exponents(self, numbers: Numbers) -> np.ndarray:
        off = (numbers[:, None, :4] - self.plans) / self.deviations
        return -0.5 * (off**2).sum(2)


class Observed(NamedTuple):
    """Counts of one trial, and seconds in which each was counted: 0 where it is not known."""

    counts: Float[np.ndarray, "time neuron"]
    seconds: Float[np.ndarray, "time neuron"]


class Fitted(NamedTuple):
    """The best numbers for each trigger, and the logarithm of its evidence."""

    numbers: Numbers
    log_evidence: Float[np.ndarray, " candidate"]


def log_density_of_triggers(triggers: np.ndarray) -> np.ndarray:
    """As they are drawn, up to a constant."""
    late = np.log(triggers - TRIGGER_AFTER_S)
    return -late - 0.5 * ((late - np.log(TRIGGER_MEDIAN_S)) / TRIGGER_SPREAD) ** 2


def responses(
    target_on: Float[np.ndarray, " trial"],
    triggers: Float[np.ndarray, "trial candidate"],
    window: Window,
) -> Float[np.ndarray, "trial candidate step 9 5"]:
    """Latents in each step of a window for each of the five numbers at 1, the others at 0."""
    shape = triggers.shape
    num, none = triggers.size, np.zeros(triggers.size)
    unit = Trials(
        angle=none, bend=none, plan=np.ones((num, 2), complex),
        target_on=np.repeat(target_on, shape[1]), trigger=triggers.ravel(),
        amplitude=np.ones(num), jump_side=none, velocity_seed=0,
    )  # fmt: skip
    stop_s = window.start_s + window.num_bins * window.width_s
    latents = window.binned(courses(unit, stop_s).latents)
    found = np.zeros((*latents.shape, NUM_LINEAR))
    for place, plan in ((0, 0), (2, 2), (4, 0), (6, 2)):  # what follows from a plan turns with it
        real, imaginary = latents[..., place], latents[..., place + 1]
        found[..., place, plan], found[..., place, plan + 1] = real, -imaginary
        found[..., place + 1, plan], found[..., place + 1, plan + 1] = imaginary, real
    found[..., 8, 4] = latents[..., 8]
    return found.reshape(*shape, *found.shape[1:])


def fitted(
    observed: Observed,
    response: Float[np.ndarray, "candidate step 9 5"],
    neurons: Neurons,
    prior: Prior,
    start: Numbers,
    *,
    rounds: int,
) -> Fitted:
    """The most likely numbers for each trigger, by Fisher scoring."""
    num_bins, num_neurons = observed.counts.shape
    design = np.einsum("nl,csli->csni", neurons.weights, response, optimize=True)
    precision, numbers = prior.precision(), start
    curvature = np.diag(precision)[None]
    for _ in range(rounds):
        rates, slopes = _rates_and_slopes(design, numbers, neurons, num_bins)
        flat = slopes.reshape(len(slopes), num_bins * num_neurons, NUM_LINEAR)
        ratio = (observed.counts / rates - observed.seconds).reshape(len(slopes), 1, -1)
        weight = (observed.seconds / rates).reshape(len(slopes), -1, 1)
        gradient = (ratio @ flat)[:, 0] + precision * (prior.mean(numbers) - numbers)
        curvature = (flat * weight).transpose(0, 2, 1) @ flat + np.diag(precision)
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        longest = np.abs(step).max(1, keepdims=True)
        numbers = numbers + step * np.minimum(1.0, _LARGEST_STEP / np.maximum(longest, 1e-9))
    rates = rates_of(design @ numbers[:, None, :, None], neurons, num_bins)
    fit = (observed.counts * np.log(rates) - observed.seconds * rates).sum((1, 2))
    log_volume = -0.5 * np.linalg.slogdet(curvature)[1]
    return Fitted(numbers, fit + prior.log_density(numbers) + log_volume)


def rates_of(
    drive: Float[np.ndarray, "candidate step neuron 1"], neurons: Neurons, num_bins: int
) -> Float[np.ndarray, "candidate time neuron"]:
    """Rates of bins, in spikes/s: the mean of those of their steps."""
    return _of_bins(_rates_of_steps(drive, neurons), num_bins)[..., 0]


def _rates_and_slopes(
    design: np.ndarray, numbers: Numbers, neurons: Neurons, num_bins: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rates of bins, and how they change with each number: not at all where they are capped."""
    now = _rates_of_steps(design @ numbers[:, None, :, None], neurons)
    slopes = np.where(now < HIGHEST_RATE_HZ, now, 0.0) * design
    return _of_bins(now, num_bins)[..., 0], _of_bins(slopes, num_bins)


def _rates_of_steps(drive: np.ndarray, neurons: Neurons) -> np.ndarray:
    return np.minimum(np.exp(drive + neurons.base[:, None]), HIGHEST_RATE_HZ)


def _of_bins(values: np.ndarray, num_bins: int) -> np.ndarray:
    """Means of the steps of each bin."""
    num_steps = values.shape[1] // num_bins
    if num_steps == 1:
        return values
    return values.reshape(len(values), num_bins, num_steps, *values.shape[2:]).mean(2)
