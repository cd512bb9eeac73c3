"""Slow offsets as a part: their scale, their penalty, their trials, and whether they find drift."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.stats import norm
from tests.small import AUTONOMOUS, tiny_dataset, tiny_sessions

from lfads.config import RunSettings, read_config
from lfads.data.dataset import Dataset
from lfads.data.places import between
from lfads.model.lfads import LFADS
from lfads.model.shapes import shapes_from_dict, shapes_of, shapes_to_dict
from lfads.model.slow_offsets import STD_OVER_SESSION, SlowOffsets, initialise_slow_offsets
from lfads.numerics.regression import r_squared
from lfads.training.adaptation import adapted, with_read_in
from lfads.training.batching import bucket_of
from lfads.training.defaults import resolve_defaults
from lfads.training.optimizer import is_trained
from lfads.training.sizes import sizes_of, this_machine
from lfads.training.start import untrained_model
from lfads.training.trials import training_data, trials_for


def settings(dataset: Dataset, number: int = 2) -> RunSettings:
    model = {**AUTONOMOUS["model"], "slow_offsets": number}
    config = read_config(flags={**AUTONOMOUS, "model": model})
    return resolve_defaults(config, sizes_of(dataset), this_machine())[0]


def drawn(dataset: Dataset, number: int = 2, seed: int = 0) -> SlowOffsets:
    """Offsets whose courses are not 0."""
    rng = np.random.default_rng(seed)
    slow = initialise_slow_offsets(rng, number, shapes_of(dataset, number))
    assert slow is not None
    course = jnp.asarray(rng.normal(size=slow.course.shape), jnp.float32)
    return dataclasses.replace(slow, course=course)


@pytest.fixture(scope="module")
def network() -> LFADS:
    """Untrained, with offsets that are not 0."""
    dataset = tiny_dataset()
    model = untrained_model(settings(dataset), dataset)
    return dataclasses.replace(model, slow_offsets=drawn(dataset))


def test_weights_are_those_of_a_network_without():
    dataset = tiny_dataset()
    model, without = (untrained_model(settings(dataset, n), dataset) for n in (2, 0))
    assert model.slow_offsets is not None
    assert without.slow_offsets is None
    bare = dataclasses.replace(
        model, slow_offsets=None, config=without.config, shapes=without.shapes
    )
    assert eqx.tree_equal(bare, without)


def test_without_data_nothing_is_offset_at_first():
    shapes = shapes_of(tiny_sessions(), 2)
    slow = initialise_slow_offsets(np.random.default_rng(0), 2, shapes)
    assert slow is not None
    assert np.asarray(slow.weights).any()
    assert not np.asarray(slow.course).any()
    assert initialise_slow_offsets(np.random.default_rng(0), 0, shapes) is None


@pytest.mark.parametrize("dataset", [tiny_dataset(), tiny_sessions()], ids=["one", "two"])
def test_rows_have_a_root_mean_square_of_1_over_the_neurons_of_their_session(dataset: Dataset):
    slow = drawn(dataset)
    weights = np.atleast_3d(slow.unit_weights()).reshape(len(dataset.sessions), 2, -1)
    for session, own in zip(dataset.sessions, weights, strict=True):
        squares = (own**2).sum(1) / session.num_neurons
        np.testing.assert_allclose(squares, 1, rtol=1e-5)
        assert not own[:, session.num_neurons :].any()


def test_the_penalty_is_that_of_a_random_walk_over_places_of_each_session():
    slow, constant = drawn(tiny_sessions()), 0.0
    log_density, first = 0.0, 0
    for places in slow.places:
        course = np.asarray(slow.course)[first : first + len(places)]
        first += len(places)
        share = np.diff(places) / (places[-1] - places[0])
        std = STD_OVER_SESSION * np.sqrt(share)[:, None]
        log_density += norm.logpdf(np.diff(course, axis=0), scale=std).sum()
        constant += 2 * norm.logpdf(0, scale=std).sum()
    np.testing.assert_allclose(slow.penalty(), (constant - log_density) / first, rtol=1e-5)
    larger = dataclasses.replace(slow, weights=10 * slow.weights)
    np.testing.assert_allclose(larger.unit_weights(), slow.unit_weights(), rtol=1e-5)
    assert larger.penalty() == slow.penalty()  # weights that grow do not make courses cheaper


def test_courses_have_no_mean_over_the_training_trials_of_a_session():
    slow = drawn(tiny_sessions())
    split = np.cumsum([len(each) for each in slow.places])[:-1]
    for own in np.split(np.asarray(slow.courses()), split):
        np.testing.assert_allclose(own.mean(0), 0, atol=1e-6)


def test_a_session_alone_is_offset_as_among_others():
    dataset = tiny_sessions()
    slow = drawn(dataset)
    trials = training_data(dataset, settings(dataset)).train
    together = np.asarray(slow(trials.beside, jnp.asarray(trials.session)))
    for number, session in enumerate(dataset.sessions):
        alone = slow.of_session(number)
        own = session.trial_index[session.of_split("train")].astype(float)
        found = np.asarray(alone(between(alone.places[0], own)))
        expected = together[trials.session == number][:, : session.num_neurons]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        assert not together[trials.session == number][:, session.num_neurons :].any()


def test_read_outs_of_each_trial_are_offset_alike_in_all_bins(network: LFADS):
    factors = jnp.ones((9, 3, 2))
    offsets = jnp.asarray(np.random.default_rng(0).normal(size=(3, 4)), jnp.float32)
    plain, moved = network.read_outs(factors)[0], network.read_outs(factors, offsets=offsets)[0]
    np.testing.assert_allclose(moved - plain, np.broadcast_to(offsets, (9, 3, 4)), rtol=1e-4)


def test_places_are_needed(network: LFADS):
    assert network.slow_offsets is not None
    with pytest.raises(ValueError, match="trials_for"):
        network.slow_offsets(None)


def test_the_last_offset_is_held_in_the_bias(network: LFADS):
    held = network.holding_last_offset()
    assert held.slow_offsets is None
    assert held.config.slow_offsets == 0
    assert network.slow_offsets is not None
    beside = between(network.slow_offsets.places[0], np.array([11.0, 40.0]))
    offsets = np.asarray(network.slow_offsets(beside))
    np.testing.assert_allclose(
        held.read_out.bias - network.read_out.bias, offsets[0], rtol=1e-4, atol=1e-6
    )
    np.testing.assert_array_equal(offsets[0], offsets[1])
    assert held.holding_last_offset() is held


def test_trials_of_a_bucket_keep_their_places():
    lengths = np.array([9, 5, 7, 9, 6, 9, 9, 9, 9, 9, 5, 9])
    counts = [tiny_dataset().session.spikes[k, :n] for k, n in enumerate(lengths)]
    dataset = Dataset.from_arrays(counts, bin_width_s=0.02)
    trials = training_data(dataset, settings(dataset)).train
    assert trials.beside is not None
    assert trials.trial_length is not None
    short = np.flatnonzero(trials.trial_length <= 7)
    bucket = bucket_of(trials, short, 7)
    assert bucket.beside is not None
    assert bucket.counts.shape[1] == 7
    for own, whole in zip(bucket.beside, trials.beside, strict=True):
        np.testing.assert_array_equal(own, whole[short])


@pytest.mark.parametrize(
    ("freeze", "trained"),
    [
        ("nothing", True),
        ("read_in", True),
        ("dynamics", True),
        ("generator", True),
        ("generative", False),
    ],
)
def test_offsets_are_frozen_with_what_generates_trials(network: LFADS, freeze: str, trained: bool):
    parameters = eqx.filter(network, eqx.is_inexact_array)
    found = is_trained(parameters, freeze).slow_offsets
    assert jax.tree.leaves(found) == [trained, trained]


def test_adapted_sessions_have_their_own(network: LFADS):
    new = tiny_dataset(7, seed=3)
    found = adapted(with_read_in(network, np.zeros(4)), new, None, 0).slow_offsets
    assert found is not None
    assert found.places == shapes_of(new, 2).slow_places
    assert found.course.shape == (len(found.places[0]), 2)


def test_shapes_go_through_a_header_and_say_nothing_of_places_where_there_are_none():
    dataset = tiny_sessions()
    for number in (0, 1):
        shapes = shapes_of(dataset, number)
        said = shapes_to_dict(shapes)
        assert shapes_from_dict(said) == shapes
        assert ("slow_places" in said) == ("slow_places" in repr(shapes)) == bool(number)


def test_drift_is_found_from_counts_alone():
    rng = np.random.default_rng(0)
    walk = rng.normal(size=(80, 1)).cumsum(0)
    course = 0.5 * (walk - walk.mean()) / walk.std()
    offsets = course * rng.normal(size=20)
    split = np.where(np.arange(80) % 4 == 2, "valid", "train")
    spikes = rng.poisson(np.exp(1.5 + offsets))
    halves = rng.binomial(spikes, 0.5)
    both = np.stack([halves, spikes - halves], axis=1)
    dataset = Dataset.from_arrays(both, bin_width_s=0.1, split=split)
    slow = drawn(dataset, 1)
    slow = dataclasses.replace(slow, course=jnp.zeros_like(slow.course))
    places = np.arange(80.0)
    train, valid = (between(slow.places[0], places[split == each]) for each in ("train", "valid"))
    counts = jnp.asarray(spikes[split == "train"], jnp.float32)
    adam = optax.adam(0.05)

    def loss(given: tuple[SlowOffsets, jax.Array]) -> jax.Array:
        slow, bias = given
        log_rates = slow(train) + jnp.broadcast_to(bias, counts.shape)
        return (jnp.exp(log_rates) - counts * log_rates).sum() / len(counts) + slow.penalty()

    def step(_: int, carried: Any) -> Any:
        given, state = carried
        with jax.numpy_dtype_promotion("standard"):
            change, state = adam.update(jax.grad(loss)(given), state)
        return optax.apply_updates(given, change), state

    given: Any = slow, jnp.zeros(20)
    (found, _), _ = jax.jit(lambda c: jax.lax.fori_loop(0, 150, step, c))((given, adam.init(given)))
    true, inferred = offsets[split == "valid"], np.asarray(found(valid))
    shared = [(each - each.mean(0)).reshape(-1, 1) for each in (true, inferred)]
    assert r_squared(*shared)[0] > 0.8


@pytest.mark.parametrize("kind", ["counts", "real"])
def test_offsets_start_at_the_drift_of_the_data(kind: str):
    rng = np.random.default_rng(0)
    walk = rng.normal(size=(60, 1)).cumsum(0)
    offsets = 0.5 * (walk - walk.mean()) / walk.std() * rng.normal(size=12)
    drifting = np.repeat(offsets[:, None], 5, axis=1)
    condition = np.arange(60) % 3
    effect = condition[:, None, None] * 0.3 * rng.normal(size=12)
    spikes = signals = None
    if kind == "counts":
        spikes = rng.poisson(np.exp(1 + effect + drifting))
    else:
        signals = drifting + effect + rng.normal(size=drifting.shape)
    dataset = Dataset.from_arrays(spikes, signals=signals, bin_width_s=0.1, condition=condition)
    model = untrained_model(settings(dataset, 1), dataset)
    assert model.slow_offsets is not None
    beside = trials_for(model, dataset.session, 0.1).beside
    own = np.asarray(model.slow_offsets(beside))
    scale = np.asarray(model.observation_values[-1]) if kind == "real" else np.ones(12)
    assert np.corrcoef((own * scale).ravel(), (offsets - offsets.mean(0)).ravel())[0, 1] > 0.9
