"""One epoch of training, and a pass of validation, as pure functions for compiled code.

Where devices share a batch, each takes its slots of every step and adds its gradient to the others' (one
reduction a step), so the state stays equal on all of them. Within an epoch the weights are one vector, as
are the averages and the optimiser's moments: the fifty arrays of a network, each with its own reduction
and update, take longer to compile.
"""

import dataclasses
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jax import lax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, PyTree, UInt32

from lfads.config import ObjectiveConfig, TrainingConfig, TrainingSettings
from lfads.hyperparameters import HyperParameters
from lfads.model.channel_terms import observation_penalty
from lfads.model.lfads import LFADS
from lfads.objective import Batch, l2_penalty, trial_terms
from lfads.randomness import run_key, trial_keys
from lfads.training.batching import Steps, TrialArrays
from lfads.training.optimizer import (
    apply_gradient,
    moments_transform,
    trained_entries,
    without_frozen_gradients,
)

SHARDS = "shards"
"""The axis of the devices that share a batch."""

PROGRAMS_KEPT = 16
"""Compiled programs of each kind that a process keeps, to train and infer again without a new trace."""

BETWEEN_EPOCHS = (
    "num_epochs",
    "patience_epochs",
    "ramp_epochs",
    "decay_epochs",
    "checkpoint_epochs",
    "max_hours",
)
"""Settings that only the loop over epochs reads, so that programs do not differ by them."""


class TrainState(NamedTuple):
    """All that changes in training. `average` are the weights that are validated and kept."""

    parameters: PyTree
    average: PyTree
    moments: PyTree
    num_steps: Int[Array, ""]
    dropped_in_a_row: Int[Array, ""]
    dropped: Int[Array, ""]


class EpochSettings(NamedTuple):
    """Scalars that hold for one epoch. `seed` is that of all noise in training."""

    hyperparameters: HyperParameters
    ramp: Float[Array, ""]
    learning_rate_factor: Float[Array, ""]
    seed: UInt32[Array | np.ndarray, ""]


class Sums(NamedTuple):
    """Terms summed over trials, and `num_scored`, `num_removed` and `num_trials` to divide by.

    L2 is of the step.
    """

    nll: Float[Array, "*steps"]
    kl_initial_condition: Float[Array, "*steps"]
    kl_inferred_inputs: Float[Array, "*steps"]
    num_scored: Float[Array, "*steps"]
    nll_removed: Float[Array, "*steps"]
    num_removed: Float[Array, "*steps"]
    num_trials: Float[Array, "*steps"]
    l2: Float[Array, "*steps"]
    loss: Float[Array, "*steps"]
    gradient_norm: Float[Array, "*steps"]


class EpochFunctions(NamedTuple):
    """What is compiled of a run; `evaluate` takes the seed of its noise last."""

    train_epoch: Callable[[TrainState, TrialArrays, Steps, EpochSettings], tuple[TrainState, Sums]]
    evaluate: Callable[[PyTree, TrialArrays, Steps, Any], Sums]


def gather_batch(trials: TrialArrays, slots: Int[Array, " trial"], key: PRNGKeyArray) -> Batch:
    """The trials in the given slots, time first; empty slots (-1) hold the last trial."""
    chosen = jax.tree.map(lambda x: jnp.asarray(x)[slots], trials)
    counts, observed, external = jax.tree.map(
        lambda x: jnp.swapaxes(x, 0, 1), (chosen.counts, chosen.observed, chosen.external_inputs)
    )
    valid = None
    if chosen.trial_length is not None:
        valid = jnp.arange(len(counts))[:, None] < chosen.trial_length[None, :]
    keys = trial_keys(key, chosen.trial_id)
    return Batch(
        counts.astype(jnp.float32), valid, observed, external, keys, chosen.trial_id,
        chosen.session, chosen.weight, chosen.beside,
    )  # fmt: skip


def over_steps(
    function: Callable[[Any, Array, Array], tuple[Any, Sums]], state: Any, steps: Steps
) -> tuple[Any, Sums]:
    """Run `function(state, slots, num_trials)` over the steps; returns the state and each step's sums.

    Only the first `num_steps` rows are run, so that a part of an epoch with fewer steps than another is
    not compiled again. Sums of the other rows are 0.
    """

    def body(index: Array, carried: tuple[Any, Sums]) -> tuple[Any, Sums]:
        state, rows = carried
        state, sums = function(state, steps.slots[index], steps.num_trials[index])
        return state, jax.tree.map(lambda row, value: row.at[index].set(value), rows, sums)

    rows = Sums(*(jnp.zeros(steps.slots.shape[0]) for _ in Sums._fields))
    return lax.fori_loop(0, steps.num_steps, body, (state, rows))


def epoch_functions(
    static_model: LFADS, objective: ObjectiveConfig, training: TrainingSettings, num_shards: int
) -> EpochFunctions:
    """The functions of one shard, for a network whose arrays are given as parameters.

    Parameters
    ----------
    static_model
        The network without its arrays (`equinox.partition`).
    num_shards
        Devices along the axis `shards` that share each step; with 1 there need be no such axis.
    """
    training = dataclasses.replace(training, **dict.fromkeys(BETWEEN_EPOCHS, 1))
    return _epoch_functions(static_model, objective, training, num_shards)


@lru_cache(PROGRAMS_KEPT)
def _epoch_functions(
    static_model: LFADS, objective: ObjectiveConfig, training: TrainingSettings, num_shards: int
) -> EpochFunctions:
    """The same functions for the same settings, so that what is compiled of them is found again."""
    samples_per_trial = static_model.num_decoded_bins * static_model.shapes.mean_neurons

    def terms(
        parameters: PyTree,
        batch: Batch,
        filled: Bool[Array, " trial"],
        hyper: HyperParameters | None,
    ) -> Sums:
        parameters = without_frozen_gradients(parameters, training.freeze)
        model = eqx.combine(parameters, static_model).with_bins(batch.counts.shape[0])
        each = trial_terms(model, batch, hyper, objective, num_segments=training.time_segments)
        zero = jnp.zeros(())

        def total(values: Array) -> Array:
            values = values.astype(jnp.float32)
            if batch.weight is not None:
                values = values * batch.weight
            return jnp.where(filled, values, 0).sum()

        return Sums(
            **{name: total(values) for name, values in each._asdict().items()},
            num_trials=total(jnp.ones_like(filled)),
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
        l2 = l2_penalty(model, hyper) / num_shards
        nats = (sums.nll + settings.ramp * divergence) / num_trials + settings.ramp * l2
        if model.observation.has_own("penalty"):
            nats = nats + samples_per_trial * observation_penalty(model) / num_shards
        if model.slow_offsets is not None:
            nats = nats + model.slow_offsets.penalty() / num_shards
        loss = objective.loss_scale * nats / samples_per_trial
        return loss, sums._replace(l2=l2, loss=lax.stop_gradient(loss))

    def over_shards(values: Any) -> Any:
        return values if num_shards == 1 else lax.psum(values, SHARDS)

    def train_step(
        unflatten: Callable[[Array], PyTree],
        trials: TrialArrays,
        settings: EpochSettings,
        state: TrainState,
        slots: Array,
        num_trials: Array,
    ) -> tuple[TrainState, Sums]:
        filled = slots >= 0
        key, _ = jr.split(run_key(settings.seed))
        batch = gather_batch(trials, slots, jr.fold_in(key, state.num_steps))

        def loss(flat: Array) -> tuple[Array, Sums]:
            return loss_of_shard(unflatten(flat), batch, filled, settings, num_trials)

        gradient, sums = jax.grad(loss, has_aux=True)(state.parameters)
        gradient, sums = over_shards((gradient, sums))
        hyper = settings.hyperparameters
        rate = hyper.learning_rate * settings.learning_rate_factor
        update = apply_gradient(
            training, state.parameters, state.moments, gradient, rate, hyper.weight_decay
        )
        trained = trained_entries(unflatten(state.parameters), training.freeze)
        stepped = jnp.where(trained, update.parameters, state.parameters)
        finite = jnp.isfinite(update.gradient_norm)
        decay = jnp.where(finite, training.weight_average_decay, 1)
        mixed = decay * state.average + (1 - decay) * stepped
        average = jnp.where(trained, mixed, state.average)
        new_state = TrainState(
            parameters=stepped,
            average=average,
            moments=update.moments,
            num_steps=state.num_steps + 1,
            dropped_in_a_row=jnp.where(finite, 0, state.dropped_in_a_row + 1),
            dropped=state.dropped + jnp.where(finite, 0, 1),
        )
        return new_state, sums._replace(gradient_norm=update.gradient_norm)

    def train_epoch(
        state: TrainState, trials: TrialArrays, steps: Steps, settings: EpochSettings
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
        flat_state, sums = over_steps(
            partial(train_step, unflatten, trials, settings), flat_state, steps
        )
        return jax.tree.map(restore, flat_state, state), sums

    def evaluate(
        parameters: PyTree, trials: TrialArrays, steps: Steps, seed: UInt32[Array | np.ndarray, ""]
    ) -> Sums:
        _, key = jr.split(run_key(seed))

        def step(nothing: tuple[()], slots: Array, _: Array) -> tuple[tuple[()], Sums]:
            batch = gather_batch(trials, slots, key)
            return nothing, over_shards(terms(parameters, batch, slots >= 0, None))

        return over_steps(step, (), steps)[1]

    return EpochFunctions(train_epoch, evaluate)


def initial_state(model: LFADS, training: TrainingConfig) -> TrainState:
    """The state before the first step, made in NumPy: JAX would compile a program for every shape."""
    parameters = eqx.filter(model, eqx.is_inexact_array)
    moments = jax.eval_shape(moments_transform(training).init, parameters)
    average = jax.tree.map(lambda x: jnp.asarray(np.array(x)), parameters)
    zeros = jax.tree.map(lambda x: jnp.asarray(np.zeros(x.shape, x.dtype)), moments)
    counts = (jnp.asarray(np.zeros((), np.int32)) for _ in range(3))
    return TrainState(parameters, average, zeros, *counts)
