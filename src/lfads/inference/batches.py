"""Trials in parts that fit in memory, all of one size, so that one compiled program does for all."""

from collections.abc import Iterator
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Int

from lfads.model.lfads import LFADS
from lfads.training.batching import TrialArrays, in_order

BATCH_BYTES = 512 * 2**20


class Part(NamedTuple):
    """Some trials in their order.

    Parameters
    ----------
    trials
        As many in each part; copies of another stand in empty places.
    filled
        Which places are not empty.
    numbers
        Those of the trials that fill them.
    """

    trials: TrialArrays
    filled: Bool[np.ndarray, " place"]
    numbers: Int[np.ndarray, " trial"]


def in_parts(trials: TrialArrays, size: int, num_shards: int = 1) -> Iterator[Part]:
    """All trials, at most `size` at a time (or as many as there are shards).

    Parameters
    ----------
    trials
        At least one.
    size
        Of a part, at most.
    num_shards
        That share a part evenly.
    """
    for slots in in_order(trials.counts.shape[0], size, num_shards):
        filled = slots >= 0
        chosen = jax.tree.map(lambda x, s=slots: np.asarray(x)[s], trials)
        yield Part(chosen, filled, slots[filled])


def trials_per_batch(model: LFADS, trials: TrialArrays, batch_bytes: int = BATCH_BYTES) -> int:
    """How many trials a batch may hold in the given memory, at least one and at most all."""
    config, (num_trials, num_bins, num_neurons) = model.config, trials.counts.shape
    units = 8 * config.encoder_size + 4 * config.controller_size + 8 * config.generator_size
    values = units + 8 * num_neurons + 8 * config.num_factors
    return min(num_trials, max(1, batch_bytes // (4 * values * num_bins)))
