"""Neurons that are random projections of a network's states (Pandarinath et al. 2018, Online Methods)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.simulate.chaotic_rnn import PEAK_RATE_HZ, scaled_by_trial


class Projection(NamedTuple):
    """Weights, and what each neuron's projection spans in each trial."""

    weights: Float[np.ndarray, "unit neuron"]
    least: Float[np.ndarray, "trial neuron"]
    most: Float[np.ndarray, "trial neuron"]


SCALINGS = ("trial", "session")
"""Where a neuron's least and largest values are taken: in each trial, or in all trials of the session."""


def projected_rates(
    rng: np.random.Generator,
    states: Float[np.ndarray, "trial time unit"],
    num_neurons: int,
    scaling: str = "trial",
) -> Float[np.ndarray, "trial time neuron"]:
    """Rates in spikes/s: projections with weights of N(0, 1/N), each scaled to 0 to 30."""
    return projected(rng, states, num_neurons, scaling)[0]


def projected(
    rng: np.random.Generator,
    states: Float[np.ndarray, "trial time unit"],
    num_neurons: int,
    scaling: str = "trial",
) -> tuple[Float[np.ndarray, "trial time neuron"], Projection]:
    """The same, with the projection that made them."""
    weights = rng.normal(0.0, num_neurons**-0.5, (states.shape[2], num_neurons))
    values = np.einsum("rti,in->rtn", states, weights)
    alike = values if scaling == "trial" else values.reshape(1, -1, num_neurons)
    rates_hz = PEAK_RATE_HZ * scaled_by_trial(alike).reshape(values.shape)
    shape = (len(values), num_neurons)
    least, most = (np.broadcast_to(each, shape) for each in (alike.min(1), alike.max(1)))
    return rates_hz, Projection(weights, least, most)
