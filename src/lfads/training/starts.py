"""Where the maps between sessions and the network they share start: read-ins, and read-outs from them.

Pandarinath et al. 2018, Online Methods, "Modifications to the LFADS algorithm for stitching together data
from multiple recording sessions".
"""

from collections.abc import Sequence

import numpy as np

from lfads.config import ModelConfig
from lfads.data.dataset import Dataset
from lfads.model.initialise import Start
from lfads.stitching.align import align
from lfads.stitching.onto import LEAST_OF_MEAN
from lfads.training.batching import mean_counts


def aligned_start(config: ModelConfig, dataset: Dataset) -> Start:
    """Read-ins to the space that sessions share, and read-outs that lead back from it."""
    start = "conditions" if config.read_in_start == "conditions" else "time_course"
    alignment = align(dataset, config.read_in_size or 1, start)
    weights = [read_in.weights for read_in in alignment.read_ins]
    offsets = [read_in.offset for read_in in alignment.read_ins]
    return Start(weights, offsets, read_outs_from(weights, dataset, config.num_factors or 1))


def read_outs_from(
    read_ins: Sequence[np.ndarray], dataset: Dataset, num_factors: int
) -> list[np.ndarray]:
    """Read-outs `factor neuron` that lead from components back to neurons.

    A component changes the counts of a session in the direction of its read-in, and log-rates by that
    divided by mean counts. This is the transpose, not the inverse, in which components that hardly vary
    would have the largest weights, and sessions would not share their factors. All are scaled to the size
    of random ones, N(0, 1/num_factors). Factors beyond the components, and held-out neurons, start at 0.
    """
    found = []
    for session, weights in zip(dataset.sessions, read_ins, strict=True):
        encoded = ~session.held_out_neurons
        counts = mean_counts(session)[encoded]
        back = weights.T[:num_factors] / np.maximum(counts, LEAST_OF_MEAN * counts.mean())
        read_out = np.zeros((num_factors, session.num_neurons))
        read_out[: len(back), encoded] = back
        found.append(read_out)
    squares = sum(float((each**2).sum()) for each in found)
    entries = sum(np.count_nonzero(each) for each in found)
    scale = (entries / (max(squares, 1e-12) * num_factors)) ** 0.5
    return [each * scale for each in found]
