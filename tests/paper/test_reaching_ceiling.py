"""Six numbers of a reach from its spikes: exact where nothing is noise, and without a look at the truth."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from lfads.checks import UserError
from lfads.paper.ceilings.reaching import reaches, told_reaches
from lfads.paper.ceilings.reaching_fit import (
    Observed,
    Prior,
    fitted,
    log_density_of_triggers,
    rates_of,
    responses,
)
from lfads.simulate.reaching import Window, reaching_system, simulate_reaching
from lfads.simulate.reaching_dynamics import courses, drawn_trials, hand_velocity

SIZES: dict[str, Any] = {"num_neurons": 40, "num_directions": 2, "num_bends": 1}
WINDOW = Window(-0.3, 0.7, 0.01)


@pytest.fixture(scope="module")
def system():
    return reaching_system(1, **SIZES)


@pytest.fixture(scope="module")
def dataset():
    return simulate_reaching(1, trials_per_condition=3, **SIZES)


@pytest.fixture(scope="module")
def found(dataset, system):
    return reaches(dataset, system)


@pytest.fixture(scope="module")
def trials():
    angle = np.array([0.3, 2.0, 4.0])
    return drawn_trials(
        np.random.default_rng(0), angle, np.array([0.0, 1.0, -1.0]), 0.3, jumps=False
    )


def numbers_of(trials):
    plan = np.stack([trials.plan.real, trials.plan.imag], axis=2).reshape(-1, 4)
    return np.column_stack([plan, trials.amplitude])


def prior_of(system):
    plans = np.stack([system.plans.real, system.plans.imag], axis=2).reshape(-1, 4)
    return Prior(plans, np.full(4, 0.3 / 2**0.5))


def test_latents_are_linear_in_five_numbers(trials):
    response = responses(trials.target_on, trials.trigger[:, None], WINDOW)[:, 0]
    found = np.einsum("rtli,ri->rtl", response, numbers_of(trials))
    np.testing.assert_allclose(found, WINDOW.binned(courses(trials, 0.7).latents), atol=1e-12)


def test_the_system_is_that_of_the_simulator(dataset, system):
    session = dataset.session
    drive = session.true_latents @ system.neurons[0].weights.T + system.neurons[0].base
    at_rest = slice(0, 30)
    np.testing.assert_allclose(
        np.minimum(np.exp(drive[:, at_rest]), 120), session.true_rates_hz[:, at_rest], rtol=5e-3
    )
    np.testing.assert_allclose(np.abs(system.plans), 1)
    several = reaching_system(1, num_sessions=2, **SIZES)
    np.testing.assert_array_equal(several.neurons[0].weights, system.neurons[0].weights)
    assert not np.array_equal(several.neurons[1].weights, system.neurons[0].weights)


def test_the_six_numbers_are_found_where_nothing_is_noise(trials, system):
    neurons = system.neurons[0]
    steps = Window(-0.3, 0.7, 0.002)
    drive = steps.binned(courses(trials, 0.7).latents) @ neurons.weights.T
    seconds = np.full((100, 40), 1.0)  # a hundred times as long as a bin
    observed = [Observed(rate, seconds) for rate in rates_of(drive[..., None], neurons, 100)]
    priors = [prior_of(system)] * 3
    told = told_reaches(observed, trials.target_on, priors, neurons, Window(-0.3, 0.7, 0.005))
    np.testing.assert_allclose(told.trigger, trials.trigger, atol=0.0016)
    numbers = numbers_of(trials)
    np.testing.assert_allclose(told.plan, numbers[:, :4], atol=0.03)
    np.testing.assert_allclose(told.amplitude, numbers[:, 4], atol=0.03)
    np.testing.assert_allclose(told.chance.sum(1), 1)


def test_the_optimum_is_that_of_a_plain_search(dataset, system):
    """Other numbers for one trigger: minus the logarithm of what they are the maximum of, written out."""
    session, neurons, prior = dataset.session, system.neurons[0], prior_of(system)
    on = session.trial_table["target_on"][:1]
    response = responses(on, np.array([[0.2005, 0.2305]]), WINDOW)[0]
    observed = Observed(session.spikes[0].astype(float), np.full((100, 40), 0.01))
    start = np.tile([*prior.plans[0], 1.0], (2, 1))
    fit = fitted(observed, response, neurons, prior, start, rounds=20)

    def loss(numbers, candidate):
        latents = response[candidate] @ numbers
        drive = np.minimum(neurons.base + latents @ neurons.weights.T, np.log(120))
        nll = (0.01 * np.exp(drive) - observed.counts * drive).sum()
        far = [np.exp(-((numbers[:4] - plan) ** 2).sum() / 0.09) for plan in prior.plans]
        return nll - np.log(sum(far)) + 0.5 * ((numbers[4] - 1) / 0.05) ** 2

    for candidate in range(2):
        best = minimize(loss, start[0], args=(candidate,), tol=1e-10)
        np.testing.assert_allclose(fit.numbers[candidate], best.x, atol=1e-3)
        assert loss(fit.numbers[candidate], candidate) <= best.fun + 1e-6


def test_triggers_are_as_likely_as_they_are_drawn():
    rng = np.random.default_rng(0)
    drawn = drawn_trials(rng, np.zeros(40_000), np.zeros(40_000), 0.3, jumps=False).trigger
    edges = np.arange(0.1, 0.4, 0.02)
    share = np.exp(log_density_of_triggers(edges[:-1] + 0.01))
    counts = np.histogram(drawn, edges)[0]
    np.testing.assert_allclose(counts / counts.sum(), share / share.sum(), atol=0.006)


def test_reaches_are_told_from_spikes(dataset, found):
    session = dataset.session
    trigger = session.trial_table["trigger"]
    assert np.abs(found.inferred_trigger.values - trigger).max() < 0.04
    velocity, true = hand_velocity(found.factors.values, 0.01), session.behavior["hand_velocity"]
    assert 1 - ((velocity - true) ** 2).sum() / ((true - true.mean((0, 1))) ** 2).sum() > 0.9
    assert found.factors.sizes["factor"] == 9
    np.testing.assert_allclose(found.inferred_inputs.values.sum((1, 2)), 1, rtol=1e-5)


def test_the_truth_is_not_read(dataset, found, system):
    table = {"target_on": dataset.session.trial_table["target_on"]}
    bare = dataclasses.replace(
        dataset.session, true_rates_hz=None, true_latents=None, true_inputs=None, behavior={},
        trial_table=table,
    )  # fmt: skip
    again = reaches(dataclasses.replace(dataset, sessions=(bare,)), system, seed=5)
    for name in ("rates", "factors", "inferred_inputs", "inferred_trigger"):
        np.testing.assert_array_equal(again.dataset[name], found.dataset[name])


def test_a_known_condition_is_the_prior(dataset, system):
    """With almost no spikes left a plan is that of its condition, or else of none."""
    silent = dataclasses.replace(
        dataset.session, held_out_neurons=np.arange(40) > 0, condition=np.array([1] * 6)
    ).take(np.array([0, 1]))
    bare = dataclasses.replace(dataset, sessions=(silent,))
    held = slice(25, 30)
    plan = [system.plans[1, 0].real, system.plans[1, 0].imag]
    off = [
        np.abs(
            reaches(bare, system, condition_known=known).factors.values[:, held, :2] - plan
        ).mean()
        for known in (True, False)
    ]
    assert off[0] < 0.2 < off[1]


def test_what_is_needed(dataset, system):
    jumps = simulate_reaching(1, trials_per_condition=2, jumps=True, **SIZES)
    with pytest.raises(UserError, match="more unknown numbers than this knows"):
        reaches(jumps, system)
    of_targets = simulate_reaching(1, trials_per_condition=2, around="target_on", **SIZES)
    with pytest.raises(UserError, match="time 0 must be the go cue: simulate without `around`"):
        reaches(of_targets, system)
    bare = dataclasses.replace(dataset.session, trial_table={}, condition=None)
    with pytest.raises(UserError, match="`target_on`") as error:
        reaches(dataclasses.replace(dataset, sessions=(bare,)), system, condition_known=True)
    assert "trials have no `condition`, which shall be known" in str(error.value)
