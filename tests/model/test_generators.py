"""Contracts of generators, of this library's and of every installed package's."""

import dataclasses
import re
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from tests.oracle.networks import Case, make_model

from lfads import parts as registry
from lfads.checks import UserError
from lfads.config import ModelConfig, RunConfig
from lfads.model.controller import Controller, DecoderInputs, initialise_controller
from lfads.model.generators.generator import FastGenerator, Generator, generator_class
from lfads.model.generators.run import run_alone, run_controlled
from lfads.model.recurrence.controlled import ControlledGeneratorOutputs, ControlledGeneratorState
from lfads.parts import Part, parts

BINS, TRIALS, UNITS, FACTORS, INPUTS, CONTROLLER, ENCODED = 5, 3, 4, 3, 2, 3, 2
SETTINGS = dataclasses.replace(Case("any").config, generator_size=UNITS)
NAMES = list(parts("generators"))
of_every_generator = pytest.mark.parametrize("name", NAMES)
quickly_compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


@pytest.fixture(autouse=True)
def _float64():
    with jax.enable_x64(True):
        yield


def randoms(seed: int):
    """A function that draws float64 arrays of a given shape."""
    rng = np.random.default_rng(seed)
    return lambda *shape: jnp.asarray(rng.standard_normal(shape))


def moved(tree: Any, seed: int) -> Any:
    """A part of the network away from its start, so that no weight is 0."""
    draw = randoms(seed)
    return jax.tree.map(lambda x: x + 0.3 * draw(*x.shape), tree)


def generator_of(name: str, num_inputs: int = INPUTS, seed: int = 0) -> Generator:
    rng = np.random.default_rng(seed)
    return moved(generator_class(name).initialise(rng, num_inputs, SETTINGS), seed)


def bin_by_bin(generator: Generator, inputs, state, limit: float) -> jax.Array:
    states = []
    for now in inputs:
        state = generator.step(state, now, limit)
        states.append(state)
    return jnp.stack(states)


def assert_close(one, other, rtol: float = 1e-10, atol: float = 1e-12):
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


# --- alone --------------------------------------------------------------------------------------------


@of_every_generator
def test_it_starts_with_its_size_and_other_weights_for_other_seeds(name: str):
    kind = generator_class(name)
    one, same, other = (
        kind.initialise(np.random.default_rng(s), INPUTS, SETTINGS) for s in (0, 0, 1)
    )
    assert one.size == UNITS
    assert kind.__doc__
    assert_close(one, same, rtol=0, atol=0)
    assert any((a != b).any() for a, b in zip(*map(jax.tree.leaves, (one, other)), strict=True))
    for leaf in jax.tree.leaves(one):
        assert eqx.is_inexact_array(leaf)
        assert np.isfinite(leaf).all()


@of_every_generator
def test_a_network_may_be_described_without_its_arrays(name: str):
    kind = generator_class(name)
    made = eqx.filter_eval_shape(
        lambda: kind.initialise(np.random.default_rng(0), INPUTS, SETTINGS)
    )
    arrays = kind.initialise(np.random.default_rng(0), INPUTS, SETTINGS)
    assert [x.shape for x in jax.tree.leaves(made)] == [x.shape for x in jax.tree.leaves(arrays)]


@of_every_generator
def test_what_is_penalised_are_arrays_of_its_own(name: str):
    generator = generator_of(name)
    leaves = [id(leaf) for leaf in jax.tree.leaves(generator)]
    penalised = [id(array) for array in generator.penalised()]
    assert set(penalised) <= set(leaves)
    assert len(set(penalised)) == len(penalised)


@of_every_generator
@pytest.mark.parametrize("num_inputs", [0, INPUTS])
@pytest.mark.parametrize("num_segments", [1, 2])
def test_through_time_it_is_step_after_step(name: str, num_inputs: int, num_segments: int):
    generator, draw = generator_of(name, num_inputs), randoms(1)
    inputs, initial = draw(BINS, TRIALS, num_inputs), draw(TRIALS, UNITS)
    found = quickly_compiled(
        lambda g, u, x: run_alone(g, u, x, limit=5.0, num_segments=num_segments)
    )(generator, inputs, initial)
    assert found.dtype == jnp.float64
    assert_close(found, bin_by_bin(generator, inputs, initial, 5.0))


@of_every_generator
def test_states_stay_within_the_limit(name: str):
    generator, draw = generator_of(name), randoms(2)
    inputs, initial = 100 * draw(BINS, TRIALS, INPUTS), draw(TRIALS, UNITS)
    states = run_alone(generator, inputs, initial, limit=0.3)
    assert (np.abs(states) <= 0.3).all()
    assert_close(states, bin_by_bin(generator, inputs, initial, 0.3))


@of_every_generator
@pytest.mark.parametrize("limit", [5.0, 0.4])
def test_gradient_equals_finite_differences(name: str, limit: float):
    draw = randoms(3)
    inputs, initial = draw(BINS, TRIALS, INPUTS), draw(TRIALS, UNITS)
    run = jax.jit(lambda g, u, x: run_alone(g, u, x, limit=limit))
    arguments = (generator_of(name), inputs, initial)
    check_grads(run, arguments, order=1, modes=["rev"], rtol=1e-5, atol=1e-7)


@of_every_generator
def test_what_stands_behind_changes_nothing_before(name: str):
    generator, draw = generator_of(name), randoms(4)
    inputs, initial = draw(BINS, TRIALS, INPUTS), draw(TRIALS, UNITS)

    @quickly_compiled
    def first_three(generator, inputs):
        def total(generator, inputs):
            states = run_alone(generator, inputs, initial, limit=5.0)[:3]
            return (states**2).sum(), states

        return jax.grad(total, argnums=(0, 1), has_aux=True)(generator, inputs)

    gradients, states = first_three(generator, inputs)
    others, same = first_three(generator, inputs.at[3:].set(1e6))
    assert_close(states, same)
    assert_close(gradients, others)
    assert (np.asarray(gradients[1])[3:] == 0).all()


@of_every_generator
def test_a_trial_does_not_depend_on_others(name: str):
    generator, draw = generator_of(name), randoms(5)
    inputs, initial = draw(BINS, TRIALS, INPUTS), draw(TRIALS, UNITS)
    whole = run_alone(generator, inputs, initial, limit=5.0)
    for trial in range(TRIALS):
        own = slice(trial, trial + 1)
        alone = run_alone(generator, inputs[:, own], initial[own], limit=5.0)
        assert_close(alone, whole[:, own])


@of_every_generator
def test_a_population_runs_side_by_side(name: str):
    members = [generator_of(name, seed=seed) for seed in (0, 1)]
    draw = randoms(6)
    inputs, initial = draw(BINS, TRIALS, INPUTS), draw(TRIALS, UNITS)
    together = jax.tree.map(lambda *arrays: jnp.stack(arrays), *members)
    found = jax.vmap(lambda g: run_alone(g, inputs, initial, limit=5.0))(together)
    for number, member in enumerate(members):
        assert_close(found[number], run_alone(member, inputs, initial, limit=5.0))


# --- driven by the controller -------------------------------------------------------------------------


class Driven(NamedTuple):
    """What one run of controller and generator takes."""

    generator: Generator
    controller: Controller
    factor_weights: jax.Array
    initial: ControlledGeneratorState
    inputs: DecoderInputs


def driven(name: str, *, num_measured: int, dropout: bool) -> Driven:
    draw, rng = randoms(7), np.random.default_rng(8)
    controller = initialise_controller(
        rng, rng, num_encoded=ENCODED, num_factors=FACTORS, num_inferred_inputs=INPUTS,
        size=CONTROLLER,
    )  # fmt: skip
    inputs = DecoderInputs(
        encoded=draw(BINS, TRIALS, ENCODED),
        external_inputs=draw(BINS, TRIALS, num_measured) if num_measured else None,
        noise=draw(BINS, TRIALS, INPUTS),
        factors_kept=draw(BINS, TRIALS, FACTORS) > -0.5 if dropout else None,
        generator_kept=draw(BINS, TRIALS, UNITS) > -0.5 if dropout else None,
    )
    initial = ControlledGeneratorState(
        draw(TRIALS, CONTROLLER), draw(TRIALS, UNITS), draw(TRIALS, FACTORS)
    )
    generator = generator_of(name, INPUTS + num_measured)
    return Driven(generator, moved(controller, 9), draw(UNITS, FACTORS), initial, inputs)


def in_plain_words(given: Driven, scale: float, limit: float) -> ControlledGeneratorOutputs:
    """Bin by bin, equation by equation: the controller is a GRU, the generator its step."""
    gru, to_posterior = given.controller.gru, given.controller.to_posterior
    W_z, W_r, W_n = jnp.split(gru.input_weights, 3, axis=1)
    b_z, b_r, b_n = jnp.split(gru.bias, 3)
    U_z, U_r = jnp.split(gru.recurrent.gates, 2, axis=1)
    c, g, f = given.initial
    made = []
    for t in range(BINS):
        now = jax.tree.map(lambda x, t=t: x[t], given.inputs)
        kept = 1.0 if now.factors_kept is None else jnp.where(now.factors_kept, scale, 0.0)
        y = jnp.concatenate([now.encoded, f * kept], axis=1)
        z = jax.nn.sigmoid(y @ W_z + c @ U_z + b_z[None])
        r = jax.nn.sigmoid(y @ W_r + c @ U_r + b_r[None])
        n = jnp.tanh(y @ W_n + (r * c) @ gru.recurrent.candidate + b_n[None])
        c = jnp.clip(z * c + (1 - z) * n, -limit, limit)
        mean, log_variance = jnp.split(to_posterior(c), 2, axis=1)
        u = mean + jnp.exp(log_variance / 2) * now.noise
        measured = now.external_inputs
        g = given.generator.step(
            g, u if measured is None else jnp.concatenate([u, measured], axis=1), limit
        )
        kept = 1.0 if now.generator_kept is None else jnp.where(now.generator_kept, scale, 0.0)
        f = (g * kept) @ given.factor_weights
        made.append(ControlledGeneratorOutputs(c, g, f, mean, log_variance, u))
    return jax.tree.map(lambda *bins: jnp.stack(bins), *made)


def in_one_run(given: Driven, scale: float, limit: float) -> ControlledGeneratorOutputs:
    return run_controlled(*given, scale=jnp.asarray(scale), limit=limit)


@of_every_generator
@pytest.mark.parametrize(
    ("num_measured", "dropout", "limit"), [(0, False, 5.0), (1, True, 0.4), (0, True, 5.0)]
)
def test_driven_it_is_a_plain_loop_over_bins(
    name: str, num_measured: int, dropout: bool, limit: float
):
    given = driven(name, num_measured=num_measured, dropout=dropout)
    weight = jax.tree.map(lambda x: randoms(10)(*x.shape), in_plain_words(given, 1.3, limit))

    @quickly_compiled
    def both(generator, controller, factor_weights, initial):
        def of(run):
            def total(*parts):
                outputs = run(Driven(*parts, inputs=given.inputs), 1.3, limit)
                weighed = jax.tree.map(lambda x, w: (x * w).sum(), outputs, weight)
                return sum(jax.tree.leaves(weighed)), outputs

            gradient = jax.grad(total, argnums=(0, 1, 2, 3), has_aux=True)
            return gradient(generator, controller, factor_weights, initial)

        return of(in_one_run), of(in_plain_words)

    mine, expected = both(*given[:4])
    assert_close(mine, expected)


@of_every_generator
def test_driven_its_gradient_equals_finite_differences(name: str):
    given = driven(name, num_measured=1, dropout=True)

    def run(generator, controller, factor_weights, initial, encoded, measured):
        inputs = given.inputs._replace(encoded=encoded, external_inputs=measured)
        return in_one_run(Driven(generator, controller, factor_weights, initial, inputs), 1.3, 0.7)

    arguments = (*given[:4], *given.inputs[:2])
    check_grads(jax.jit(run), arguments, order=1, modes=["rev"], rtol=1e-5, atol=1e-7)


@of_every_generator
def test_stretches_of_time_change_nothing(name: str):
    case = Case("stretches", {"generator": name}, num_bins=7, num_external_inputs=1)
    decoder, draw = make_model(case).decoder, randoms(11)
    arguments = draw(TRIALS, 4), draw(7, TRIALS, 6), draw(7, TRIALS, 1), draw(7, TRIALS, 1)

    @quickly_compiled
    def for_each_number(decoder, arguments):
        def gradient(num_segments: int):
            def total(decoder):
                made = decoder(*arguments, None, num_bins=7, num_segments=num_segments)
                return (made.factors**2).sum(), made

            return eqx.filter_grad(total, has_aux=True)(decoder)

        return gradient(1), gradient(3)

    assert_close(*for_each_number(decoder, arguments))


# --- choosing one -------------------------------------------------------------------------------------


class Leaky(Generator):
    """A leak and a pull, g_t = clip(a g_{t-1} + V u_t); of another package."""

    leak: jax.Array
    input_weights: jax.Array

    @classmethod
    def initialise(cls, rng, num_inputs, config):
        size = config.generator_size
        return cls(jnp.asarray(rng.random(size)), jnp.asarray(rng.random((num_inputs, size))))

    @property
    def size(self):
        return self.leak.shape[0]

    def step(self, state, inputs, limit):
        return jnp.clip(self.leak[None] * state + inputs @ self.input_weights, -limit, limit)

    def penalised(self):
        return ()


class Unfinished(Generator):
    """Does not say how it steps."""

    @classmethod
    def initialise(cls, rng, num_inputs, config):
        raise NotImplementedError

    @property
    def size(self):
        return 1

    def penalised(self):
        return ()


def bring(monkeypatch: pytest.MonkeyPatch, name: str, what: str) -> None:
    """A package `toys` that has a generator of a name."""
    toy = Part("generators", name, f"{__name__}:{what}", "toys", "1.2")
    monkeypatch.setattr(registry, "_installed", lambda kind: (toy,))


def test_one_of_another_package_is_chosen_by_its_name(monkeypatch):
    bring(monkeypatch, "leaky", "Leaky")
    assert ModelConfig(generator="leaky").generator == "leaky"
    model = make_model(Case("leaky", {"generator": "leaky"}))
    assert isinstance(model.decoder.generator, Leaky)


def test_an_unknown_name_is_refused_with_those_that_there_are():
    said = r"\[model\] `generator`: there is no generator `gru2`. Did you mean `gru`\?"
    with pytest.raises(UserError, match=said):
        generator_class("gru2")
    with pytest.raises(UserError, match=r"no generator `lstm_net`. Known: `gru`, .*`vanilla_rnn`"):
        generator_class("lstm_net")
    with pytest.raises(UserError, match="`generator` must be text; got 3"):
        RunConfig.from_dict({"model": {"generator": 3}})


def test_what_is_no_generator_is_refused(monkeypatch):
    bring(monkeypatch, "wrong", "randoms")
    with pytest.raises(UserError, match=r"`wrong` of toys 1.2 must be a class that derives from"):
        generator_class("wrong")


def test_one_that_leaves_something_out_is_refused(monkeypatch):
    bring(monkeypatch, "unfinished", "Unfinished")
    said = f"`unfinished` of toys 1.2 does not say `step`: define it in {__name__}:Unfinished"
    with pytest.raises(UserError, match=re.escape(said)):
        generator_class("unfinished")


def test_the_gru_has_a_way_of_its_own_and_keys_as_before():
    assert issubclass(generator_class("gru"), FastGenerator)
    fields = [
        f.name for f in dataclasses.fields(generator_class("gru")) if not f.metadata.get("static")
    ]
    assert fields == ["input_weights", "recurrent", "bias"]
