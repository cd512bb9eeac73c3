"""Bin by bin the network gives what it gives on the whole trial, for several trials and samples at once."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.oracle.networks import Case, assert_close, compiled, make_batch, make_model

from lfads.model.lfads import LFADS, EncoderInputs, Trajectories
from lfads.model.noise import Noise
from lfads.model.step import advance, begin, can_step
from lfads.objective import Batch
from lfads.parts import parts

SEGMENT, BINS, TRIALS, SAMPLES = 2, 6, 2, 3
CAUSAL = {"causal": True, "initial_condition_length": SEGMENT, "controller_lag": 2}
CASES = [
    Case(name, {**CAUSAL, "generator": name, "num_inferred_inputs": number}, num_bins=BINS,
         num_trials=TRIALS, num_external_inputs=1)
    for name in parts("generators") for number in (0, 2)
]  # fmt: skip


def noise_of(model: LFADS) -> Noise:
    """Of every sample of every trial, the samples of a trial side by side."""
    rng, sizes = np.random.default_rng(0), model.noise_sizes()
    rows = TRIALS * SAMPLES
    inputs = rng.standard_normal((BINS - SEGMENT, rows, sizes.inferred_inputs))
    return Noise(
        jnp.asarray(rng.standard_normal((rows, sizes.latent))),
        jnp.asarray(inputs) if sizes.inferred_inputs else None,
        None,
    )


@compiled
def on_whole_trials(model: LFADS, batch: Batch, noise: Noise) -> Trajectories:
    assert batch.external_inputs is not None
    counts = jnp.repeat(batch.counts, SAMPLES, axis=1)
    external = jnp.repeat(batch.external_inputs, SAMPLES, axis=1)
    return model.decode(model.encode(EncoderInputs(counts, None, external), noise), noise)


@compiled
def bin_by_bin(model: LFADS, batch: Batch, noise: Noise) -> Trajectories:
    def bins(start: int, end: int) -> EncoderInputs:
        assert batch.external_inputs is not None
        return EncoderInputs(batch.counts[start:end], None, batch.external_inputs[start:end])

    carried, made = begin(model, bins(0, SEGMENT), noise), []
    for at in range(SEGMENT, BINS):
        inputs = noise.inferred_inputs
        of_bin = inputs if inputs is None else inputs[at - SEGMENT : at - SEGMENT + 1]
        now = dataclasses.replace(noise, inferred_inputs=of_bin)
        carried, trajectories = advance(model, carried, bins(at, at + 1), now)
        once = {"generator_initial_state": None, "initial_condition": None}
        made.append(trajectories._replace(**once))
    whole = jax.tree.map(lambda *each: jnp.concatenate(each), *made)
    return whole._replace(
        generator_initial_state=carried.generator_initial_state,
        initial_condition=carried.initial_condition,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.name} {c.model['num_inferred_inputs']}")
def test_steps_are_the_passes_over_the_whole_trial(case: Case):
    with jax.enable_x64(True):
        model, batch = make_model(case), make_batch(case)
        noise = noise_of(model)
        assert_close(bin_by_bin(model, batch, noise), on_whole_trials(model, batch, noise))


def test_only_networks_that_look_back_can_step():
    assert can_step(make_model(Case("causal", CAUSAL)))
    assert can_step(
        make_model(Case("alone", {**CAUSAL, "causal": False, "num_inferred_inputs": 0}))
    )
    assert not can_step(make_model(Case("both ways", {**CAUSAL, "causal": False})))
    assert not can_step(make_model(Case("from no bins", {"num_inferred_inputs": 0})))
