"""The step as C and as ONNX gives the numbers of `run.stream()`, of every kind of network that streams."""

import dataclasses
import importlib.util

import equinox as eqx
import jax
import jax.random as jr
import numpy as np
import pytest
from tests.closed_loop.networks import CASES, NEURONS, WIDTH_S, bins_of
from tests.oracle.networks import Case, make_model

from lfads.analysis.linear_decoder import DecodedBins, LinearDecoder
from lfads.checks import UserError
from lfads.closed_loop.engines import CEngine, ONNXEngine, compiler, engine_of
from lfads.closed_loop.network import network_of
from lfads.inference.streaming import Stream, StreamedBin
from lfads.model.generators.vanilla import VanillaRNN
from lfads.model.lfads import LFADS
from lfads.model.noise import draw_noise_of_bin
from lfads.randomness import run_key, trial_keys

BINS = 200
STRICT = ("-Wall", "-Wextra", "-Werror", "-pedantic")


def calm(model: LFADS) -> LFADS:
    """Weights scaled to the number of units: with large ones rounding would grow from bin to bin."""
    scale = (4 / max(4, model.config.encoder_size)) ** 0.5
    return jax.tree.map(lambda x: scale * x if eqx.is_inexact_array(x) else x, model)


def assert_same(found: StreamedBin | None, expected: StreamedBin | None) -> None:
    assert (found is None) == (expected is None)
    if found is None or expected is None:
        return
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.fixture(scope="module", params=CASES, ids=lambda c: c.name)
def each(request: pytest.FixtureRequest):
    """A case, its network, and two trials as `run.stream(num_samples=0)` infers them."""
    model = calm(make_model(request.param)).of_session(0)
    stream = Stream(model, WIDTH_S, num_samples=0)
    trials = []
    for seed in (0, 1):
        stream.begin()
        values, external = bins_of(request.param, BINS, seed)
        trials.append(
            [(v, e, stream.step(v, e if e.size else None)) for v, e in zip(values, external, strict=True)]
        )  # fmt: skip
    return network_of(model, WIDTH_S), trials


def is_installed(*names: str) -> bool:
    return all(importlib.util.find_spec(name) for name in names)


ENGINES = [
    pytest.param(
        lambda network, decoder=None: CEngine(network, STRICT, decoder),
        id="c",
        marks=pytest.mark.skipif(compiler() is None, reason="there is no C compiler here"),
    ),
    pytest.param(
        ONNXEngine,
        id="onnx",
        marks=pytest.mark.skipif(
            not is_installed("onnx", "onnxruntime"), reason="without lfads[onnx]"
        ),
    ),
]


@pytest.mark.parametrize("engine_of", ENGINES)
def test_the_numbers_are_those_of_the_stream(each, engine_of):
    network, trials = each
    engine = engine_of(network)
    for trial in trials:
        engine.begin(0)
        for values, external, expected in trial:
            assert_same(engine.step(values, external), expected)


DECODERS = [
    LinearDecoder(
        "hand", ("x", "y"), signal, rng.normal(size=(3, size, 2)).astype(np.float32),
        rng.normal(size=2).astype(np.float32), step,
    )
    for rng in [np.random.default_rng(0)]
    for signal, size, step in (("factors", 3, 2), ("rates", NEURONS, 1))
]  # fmt: skip


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda d: d.signal)
@pytest.mark.parametrize("engine_of", ENGINES)
def test_a_decoder_goes_along(engine_of, decoder):
    network = network_of(make_model(CASES[0]).of_session(0), WIDTH_S)
    alone, together, here = engine_of(network), engine_of(network, decoder), DecodedBins(decoder)
    for seed in (0, 1):
        alone.begin(0)
        together.begin(0)
        here.begin()
        for values, external in zip(*bins_of(CASES[0], 20, seed), strict=True):
            found = alone.step(values, external)
            assert_same(together.step(values, external), found)
            if found is not None:
                signal = getattr(found, decoder.signal)
                np.testing.assert_allclose(
                    together.decoded, here.step(signal), rtol=1e-4, atol=1e-4
                )


@pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")
def test_c_takes_noise_for_a_sample():
    model, seed = make_model(CASES[0]).of_session(0), 3
    stream, engine = (
        Stream(model, WIDTH_S, num_samples=1, seed=seed),
        CEngine(network_of(model, WIDTH_S)),
    )
    keys, sizes = trial_keys(jr.fold_in(run_key(seed), 0), np.array([5])), model.noise_sizes()
    stream.begin(5)
    engine.begin(0, np.array(draw_noise_of_bin(keys, sizes, 0).initial_condition[0]))
    for at, values in enumerate(bins_of(CASES[0], 20)[0]):
        noise = draw_noise_of_bin(keys, sizes, at).inferred_inputs
        assert noise is not None
        found = engine.step(values, np.zeros(0, np.float32), np.array(noise[0, 0]))
        assert_same(found, stream.step(values))


def test_what_has_no_other_form_is_refused():
    both = make_model(Case("both directions", {"initial_condition_length": 2}))
    with pytest.raises(
        UserError, match=r"run is not causal: .*train one with `\[model\] causal = true`"
    ):
        network_of(both, WIDTH_S)
    model = make_model(CASES[0]).of_session(0)

    class Other(VanillaRNN):
        pass

    generator = Other.initialise(np.random.default_rng(0), 2, model.config)
    changed = eqx.tree_at(lambda m: m.decoder.generator, model, generator)
    with pytest.raises(UserError, match=r"its generator is `gru`, of whose step only JAX knows"):
        network_of(changed, WIDTH_S)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"encoder": "lru"}, "its encoders are `lru`, of whose step only JAX knows"),
        ({"external_inputs_to": "both"}, "its measured inputs go to generator and encoders"),
    ],
)
def test_settings_that_have_no_other_form_are_refused(settings, said):
    case = dataclasses.replace(
        CASES[0], model={**CASES[0].model, **settings}, num_external_inputs=1
    )
    with pytest.raises(UserError, match=said):
        network_of(make_model(case).of_session(0), WIDTH_S)


def test_the_fastest_engine_that_there_is(monkeypatch):
    model = make_model(CASES[0]).of_session(0)
    stream = Stream(model, WIDTH_S, num_samples=0)

    def known():
        return network_of(model, WIDTH_S)

    def unknown():
        raise UserError("of another package")

    assert engine_of("auto", unknown, stream, 0).name == "jax"
    with pytest.raises(UserError, match="of another package"):
        engine_of("c", unknown, stream, 0)
    assert engine_of("auto", known, stream, 5).name == "jax"
    monkeypatch.setattr("lfads.closed_loop.engines.COMPILERS", ("false",))
    assert engine_of("auto", known, stream, 0).name == "jax"
    with pytest.raises(UserError, match="false could not build the network's step"):
        engine_of("c", known, stream, 0)
    monkeypatch.setattr("lfads.closed_loop.engines.COMPILERS", ())
    assert engine_of("auto", known, stream, 0).name == "jax"
    with pytest.raises(UserError, match=r"there is no C compiler .*`engine='onnx'`"):
        engine_of("c", known, stream, 0)
