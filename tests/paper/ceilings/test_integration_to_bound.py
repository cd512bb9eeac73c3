"""The particle smoother, against sums over a grid of all inputs of a short trial."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm, poisson

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.paper.ceilings.integration_to_bound import (
    LEAST_RATE_HZ,
    integration_to_bound_ceiling,
)
from lfads.simulate.integration_to_bound import NOISE, IntegrationSystem
from lfads.simulate.projected import Projection
from lfads.simulate.trained_rnn import TrainedRNN, states_of

NUM_BINS, NUM_NEURONS, BIN_S = 3, 5, 0.1
NETWORK = TrainedRNN(
    recurrent=np.array([[0.9, -0.4], [0.5, 0.8]]), bias=np.array([0.1, -0.2]),
    input_weights=np.array([[2.0, -1.5]]), readout=np.array([[1.0], [0.5]]), offset=np.array([0.3]),
    start=np.array([0.2, -0.1]),
)  # fmt: skip


@pytest.fixture(scope="module")
def system():
    """Neurons whose projections reach below what is called their least value, as those of particles do."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(2, NUM_NEURONS))
    least = np.stack([-0.6 * np.abs(weights).sum(0), -0.9 * np.abs(weights).sum(0)])
    return IntegrationSystem(NETWORK, Projection(weights, least, least + np.abs(weights).sum(0)))


def rates_of(system, states, condition):
    weights, least, most = system.projection
    share = (states @ weights - least[condition]) / (most[condition] - least[condition])
    return np.maximum(30.0 * share, LEAST_RATE_HZ)


@pytest.fixture(scope="module")
def dataset(system):
    rng = np.random.default_rng(1)
    condition = np.array([0, 1, 1, 0])
    inputs = rng.normal(0.0, NOISE, (4, NUM_BINS, 1))
    states = states_of(NETWORK, inputs)
    rates_hz = np.stack([rates_of(system, s, c) for s, c in zip(states, condition, strict=True)])
    return Dataset.from_arrays(
        rng.poisson(rates_hz * BIN_S), bin_width_s=BIN_S, condition=condition, true_inputs=inputs,
        split=np.array(["train", "train", "valid", "valid"]), true_rates_hz=rates_hz,
    )  # fmt: skip


def on_a_grid(system, counts, condition, lag_bins):
    """Means of inputs, outputs and rates of each bin, from the counts up to some bins later."""
    values = np.linspace(-4.0, 4.0, 31) * NOISE
    inputs = np.stack(np.meshgrid(*[values] * NUM_BINS, indexing="ij"), -1).reshape(-1, NUM_BINS)
    states = states_of(NETWORK, inputs[:, :, None])
    rates_hz = rates_of(system, states, condition)
    prior = norm.logpdf(inputs, 0, NOISE).sum(1)
    log_likelihood = poisson.logpmf(counts, rates_hz * BIN_S).sum(2)
    means = []
    for time in range(NUM_BINS):
        log_weights = prior + log_likelihood[:, : time + lag_bins + 1].sum(1)
        weights = np.exp(log_weights - log_weights.max())
        weights /= weights.sum()
        outputs = states[:, time] @ NETWORK.readout[:, 0] + NETWORK.offset[0]
        means.append((weights @ inputs[:, time], weights @ outputs, weights @ rates_hz[:, time]))
    return (np.array(each) for each in zip(*means, strict=True))


@pytest.mark.parametrize("lag_bins", [0, 1, 5])
def test_against_all_inputs_of_a_short_trial(dataset, system, lag_bins):
    found = integration_to_bound_ceiling(
        dataset, system, 2, num_particles=10_000, lag_bins=lag_bins
    ).dataset
    for trial in range(4):
        condition = int(dataset.session.condition[trial])
        counts = dataset.session.spikes[trial]
        inputs, outputs, rates_hz = on_a_grid(system, counts, condition, lag_bins)
        np.testing.assert_allclose(found.inferred_inputs[trial, :, 0], inputs, atol=0.015)
        np.testing.assert_allclose(found.factors[trial, :, 0], outputs, atol=0.02)
        np.testing.assert_allclose(found.rates[trial], rates_hz, atol=0.5)
        assert np.abs(inputs).max() > 0.06  # else there would be nothing to find


def test_neither_the_truth_nor_other_trials_are_looked_at(dataset, system):
    few: dict[str, Any] = {"num_particles": 50, "most_training": 1, "most_validation": 2}
    found = integration_to_bound_ceiling(dataset, system, 2, **few).dataset
    assert found.trial_index.values.tolist() == [0, 2, 3]
    session = dataclasses.replace(dataset.session, true_inputs=None, true_rates_hz=None)
    unseen = dataclasses.replace(dataset, sessions=(session,))
    for seed, same in ((2, True), (3, False)):
        again = integration_to_bound_ceiling(unseen, system, seed, **few).dataset
        for name in ("inferred_inputs", "factors", "rates"):
            assert np.array_equal(again[name], found[name]) == same


def test_trials_without_condition_are_refused(dataset, system):
    session = dataclasses.replace(dataset.session, condition=None)
    without = dataclasses.replace(dataset, sessions=(session,))
    with pytest.raises(UserError, match=r"trials must have a `condition`.*got none"):
        integration_to_bound_ceiling(without, system)
