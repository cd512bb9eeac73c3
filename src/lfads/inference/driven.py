"""What inferred inputs do to the factors: the generator driven with them and without, from the same start.

Posterior means drive it: noise of the posterior would count as driven.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from lfads.inference.batches import in_parts, trials_per_batch
from lfads.inference.divergences import mean_divergences
from lfads.inference.encoding import encode_trials, noise_of_sample
from lfads.inference.held_out import factors_without
from lfads.model.lfads import LFADS
from lfads.randomness import run_key
from lfads.training.batching import TrialArrays


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
    factors, nats = [], []
    for part in in_parts(trials, trials_per_batch(model, trials)):
        found, kl = _of_batch(model, part.trials, run_key(seed), silenced, num_samples)
        factors.append(np.asarray(found)[:, part.filled])
        nats.append(np.asarray(kl)[part.filled])
    return Driven(np.concatenate(factors, axis=1), np.concatenate(nats))


@eqx.filter_jit
def _of_batch(
    model: LFADS,
    trials: TrialArrays,
    key: PRNGKeyArray,
    silenced: tuple[tuple[int, ...], ...],
    num_samples: int,
) -> tuple[Float[Array, "choice trial time factor"], Float[Array, "trial input"]]:
    batch, encoded = encode_trials(model, trials, key)
    none = jax.tree.map(
        jnp.zeros_like, noise_of_sample(model, batch.trial_ids, key, jnp.asarray(0))
    )
    at_mean = model.decode(encoded, none)
    factors = jnp.stack([factors_without(model, at_mean, encoded, each) for each in silenced])
    nats = mean_divergences(model, batch, encoded, key, num_samples)
    return jnp.swapaxes(factors, 1, 2), nats
