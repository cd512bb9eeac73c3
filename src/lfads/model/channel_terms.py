"""Terms of the objective that belong to channels: what their likelihood weighs, what their values cost."""

from collections.abc import Sequence

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from lfads.model.lfads import LFADS
from lfads.model.observations.modalities import MODALITY
from lfads.model.readin import SessionOf


def weight_of_channels(
    model: LFADS, session: SessionOf, weights: Sequence[float]
) -> Float[Array, "1 #trial channel"]:
    """What a nat of each channel weighs in the gradient, from the weights of modalities."""
    modality = model.observation_values[model.observation.own_names.index(MODALITY)]
    modality = modality[None] if session is None else modality[session]
    return lax.stop_gradient(jnp.asarray(weights)[jnp.round(modality).astype(jnp.int32)])[None]


def observation_penalty(model: LFADS) -> Float[Array, ""]:
    """What the observation's own values cost, in nats per sample, summed over neurons."""
    own = dict(zip(model.observation.own_names, model.observation_values, strict=True))
    each = model.observation.penalty(own, jnp)
    if each.ndim == 2:  # of several sessions
        each = jnp.where(jnp.asarray(model.shapes.neurons_of_sessions()[0]), each, 0)
    return each.sum()
