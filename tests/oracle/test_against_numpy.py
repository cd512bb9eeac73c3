"""The whole network, its objective and its gradient against the slow LFADS in NumPy."""

from typing import NamedTuple
from unittest import mock

import equinox as eqx
import jax
import numpy as np
import pytest
from jaxtyping import Array
from tests.oracle import numpy_lfads as oracle
from tests.oracle.networks import (
    Case,
    assert_close,
    compiled,
    make_batch,
    make_hyper,
    make_model,
    oracle_noise,
    oracle_parameters,
    oracle_settings,
)

from lfads.augmentation.coordinated_dropout import draw_coordinated_dropout
from lfads.config import ObjectiveConfig
from lfads.model.lfads import LFADS, Encoded, Trajectories
from lfads.model.noise import Noise
from lfads.objective import Batch, TrialTerms, l2_penalty, trial_terms

TRAINING = {
    "dropout_rate": 0.3,
    "coordinated_dropout_rate": 0.4,
    "initial_condition_kl_weight": 0.7,
    "inferred_input_kl_weight": 1.3,
    "generator_l2_weight": 2.0,
    "controller_l2_weight": 3.0,
}

FOLLOWED = [
    Case("odd sizes, three inputs", {
        "num_inferred_inputs": 3, "num_factors": 5, "generator_size": 7, "encoder_size": 2,
        "controller_size": 1, "initial_condition_size": 3,
    }, num_bins=7, num_neurons=3, num_trials=3),
    Case("external inputs to an autonomous generator", {"num_inferred_inputs": 0},
         num_external_inputs=2, hyper=TRAINING),
    Case("external inputs, held-out neurons, forward bins", {"num_inferred_inputs": 2},
         num_neurons=5, held_out=(1, 4), num_external_inputs=2, num_forward_bins=2, num_bins=6,
         hyper=TRAINING),
    Case("unequal lengths", num_trials=3, num_bins=6, trial_lengths=(6, 3, 2), hyper=TRAINING,
         some_missing=True),
    Case("unequal lengths, everything else", {
        "initial_condition_length": 1, "controller_lag": 2, "num_inferred_inputs": 2,
    }, num_bins=8, trial_lengths=(8, 5), num_forward_bins=1, num_external_inputs=1,
        held_out=(0,), num_segments=3, hyper={**TRAINING, "coordinated_dropout_rate": 0.0}),
    Case("unequal lengths with forward bins under coordinated dropout", num_bins=7,
         trial_lengths=(7, 4), num_forward_bins=2, hyper=TRAINING),
    Case("states clipped", {"state_limit": 0.2}, hyper=TRAINING),
]  # fmt: skip

PASSED = [
    Case("autonomous", {"num_inferred_inputs": 0}),
    Case("external inputs to the encoders", {"external_inputs_to": "encoders"},
         num_external_inputs=2, num_forward_bins=1, hyper=TRAINING),
    Case("external inputs to both", {"external_inputs_to": "both"},
         num_external_inputs=2, num_forward_bins=1, hyper=TRAINING),
    Case("initial-condition segment", {"initial_condition_length": 2}, num_bins=6, hyper=TRAINING),
    Case("causal", {"initial_condition_length": 2, "causal": True}, num_bins=6, num_forward_bins=1),
    Case("no lag, independent prior", {
        "controller_lag": 0, "inferred_input_prior": "gaussian", "num_inferred_inputs": 2,
    }),
    Case("lag longer than the only trial", {"controller_lag": 9}, num_bins=3, num_trials=1),
    Case("read-in", with_read_in=True, num_neurons=5, held_out=(2,), hyper=TRAINING),
    Case("two bins of one neuron", num_bins=2, num_neurons=1),
    Case("one bin", num_bins=1),
]  # fmt: skip


class Passed(NamedTuple):
    """What one training or evaluation pass computes, and the noise that it used."""

    encoded: Encoded
    trajectories: Trajectories
    noise: Noise
    seen: Array | None
    terms: TrialTerms
    gradient: LFADS | None


@compiled
def run(model, batch, hyper, num_segments: int, with_gradient: bool) -> Passed:
    """The objective's pass and its gradient; what passes through the network is listened to."""

    def loss(model):
        heard = {}

        def listened(name: str):
            method = getattr(LFADS, name)

            def call(self, inputs, noise, **options):
                heard[name] = method(self, inputs, noise, **options)
                heard["noise"] = noise
                return heard[name]

            return mock.patch.object(LFADS, name, call)

        with listened("encode"), listened("decode"):
            terms = trial_terms(model, batch, hyper, ObjectiveConfig(), num_segments=num_segments)
        weights = (1.0, 1.0) if hyper is None else (hyper[4], hyper[5])
        nats = terms.nll + weights[0] * terms.kl_initial_condition
        nats = nats + weights[1] * terms.kl_inferred_inputs
        l2 = 0.0 if hyper is None else l2_penalty(model, hyper)
        return nats.sum() + l2, (terms, heard)

    seen = None
    if hyper is not None:
        shape = (model.shapes.num_encoded_bins, model.shapes.sessions[0].num_encoded_neurons)
        seen = draw_coordinated_dropout(batch.keys, hyper.coordinated_dropout_rate, *shape).seen
    if with_gradient:
        gradient, (terms, heard) = eqx.filter_grad(loss, has_aux=True)(model)
    else:
        gradient, (terms, heard) = None, loss(model)[1]
    return Passed(heard["encode"], heard["decode"], heard["noise"], seen, terms, gradient)


def by_the_oracle(case: Case, model: LFADS, batch: Batch, passed):
    """Each trial's result, NLL of what is known, and the total whose gradient is followed."""
    parameters = oracle_parameters(model)
    settings = oracle_settings(model)
    start = settings.initial_condition_length
    encoded_neurons = list(case.encoded_neurons)
    counts = np.asarray(batch.counts)
    rate = 0.0 if case.hyper is None else case.hyper["coordinated_dropout_rate"]
    results, nlls, scored, total = [], [], [], 0.0
    for i in range(case.num_trials):
        length = case.num_bins if case.trial_lengths is None else case.trial_lengths[i]
        num_encoded = length - case.num_forward_bins
        known = np.ones((length, case.num_neurons), bool)
        if batch.observed is not None:
            known = np.asarray(batch.observed)[:length, i]
        shown = np.where(known, counts[:length, i], 0)[:num_encoded, encoded_neurons]
        weight = np.ones((length, case.num_neurons))
        if rate > 0:
            seen = np.asarray(passed.seen)[:num_encoded, i]
            hidden_after = np.where(seen, shown / (1 - rate), 0)
            shown = np.concatenate([shown[:start], hidden_after[start:]])
            weight[:num_encoded, encoded_neurons] = np.where(seen, 0, 1 / rate)
        external = batch.external_inputs
        result = oracle.trial(
            parameters,
            settings,
            shown,
            None if external is None else np.asarray(external)[:length, i],
            num_encoded,
            oracle_noise(model, passed.noise, i),
        )
        results.append(result)
        decoded = counts[start:length, i]
        nlls.append(oracle.poisson_nll(decoded, result.log_rates, known[start:]))
        scored.append(known[start:].sum())
        for t in range(length - start):
            for n in range(case.num_neurons):
                once = known[start + t : start + t + 1, n : n + 1]
                nll = oracle.poisson_nll(
                    decoded[t : t + 1, n : n + 1], result.log_rates[t : t + 1, n : n + 1], once
                )
                total += weight[start + t, n] * nll
        weights = case.hyper or {}
        total += weights.get("initial_condition_kl_weight", 1.0) * result.kl_initial_condition
        total += weights.get("inferred_input_kl_weight", 1.0) * result.kl_inputs
    if case.hyper is not None:
        kernels = []
        for gru, name in (
            (parameters.generator, "generator"),
            (parameters.controller, "controller"),
        ):
            if gru is not None:
                scale = case.hyper[f"{name}_l2_weight"]
                kernels += [(U, scale) for U in (gru.U_r, gru.U_z, gru.U_n)]
        total += oracle.l2_penalty(kernels)
    return results, nlls, scored, total


@pytest.mark.parametrize("case", FOLLOWED + PASSED, ids=lambda case: case.name)
def test_network_equals_the_oracle(case: Case):
    with jax.enable_x64(True):
        model, batch, hyper = make_model(case), make_batch(case), make_hyper(case)
        passed = run(model, batch, hyper, case.num_segments, case in FOLLOWED)
        results, nlls, scored, _ = by_the_oracle(case, model, batch, passed)

    encoded, trajectories, terms = passed.encoded, passed.trajectories, passed.terms
    assert terms.nll.dtype == np.float64
    for i, expected in enumerate(results):
        mine = encoded.initial_condition
        assert_close(mine.mean[i], expected.posterior_mean)
        assert_close(mine.variance[i], expected.posterior_variance)
        assert_close(trajectories.generator_initial_state[i], expected.generator_initial)
        bins = len(expected.log_rates)
        assert_close(trajectories.factors[:bins, i], expected.factors)
        assert_close(trajectories.read_outs[0][:bins, i], expected.log_rates)
        if case.config.num_inferred_inputs:
            us, means = trajectories.inferred_inputs, trajectories.input_mean
            variances = np.exp(trajectories.input_log_variance)
            assert_close(us[:bins, i], expected.inputs)
            assert_close(means[:bins, i], expected.input_means)
            assert_close(variances[:bins, i], expected.input_variances)
    assert_close(terms.nll, np.array(nlls))
    np.testing.assert_array_equal(terms.num_scored, scored)
    assert_close(terms.kl_initial_condition, np.array([r.kl_initial_condition for r in results]))
    assert_close(terms.kl_inferred_inputs, np.array([r.kl_inputs for r in results]))


@pytest.mark.parametrize("case", FOLLOWED, ids=lambda case: case.name)
def test_gradient_equals_finite_differences_of_the_oracle(case: Case):
    with jax.enable_x64(True):
        model, batch, hyper = make_model(case), make_batch(case), make_hyper(case)
        passed = run(model, batch, hyper, case.num_segments, case in FOLLOWED)
        parameters, static = eqx.partition(model, eqx.is_inexact_array)
        leaves, structure = jax.tree.flatten(parameters)
        rng = np.random.default_rng(3)
        direction = [rng.standard_normal(x.shape) for x in leaves]

        def total(step: float) -> float:
            moved = [x + step * d for x, d in zip(leaves, direction, strict=True)]
            there = eqx.combine(jax.tree.unflatten(structure, moved), static)
            return by_the_oracle(case, there, batch, passed)[3]

        expected = (total(1e-6) - total(-1e-6)) / 2e-6
        gradient = jax.tree.leaves(eqx.filter(passed.gradient, eqx.is_inexact_array))
        slope = sum(float((g * d).sum()) for g, d in zip(gradient, direction, strict=True))
    np.testing.assert_allclose(slope, expected, rtol=2e-6, atol=1e-6)
