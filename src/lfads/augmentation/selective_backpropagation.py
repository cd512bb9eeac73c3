"""Selective backpropagation through time (Zhu et al. 2022, Nature Neuroscience 25:1725): missing samples.

Missing samples are 0 to the encoders and carry no loss, with and without this: frames of a microscope
that sample different neurons at different times need nothing else. What is left to choose is what the
rest weighs.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from lfads.augmentation.augmentation import Augmentation, Augmented, Given


class SelectiveBackpropagation(Augmentation):
    """What was recorded of a trial weighs as much as if nothing were missing: 1 / its share.

    Without, KL and L2 terms weigh the more the less was recorded, as in the evidence lower bound.
    """

    def __call__(self, values: Float[Array, "time trial neuron"], given: Given) -> Augmented:
        """Values as they are, and one weight a trial."""
        share = given.share_recorded
        if share is None:
            return Augmented(values)
        weight = jnp.where(share > 0, 1 / jnp.where(share > 0, share, 1.0), 1.0)
        return Augmented(values, trial_weight=weight)
