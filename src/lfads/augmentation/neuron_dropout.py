"""Whole neurons are hidden for a trial, and scored all the same: the others must predict them."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from lfads.augmentation.augmentation import Augmentation, Augmented, Given, with_first_bins
from lfads.randomness import as_kept, draw_words, num_mask_words


class NeuronDropout(Augmentation):
    """Hides neurons for a whole trial, each with probability `rate`; the others count 1/(1-rate) as much.

    So the network learns not to depend on single neurons, which may be lost, or held out.
    """

    def __init__(self, rate: int | float = 0.2) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be from 0 to below 1; got {rate}")
        self.rate = rate

    def __call__(self, values: Float[Array, "time trial neuron"], given: Given) -> Augmented:
        """One mask for all bins of a trial."""
        num_neurons = values.shape[2]
        words = draw_words(given.keys, given.use, 1, num_mask_words(num_neurons))
        seen = as_kept(words, jnp.float32(self.rate), num_neurons)
        shown = jnp.where(jnp.broadcast_to(seen, values.shape), values / (1 - self.rate), 0)
        return Augmented(with_first_bins(values, shown, given))
