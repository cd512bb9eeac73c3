"""Events deconvolved from calcium: most bins hold none, the others one of some size.

RADICaL (Zhu et al. 2022, Nature Neuroscience 25:1725). There the sizes are in units of the data; here in
those of a neuron's mean event, so that neither the unit of a recording nor its gain matters.
"""

from typing import Any

import numpy as np

from lfads.model.observations.gamma_density import (
    LEAST,
    SHAPES,
    gamma_log_density,
    nll_of_constant_gamma,
)
from lfads.model.observations.observation import Moments, Observation, Parameters, Start

SMALLEST_EVENT = 0.1
"""Of a neuron's mean event; an event is larger than this."""

SCALE = 20.0
"""Where the scales of shape and rate start, and what they are drawn to."""

PENALTY = 1e-4
FLOOR = 1e-5
"""Of sigmoids: no event is impossible, no shape and rate 0."""


class ZeroInflatedGamma(Observation):
    """0 with probability 1-q, else an event: a smallest size l plus a gamma value of shape α and rate β.

    log p(x) = log(1-q) at x ≤ l, log q + log Gamma(x - l; α, β) above; the mean is q (α/β + l). q, and
    α and β as shares of a learned scale of each neuron, are sigmoids of read-outs. l is 0.1 mean events,
    less where there are smaller ones in the training data; in others, what is no larger counts as 0.
    """

    kind = "real"
    likely_zero = True
    scores = (
        "bits_per_sample",
    )  # a deviance from the mean alone would keep the model's own events
    num_read_outs = 3
    log_link = True
    learned = ("shape_scale", "rate_scale")
    fixed = ("event", "least")
    of_neurons = ("least",)
    over_time = ("event_probability", "shape")

    def start(self, moments: Moments) -> Start:
        """q is the share of events; shape and rate by the method of moments, of what is beyond l."""
        mean = np.where(
            moments.mean > 0, moments.mean, 1.0
        )  # that of channels without an event is 0
        share = moments.share_positive
        share = np.full_like(mean, 0.5) if share is None else share
        share = np.clip(share, 2 * FLOOR, 1 - 2 * FLOOR)
        event = mean / share
        least = SMALLEST_EVENT * event
        if (smallest := moments.least_positive) is not None:
            least = np.minimum(least, 0.9 * np.minimum(smallest, event))
        variance = (moments.variance + mean**2) / share - event**2
        beyond = event - least
        most = 0.9 * SCALE * np.minimum(1, beyond / event)
        shape = np.clip(beyond**2 / np.maximum(variance, LEAST), SHAPES[0], most)
        rate = shape * event / beyond
        scale = np.full_like(mean, SCALE)
        own = {"shape_scale": scale, "rate_scale": scale, "event": event, "least": least}
        return Start((_logit(share), _logit(shape / SCALE), _logit(rate / SCALE)), own)

    def parameters(self, read_outs: tuple[Any, ...], own: Parameters, xp: Any) -> Parameters:
        """Mean, probability of an event, and shape; beside them what an event is beyond l on average."""
        share, shape, rate = (_floored_sigmoid(each, xp) for each in read_outs)
        shape = shape * xp.maximum(own["shape_scale"], FLOOR)
        rate = rate * xp.maximum(own["rate_scale"], FLOOR)
        beyond = own["event"] * shape / rate
        return {
            "mean": share * (beyond + own["least"]), "event_probability": share, "shape": shape,
            "least": own["least"] + xp.zeros_like(share), "beyond": beyond,
        }  # fmt: skip

    def log_density(self, values: Any, parameters: Parameters, xp: Any) -> Any:
        """As the class says."""
        share, least = parameters["event_probability"], parameters["least"]
        is_event = values > least
        size = xp.where(is_event, values - least, 1.0)
        beyond = _beyond(parameters, xp)
        of_event = xp.log(xp.maximum(share, FLOOR)) + gamma_log_density(
            size, xp.log(xp.maximum(beyond, LEAST)), parameters["shape"], xp
        )
        return xp.where(is_event, of_event, xp.log1p(-xp.minimum(share, 1 - FLOOR)))

    def variance(self, parameters: Parameters, xp: Any) -> Any:
        """q (α/β² + (α/β + l)²) less the squared mean."""
        beyond, least = _beyond(parameters, xp), parameters["least"]
        squares = beyond**2 / parameters["shape"] + (beyond + least) ** 2
        return parameters["event_probability"] * squares - parameters["mean"] ** 2

    def sample(self, key: Any, parameters: Any) -> Any:
        """Events among zeros."""
        import jax.numpy as jnp
        import jax.random as jr

        of_events, of_sizes = jr.split(key)
        share, shape = parameters["event_probability"], parameters["shape"]
        is_event = jr.bernoulli(of_events, share, share.shape)
        beyond = jr.gamma(of_sizes, shape) * _beyond(parameters, jnp) / shape
        return jnp.where(is_event, parameters["least"] * (1 + 1e-6) + beyond, 0)

    def seen(self, values: Any, own: Parameters, xp: Any) -> Any:
        """Events in units of the neuron's mean one."""
        return values / own["event"]

    def unsuitable(self, values: Any) -> str:
        """Values below 0."""
        if (number := int((values < 0).sum())) == 0:
            return ""
        return (
            f"{number} of {values.size} are below 0. It is for events that were deconvolved from "
            "fluorescence; `gaussian` takes traces such as dF/F as they are"
        )

    def penalty(self, own: Parameters, xp: Any) -> Any:
        """½ 10⁻⁴ (scale - 20)² of both scales."""
        return 0.5 * PENALTY * sum((own[name] - SCALE) ** 2 for name in self.learned)

    def nll_of_constant(self, values: Any, known: Any) -> float:
        """The share of events, and the gamma distribution of maximum likelihood of what is beyond l."""
        total, known = 0.0, np.broadcast_to(known, values.shape)
        for neuron in range(values.shape[2]):
            one = values[:, :, neuron][known[:, :, neuron]].astype(np.float64)
            positive = one[one > 0]
            if not one.size:
                continue
            least = 0.0
            if positive.size:
                least = min(SMALLEST_EVENT * positive.mean(), 0.9 * positive.min())
            share = np.clip(len(positive) / len(one), FLOOR, 1 - FLOOR)
            total -= len(positive) * np.log(share) + (len(one) - len(positive)) * np.log1p(-share)
            total += nll_of_constant_gamma(positive - least)
        return float(total)

    def exact(self, values: Any, xp: Any) -> Parameters:
        """An event for certain, or none, of the size that it has."""
        return {"mean": values, "event_probability": (values > 0) * 1.0, "beyond": None}


def _beyond(parameters: Parameters, xp: Any) -> Any:
    """What an event is beyond the smallest on average, α/β: as it was read out, or from mean and share."""
    if (beyond := parameters.get("beyond")) is not None:
        return beyond
    share = xp.maximum(parameters["event_probability"], FLOOR)
    event = parameters["mean"] / share
    return xp.maximum(event - parameters["least"], 1e-6 * event + LEAST)


def _floored_sigmoid(values: Any, xp: Any) -> Any:
    return FLOOR + (1 - 2 * FLOOR) * xp.exp(-xp.logaddexp(0.0, -values))


def _logit(share: np.ndarray) -> np.ndarray:
    """The inverse of the floored sigmoid."""
    share = (share - FLOOR) / (1 - 2 * FLOOR)
    return np.log(share) - np.log1p(-share)
