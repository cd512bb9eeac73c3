"""What is done to counts before the network sees them.

Sample validation: some counts are removed for good, and only scored; the same ones in every epoch and run.

Coordinated dropout (Keshtkaran & Pandarinath 2019, NeurIPS): each count is either seen by the encoders
or scored, never both, so the network cannot learn to copy single spikes into its rates. In training only.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from lfads.randomness import (
    TrialKeys,
    as_kept,
    draw_words,
    num_mask_words,
    run_key,
    trial_keys,
)


class CoordinatedDropout(NamedTuple):
    """Which samples are seen, and the scale of what is seen."""

    seen: Bool[Array, "time trial neuron"]
    scale: Float[Array, ""]


KEY_USE = 2
"""Number of this use of a trial's key; `lfads.model.noise` has the others."""


SAMPLE_SEED, SAMPLE_USE = 0, 3
"""Removed samples depend on the trial's number alone, so that scores of different runs compare."""


def draw_removed(
    trial_ids: Int[Array, " trial"], rate: float, num_bins: int, num_neurons: int
) -> Bool[Array, "time trial neuron"]:
    """True with probability `rate` for each trial, bin and neuron."""
    keys = trial_keys(run_key(SAMPLE_SEED), trial_ids)
    words = draw_words(keys, SAMPLE_USE, num_bins, num_mask_words(num_neurons))
    return ~as_kept(words, jnp.float32(rate), num_neurons)


def draw_coordinated_dropout(
    keys: TrialKeys, rate: Float[Array, ""], num_bins: int, num_neurons: int
) -> CoordinatedDropout:
    """M ~ Bernoulli(1 - rate) for each trial, bin and neuron."""
    words = draw_words(keys, KEY_USE, num_bins, num_mask_words(num_neurons))
    return CoordinatedDropout(as_kept(words, rate, num_neurons), 1 / (1 - rate))


def hide(
    counts: Float[Array, "time trial neuron"], mask: CoordinatedDropout, num_exempt_bins: int
) -> Float[Array, "time trial neuron"]:
    """Counts that the encoders see, x M / (1 - rate); the first bins may be exempt."""
    hidden = jnp.where(mask.seen, counts * mask.scale, 0)
    return jnp.concatenate([counts[:num_exempt_bins], hidden[num_exempt_bins:]])


def scored_weight(
    mask: CoordinatedDropout, rate: Float[Array, ""], *, rescale: bool
) -> Float[Array, "time trial neuron"]:
    """Weight of each sample's gradient: 0 where it was seen.

    At rate 0 nothing is hidden and everything is scored. With `rescale` the surviving gradient is
    divided by the rate, so that it estimates that of the whole likelihood.
    """
    gain = jnp.where(rate > 0, 1 / jnp.maximum(rate, 1e-6), 1) if rescale else jnp.ones(())
    return jnp.where(mask.seen & (rate > 0), 0, gain)


def with_gradient_weight(
    values: Float[Array, "*shape"], weight: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """The same values; their gradient multiplied by `weight`."""
    return jax.lax.stop_gradient(values * (1 - weight)) + values * weight
