"""Spikes are moved by a few bins, each by itself: their exact times are noise."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from lfads.augmentation.augmentation import Augmentation, Augmented, Given, bins_of_trials
from lfads.randomness import draw_words

NUM_APART = 3
"""Spikes of one bin that are moved apart; further ones go with the last."""


class SpikeJitter(Augmentation):
    """Moves each spike by up to `most_bins` to either side, all distances alike, reflected at the ends.

    What is scored stays where it was. No spike is lost, and none comes to a bin that was not recorded.
    """

    of_counts_alone = "moves spikes"

    def __init__(self, most_bins: int | float = 2) -> None:
        if not (isinstance(most_bins, int) and 1 <= most_bins <= 100):
            raise ValueError(f"`most_bins` must be a whole number from 1 to 100; got {most_bins}")
        self.most_bins = most_bins

    def __call__(self, values: Float[Array, "time trial neuron"], given: Given) -> Augmented:
        """Spikes of a bin, one by one, to where they go."""
        num_bins, num_trials, num_neurons = values.shape
        words = draw_words(given.keys, given.use, num_bins, num_neurons * NUM_APART)
        words = words.reshape(num_bins, num_trials, NUM_APART, num_neurons)
        distance = (words % jnp.uint32(2 * self.most_bins + 1)).astype(jnp.int32) - self.most_bins
        time, first, end = bins_of_trials(values, given)
        time, end = time[:, None, None, None], end[None, :, None, None]
        goal = time + distance
        goal = jnp.where(goal < first, 2 * first - 1 - goal, goal)
        goal = jnp.where(goal >= end, 2 * end - 1 - goal, goal)
        moves = (time >= first) & (time < end) & (goal >= first) & (goal < end)
        goal = jnp.where(moves, goal, time)
        trial, neuron = jnp.arange(num_trials)[None, :, None, None], jnp.arange(num_neurons)
        if given.observed is not None:
            there = given.observed[goal, trial, neuron[None, None, None, :]]
            goal = jnp.where(there, goal, time)
        parts = _one_by_one(values, first)
        moved = jnp.zeros_like(values).at[goal, trial, neuron[None, None, None, :]].add(parts)
        return Augmented(moved)


def _one_by_one(
    values: Float[Array, "time trial neuron"], first: int
) -> Float[Array, "time trial part neuron"]:
    """Single spikes of each bin; where counts were multiplied before, of the size that one has then."""
    modelled = values[first:]
    positive = jnp.where(modelled > 0, modelled, jnp.inf)
    one = positive.min((0, 2), initial=jnp.inf)
    one = jnp.where(jnp.isfinite(one), one, 1.0)[None, :, None]
    parts = [jnp.minimum(values, one)]
    for number in range(1, NUM_APART - 1):
        parts.append(jnp.clip(values - number * one, 0, one))
    parts.append(jnp.maximum(values - (NUM_APART - 1) * one, 0))
    return jnp.stack(parts, axis=2)
