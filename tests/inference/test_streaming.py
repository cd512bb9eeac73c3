"""Bin by bin the numbers are those of inference on the whole trial."""

import dataclasses

import numpy as np
import pytest
from tests.oracle.networks import Case, make_model

from lfads.checks import UserError
from lfads.inference.averages import infer
from lfads.inference.streaming import Stream
from lfads.parts import parts
from lfads.training.batching import TrialArrays
from lfads.training.sharding import make_mesh

BINS, SEGMENT, NEURONS, WIDTH_S = 8, 3, 4, 0.01


def case(name: str, external: int = 0, **model) -> Case:
    causal = {"causal": True, "initial_condition_length": SEGMENT, **model}
    return Case(
        name,
        causal,
        num_bins=BINS,
        num_neurons=NEURONS,
        held_out=(1,),
        num_external_inputs=external,
    )


CASES = [
    case("two inputs", num_inferred_inputs=2),
    case("no lag", controller_lag=0),
    case("lag of two", controller_lag=2),
    case("measured inputs to the generator", external=2),
    case("measured inputs to the encoders", external=2, external_inputs_to="encoders"),
    case("measured inputs to both", external=2, external_inputs_to="both"),
    case("linear recurrent units as encoders", encoder="lru"),
    case("autonomous", num_inferred_inputs=0, causal=False),
    case("driven by measured inputs alone", external=1, num_inferred_inputs=0),
]


OF_OTHERS = [
    dataclasses.replace(each, name=f"{name}, {each.name}", model={**each.model, "generator": name})
    for name in parts("generators")
    if name != "gru"
    for each in (CASES[0], CASES[3], CASES[-1])
]


@pytest.mark.parametrize("case", CASES + OF_OTHERS, ids=lambda c: c.name)
def test_bins_are_those_of_the_whole_trial(case: Case):
    model, rng = make_model(case), np.random.default_rng(0)
    counts = rng.poisson(1.0, (2, BINS, NEURONS)).astype(np.uint8)
    external = None
    if case.num_external_inputs:
        external = rng.standard_normal((2, BINS, case.num_external_inputs)).astype(np.float32)
    trials = TrialArrays(counts, np.array([5, 7], np.int32), None, None, external)
    whole = infer(model, trials, make_mesh(1), num_samples=3, seed=4).mean
    stream = Stream(model, WIDTH_S, num_samples=3, seed=4)
    for trial, trial_index in enumerate((5, 7)):
        stream.begin(trial_index)
        for at in range(BINS):
            now = () if external is None else (external[trial, at],)
            found = stream.step(counts[trial, at], *now)
            assert (found is None) == (at < SEGMENT)
            if found is None:
                continue
            expected = whole.rates[trial, at - SEGMENT]
            np.testing.assert_allclose(WIDTH_S * found.rates, expected, rtol=1e-4)
            expected = whole.factors[trial, at - SEGMENT]
            np.testing.assert_allclose(found.factors, expected, rtol=1e-4, atol=1e-6)
            if whole.inferred_inputs is None:
                assert found.inferred_inputs is None
            else:
                assert found.inferred_inputs is not None
                expected = whole.inferred_inputs[trial, at - SEGMENT]
                np.testing.assert_allclose(found.inferred_inputs, expected, rtol=1e-4, atol=1e-6)


def test_networks_that_look_ahead_are_refused():
    model = make_model(
        Case("both directions", {"initial_condition_length": SEGMENT}, num_bins=BINS)
    )
    with pytest.raises(UserError, match=r"causal = true and initial_condition_length above 0"):
        Stream(model, WIDTH_S)


@pytest.mark.parametrize(
    ("counts", "external", "said"),
    [
        ([1, 2, 3], None, "must be 4 whole numbers of spikes, 0 to 65535; got shape \\(3,\\)"),
        ([1, 2, 3, -1], None, "0 to 65535"),
        ([1, 2, 3, 0.5], None, "whole numbers"),
        ([1, 2, 3, np.nan], None, "whole numbers"),
        ([1, 2, 3, 4], [1.0], "`external_inputs` must be 0 finite numbers"),
    ],
)
def test_bins_that_do_not_fit_are_refused(counts, external, said):
    stream = Stream(make_model(case("causal")), WIDTH_S)
    with pytest.raises(UserError, match=said):
        stream.step(counts, external)
