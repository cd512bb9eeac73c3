"""All randomness of one pass through the network, drawn before it, each trial's with its own key."""

import itertools
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from lfads.randomness import draw_kept, draw_normal


class DropoutMasks(eqx.Module):
    """True where dropout keeps a value; kept values are multiplied by `scale`."""

    encoder_inputs: Bool[Array, "time trial input"]
    code: Bool[Array, "trial code"]
    encoded: Bool[Array, "decoded_time trial encoded"] | None
    factors: Bool[Array, "decoded_time trial factor"] | None
    first_generator: Bool[Array, "trial unit"] | None
    generator: Bool[Array, "decoded_time trial unit"]
    external_inputs: Bool[Array, "decoded_time trial external_input"] | None
    scale: Float[Array, ""]


class Noise(eqx.Module):
    """Standard normal noise of the two samples, and dropout masks (None: no dropout)."""

    initial_condition: Float[Array, "trial latent"]
    inferred_inputs: Float[Array, "time trial input"] | None
    dropout: DropoutMasks | None


class NoiseSizes(eqx.Module):
    """The sizes that noise is drawn for."""

    num_encoded_bins: int
    num_decoded_bins: int
    encoder_inputs: int
    code: int
    encoded: int
    factors: int
    generator: int
    external_inputs: int
    latent: int
    inferred_inputs: int


def draw_noise(
    keys: Key[Array, " trial"], sizes: NoiseSizes, dropout_rate: Float[Array, ""] | None
) -> Noise:
    """Noise for trials with the given keys; no dropout if its rate is None."""
    controlled = sizes.inferred_inputs > 0
    inputs = (
        draw_normal(keys, 1, sizes.num_decoded_bins, sizes.inferred_inputs) if controlled else None
    )
    masks = None if dropout_rate is None else _draw_masks(keys, sizes, dropout_rate)
    return Noise(draw_normal(keys, 0, sizes.latent), inputs, masks)


def _draw_masks(keys: Key[Array, " trial"], sizes: NoiseSizes, rate: Float[Array, ""]) -> DropoutMasks:
    controlled = sizes.inferred_inputs > 0
    once = {"code": sizes.code, "first_generator": sizes.generator if controlled else 0}
    each_bin = {
        "encoded": sizes.encoded,
        "factors": sizes.factors if controlled else 0,
        "generator": sizes.generator,
        "external_inputs": sizes.external_inputs,
    }
    bins = draw_kept(keys, 3, rate, sizes.num_decoded_bins, sum(each_bin.values()))
    trial = draw_kept(keys, 4, rate, 1, sum(once.values()))[0]
    parts = _columns(bins, each_bin) | _columns(trial, once)
    return DropoutMasks(
        encoder_inputs=draw_kept(keys, 2, rate, sizes.num_encoded_bins, sizes.encoder_inputs),
        scale=1 / (1 - rate),
        **parts,
    )


def _columns(masks: Array, widths: dict[str, int]) -> dict[str, Any]:
    """Cut the last axis into named parts; None for those of width 0."""
    ends = list(itertools.accumulate(widths.values()))
    return {
        name: masks[..., end - width : end] if width else None
        for (name, width), end in zip(widths.items(), ends, strict=True)
    }


def drop(values: Array, kept: Array | None, scale: Any) -> Array:
    """Dropout by a given mask."""
    return values if kept is None else jnp.where(kept, values * scale, 0)
