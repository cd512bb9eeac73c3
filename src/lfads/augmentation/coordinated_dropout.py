"""Coordinated dropout (Keshtkaran & Pandarinath 2019, NeurIPS).

Each value is either seen by the encoders or scored, never both, so the network cannot learn to copy single
spikes into its rates. In training only.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from lfads.augmentation.augmentation import Augmentation, Augmented, Given
from lfads.randomness import TrialKeys, as_kept, draw_words, num_mask_words


class Mask(NamedTuple):
    """Which samples are seen, and the scale of what is seen."""

    seen: Bool[Array, "time trial neuron"]
    scale: Float[Array, ""]


KEY_USE = 2
"""Number of this use of a trial's key; `lfads.model.noise` has the others."""


def draw_coordinated_dropout(
    keys: TrialKeys, rate: Float[Array, ""], num_bins: int, num_neurons: int
) -> Mask:
    """M ~ Bernoulli(1 - rate) for each trial, bin and neuron."""
    words = draw_words(keys, KEY_USE, num_bins, num_mask_words(num_neurons))
    return Mask(as_kept(words, rate, num_neurons), 1 / (1 - rate))


def hide(
    counts: Float[Array, "time trial neuron"], mask: Mask, num_exempt_bins: int
) -> Float[Array, "time trial neuron"]:
    """Counts that the encoders see, x M / (1 - rate); the first bins may be exempt."""
    hidden = jnp.where(mask.seen, counts * mask.scale, 0)
    return jnp.concatenate([counts[:num_exempt_bins], hidden[num_exempt_bins:]])


def scored_weight(
    mask: Mask, rate: Float[Array, ""], *, rescale: bool
) -> Float[Array, "time trial neuron"]:
    """Weight of each sample's gradient: 0 where it was seen.

    At rate 0 nothing is hidden and everything is scored. With `rescale` the surviving gradient is
    divided by the rate, so that it estimates that of the whole likelihood.
    """
    gain = jnp.where(rate > 0, 1 / jnp.maximum(rate, 1e-6), 1) if rescale else jnp.ones(())
    return jnp.where(mask.seen & (rate > 0), 0, gain)


class CoordinatedDropout(Augmentation):
    """Each value is seen by the encoders or scored, never both, at the rate of the hyperparameters.

    With a `pass_rate` that share of the values that are seen is scored, too.
    """

    def __init__(self, pass_rate: int | float = 0.0) -> None:
        if not 0 <= pass_rate < 1:
            raise ValueError(f"`pass_rate` must be from 0 to below 1; got {pass_rate}")
        self.pass_rate = pass_rate

    def __call__(self, values: Float[Array, "time trial neuron"], given: Given) -> Augmented:
        """Hide values at random, and score those alone."""
        rate = given.hyperparameters.coordinated_dropout_rate
        mask = draw_coordinated_dropout(given.keys, rate, values.shape[0], values.shape[2])
        rescale = given.config.rescale_coordinated_dropout
        weight = scored_weight(mask, rate, rescale=rescale)
        if self.pass_rate:
            weight = self._with_passed(weight, given, rescale)
        return Augmented(hide(values, mask, given.num_exempt_bins), weight)

    def _with_passed(
        self, weight: Float[Array, "time trial neuron"], given: Given, rescale: bool
    ) -> Float[Array, "time trial neuron"]:
        """Some of what is seen is scored; with `rescale` all that is scored estimates the whole."""
        num_bins, _, num_neurons = weight.shape
        words = draw_words(given.keys, given.use, num_bins, num_mask_words(num_neurons))
        passed = ~as_kept(words, jnp.float32(self.pass_rate), num_neurons)
        rate = given.hyperparameters.coordinated_dropout_rate
        share = jnp.where(rate > 0, rate + (1 - rate) * self.pass_rate, 1)
        return jnp.where((weight > 0) | passed, 1 / share if rescale else 1.0, 0.0)
