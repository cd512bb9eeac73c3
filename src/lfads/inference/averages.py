"""Posterior averages of trained models, on any trials, in batches that fit in memory.

The encoders run once a trial; initial condition and inferred inputs are sampled many times, and rates,
factors and inputs averaged (Pandarinath et al. 2018, Online Methods). A trial's samples are keyed by its
number, so they depend on neither batch nor device.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jax import lax
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree, Real

from lfads.inference.batches import BATCH_BYTES, Part, in_parts, trials_per_batch
from lfads.inference.encoding import encode_trials, noise_of_sample
from lfads.inference.kept_batches import digest_of, kept, with_rows
from lfads.inference.refinement import Refinement, refined, trials_in_a_minute
from lfads.inference.spread import KLWeights, input_noise_scale, no_scale, scaled, widened_code
from lfads.model.lfads import LFADS, Encoded, Trajectories
from lfads.model.noise import draw_noise
from lfads.randomness import run_key, trial_keys
from lfads.training.batching import TrialArrays
from lfads.training.step import PROGRAMS_KEPT, SHARDS

BYTES_OF_GRADIENT = 4
"""What a step of refinement keeps for the gradient of a sample, over what a sample takes."""


class Sample(NamedTuple):
    """What is averaged over posterior samples, trials first; predicted means in the unit of the data.

    `over_time` holds further parameters of an observation that vary, by name.
    """

    rates: Float[Array, "trial time neuron"]
    factors: Float[Array, "trial time factor"]
    inferred_inputs: Float[Array, "trial time input"] | None
    generator_initial_state: Float[Array, "trial unit"]
    generator_states: Float[Array, "trial time unit"] | None
    over_time: dict[str, Float[Array, "trial time neuron"]]


class Given(NamedTuple):
    """A posterior that is sampled, and what noise of its inputs is multiplied by."""

    encoded: Encoded
    scale: Float[Array, "time trial input"] | None


class Generated(NamedTuple):
    """Trials drawn from the prior: what their network went through, from which code, and their values."""

    drawn: Sample
    code: Float[np.ndarray, "trial latent"]
    values: Real[np.ndarray, "trial time neuron"]


class PosteriorArrays(NamedTuple):
    """Averages over posterior samples, and the spread (standard deviation) of the samples.

    `bound` and `bound_before` are those of refined posteriors, in nats.
    """

    mean: Sample
    std: Sample
    initial_condition_mean: Float[Array, "trial latent"]
    initial_condition_std: Float[Array, "trial latent"]
    bound: Float[Array, " trial"] | None = None
    bound_before: Float[Array, " trial"] | None = None


def infer(
    model: LFADS,
    trials: TrialArrays,
    mesh: Mesh,
    *,
    num_samples: int = 50,
    seed: int = 0,
    generator_states: bool = False,
    kl_weights: KLWeights | None = None,
    refinement: Refinement | None = None,
    keep_in: Path | None = None,
    batch_bytes: int = BATCH_BYTES,
    of_batch: Callable[[PosteriorArrays, Int[np.ndarray, " trial"]], PosteriorArrays] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PosteriorArrays:
    """Average posterior samples of each trial.

    Parameters
    ----------
    model
        A trained network of one session (`LFADS.of_session`).
    trials
        Trials, encoded without dropout.
    mesh
        Devices that share a batch.
    num_samples
        Posterior samples for each trial; one has no spread, which is NaN then.
    seed
        Of the samples.
    generator_states
        Keep the generator's states too.
    kl_weights
        That the network was trained with: spreads are those of posteriors at weights of 1. Without, they
        are of the samples that are averaged.
    refinement
        How each trial's posterior is refined first; at weights of 1 it is not widened.
    keep_in
        Folder in which finished batches are kept, and found again by the same call.
    batch_bytes
        Rough memory that one batch may take.
    of_batch
        Gives what is kept of the averages of a batch, whose trials have these numbers; all by default.
    progress
        Told the trials done and their number.
    """
    num_trials = trials.counts.shape[0]
    most = num_trials
    if refinement is not None:
        batch_bytes //= BYTES_OF_GRADIENT * refinement.num_samples
        if mesh.devices.flat[0].platform == "cpu":
            most = min(most, trials_in_a_minute(model, refinement))
    size = min(most, trials_per_batch(model, trials, batch_bytes))
    static = eqx.filter(model, eqx.is_inexact_array, inverse=True)
    average = compile_average(static, mesh, num_samples, generator_states, kl_weights, refinement)
    parameters, key = eqx.filter(model, eqx.is_inexact_array), run_key(seed)
    options = (size, num_samples, seed, generator_states, kl_weights, refinement)
    digest = "" if keep_in is None else digest_of(model, trials, options)
    batches = []
    for done, part in enumerate(in_parts(trials, size, mesh.size)):

        def batch(part: Part = part) -> PosteriorArrays:
            found = jax.device_get(average(parameters, part.trials, key))
            return jax.tree.map(lambda x: x[part.filled], found)

        if keep_in is None:
            found = batch()
        else:
            forms = jax.eval_shape(average, parameters, part.trials, key)
            found = kept(keep_in, digest, done, with_rows(forms, len(part.numbers)), batch)
        batches.append(found if of_batch is None else of_batch(found, part.numbers))
        if progress is not None:
            progress(int(part.numbers[-1]) + 1, num_trials)
    return jax.tree.map(lambda *parts: np.concatenate(parts), *batches)


@lru_cache(PROGRAMS_KEPT)
def compile_average(
    static: LFADS,
    mesh: Mesh,
    num_samples: int,
    generator_states: bool,
    kl_weights: KLWeights | None = None,
    refinement: Refinement | None = None,
) -> Callable[[PyTree, TrialArrays, PRNGKeyArray], PosteriorArrays]:
    """Compiled averaging over the trials of one batch, shared among devices; a network without arrays."""

    def average(parameters: PyTree, trials: TrialArrays, key: PRNGKeyArray) -> PosteriorArrays:
        model = eqx.combine(parameters, static)
        batch, encoded = encode_trials(model, trials, key)
        bounds = (None, None)
        if refinement is not None:
            encoded, *bounds = refined(
                model, batch, encoded, refinement, jr.fold_in(key, num_samples)
            )

        encoded = model.for_samples(encoded)

        def over_samples(given: Given, _: None) -> tuple[Given, tuple[Sample, Sample, Any]]:
            def sample(number: Int[Array, ""]) -> tuple[Sample, Array | None]:
                noise = noise_of_sample(model, batch.trial_ids, key, number)
                trajectories = model.decode(given.encoded, scaled(noise, given.scale))
                log_variance = trajectories.input_log_variance
                variance = None if log_variance is None else jnp.exp(log_variance)
                return as_sample(model, trajectories, generator_states), variance

            (mean, variance), (std, _) = mean_and_std(sample, num_samples)
            wider = given
            if kl_weights is not None:
                wider = Given(
                    widened_code(model, given.encoded, kl_weights),
                    input_noise_scale(model, variance, kl_weights),
                )
            return wider, (mean, std, given.encoded.initial_condition)

        # Means are of the posterior as it is, spreads of the wider one: one program, run twice.
        passes = 1 if kl_weights is None else 2
        start = Given(encoded, no_scale(model, encoded))
        found = lax.scan(over_samples, start, None, length=passes)[1]
        mean, _, _ = jax.tree.map(lambda x: x[0], found)
        _, std, posterior = jax.tree.map(lambda x: x[-1], found)
        spread = jnp.sqrt(posterior.variance)
        return PosteriorArrays(mean, std, posterior.mean, spread, *bounds)

    everywhere, shared = PartitionSpec(), PartitionSpec(SHARDS)
    return jax.jit(
        jax.shard_map(
            average,
            mesh=mesh,
            in_specs=(everywhere, shared, everywhere),
            out_specs=shared,
            check_vma=False,
        )
    )


def as_sample(model: LFADS, trajectories: Trajectories, generator_states: bool) -> Sample:
    """What is kept of trajectories of a network of one session, trials first."""
    parameters = model.distributions(trajectories.read_outs)
    time_first = {
        "rates": parameters["mean"],
        "over_time": {name: parameters[name] for name in model.observation.over_time},
        "factors": trajectories.factors,
        "inferred_inputs": trajectories.inferred_inputs,
        "generator_states": trajectories.generator_states if generator_states else None,
    }
    kept = jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), time_first)
    return Sample(**kept, generator_initial_state=trajectories.generator_initial_state)


def mean_and_std(sample: Callable[[Int[Array, ""]], Any], num_samples: int) -> tuple[Any, Any]:
    """Mean and standard deviation (divisor n - 1) by Welford's recurrence; NaN is that of one sample."""
    first = sample(jnp.asarray(0))

    def step(carried: tuple[Any, Any], number: Array) -> tuple[tuple[Any, Any], None]:
        mean, squares = carried
        new = sample(number)
        count = (number + 1).astype(jnp.float32)
        new_mean = jax.tree.map(lambda m, x: m + (x - m) / count, mean, new)
        squares = jax.tree.map(
            lambda s, x, m, n: s + (x - m) * (x - n), squares, new, mean, new_mean
        )
        return (new_mean, squares), None

    start = (first, jax.tree.map(jnp.zeros_like, first))
    (mean, squares), _ = lax.scan(step, start, jnp.arange(1, num_samples))
    if num_samples == 1:
        return mean, jax.tree.map(lambda s: jnp.full_like(s, jnp.nan), squares)
    return mean, jax.tree.map(lambda s: jnp.sqrt(s / (num_samples - 1)), squares)


def generate(
    model: LFADS,
    num_trials: int,
    *,
    seed: int = 0,
    external_inputs: Float[np.ndarray, "trial time external_input"] | None = None,
) -> Generated:
    """Draw trials from the prior: initial conditions, inputs, predicted means, and values.

    Parameters
    ----------
    model
        A trained network of one session.
    num_trials
        Trials to draw.
    seed
        Of the draw.
    external_inputs
        Measured inputs, for a network that takes them into its generator.
    """

    @eqx.filter_jit
    def draw(model: LFADS, external: Array | None) -> tuple[Sample, Array, Array]:
        key, count_key = jr.split(run_key(seed))
        keys = trial_keys(key, jnp.arange(num_trials))
        noise = draw_noise(keys, model.noise_sizes(), None)
        trajectories = model.generate(noise, external)
        parameters = {
            name: jnp.swapaxes(values, 0, 1)
            for name, values in model.distributions(trajectories.read_outs).items()
        }
        values = model.observation.sample(count_key, parameters)
        return as_sample(model, trajectories, False), trajectories.initial_condition, values

    time_first = None
    if external_inputs is not None:
        time_first = jnp.swapaxes(jnp.asarray(external_inputs, jnp.float32), 0, 1)
    return Generated(*jax.device_get(draw(model, time_first)))
