"""An augmentation: each trial louder or quieter than it was."""

import jax.numpy as jnp

from lfads.augmentation.augmentation import Augmentation, Augmented
from lfads.randomness import as_normal, draw_words


class Gain(Augmentation):
    """Values of a trial times exp(spread · noise)."""

    def __init__(self, spread: float = 0.1) -> None:
        if not spread >= 0:
            raise ValueError(f"`spread` must be 0 or more; got {spread}")
        self.spread = spread

    def __call__(self, values, given):
        """One factor a trial; the bins of the initial condition stay as they are."""
        factor = jnp.exp(self.spread * as_normal(draw_words(given.keys, given.use, 1, 1)))
        louder = values * jnp.broadcast_to(factor, (1, values.shape[1], 1))
        first = given.num_exempt_bins
        return Augmented(jnp.concatenate([values[:first], louder[first:]]))
