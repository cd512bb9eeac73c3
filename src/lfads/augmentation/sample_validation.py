"""Sample validation: some values are removed for good, and only scored; the same in every epoch and run."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from lfads.randomness import as_kept, draw_words, num_mask_words, run_key, trial_keys

SAMPLE_SEED, SAMPLE_USE = 0, 3
"""Removed samples depend on the trial's number alone, so that scores of different runs compare."""


def draw_removed(
    trial_ids: Int[Array, " trial"], rate: float, num_bins: int, num_neurons: int
) -> Bool[Array, "time trial neuron"]:
    """True with probability `rate` for each trial, bin and neuron."""
    keys = trial_keys(run_key(SAMPLE_SEED), trial_ids)
    words = draw_words(keys, SAMPLE_USE, num_bins, num_mask_words(num_neurons))
    return ~as_kept(words, jnp.float32(rate), num_neurons)
