"""Ranks of true codes and inputs among posterior samples, of trials that the network itself has drawn.

If a posterior is right for data from the model, the rank of what was drawn among samples of its posterior
is uniform (Cook et al. 2006, J. Comput. Graph. Stat. 15:675; Talts et al. 2018, arXiv:1804.06788).
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int, PRNGKeyArray, Real

from lfads.inference.averages import Given
from lfads.inference.encoding import encode_trials, noise_of_sample
from lfads.inference.spread import KLWeights, input_noise_scale, no_scale, scaled, widened_code
from lfads.model.lfads import LFADS, Encoded, Trajectories
from lfads.objective import Batch
from lfads.randomness import run_key
from lfads.training.batching import TrialArrays

NUM_SAMPLES = 99
"""Of the posterior, so that there are a hundred ranks."""

NUM_FOR_SPREAD = 8
"""Samples whose mean variance of inputs stands for all; it hardly differs between them."""

TRIALS_AT_ONCE = 200


class Drawn(NamedTuple):
    """What trials were generated from."""

    code: Float[np.ndarray, "trial latent"]
    inputs: Float[np.ndarray, "trial time input"] | None


class OnDevice(NamedTuple):
    """The same, or as many numbers, where they are compared."""

    code: Real[Array, "trial latent"]
    inputs: Real[Array, "trial time input"] | None


class Ranks(NamedTuple):
    """Posterior samples that are smaller than what was drawn, 0 to `num_samples`."""

    code: Int[np.ndarray, "trial latent"]
    inputs: Int[np.ndarray, "trial time input"] | None
    num_samples: int


def ranks_of(
    model: LFADS,
    trials: TrialArrays,
    drawn: Drawn,
    *,
    kl_weights: KLWeights | None = None,
    num_samples: int = NUM_SAMPLES,
    seed: int = 0,
) -> Ranks:
    """Rank what trials were drawn from among samples of their posteriors.

    Parameters
    ----------
    model
        A network of one session.
    trials
        What was generated, encoded without dropout.
    drawn
        From which code and inputs.
    kl_weights
        That the encoders were trained with: posteriors are as wide as at weights of 1. Without, they are as
        the encoders give them.
    num_samples, seed
        Of the posterior.
    """
    key, found = run_key(seed), list[OnDevice]()
    inputs = None if drawn.inputs is None else jnp.asarray(drawn.inputs)
    given = OnDevice(jnp.asarray(drawn.code), inputs)
    for start in range(0, len(drawn.code), TRIALS_AT_ONCE):
        part = slice(start, start + TRIALS_AT_ONCE)
        some, truth = jax.tree.map(lambda x, p=part: jnp.asarray(x[p]), (trials, given))
        found.append(_ranked(model, some, truth, key, num_samples, kl_weights))
    code, inputs = jax.tree.map(lambda *parts: np.concatenate(parts), *found)
    return Ranks(code, inputs, num_samples)


@eqx.filter_jit
def _ranked(
    model: LFADS,
    trials: TrialArrays,
    truth: OnDevice,
    key: PRNGKeyArray,
    num_samples: int,
    kl_weights: KLWeights | None,
) -> OnDevice:
    batch, encoded = encode_trials(model, trials, key)
    given = _given(model, batch, encoded, key, kl_weights)

    def smaller(number: Array, count: OnDevice) -> OnDevice:
        sample = _sample(model, batch, given, key, number)
        inputs = sample.inferred_inputs
        found = OnDevice(
            sample.initial_condition, None if inputs is None else inputs.swapaxes(0, 1)
        )
        return jax.tree.map(lambda n, s, t: n + (s < t).astype(n.dtype), count, found, truth)

    none = jax.tree.map(lambda x: jnp.zeros(x.shape, jnp.int32), truth)
    return lax.fori_loop(0, num_samples, smaller, none)


def _given(
    model: LFADS, batch: Batch, encoded: Encoded, key: PRNGKeyArray, kl_weights: KLWeights | None
) -> Given:
    """The posterior that is sampled, as wide as asked."""
    as_it_is = Given(encoded, no_scale(model, encoded))
    if kl_weights is None:
        return as_it_is
    if model.input_prior is None:
        return Given(widened_code(model, encoded, kl_weights), None)

    def variance(number: Array) -> Array:
        log_variance = _sample(model, batch, as_it_is, key, number).input_log_variance
        assert log_variance is not None
        return jnp.exp(log_variance)

    mean = lax.map(variance, jnp.arange(NUM_FOR_SPREAD)).mean(0)
    return Given(
        widened_code(model, encoded, kl_weights), input_noise_scale(model, mean, kl_weights)
    )


def _sample(
    model: LFADS, batch: Batch, given: Given, key: PRNGKeyArray, number: Array
) -> Trajectories:
    noise = noise_of_sample(model, batch.trial_ids, key, number)
    return model.decode(given.encoded, scaled(noise, given.scale))
