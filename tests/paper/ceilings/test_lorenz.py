"""The Lorenz ceiling, against the same sums done slowly."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import poisson

from lfads.evaluation.scores import score_dataset
from lfads.paper.ceilings import lorenz as module
from lfads.paper.ceilings.lorenz import lorenz_ceiling
from lfads.simulate.lorenz import lorenz_starts, lorenz_states, lorenz_system, simulate_lorenz

SYSTEM = {"num_neurons": 8, "num_bins": 12, "num_conditions": 4, "base_rate_hz": 20.0}
NUM_DRAWS = 4000


@pytest.fixture(scope="module")
def dataset():
    return simulate_lorenz(1, trials_per_condition=5, **SYSTEM)


@pytest.fixture(scope="module")
def system():
    return lorenz_system(1, **SYSTEM)


@pytest.fixture(scope="module")
def results(dataset, system):
    return lorenz_ceiling(dataset, system, 3, num_draws=NUM_DRAWS).dataset


def test_against_slow_sums(dataset, system, results):
    """Rates are averages over a sample of the weighted draws: they are only near."""
    starts = lorenz_starts(np.random.default_rng(3), NUM_DRAWS)
    states = lorenz_states(starts, 12, system.units_per_bin, step=module.STEP)
    latents = (states - system.mean) / system.scale
    rates_hz = 20.0 * np.exp(np.einsum("dtk,nk->dtn", latents, system.weights))
    for trial in (0, 7):
        counts = dataset.session.spikes[trial]
        log_weights = poisson.logpmf(counts, rates_hz * 0.01).sum((1, 2))
        weights = np.exp(log_weights - log_weights.max())
        weights /= weights.sum()
        assert 20 < 1 / (weights**2).sum() < NUM_DRAWS / 2
        expected = np.einsum("d,dtk->tk", weights, latents)
        np.testing.assert_allclose(results.factors[trial], expected, atol=2e-4)
        mean = np.einsum("d,dtn->tn", weights, rates_hz)
        deviation = np.sqrt(np.einsum("d,dtn->tn", weights, (rates_hz - mean) ** 2))
        assert (np.abs(results.rates[trial] - mean) < 0.15 * deviation + 1e-3).all()


def test_draws_are_runs_of_the_simulation(system):
    """Coarser steps are near enough to the finer ones of the simulation."""
    draws = module._draws(system, np.random.default_rng(7), 20, 12)
    starts = lorenz_starts(np.random.default_rng(7), 20)
    states = lorenz_states(starts, 12, system.units_per_bin, step=0.002)
    np.testing.assert_allclose(draws, system.latents(states), atol=0.01)


def test_scores_and_what_the_results_say(dataset, results):
    scores = score_dataset(dataset, {dataset.session.name: results}).splits["valid"]
    assert scores.num_trials == 4
    assert scores.latent_r2 is not None
    assert np.mean(scores.latent_r2) > 0.5
    assert scores.bits_per_spike is not None
    assert scores.bits_per_spike > 0.1
    assert 1 <= results.attrs["effective_draws_least"] <= results.attrs["effective_draws_median"]


def test_neither_the_truth_nor_other_trials_are_looked_at(dataset, system, results):
    blind = dataclasses.replace(
        dataset.session, true_rates_hz=None, true_latents=None, condition=None
    )
    unseen = dataclasses.replace(dataset, sessions=(blind,))
    same = lorenz_ceiling(unseen, system, 3, num_draws=NUM_DRAWS).dataset
    for name in ("factors", "rates"):
        np.testing.assert_array_equal(same[name], results[name])
    few = lorenz_ceiling(
        dataset, system, 3, num_draws=NUM_DRAWS, most_training=2, most_validation=1
    ).dataset
    assert few.trial_index.values.tolist() == [0, 4, 18]
    np.testing.assert_allclose(few.factors, results.factors[[0, 4, 18]], atol=1e-4)


def test_the_seed_decides(dataset, system, results):
    same, other = (
        lorenz_ceiling(dataset, system, seed, num_draws=NUM_DRAWS).dataset for seed in (3, 4)
    )
    np.testing.assert_array_equal(same.factors, results.factors)
    np.testing.assert_array_equal(same.rates, results.rates)
    assert not np.array_equal(other.factors, results.factors)
    assert np.corrcoef(other.factors.values.ravel(), results.factors.values.ravel())[0, 1] > 0.98
