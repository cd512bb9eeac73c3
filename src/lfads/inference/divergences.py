"""How many nats a trial each inferred input takes: its divergence from the prior, of trained networks."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lfads.inference.batches import in_parts, trials_per_batch
from lfads.inference.encoding import encode_trials, noise_of_sample
from lfads.model.lfads import LFADS, Encoded
from lfads.objective import Batch, divergence_of_each_input
from lfads.randomness import run_key
from lfads.training.batching import TrialArrays


def input_divergences(
    model: LFADS, trials: TrialArrays, *, num_samples: int = 8, seed: int = 0
) -> Float[np.ndarray, "trial input"]:
    """KL of each inferred input from its prior in nats a trial, averaged over posterior samples.

    Parameters
    ----------
    model
        A trained network of one session (`LFADS.of_session`).
    trials
        Trials, encoded without dropout.
    num_samples
        Posterior samples for each trial.
    seed
        Of the samples.
    """
    key = run_key(seed)
    return np.concatenate([
        np.asarray(_of_batch(model, part.trials, key, num_samples))[part.filled]
        for part in in_parts(trials, trials_per_batch(model, trials))
    ])  # fmt: skip


@eqx.filter_jit
def _of_batch(
    model: LFADS, trials: TrialArrays, key: PRNGKeyArray, num_samples: int
) -> Float[Array, "trial input"]:
    batch, encoded = encode_trials(model, trials, key)
    return mean_divergences(model, batch, encoded, key, num_samples)


def mean_divergences(
    model: LFADS, batch: Batch, encoded: Encoded, key: PRNGKeyArray, num_samples: int
) -> Float[Array, "trial input"]:
    """KL of each input of a batch, averaged over posterior samples; for compiled code."""

    def of_sample(number: Int[Array, ""]) -> Float[Array, "trial input"]:
        trajectories = model.decode(encoded, noise_of_sample(model, batch.trial_ids, key, number))
        return divergence_of_each_input(model, batch, trajectories)

    return jax.lax.map(of_sample, jnp.arange(num_samples)).mean(0)
