"""Steps of generators, and a layer of linear recurrent units, as their papers write them, in plain NumPy.

Other tests hold ways through time against `step`, which is held here against its equation.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit
from tests.model.test_generators import INPUTS, SETTINGS, TRIALS, UNITS, generator_of, randoms
from tests.oracle.networks import Case, make_model

from lfads.model.generators.generator import generator_class
from lfads.model.generators.gru import GRUGenerator
from lfads.model.generators.low_rank import LowRankRNN
from lfads.model.generators.residual_mlp import ResidualMLP
from lfads.model.generators.vanilla import VanillaRNN
from lfads.model.lru import LRULayer, initialise_lru

pytestmark = pytest.mark.usefixtures("_float64")


@pytest.fixture
def _float64():
    with jax.enable_x64(True):
        yield


def in_numpy(part: Any) -> Any:
    return jax.tree.map(np.asarray, part)


def vanilla(g: VanillaRNN, state: np.ndarray, u: np.ndarray) -> np.ndarray:
    return np.tanh(state @ g.recurrent + u @ g.input_weights + g.bias)


def low_rank(g: LowRankRNN, state: np.ndarray, u: np.ndarray) -> np.ndarray:
    a = expit(g.share)
    return (1 - a) * state + a * (
        np.tanh(state) @ g.right @ g.left.T + u @ g.input_weights + g.bias
    )


def residual(g: ResidualMLP, state: np.ndarray, u: np.ndarray) -> np.ndarray:
    joint = np.concatenate([u, state], axis=1) @ np.concatenate([g.input_weights, g.state_weights])
    return state + 0.1 * (np.tanh(joint + g.hidden_bias) @ g.output_weights + g.bias)


@pytest.mark.parametrize(
    ("name", "equation"),
    [("vanilla_rnn", vanilla), ("low_rank_rnn", low_rank), ("residual_mlp", residual)],
)
def test_a_step_is_its_equation(name, equation):
    generator, draw = generator_of(name), randoms(1)
    state, inputs = draw(TRIALS, UNITS), draw(TRIALS, INPUTS)
    expected = equation(in_numpy(generator), np.asarray(state), np.asarray(inputs))
    np.testing.assert_allclose(generator.step(state, inputs, 5.0), expected, rtol=1e-12)
    clipped = np.clip(expected, -0.3, 0.3)
    assert (clipped != expected).any()
    np.testing.assert_allclose(generator.step(state, inputs, 0.3), clipped, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "named", "fan_ins"),
    [
        ("vanilla_rnn", {}, {"recurrent": 300, "input_weights": 200}),
        ("low_rank_rnn", {"generator_rank": 40}, {"left": 40, "right": 300, "input_weights": 200}),
        (
            "residual_mlp",
            {"generator_hidden_size": 250},
            {"input_weights": 200, "state_weights": 300, "output_weights": 250},
        ),
    ],
)
def test_weights_start_with_the_variance_of_their_fan_in(name, named, fan_ins):
    settings = SETTINGS.__class__(**{**vars(SETTINGS), "generator_size": 300, **named})
    made: Any = generator_class(name).initialise(np.random.default_rng(0), 200, settings)
    for field, fan_in in fan_ins.items():
        assert fan_in * np.var(getattr(made, field)) == pytest.approx(1, rel=0.05), field
    assert (np.asarray(made.bias) == 0).all()
    if isinstance(made, ResidualMLP):
        assert (np.asarray(made.hidden_bias) == 0).all()
    if isinstance(made, LowRankRNN):
        assert made.left.shape == (300, 40)
        assert expit(np.asarray(made.share)) == pytest.approx([0.3], rel=1e-6)


@pytest.mark.parametrize(
    ("name", "field", "shape"),
    [("low_rank_rnn", "left", (UNITS, 6)), ("residual_mlp", "output_weights", (100, UNITS))],
)
def test_sizes_that_are_not_set_are_those_of_the_docs(name, field, shape):
    assert getattr(generator_of(name), field).shape == shape


def in_complex_numbers(layer: LRULayer, inputs: np.ndarray, state: np.ndarray) -> np.ndarray:
    """s' = λ s + (1 - |λ|²)^½ B x, y = gelu(C s + D x), x' = x + W y σ(V y), bin by bin."""
    half = layer.log_rate.shape[0]
    into, out = layer.into, layer.out
    decay = np.exp(-np.exp(layer.log_rate) + 1j * layer.phase)
    made = []
    for x in inputs:
        driven = x @ (into[:, :half] + 1j * into[:, half:])
        state = decay * state + np.sqrt(1 - np.abs(decay) ** 2) * driven
        y = np.real(state) @ out[:half] + np.imag(state) @ out[half:] + layer.skip * x
        y = y / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (y + 0.044715 * y**3)))  # gelu, nearly
        made.append(x + (y @ layer.value) * expit(y @ layer.gate))
    return np.stack(made)


def test_a_layer_of_linear_recurrent_units_is_its_equation():
    lru, draw = initialise_lru(np.random.default_rng(0), INPUTS, 6), randoms(2)
    layer, inputs, before = lru.layers[1], draw(4, TRIALS, 6), lru.start(TRIALS)[1]
    before = type(before)(before.re + 0.5, before.im - 0.25)
    found, last = layer(inputs, before, None, False)
    assert last.re.shape == (TRIALS, 3)
    state = np.asarray(before.re) + 1j * np.asarray(before.im)
    expected = in_complex_numbers(in_numpy(layer), np.asarray(inputs), state)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    backwards, _ = layer(jnp.flip(inputs, 0), before, None, True)
    np.testing.assert_allclose(jnp.flip(backwards, 0), found, rtol=1e-12, atol=1e-12)


def test_linear_recurrent_units_start_within_their_ring():
    lru = initialise_lru(np.random.default_rng(1), 50, 400)
    assert len(lru.layers) == 2
    assert 50 * np.var(lru.input_weights) == pytest.approx(1, rel=0.05)
    for layer in lru.layers:
        size = np.exp(-np.exp(np.asarray(layer.log_rate)))
        assert size.shape == (200,)
        assert 0.5 < size.min() < 0.54
        assert 0.985 < size.max() < 0.99
        assert np.mean(size**2) == pytest.approx((0.5**2 + 0.99**2) / 2, rel=0.05)
        phase = np.asarray(layer.phase)
        assert 0 < phase.min() < 0.05
        assert np.pi / 4 - 0.05 < phase.max() < np.pi / 4
        assert layer.into.shape == (400, 400)
        for weights in (layer.into, layer.out, layer.value, layer.gate):
            assert 400 * np.var(weights) == pytest.approx(1, rel=0.05)
        assert np.var(layer.skip) == pytest.approx(1, rel=0.3)


def test_what_is_encoded_is_multiplied_once_where_kernels_take_the_products(monkeypatch):
    decoder, draw = make_model(Case("products", {"num_inferred_inputs": 2})).decoder, randoms(3)
    assert decoder.controller is not None
    weights = decoder.controller.gru.input_weights
    encoded = draw(5, TRIALS, weights.shape[0] - decoder.factor_weights.shape[1])
    assert decoder.products_of(encoded) is None
    monkeypatch.setattr(GRUGenerator, "takes_products", lambda self, encoded: True)
    expected = np.einsum("tke,eg->tkg", encoded, weights[: encoded.shape[2]])
    found = decoder.products_of(encoded)
    assert found is not None
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    assert decoder.products_of(None) is None
    alone = make_model(Case("autonomous", {"num_inferred_inputs": 0})).decoder
    assert alone.products_of(encoded) is None
