"""All randomness of one pass through the network, drawn before it in two calls.

One call draws what a trial needs once, the other what it needs in each bin; rows are bins of the trial.
"""

import itertools
from typing import Any

import equinox as eqx
from jaxtyping import Array, Bool, Float

from lfads.randomness import TrialKeys, as_kept, as_normal, draw_words, num_mask_words

ONCE, EACH_BIN = 0, 1
"""Numbers of these uses of a trial's key; `lfads.augmentation` has another."""


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

    num_bins: int
    num_encoded_bins: int
    first_decoded_bin: int
    encoder_inputs: int
    code: int
    encoded: int
    factors: int
    generator: int
    external_inputs: int
    latent: int
    inferred_inputs: int


def draw_noise(keys: TrialKeys, sizes: NoiseSizes, dropout_rate: Float[Array, ""] | None) -> Noise:
    """Noise for trials with the given keys; no dropout if its rate is None."""
    dropped = dropout_rate is not None
    controlled = sizes.inferred_inputs > 0
    mask_widths_once = {
        "code": sizes.code,
        "first_generator": sizes.generator if controlled else 0,
    }
    mask_widths = {
        "encoder_inputs": sizes.encoder_inputs,
        "encoded": sizes.encoded,
        "factors": sizes.factors if controlled else 0,
        "generator": sizes.generator,
        "external_inputs": sizes.external_inputs,
    }
    num_once = num_mask_words(sum(mask_widths_once.values())) if dropped else 0
    num_each = num_mask_words(sum(mask_widths.values())) if dropped else 0
    once = draw_words(keys, ONCE, 1, sizes.latent + num_once)
    first = sizes.first_decoded_bin
    inputs = masks = None
    if sizes.inferred_inputs + num_each:
        bins = draw_words(keys, EACH_BIN, sizes.num_bins, sizes.inferred_inputs + num_each)
        inputs = as_normal(bins[first:, :, : sizes.inferred_inputs]) if controlled else None
        if dropout_rate is not None:
            each = _columns(bins[..., sizes.inferred_inputs :], mask_widths, dropout_rate)
            parts: dict[str, Any] = {k: v if v is None else v[first:] for k, v in each.items()}
            parts["encoder_inputs"] = each["encoder_inputs"][: sizes.num_encoded_bins]
            parts |= _columns(once[..., sizes.latent :], mask_widths_once, dropout_rate, at=0)
            masks = DropoutMasks(scale=1 / (1 - dropout_rate), **parts)
    return Noise(as_normal(once[..., : sizes.latent])[0], inputs, masks)


def draw_noise_of_bin(keys: TrialKeys, sizes: NoiseSizes, at: Any) -> Noise:
    """What `draw_noise` draws for bin `at` of the trials, without dropout: its time has one bin."""
    once, inputs = draw_words(keys, ONCE, 1, sizes.latent), None
    if sizes.inferred_inputs:
        inputs = as_normal(draw_words(keys, EACH_BIN, 1, sizes.inferred_inputs, at))
    return Noise(as_normal(once)[0], inputs, None)


def _columns(
    words: Array, widths: dict[str, int], rate: Float[Array, ""], at: int | None = None
) -> dict[str, Any]:
    """Masks by name, cut from the columns in order; None for those of width 0."""
    masks = as_kept(words, rate, sum(widths.values()))
    masks = masks if at is None else masks[at]
    ends = list(itertools.accumulate(widths.values()))
    return {
        name: masks[..., end - width : end] if width else None
        for (name, width), end in zip(widths.items(), ends, strict=True)
    }
