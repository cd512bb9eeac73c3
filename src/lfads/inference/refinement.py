"""Each trial's own posterior, from where the encoders left it: steps of Adam with the network fixed.

Encoders give the posterior of every trial in one pass, and what they give is not the best that the
network allows (the amortisation gap; Cremer et al. 2018, ICML 80:1078; semi-amortised inference, Kim et
al. 2018, ICML 80:2678). What is moved are the mean and log-variance of the initial condition's posterior
and an offset of what the controller is given in each bin, up the same bound,

    L = E_q[sum log p(x | rate)] - w0 KL(q(z0) || p(z0)) - wu KL(q(u) || p(u)),

in which encoded samples alone are scored: held-out neurons and forward bins change nothing.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax import lax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from lfads.inference.encoding import noise_of_sample
from lfads.model.distributions import DiagonalGaussian
from lfads.model.lfads import LFADS, Encoded
from lfads.model.noise import Noise
from lfads.objective import Batch, encoded_samples, input_divergence, negative_log_likelihood

BOUND_SAMPLES = 8
"""Posterior samples that the bound is measured with, before and after, the same noise for both."""


PRODUCTS_A_MINUTE = 150 * 10**9
"""Multiplications and additions, with room to spare: two busy cores did 300 to 500 thousand million."""

FEWEST_TRIALS = 4
"""Of a batch: fewer are hardly faster."""


class Refinement(NamedTuple):
    """How posteriors are refined.

    Parameters
    ----------
    num_steps
        Of Adam.
    initial_condition_kl_weight, inferred_input_kl_weight
        Of the bound. At 1 it is the evidence lower bound; at the lower weights that networks are trained
        with, what is refined fits the noise of each trial's spikes.
    learning_rate
        Of Adam in the first step; it falls to 0 as half a cosine.
    num_samples
        Posterior samples that a step's gradient is averaged over.
    """

    num_steps: int
    initial_condition_kl_weight: float = 1.0
    inferred_input_kl_weight: float = 1.0
    learning_rate: float = 0.02
    num_samples: int = 2


class Refined(NamedTuple):
    """Posteriors, and the bound of each trial in nats, after and before: `bound` is never the lower."""

    encoded: Encoded
    bound: Float[Array, " trial"]
    bound_before: Float[Array, " trial"]


class Moved(NamedTuple):
    """How far a posterior is from what the encoders gave."""

    mean: Float[Array, "trial latent"]
    log_variance: Float[Array, "trial latent"]
    controller_inputs: Float[Array, "time trial encoded"] | None


def refined(
    model: LFADS, batch: Batch, encoded: Encoded, how: Refinement, key: PRNGKeyArray
) -> Refined:
    """The posterior of each trial after some steps of Adam; the trials do not see each other.

    A trial whose measured bound is no higher after the steps keeps what the encoders gave.

    Parameters
    ----------
    model
        A network of one session.
    batch
        Its trials.
    encoded
        What the encoders gave for them.
    how
        Steps and weights.
    key
        Of the noise, which a trial's number keys.
    """
    seen = batch._replace(observed=encoded_samples(model, batch))
    rate = optax.cosine_decay_schedule(how.learning_rate, how.num_steps)
    adam = optax.adam(rate)

    def noise(number: Array) -> Noise:
        return noise_of_sample(model, batch.trial_ids, key, number)

    def bound(moved: Moved, numbers: Array) -> Float[Array, " trial"]:
        at = moved_by(encoded, moved)
        each = lax.map(lambda number: bound_of_sample(model, seen, at, noise(number), how), numbers)
        return each.mean(0)

    def step(number: Array, carried: tuple[Moved, optax.OptState]) -> tuple[Moved, optax.OptState]:
        moved, state = carried
        numbers = BOUND_SAMPLES + how.num_samples * number + jnp.arange(how.num_samples)
        gradient = jax.grad(lambda at: -bound(at, numbers).sum())(moved)
        with jax.numpy_dtype_promotion("standard"):  # optax mixes dtypes of scalars
            change, state = adam.update(gradient, state)
        return jax.tree.map(jnp.add, moved, change), state

    posterior = encoded.initial_condition
    nothing = jax.tree.map(
        jnp.zeros_like, Moved(posterior.mean, posterior.mean, encoded.controller_inputs)
    )
    moved, _ = lax.fori_loop(0, how.num_steps, step, (nothing, adam.init(nothing)))
    measured = jnp.arange(BOUND_SAMPLES)
    after, before = bound(moved, measured), bound(nothing, measured)
    better = after > before  # False where a step has left the numbers
    kept = moved_back(moved, better)
    return Refined(moved_by(encoded, kept), jnp.where(better, after, before), before)


def moved_back(moved: Moved, better: Bool[Array, " trial"]) -> Moved:
    """Trials that are no better stay where the encoders left them."""
    inputs = moved.controller_inputs
    return Moved(
        jnp.where(better[:, None], moved.mean, 0),
        jnp.where(better[:, None], moved.log_variance, 0),
        None if inputs is None else jnp.where(better[None, :, None], inputs, 0),
    )


def trials_in_a_minute(model: LFADS, how: Refinement) -> int:
    """Trials whose steps take a processor a minute at most; a few even where that is longer.

    A step's gradient costs about two passes beside its own.
    """
    weights = (model.decoder, model.read_out, model.more_read_outs)
    products = sum(x.size for x in jax.tree.leaves(eqx.filter(weights, eqx.is_inexact_array)))
    of_trial = 3 * products * model.num_decoded_bins * how.num_samples * max(how.num_steps, 1)
    return max(FEWEST_TRIALS, PRODUCTS_A_MINUTE // of_trial)


def moved_by(encoded: Encoded, moved: Moved) -> Encoded:
    """The posterior so far from what the encoders gave."""
    posterior, given = encoded.initial_condition, encoded.controller_inputs
    if given is not None and moved.controller_inputs is not None:
        given = given + moved.controller_inputs
    at = DiagonalGaussian(
        posterior.mean + moved.mean, posterior.variance * jnp.exp(moved.log_variance)
    )
    return encoded._replace(initial_condition=at, controller_inputs=given)


def bound_of_sample(
    model: LFADS, batch: Batch, encoded: Encoded, noise: Noise, how: Refinement
) -> Float[Array, " trial"]:
    """L of each trial in nats, from one sample of its posterior."""
    trajectories = model.decode(encoded, noise)
    nll, _ = negative_log_likelihood(model, batch, trajectories, None)
    code = model.initial_condition_prior.divergence(
        encoded.initial_condition, trajectories.initial_condition
    )
    inputs = input_divergence(model, batch, trajectories)
    return -(nll + how.initial_condition_kl_weight * code + how.inferred_input_kl_weight * inputs)
