"""Neurons that are random projections of a network's states (Pandarinath et al. 2018, Online Methods)."""

import numpy as np
from jaxtyping import Float

from lfads.simulate.chaotic_rnn import PEAK_RATE_HZ, scaled_by_trial


def projected_rates(
    rng: np.random.Generator, states: Float[np.ndarray, "trial time unit"], num_neurons: int
) -> Float[np.ndarray, "trial time neuron"]:
    """Rates in spikes/s: projections with weights of N(0, 1/N), each scaled in each trial to 0 to 30."""
    num_units = states.shape[2]
    weights = rng.normal(0.0, num_neurons**-0.5, (num_units, num_neurons))
    return PEAK_RATE_HZ * scaled_by_trial(np.einsum("rti,in->rtn", states, weights))
