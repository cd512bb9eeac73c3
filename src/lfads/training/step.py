"""One epoch as one compiled call, its batches shared among devices.

Every device holds the trials as small integers and the whole state, takes its slots of each step, and
adds its gradient to the others' (one reduction a step). The state stays equal on all of them. Within an
epoch the weights are one vector, as are the averages and the optimiser's moments: the fifty arrays of a
network, each with its own reduction and update, take longer to compile.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jax import lax
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, PyTree

from lfads.config import ObjectiveConfig, TrainingConfig
from lfads.data.batching import TrialArrays
from lfads.hyperparameters import HyperParameters
from lfads.model.lfads import LFADS
from lfads.objective import Batch, l2_penalty, trial_terms
from lfads.randomness import run_key, trial_keys
from lfads.training.optimizer import apply_gradient, moments_transform

SHARDS = "shards"


class TrainState(NamedTuple):
    """All that changes in training. `average` are the weights that are validated and kept."""

    parameters: PyTree
    average: PyTree
    moments: PyTree
    num_steps: Int[Array, ""]
    dropped_in_a_row: Int[Array, ""]
    dropped: Int[Array, ""]


class EpochSettings(NamedTuple):
    """Scalars that hold for one epoch."""

    hyperparameters: HyperParameters
    ramp: Float[Array, ""]
    learning_rate_factor: Float[Array, ""]


class Sums(NamedTuple):
    """Terms summed over trials; `num_scored` and `num_trials` to divide by. L2 is of the step."""

    nll: Float[Array, "*steps"]
    kl_initial_condition: Float[Array, "*steps"]
    kl_inferred_inputs: Float[Array, "*steps"]
    num_scored: Float[Array, "*steps"]
    num_trials: Float[Array, "*steps"]
    l2: Float[Array, "*steps"]
    loss: Float[Array, "*steps"]
    gradient_norm: Float[Array, "*steps"]


class Compiled(NamedTuple):
    """The compiled functions of a run."""

    train_epoch: Callable[[TrainState, TrialArrays, Any, EpochSettings], tuple[TrainState, Sums]]
    evaluate: Callable[[PyTree, TrialArrays, Any], Sums]


def gather_batch(trials: TrialArrays, slots: Int[Array, " trial"], key: PRNGKeyArray) -> Batch:
    """The trials in the given slots, time first; empty slots (-1) hold the last trial."""
    counts = jnp.swapaxes(trials.counts[slots], 0, 1)
    valid = observed = external = None
    if trials.trial_length is not None:
        bins = jnp.arange(counts.shape[0])
        valid = bins[:, None] < trials.trial_length[slots][None, :]
    if trials.observed is not None:
        observed = jnp.swapaxes(trials.observed[slots], 0, 1)
    if trials.external_inputs is not None:
        external = jnp.swapaxes(trials.external_inputs[slots], 0, 1)
    keys = trial_keys(key, trials.trial_id[slots])
    return Batch(counts.astype(jnp.float32), valid, observed, external, keys)


def compile_run(
    mesh: Mesh,
    static_model: LFADS,
    objective: ObjectiveConfig,
    training: TrainingConfig,
    seed: int,
) -> Compiled:
    """Compiled epoch and evaluation for a network whose arrays are given as parameters.

    Parameters
    ----------
    mesh
        Devices, along the axis `shards`.
    static_model
        The network without its arrays (`equinox.partition`).
    seed
        Of all noise in training.
    """
    num_segments = training.time_segments or 1
    train_key, valid_key = jr.split(run_key(seed))
    samples_per_trial = static_model.num_decoded_bins * static_model.shapes.sessions[0].num_neurons

    def terms(
        parameters: PyTree,
        batch: Batch,
        filled: Bool[Array, " trial"],
        hyper: HyperParameters | None,
    ) -> Sums:
        model = eqx.combine(parameters, static_model)
        each = trial_terms(model, batch, hyper, objective, num_segments=num_segments)
        zero = jnp.zeros(())

        def total(values: Array) -> Array:
            return jnp.where(filled, values, 0).sum().astype(jnp.float32)

        return Sums(
            nll=total(each.nll),
            kl_initial_condition=total(each.kl_initial_condition),
            kl_inferred_inputs=total(each.kl_inferred_inputs),
            num_scored=total(each.num_scored),
            num_trials=filled.sum().astype(jnp.float32),
            l2=zero,
            loss=zero,
            gradient_norm=zero,
        )

    def loss_of_shard(
        parameters: PyTree, batch: Batch, filled: Array, settings: EpochSettings, num_trials: Array
    ) -> tuple[Array, Sums]:
        """This shard's share of the loss: the shards' losses add up to that of the step."""
        hyper = settings.hyperparameters
        sums = terms(parameters, batch, filled, hyper)
        divergence = (
            hyper.initial_condition_kl_weight * sums.kl_initial_condition
            + hyper.inferred_input_kl_weight * sums.kl_inferred_inputs
        )
        model = eqx.combine(parameters, static_model)
        l2 = l2_penalty(model, hyper) / mesh.size
        nats = (sums.nll + settings.ramp * divergence) / num_trials + settings.ramp * l2
        loss = objective.loss_scale * nats / samples_per_trial
        return loss, sums._replace(l2=l2, loss=lax.stop_gradient(loss))

    def train_step(
        unflatten: Callable[[Array], PyTree],
        trials: TrialArrays,
        settings: EpochSettings,
        state: TrainState,
        step: tuple[Array, Array],
    ) -> tuple[TrainState, Sums]:
        slots, num_trials = step
        filled = slots >= 0
        batch = gather_batch(trials, slots, jr.fold_in(train_key, state.num_steps))

        def loss(flat: Array) -> tuple[Array, Sums]:
            return loss_of_shard(unflatten(flat), batch, filled, settings, num_trials)

        gradient, sums = jax.grad(loss, has_aux=True)(state.parameters)
        gradient, sums = lax.psum((gradient, sums), SHARDS)
        hyper = settings.hyperparameters
        rate = hyper.learning_rate * settings.learning_rate_factor
        update = apply_gradient(
            training, state.parameters, state.moments, gradient, rate, hyper.weight_decay
        )
        finite = jnp.isfinite(update.gradient_norm)
        decay = jnp.where(finite, training.weight_average_decay, 1)
        average = decay * state.average + (1 - decay) * update.parameters
        dropped = jnp.where(finite, 0, 1)
        new_state = TrainState(
            parameters=update.parameters,
            average=average,
            moments=update.moments,
            num_steps=state.num_steps + 1,
            dropped_in_a_row=jnp.where(finite, 0, state.dropped_in_a_row + 1),
            dropped=state.dropped + dropped,
        )
        return new_state, sums._replace(gradient_norm=update.gradient_norm)

    def train_epoch(
        state: TrainState,
        trials: TrialArrays,
        order: Array,
        num_trials: Array,
        settings: EpochSettings,
    ) -> tuple[TrainState, Sums]:
        structure = jax.tree.structure(state.parameters)
        unflatten = ravel_pytree(state.parameters)[1]

        def is_weights(tree: PyTree) -> bool:
            return jax.tree.structure(tree) == structure

        def flatten(tree: PyTree) -> PyTree:
            return ravel_pytree(tree)[0] if is_weights(tree) else tree

        def restore(flat: Array, tree: PyTree) -> PyTree:
            return unflatten(flat) if is_weights(tree) else flat

        flat_state = jax.tree.map(flatten, state, is_leaf=is_weights)
        step = partial(train_step, unflatten, trials, settings)
        flat_state, sums = lax.scan(step, flat_state, (order, num_trials))
        return jax.tree.map(restore, flat_state, state), sums

    def evaluate(parameters: PyTree, trials: TrialArrays, order: Array) -> Sums:
        def step(_: None, slots: Array) -> tuple[None, Sums]:
            batch = gather_batch(trials, slots, valid_key)
            return None, lax.psum(terms(parameters, batch, slots >= 0, None), SHARDS)

        return lax.scan(step, None, order)[1]

    everywhere, shared = PartitionSpec(), PartitionSpec(None, SHARDS)

    def across_shards(function: Callable[..., Any], order_at: int, num_arguments: int) -> Any:
        specs = tuple(shared if i == order_at else everywhere for i in range(num_arguments))
        return jax.shard_map(
            function, mesh=mesh, in_specs=specs, out_specs=everywhere, check_vma=False
        )

    train_epoch_across = across_shards(train_epoch, 2, 5)

    def train_whole_epoch(
        state: TrainState, trials: TrialArrays, order: Array, settings: EpochSettings
    ) -> tuple[TrainState, Sums]:
        # Counted before the shards part, which would have to meet for it at every step.
        num_trials = (order >= 0).sum(1).astype(jnp.float32)
        return train_epoch_across(state, trials, order, num_trials, settings)

    return Compiled(
        train_epoch=jax.jit(train_whole_epoch, donate_argnums=0),
        evaluate=jax.jit(across_shards(evaluate, 2, 3)),
    )


def _zeros(like: jax.ShapeDtypeStruct) -> Array:
    """Made in NumPy: JAX would compile a program for every shape."""
    return jnp.asarray(np.zeros(like.shape, like.dtype))


def initial_state(model: LFADS, training: TrainingConfig) -> TrainState:
    """The state before the first step."""
    parameters = eqx.filter(model, eqx.is_inexact_array)
    moments = jax.eval_shape(moments_transform(training).init, parameters)
    count = jax.ShapeDtypeStruct((), jnp.int32)
    return TrainState(
        parameters=parameters,
        average=jax.tree.map(lambda x: jnp.asarray(np.array(x)), parameters),
        moments=jax.tree.map(_zeros, moments),
        num_steps=_zeros(count),
        dropped_in_a_row=_zeros(count),
        dropped=_zeros(count),
    )
