"""What inferred inputs do to the factors: the generator driven with them and without, from the same start.

Posterior means drive it: noise of the posterior would count as driven.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lfads.inference.averages import BATCH_BYTES, trials_per_batch
from lfads.inference.held_out import factors_without
from lfads.model.lfads import LFADS, EncoderInputs
from lfads.model.noise import draw_noise
from lfads.objective import divergence_of_each_input, encoded_valid, seen_counts
from lfads.randomness import run_key, trial_keys
from lfads.training.batching import TrialArrays, in_order
from lfads.training.step import gather_batch


class Driven(NamedTuple):
    """Factors for each choice of inputs that are silenced, and what each input costs.

    Parameters
    ----------
    factors
        At the posterior means of initial condition and inputs; bins are those that are decoded.
    kl_nats
        Divergence of each input from its prior, averaged over posterior samples.
    """

    factors: Float[np.ndarray, "choice trial time factor"]
    kl_nats: Float[np.ndarray, "trial input"]


def driven_factors(
    model: LFADS,
    trials: TrialArrays,
    silenced: tuple[tuple[int, ...], ...],
    *,
    num_samples: int = 2,
    seed: int = 0,
) -> Driven:
    """Drive the generator from the same initial states, for each choice of inputs that are 0.

    Parameters
    ----------
    model
        A trained network of one session (`LFADS.of_session`) that infers inputs.
    trials
        Trials, encoded without dropout.
    silenced
        The inputs of each choice.
    num_samples
        Posterior samples that divergences are averaged over.
    seed
        Of the samples.
    """
    num_trials = trials.counts.shape[0]
    size = min(num_trials, trials_per_batch(model, trials, BATCH_BYTES))
    factors, nats = [], []
    for slots in in_order(num_trials, size, 1):
        given = jax.tree.map(lambda x, s=slots: np.asarray(x)[s], trials)
        there = slots >= 0
        found, kl = _of_batch(model, given, run_key(seed), silenced, num_samples)
        factors.append(np.asarray(found)[:, there])
        nats.append(np.asarray(kl)[there])
    return Driven(np.concatenate(factors, axis=1), np.concatenate(nats))


@eqx.filter_jit
def _of_batch(
    model: LFADS,
    trials: TrialArrays,
    key: PRNGKeyArray,
    silenced: tuple[tuple[int, ...], ...],
    num_samples: int,
) -> tuple[Float[Array, "choice trial time factor"], Float[Array, "trial input"]]:
    batch = gather_batch(trials, jnp.arange(trials.counts.shape[0]), key)
    inputs = EncoderInputs(
        seen_counts(model, batch), encoded_valid(model, batch), batch.external_inputs
    )
    sizes = model.noise_sizes()
    noise = draw_noise(batch.keys, sizes, None)
    encoded = model.encode(inputs, noise)
    at_mean = model.decode(encoded, jax.tree.map(jnp.zeros_like, noise))
    factors = jnp.stack([factors_without(model, at_mean, encoded, each) for each in silenced])

    def of_sample(number: Int[Array, ""]) -> Float[Array, "trial input"]:
        keys = trial_keys(jr.fold_in(key, number), trials.trial_id)
        trajectories = model.decode(encoded, draw_noise(keys, sizes, None))
        return divergence_of_each_input(model, batch, trajectories)

    nats = jax.lax.map(of_sample, jnp.arange(num_samples)).mean(0)
    return jnp.swapaxes(factors, 1, 2), nats
