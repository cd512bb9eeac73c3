"""Channels are shifted against each other by a few bins: delays between them are not exact."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from lfads.augmentation.augmentation import Augmentation, Augmented, Given, bins_of_trials
from lfads.randomness import as_normal, draw_words


class TemporalShift(Augmentation):
    """Shifts each channel of each trial by round(N(0, `std_bins`²)) bins, at most `most_bins`.

    The first and the last value stand for what is beyond the ends. What is scored stays where it was. Of
    EMG (Wimalasena et al. 2022, J. Neural Eng.), so that single samples are not copied.
    """

    def __init__(self, std_bins: int | float = 3.0, most_bins: int | float = 6) -> None:
        if not std_bins >= 0:
            raise ValueError(f"`std_bins` must be 0 or more; got {std_bins}")
        if not (isinstance(most_bins, int) and most_bins >= 0):
            raise ValueError(f"`most_bins` must be a whole number, 0 or more; got {most_bins}")
        self.std_bins, self.most_bins = std_bins, most_bins

    def __call__(self, values: Float[Array, "time trial neuron"], given: Given) -> Augmented:
        """The value some bins before, or after."""
        drawn = as_normal(draw_words(given.keys, given.use, 1, values.shape[2]))
        shift = jnp.round(self.std_bins * drawn).astype(jnp.int32)
        shift = jnp.clip(shift, -self.most_bins, self.most_bins)
        time, first, end = bins_of_trials(values, given)
        time, end = time[:, None, None], end[None, :, None]
        from_bin = jnp.minimum(jnp.maximum(time - shift, first), end - 1)
        from_bin = jnp.where((time >= first) & (time < end), from_bin, time)
        return Augmented(jnp.take_along_axis(values, from_bin, axis=0))
