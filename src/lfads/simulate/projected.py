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


def projected_rates(
    rng: np.random.Generator, states: Float[np.ndarray, "trial time unit"], num_neurons: int
) -> Float[np.ndarray, "trial time neuron"]:
    """Rates in spikes/s: projections with weights of N(0, 1/N), each scaled in each trial to 0 to 30."""
    return projected(rng, states, num_neurons)[0]


def projected(
    rng: np.random.Generator, states: Float[np.ndarray, "trial time unit"], num_neurons: int
) -> tuple[Float[np.ndarray, "trial time neuron"], Projection]:
    """The same, with the projection that made them."""
    weights = rng.normal(0.0, num_neurons**-0.5, (states.shape[2], num_neurons))
    values = np.einsum("rti,in->rtn", states, weights)
    rates_hz = PEAK_RATE_HZ * scaled_by_trial(values)
    return rates_hz, Projection(weights, values.min(1), values.max(1))
