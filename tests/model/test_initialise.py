"""Where training starts, and what the generator does on its own."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.oracle.networks import Case, make_model, oracle_parameters, precise_noise
from tests.oracle.numpy_lfads import unit_rows

from lfads.config import ModelSettings
from lfads.model.generators.gru import GRUGenerator
from lfads.model.gru import GRU
from lfads.model.initialise import initialise_lfads
from lfads.model.lfads import LFADS
from lfads.model.observations.observation import Moments
from lfads.model.priors.autoregressive import AutoregressiveInputs
from lfads.model.priors.gaussian import GaussianCode
from lfads.model.shapes import SessionShape, Shapes
from lfads.randomness import run_key, trial_keys

NEURONS, ENCODER, CONTROLLER, GENERATOR, FACTORS, INPUTS, LATENT = 30, 40, 35, 50, 20, 2, 25
MEAN_COUNTS = np.linspace(0.1, 2, NEURONS)


@pytest.fixture(scope="module")
def model() -> LFADS:
    config = ModelSettings(
        observation="poisson",
        num_factors=FACTORS, generator_size=GENERATOR, encoder_size=ENCODER,
        controller_size=CONTROLLER, initial_condition_size=LATENT,
        read_in_size=0, num_inferred_inputs=INPUTS,
    )  # fmt: skip
    shapes = Shapes((SessionShape(NEURONS, tuple(range(NEURONS))),), 5, 0, 3)
    return initialise_lfads(
        np.random.default_rng(0), config, shapes, (Moments(MEAN_COUNTS, MEAN_COUNTS),)
    )


def assert_variance(weights: jax.Array, fan_in: int):
    """Mean 0 and variance 1/fan_in, within five standard errors."""
    w = np.asarray(weights).ravel() * fan_in**0.5
    assert abs(w.mean()) < 5 / w.size**0.5
    assert abs(w.var() - 1) < 5 * (2 / w.size) ** 0.5


def assert_gru(gru: GRU, input_fan_in: int, unit_fan_in: int):
    assert_variance(gru.input_weights, input_fan_in)
    assert_variance(gru.recurrent.gates, unit_fan_in)
    assert_variance(gru.recurrent.candidate, unit_fan_in)
    size = gru.recurrent.candidate.shape[0]
    np.testing.assert_array_equal(gru.bias, [1.0] * (2 * size) + [0.0] * size)


def test_weights_have_the_variance_of_their_fan_in(model: LFADS):
    assert model.controller_encoder is not None
    for encoder in (model.initial_condition_encoder, model.controller_encoder):
        assert encoder.backward is not None
        for gru in (encoder.forward, encoder.backward):
            assert isinstance(gru, GRU)
            assert_gru(gru, NEURONS + ENCODER, NEURONS + ENCODER)
        assert not np.array_equal(encoder.forward.input_weights, encoder.backward.input_weights)
    controller = model.decoder.controller
    assert controller is not None
    assert_gru(controller.gru, 2 * ENCODER + FACTORS, CONTROLLER)
    generator = model.decoder.generator
    assert isinstance(generator, GRUGenerator)
    assert_gru(generator.gru, INPUTS + 3, GENERATOR)
    assert_variance(controller.to_posterior.weights, CONTROLLER)
    assert_variance(model.code_to_posterior.weights, 2 * ENCODER)
    assert_variance(model.code_to_generator.weights, LATENT)
    assert_variance(model.read_out.weights, FACTORS)


def test_initial_states_and_biases_are_zero_and_priors_where_they_start(model: LFADS):
    controller, encoder = model.decoder.controller, model.initial_condition_encoder
    assert controller is not None
    assert encoder.backward_initial_state is not None
    code = model.initial_condition_prior
    assert isinstance(code, GaussianCode)
    zeros = [
        encoder.forward_initial_state, encoder.backward_initial_state, controller.initial_state,
        model.code_to_posterior.bias, model.code_to_generator.bias, controller.to_posterior.bias,
        code.mean,
    ]  # fmt: skip
    for array in zeros:
        assert array is not None
        assert (np.asarray(array) == 0).all()
    bias = model.read_out.bias
    assert bias is not None
    np.testing.assert_allclose(bias, np.log(MEAN_COUNTS), rtol=1e-5)
    assert code.variance == 0.1
    prior = oracle_parameters(model)
    assert prior.ar1_tau_bins is None
    assert prior.independent_variance is not None
    np.testing.assert_allclose(prior.independent_variance, [0.1, 0.1], rtol=1e-6)


def test_an_autoregressive_prior_starts_at_ten_bins(model: LFADS):
    coupled = AutoregressiveInputs.initialise(2, model.config)
    np.testing.assert_allclose(np.exp(coupled.log_correlation_bins), [10, 10], rtol=1e-6)
    np.testing.assert_allclose(np.exp(coupled.log_variance), [0.1, 0.1], rtol=1e-6)


def test_factors_have_weights_of_unit_norm(model: LFADS):
    norms = np.linalg.norm(model.decoder.unit_factor_weights(), axis=0)
    np.testing.assert_allclose(norms, np.ones(FACTORS), rtol=1e-6)


@pytest.mark.parametrize("num_inputs", [0, 2])
def test_generated_trials_follow_the_equations(num_inputs: int):
    """Initial condition and inputs from their priors, then the generator alone."""
    with jax.enable_x64(True):
        case = Case(
            "generate", {"num_inferred_inputs": num_inputs}, num_bins=4, num_external_inputs=1
        )
        model, rng = make_model(case), np.random.default_rng(0)
        noise = precise_noise(trial_keys(run_key(0), jnp.arange(2)), model.noise_sizes(), None)
        external = rng.standard_normal((4, 2, 1))
        made = eqx.filter_jit(LFADS.generate)(model, noise, jnp.asarray(external))
    p = oracle_parameters(model)
    for trial in range(2):
        code = p.ic_prior_mean + np.sqrt(0.1) * np.asarray(noise.initial_condition[trial])
        g, u = p.generator_initial(code), np.zeros(num_inputs)
        np.testing.assert_allclose(made.generator_initial_state[trial], g, rtol=1e-9)
        for t in range(4):
            if p.ar1_tau_bins is not None:
                assert p.ar1_innovation_variance is not None
                assert noise.inferred_inputs is not None
                alpha, s2 = np.exp(-1 / p.ar1_tau_bins), p.ar1_innovation_variance
                spread = np.sqrt(s2 if t else s2 / (1 - alpha**2))
                u = (alpha * u if t else 0) + spread * np.asarray(noise.inferred_inputs[t, trial])
            g = p.generator.step(np.concatenate([u, external[t, trial]]), g)
            f = unit_rows(p.factors) @ g
            np.testing.assert_allclose(made.factors[t, trial], f, rtol=1e-9)
            np.testing.assert_allclose(made.read_outs[0][t, trial], p.readout(f), rtol=1e-9)
            if num_inputs:
                assert made.inferred_inputs is not None
                np.testing.assert_allclose(made.inferred_inputs[t, trial], u, rtol=1e-9)
