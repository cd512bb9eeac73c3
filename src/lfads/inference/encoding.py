"""Trials through the encoders, without dropout, and the noise of their posterior samples."""

import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from lfads.model.lfads import LFADS, Encoded, EncoderInputs
from lfads.model.noise import Noise, draw_noise
from lfads.objective import Batch, encoded_valid, seen_counts
from lfads.randomness import trial_keys
from lfads.training.batching import TrialArrays
from lfads.training.step import gather_batch


def encode_trials(
    model: LFADS,
    trials: TrialArrays,
    key: PRNGKeyArray,
    hidden: Bool[Array, "encoded_time trial encoded_neuron"] | None = None,
    share: float = 0.0,
) -> tuple[Batch, Encoded]:
    """Trials as a batch, and their posterior.

    Parameters
    ----------
    model
        Of one session.
    trials
        One batch.
    key
        Of the batch.
    hidden
        Samples that the encoders do not see, as if coordinated dropout had taken them; never of the
        initial condition's own segment.
    share
        Of all samples that are hidden: the others are scaled up by it.
    """
    batch = gather_batch(trials, jnp.arange(trials.counts.shape[0]), key)
    counts, start = seen_counts(model, batch), model.config.initial_condition_length
    if hidden is not None:
        shown = jnp.where(hidden, 0, counts / (1 - share))
        counts = jnp.concatenate([counts[:start], shown[start:]])
    inputs = EncoderInputs(counts, encoded_valid(model, batch), batch.external_inputs, batch.beside)
    return batch, model.encode(inputs, draw_noise(batch.keys, model.noise_sizes(), None))


def noise_of_sample(
    model: LFADS, trial_ids: Int[Array, " trial"], key: PRNGKeyArray, number: Int[Array, ""]
) -> Noise:
    """Noise of a posterior sample by its number, which a trial's own number keys."""
    keys = trial_keys(jr.fold_in(key, number), trial_ids)
    return draw_noise(keys, model.noise_sizes(), None)
