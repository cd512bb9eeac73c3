"""Spreads at KL weights of 1."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.small import of_coupled_inputs, tiny_config, tiny_dataset

from lfads.inference.averages import infer
from lfads.inference.spread import KLWeights, widened
from lfads.runs.train import train
from lfads.training.sharding import make_mesh
from lfads.training.trials import trials_of


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    config = of_coupled_inputs(tiny_config(num_epochs=1))
    return train(tiny_dataset(), config, out=tmp_path_factory.mktemp("s") / "run")


@pytest.mark.parametrize("weight", [0.05, 0.2, 1.0])
def test_the_posterior_of_a_linear_model_is_that_of_its_likelihood(weight):
    # Of a Gaussian likelihood with precision h and prior variance p, to the power 1 / weight.
    h, p = np.array([0.0, 0.3, 20.0]), np.array([1.0, 0.5, 2.0])
    powered = 1 / (h / weight + 1 / p)
    found = widened(jnp.asarray(powered, jnp.float32), jnp.asarray(np.sqrt(p), jnp.float32), weight)
    np.testing.assert_allclose(found, 1 / (h + 1 / p), rtol=1e-4)


def test_weights_above_1_narrow_nothing():
    variance = jnp.array([0.1, 0.5])
    np.testing.assert_allclose(widened(variance, jnp.ones(2), 3.0), variance, rtol=1e-6)


def test_a_weight_of_0_widens_nothing():
    variance = jnp.array([0.1, 0.5])
    np.testing.assert_array_equal(widened(variance, jnp.ones(2), 0.0), variance)
    assert KLWeights(0.0, 0.1).without_widening() == ["initial condition"]


@pytest.mark.parametrize("precision", [0.0, 0.5, 30.0])
def test_a_bin_of_coupled_inputs_is_as_wide_as_that_of_the_whole_posterior(precision):
    # u of many bins, each seen with the same Gaussian noise: the dense posterior is the truth.
    weight, correlation, innovation, num = 0.1, 0.9, 0.1, 400
    prior = np.diag(np.full(num, 1 + correlation**2)) / innovation
    prior -= (np.eye(num, k=1) + np.eye(num, k=-1)) * correlation / innovation
    expected = np.linalg.inv(prior + precision * np.eye(num))[num // 2, num // 2]
    # The best product over bins, of the likelihood to the power 1 / weight (Bishop 2006, eq. 10.13).
    product = 1 / (prior[num // 2, num // 2] + precision / weight)
    std = jnp.sqrt(jnp.array([innovation / (1 - correlation**2)]))
    found = widened(jnp.array([product]), std, weight, jnp.array([correlation]))
    np.testing.assert_allclose(found, expected, rtol=2e-3)


def test_only_spreads_differ_and_none_is_narrower(run):
    trials = trials_of(tiny_dataset().session)
    own = infer(run.model, trials, make_mesh(1), num_samples=200)
    wide = infer(run.model, trials, make_mesh(1), num_samples=200, kl_weights=KLWeights(0.05, 0.05))
    for one, other in zip(jax.tree.leaves(own.mean), jax.tree.leaves(wide.mean), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (wide.initial_condition_std >= own.initial_condition_std - 1e-6).all()
    of_inputs = [np.mean(np.asarray(each.std.inferred_inputs)) for each in (wide, own)]
    assert of_inputs[0] >= 0.99 * of_inputs[1]
    nothing = KLWeights(0.0, 0.0)  # of which nothing can be said at weights of 1
    same = infer(run.model, trials, make_mesh(1), num_samples=5, kl_weights=nothing)
    plain = infer(run.model, trials, make_mesh(1), num_samples=5)
    np.testing.assert_allclose(same.std.rates, plain.std.rates, rtol=2e-3, atol=1e-6)


def test_inputs_spread_as_widely_as_they_should(run):
    # A sharp posterior of inputs, whose spread over samples is known.
    def last(model):
        return model.decoder.controller.to_posterior

    posterior = last(run.model)
    sharp = eqx.tree_at(
        lambda model: (last(model).weights, last(model).bias),
        run.model,
        (0 * posterior.weights, posterior.bias.at[-1].set(-6.0)),
    )
    trials = trials_of(tiny_dataset().session)
    weights = KLWeights(1.0, 0.1)
    found = infer(sharp, trials, make_mesh(1), num_samples=400, kl_weights=weights)
    prior = {k: np.asarray(v) for k, v in run.model.input_prior.parameters().items()}
    a = np.exp(-1 / prior["correlation_bins"])
    s2 = prior["std"] ** 2 * (1 - a**2)
    seen = 0.1 * (np.exp(6.0) - (1 + a**2) / s2) + (1 + a**2) / s2
    expected = (seen**2 - (2 * a / s2) ** 2) ** -0.25
    np.testing.assert_allclose(
        np.mean(np.asarray(found.std.inferred_inputs)), expected.mean(), rtol=0.02
    )
