"""What every observation keeps, those of other packages among them."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy import integrate

from lfads.model.observations.observation import Moments, Observation, moments_of_known
from lfads.parts import load, parts

NAMES = list(parts("observations"))
MOMENTS = Moments(np.array([2.0, 0.7, 5.0]), np.array([3.0, 0.9, 4.0]))
OF_SHARES = Moments(np.array([0.3, 0.05, 0.8]), np.array([0.21, 0.0475, 0.16]))
"""Of what is 0 or 1."""


@pytest.fixture(params=NAMES)
def observation(request) -> Observation:
    found = load("observations", request.param)()
    assert isinstance(found, Observation)
    return found


def moments_of(observation: Observation) -> Moments:
    return (
        OF_SHARES
        if observation.unsuitable(np.array([0, 1, 2]))
        and (not observation.unsuitable(np.array([0, 1])))
        else MOMENTS
    )


def some_parameters(observation: Observation, xp=np, shape=(4, 3)):
    """Parameters somewhere about the best constant model."""
    rng = np.random.default_rng(0)
    start = observation.start(moments_of(observation))
    read_outs = tuple(b + 0.3 * rng.standard_normal(shape) for b in start.biases)
    own = {name: np.broadcast_to(v, shape) for name, v in start.own.items()}
    read_outs, own = jax.tree.map(xp.asarray, (read_outs, own))
    return observation.parameters(read_outs, own, xp)


def some_values(observation: Observation, shape=(4, 3)):
    drawn = observation.sample(jr.key(1), some_parameters(observation, jnp, shape))
    return np.asarray(drawn, np.float64)


def test_it_says_what_it_has(observation):
    start = observation.start(moments_of(observation))
    assert len(start.biases) == observation.num_read_outs
    assert set(start.own) == {*observation.learned, *observation.fixed}
    found = observation.parameters(start.biases, start.own, np)
    assert {"mean", *observation.of_neurons, *observation.over_time} <= set(found)
    assert set(observation.scores) <= {"bits_per_spike", "bits_per_sample", "deviance_explained"}
    if observation.kind == "real":
        assert "bits_per_spike" not in observation.scores


def test_the_constant_model_has_the_mean_of_the_data(observation):
    moments = moments_of(observation)
    np.testing.assert_allclose(observation.constant(moments)["mean"], moments.mean, rtol=1e-5)


def test_numpy_and_jax_have_one_density(observation):
    with jax.enable_x64(True):
        values = some_values(observation)
        mine = observation.log_density(values, some_parameters(observation), np)
        traced = some_parameters(observation, jnp)
        theirs = observation.log_density(jnp.asarray(values), traced, jnp)
    np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)


def test_what_results_hold_suffices(observation):
    values, whole = some_values(observation), some_parameters(observation)
    kept = {k: whole[k] for k in ("mean", *observation.of_neurons, *observation.over_time)}
    np.testing.assert_allclose(
        observation.log_density(values, kept, np),
        observation.log_density(values, whole, np),
        rtol=1e-9,
    )


def test_the_density_has_total_one_and_the_moments_said(observation):
    """Of one neuron: a sum over counts, or an integral over real values."""
    parameters = {k: v[0, :1] for k, v in some_parameters(observation).items()}

    def density(x):
        return np.exp(observation.log_density(np.atleast_1d(float(x)), parameters, np))[0]

    def total(weight):
        if observation.kind == "counts":
            suited = [x for x in range(400) if not observation.unsuitable(np.array([x]))]
            return sum(weight(x) * density(x) for x in suited)
        mean, spread = parameters["mean"][0], np.sqrt(observation.variance(parameters, np)[0])
        suited = [
            x for x in (mean - 30 * spread, 1e-9) if not observation.unsuitable(np.array([x]))
        ]
        lowest = parameters["least"][0] * (1 + 1e-9) if observation.likely_zero else suited[0]
        continuous = integrate.quad(
            lambda x: weight(x) * density(x),
            lowest,
            mean + 30 * spread,
            limit=400,
            points=[mean],
        )[0]
        return continuous + (weight(0.0) * density(0.0) if observation.likely_zero else 0)

    mean, variance = parameters["mean"][0], observation.variance(parameters, np)[0]
    np.testing.assert_allclose(total(lambda x: 1.0), 1, rtol=1e-5)
    np.testing.assert_allclose(total(lambda x: x), mean, rtol=1e-5)
    np.testing.assert_allclose(total(lambda x: (x - mean) ** 2), variance, rtol=1e-4)


def test_samples_have_the_moments_said(observation):
    shape = (40_000, 3)
    parameters = {
        k: jnp.broadcast_to(v[:1], shape) for k, v in some_parameters(observation, jnp).items()
    }
    drawn = np.asarray(observation.sample(jr.key(0), parameters), np.float64)
    mean, variance = np.asarray(parameters["mean"])[0], observation.variance(parameters, jnp)[0]
    np.testing.assert_allclose(drawn.mean(0), mean, atol=5 * np.sqrt(variance.max() / 40_000))
    np.testing.assert_allclose(drawn.var(0), variance, rtol=0.1)
    assert not observation.unsuitable(drawn.ravel())


def test_gradients_are_finite_and_in_the_right_direction(observation):
    start, values = (
        observation.start(moments_of(observation)),
        jnp.asarray(some_values(observation), jnp.float32),
    )

    def nats(read_outs, own):
        whole = jax.tree.map(lambda x: jnp.broadcast_to(x, values.shape), (read_outs, own))
        return -observation.log_density(values, observation.parameters(*whole, jnp), jnp).sum()

    given = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32), (start.biases, dict(start.own)))
    before = nats(*given)
    gradient = jax.grad(nats, argnums=(0, 1))(*given)
    assert all(np.isfinite(g).all() for g in jax.tree.leaves(gradient))
    values_there, values = values, jnp.zeros_like(values)  # as where missing: masked, not NaN
    assert all(np.isfinite(g).all() for g in jax.tree.leaves(jax.grad(nats, (0, 1))(*given)))
    values = values_there
    after = nats(*jax.tree.map(lambda x, g: x - 1e-3 * g, given, gradient))
    assert after < before


def test_deviance_is_zero_where_the_mean_is_the_value_and_else_above(observation):
    values, parameters = some_values(observation), some_parameters(observation)
    exact = {**parameters, **observation.exact(values, np)}
    np.testing.assert_allclose(observation.deviance(values, exact, np), 0, atol=1e-9)
    assert (observation.deviance(values, parameters, np) >= -1e-9).all()


def test_the_null_model_is_scored_by_known_samples_alone(observation):
    values = np.abs(some_values(observation, (5, 6, 3)))
    assert not observation.unsuitable(values.ravel())
    values = values.astype(np.uint8 if observation.kind == "counts" else np.float32)
    known = np.random.default_rng(2).random(values.shape) > 0.3
    garbage = np.where(known, values, values[0, 0, 0])
    found = observation.nll_of_constant(values, known)
    assert observation.nll_of_constant(garbage, known) == pytest.approx(found)
    parameters = observation.constant(moments_of_known(values, known))
    slow = -observation.log_density(values, parameters, np)[known].sum()
    assert found <= float(slow) + 1e-6 * abs(float(slow))  # there is no better constant model


def test_encoders_see_nothing_where_the_value_is_missing(observation):
    """0 stands for a missing value: what is seen of the mean is not far from what is seen at all."""
    own = observation.start(moments_of(observation)).own
    mean = moments_of(observation).mean
    seen = observation.seen(np.stack([mean, mean + 1]), own, np)
    assert np.isfinite(seen).all()
    assert (seen[1] > seen[0]).all()
