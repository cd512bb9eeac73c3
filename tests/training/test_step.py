"""Training steps against a few plain lines: gradient, shards, average, and steps that are dropped."""

import dataclasses
from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax
import pytest
from jax.sharding import Mesh
from tests.oracle.networks import Case, assert_close, make_model, oracle_parameters
from tests.oracle.numpy_lfads import l2_penalty
from tests.small import training_settings

from lfads.config import ObjectiveConfig
from lfads.hyperparameters import HyperParameters, HyperParameterSettings
from lfads.model.observations.zero_inflated_gamma import SCALE
from lfads.objective import trial_terms
from lfads.randomness import run_key
from lfads.training.batching import Steps, TrialArrays, as_steps, cut_into_steps, epoch_order
from lfads.training.buckets import buckets_by_length
from lfads.training.feed import BucketedTrials, ResidentTrials, StreamedTrials, feed_of
from lfads.training.sharding import EVERYWHERE, compile_run, make_mesh, place
from lfads.training.step import (
    EpochFunctions,
    EpochSettings,
    Sums,
    TrainState,
    gather_batch,
    initial_state,
)

CASE = Case("steps", num_bins=6, num_neurons=4, held_out=(3,))
FED = dataclasses.replace(CASE, model={"num_inferred_inputs": 0})
"""For tests of how trials come to a network: a smaller one, which compiles in half the time."""

SAMPLES = CASE.num_bins * CASE.num_neurons
SEED = 11
# The convention of AutoLFADS: nats per sample times 10⁴, the gradient of that clipped at 200.
OBJECTIVE = ObjectiveConfig(loss_scale=1e4, rescale_coordinated_dropout=False)
TRAINING = training_settings(gradient_clip_norm=200.0, adam_epsilon=1e-3, weight_average_decay=0.9)
THEIRS = {
    "initial_condition_kl_weight": 1e-2,
    "inferred_input_kl_weight": 3e-2,
    "generator_l2_weight": 0.5,
    "controller_l2_weight": 0.8,
}
RAMP, RATE, RATE_FACTOR = 0.5, 0.02, 0.5


def hyperparameters(**changed: float) -> HyperParameters:
    """Theirs, in nats per trial: each weight times the samples of a trial."""
    weights = {name: value * SAMPLES for name, value in THEIRS.items()}
    rates = {"learning_rate": RATE, "weight_decay": 0.1, "dropout_rate": 0.2}
    return (
        HyperParameterSettings(**rates, coordinated_dropout_rate=0.3, **weights)
        .traced()
        ._replace(**{name: jnp.float32(value) for name, value in changed.items()})
    )


def settings(**changed: float) -> EpochSettings:
    return EpochSettings(
        hyperparameters(**changed), jnp.float32(RAMP), jnp.float32(RATE_FACTOR), jnp.uint32(SEED)
    )


def trials() -> TrialArrays:
    counts = np.random.default_rng(0).poisson(1.0, (5, CASE.num_bins, CASE.num_neurons))
    return TrialArrays(counts.astype(np.uint8), np.arange(5, dtype=np.int32) + 20, None, None, None)


def order() -> Steps:
    """Two steps of three and two trials, and empty slots."""
    return as_steps(cut_into_steps(np.array([3, 0, 4, 2, 1]), 3, 2))


@cache
def mesh(num_shards: int) -> Mesh:
    if len(jax.local_devices()) < num_shards:
        pytest.skip(f"needs {num_shards} devices")
    return make_mesh(num_shards)


def functions_of(case: Case, num_shards: int, trials_are_shared: bool = True) -> EpochFunctions:
    static = eqx.partition(make_model(case), eqx.is_inexact_array)[1]
    return compile_run(
        mesh(num_shards), static, OBJECTIVE, TRAINING, trials_are_shared=trials_are_shared
    )


@cache
def compiled(num_shards: int) -> EpochFunctions:
    return functions_of(CASE, num_shards)


def trained(num_shards: int, now: EpochSettings) -> tuple[TrainState, Sums]:
    state = place(initial_state(make_model(CASE), TRAINING), mesh(num_shards), EVERYWHERE)
    return compiled(num_shards).train_epoch(state, trials(), order(), now)


@eqx.filter_jit
def step_by_hand(model, num_steps, slots):
    """The loss of one step in the convention of AutoLFADS, and its gradient."""
    key = jr.fold_in(jr.split(run_key(SEED))[0], num_steps)
    batch = gather_batch(jax.tree.map(jnp.asarray, trials()), slots, key)
    filled = (slots >= 0).astype(jnp.float32)

    def loss(model):
        terms = trial_terms(model, batch, hyperparameters(), OBJECTIVE)
        nll, kl_initial, kl_inputs = ((filled * x).sum() / filled.sum() for x in terms[:3])
        penalty, entries = jnp.zeros(()), 0
        parts = {"generator": model.decoder.generator, "controller": model.decoder.controller.gru}
        for name, part in parts.items():
            for kernel in (part.recurrent.gates, part.recurrent.candidate):
                penalty = penalty + 0.5 * THEIRS[f"{name}_l2_weight"] * (kernel**2).sum()
                entries += kernel.size
        divergence = THEIRS["initial_condition_kl_weight"] * kl_initial
        divergence = divergence + THEIRS["inferred_input_kl_weight"] * kl_inputs
        return 1e4 * (nll / SAMPLES + RAMP * penalty / entries + RAMP * divergence)

    return eqx.filter_value_and_grad(loss)(model)


def test_programs_are_kept_for_trainings_that_differ_in_length_alone():
    static = eqx.partition(make_model(CASE), eqx.is_inexact_array)[1]
    longer = dataclasses.replace(TRAINING, num_epochs=99, max_hours=1.0, checkpoint_epochs=1)
    assert compile_run(mesh(1), static, OBJECTIVE, longer) is compiled(1)
    for other in ({"gradient_clip_norm": 1.0}, {"freeze": "dynamics"}, {"time_segments": 2}):
        changed = dataclasses.replace(TRAINING, **other)
        assert compile_run(mesh(1), static, OBJECTIVE, changed) is not compiled(1)
    assert compile_run(mesh(1), static, ObjectiveConfig(), TRAINING) is not compiled(1)


def test_steps_are_those_of_a_few_plain_lines():
    state, sums = trained(1, settings())
    model = make_model(CASE)
    parameters, static = eqx.partition(model, eqx.is_inexact_array)
    optimizer = optax.chain(
        optax.clip_by_global_norm(200.0),
        optax.adamw(RATE * RATE_FACTOR, eps=1e-3, weight_decay=0.1),
    )
    average, moments = parameters, jax.jit(optimizer.init)(parameters)

    @jax.jit
    def moved(gradient, moments, parameters, average):
        with jax.numpy_dtype_promotion("standard"):
            change, moments = optimizer.update(gradient, moments, parameters)
        parameters = jax.tree.map(jnp.add, parameters, change)
        average = jax.tree.map(lambda a, p: 0.9 * a + 0.1 * p, average, parameters)
        return moments, parameters, average

    for number, slots in enumerate([[3, 0, 4], [2, 1, -1]]):
        model = eqx.combine(parameters, static)
        loss, gradient = step_by_hand(model, jnp.int32(number), jnp.asarray(slots))
        norm = np.sqrt(sum(float((np.asarray(g) ** 2).sum()) for g in jax.tree.leaves(gradient)))
        moments, parameters, average = moved(gradient, moments, parameters, average)
        np.testing.assert_allclose(sums.loss[number], loss, rtol=2e-6)
        np.testing.assert_allclose(sums.gradient_norm[number], norm, rtol=1e-4)
        assert norm > 200
    assert_close(state.parameters, parameters, rtol=1e-4, atol=1e-5)
    assert_close(state.average, average, rtol=1e-4, atol=1e-5)
    assert (int(state.num_steps), int(state.dropped)) == (2, 0)


def test_loss_is_made_of_the_terms_that_are_reported():
    _, sums = trained(1, settings())
    parameters = oracle_parameters(make_model(CASE))
    kernels = []
    for name, gru in (("generator", parameters.generator), ("controller", parameters.controller)):
        assert gru is not None
        kernels += [(U, THEIRS[f"{name}_l2_weight"]) for U in (gru.U_r, gru.U_z, gru.U_n)]
    penalty = l2_penalty(kernels)
    np.testing.assert_allclose(sums.l2[0], penalty * SAMPLES, rtol=1e-5)
    np.testing.assert_array_equal(sums.num_trials, [3, 2])
    np.testing.assert_array_equal(sums.num_scored, [3 * SAMPLES, 2 * SAMPLES])
    divergence = THEIRS["initial_condition_kl_weight"] * sums.kl_initial_condition[0] / 3
    divergence += THEIRS["inferred_input_kl_weight"] * sums.kl_inferred_inputs[0] / 3
    expected = 1e4 * (sums.nll[0] / (3 * SAMPLES) + RAMP * penalty + RAMP * divergence)
    np.testing.assert_allclose(sums.loss[0], expected, rtol=1e-5)


def test_what_own_values_of_an_observation_cost_is_in_the_loss():
    events = dataclasses.replace(FED, model={**FED.model, "observation": "zero_inflated_gamma"})
    model = make_model(events)
    own = {"shape_scale": SCALE + 60, "rate_scale": SCALE - 40, "event": 1.0, "least": 0.1}
    values = tuple(jnp.full(4, own[name]) for name in model.observation.own_names)
    model = eqx.tree_at(lambda m: m.observation_values, model, values)
    state = place(initial_state(model, TRAINING), mesh(1), EVERYWHERE)
    _, sums = functions_of(events, 1).train_epoch(state, trials(), order(), settings())
    penalty = 4 * 0.5e-4 * (60**2 + 40**2)  # in nats per sample, of four neurons
    nats = sums.nll[0] + RAMP * SAMPLES * (
        THEIRS["initial_condition_kl_weight"] * sums.kl_initial_condition[0]
    )
    expected = 1e4 * (nats / (3 * SAMPLES) + RAMP * sums.l2[0] / SAMPLES + penalty)
    np.testing.assert_allclose(sums.loss[0], expected, rtol=1e-5)


def test_two_shards_take_the_steps_of_one():
    one, two = trained(1, settings()), trained(2, settings())
    assert_close(two[1], one[1], rtol=1e-4)
    assert_close(two[0], one[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("steps_at_a_time", [1, 3])
def test_streamed_trials_give_the_same_bits(steps_at_a_time):
    slots = cut_into_steps(np.array([3, 0, 4, 2, 1, 0, 4]), 2, 2)
    streamed = functions_of(FED, 2, trials_are_shared=False)
    feeds = {
        ResidentTrials(trials(), mesh(2)): functions_of(FED, 2),
        StreamedTrials(trials(), mesh(2), steps_at_a_time): streamed,
    }
    states, scores = [], []
    for feed, functions in feeds.items():
        state = place(initial_state(make_model(FED), TRAINING), mesh(2), EVERYWHERE)
        for part, steps in feed.parts(slots):
            state, _ = functions.train_epoch(state, part, steps, settings())
        states.append(state)
        average = eqx.filter(make_model(FED), eqx.is_inexact_array)
        rows = [
            functions.evaluate(average, part, steps, jnp.uint32(SEED)).nll[: int(steps.num_steps)]
            for part, steps in feed.parts(slots)
        ]
        scores.append(np.concatenate(rows))
    jax.tree.map(np.testing.assert_array_equal, *states)
    np.testing.assert_array_equal(*scores)
    assert int(states[1].num_steps) == len(scores[1]) == 4


@pytest.mark.parametrize("steps_at_a_time", [0, 1])
def test_trials_in_buckets_give_what_padded_ones_give(steps_at_a_time):
    length = np.array([3, CASE.num_bins, 4, CASE.num_bins, 4], np.int32)
    ragged = trials()._replace(trial_length=length)
    beyond = np.arange(CASE.num_bins) >= length[:, None]
    ragged = ragged._replace(counts=np.where(beyond[:, :, None], 0, ragged.counts))
    buckets = buckets_by_length(length, 2)
    slots = epoch_order(5, 2, 2, seed=0, epoch=3, bucket=buckets.of_trial)
    functions = functions_of(FED, 2, trials_are_shared=steps_at_a_time == 0)
    feed = BucketedTrials(ragged, buckets, mesh(2), steps_at_a_time)
    padded = list(feed_of(ragged, mesh(2), 0).parts(slots, step_size=5 / 3))
    parts = list(feed.parts(slots))
    assert {trials.counts.shape[1] for trials, _ in parts} == {4, CASE.num_bins}
    states, rows = [], []
    for compiled_for, given in ((functions_of(FED, 2), padded), (functions, parts)):
        state = place(initial_state(make_model(FED), TRAINING), mesh(2), EVERYWHERE)
        average = eqx.filter(make_model(FED), eqx.is_inexact_array)
        sums = []
        for part, steps in given:
            state, trained = compiled_for.train_epoch(state, part, steps, settings())
            scored = compiled_for.evaluate(average, part, steps, jnp.uint32(SEED))
            sums.append(jax.tree.map(lambda x, n=int(steps.num_steps): x[:n], (trained, scored)))
        rows.append(jax.tree.map(lambda *x: np.concatenate(x), *sums))
        states.append(state)
    assert len(rows[0][0].nll) == 3
    assert_close(rows[1], rows[0], rtol=2e-5, atol=1e-5)
    assert_close(states[1], states[0], rtol=1e-4, atol=1e-5)


def test_two_shards_evaluate_as_one():
    parameters = eqx.filter(make_model(CASE), eqx.is_inexact_array)
    one, two = (
        compiled(n).evaluate(parameters, trials(), order(), jnp.uint32(SEED)) for n in (1, 2)
    )
    assert_close(two, one, rtol=1e-5)
    np.testing.assert_array_equal(one.num_trials, [3, 2])


def test_evaluation_does_not_depend_on_the_steps():
    parameters = eqx.filter(make_model(CASE), eqx.is_inexact_array)
    evaluate = compiled(1).evaluate
    backwards = as_steps(cut_into_steps(np.arange(5), 3, 2)[:, ::-1])
    one = evaluate(parameters, trials(), order(), jnp.uint32(SEED))
    other = evaluate(parameters, trials(), backwards, jnp.uint32(SEED))
    assert_close(jax.tree.map(jnp.sum, other), jax.tree.map(jnp.sum, one), rtol=1e-5)


@pytest.mark.parametrize("weight", [np.inf, np.nan])
def test_steps_that_are_not_finite_are_dropped_and_counted(weight: float):
    model = make_model(CASE)
    before = initial_state(model, TRAINING)
    state, sums = trained(1, settings(initial_condition_kl_weight=weight))
    assert not np.isfinite(sums.gradient_norm).any()
    for name in ("parameters", "moments"):
        jax.tree.map(np.testing.assert_array_equal, getattr(state, name), getattr(before, name))
    assert_close(state.average, before.average, rtol=1e-6)
    assert (int(state.dropped), int(state.dropped_in_a_row), int(state.num_steps)) == (2, 2, 2)
    state, sums = compiled(1).train_epoch(state, trials(), order(), settings())
    assert np.isfinite(sums.gradient_norm).all()
    assert (int(state.dropped), int(state.dropped_in_a_row), int(state.num_steps)) == (2, 0, 4)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(state.parameters))
