"""Poisson regression of many neurons at once against the same of each, by a general minimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from lfads.numerics.poisson_regression import OwnPart, fit_poisson_regressions, log_rates

rng = np.random.default_rng(0)
DESIGN = rng.normal(size=(400, 3))
WEIGHTS = np.array([[-0.5, 0.2], [0.6, -0.3], [0.0, 0.5], [-0.4, 0.1]])
COUNTS = rng.poisson(np.exp(log_rates(DESIGN, WEIGHTS)))


def slowly(design, counts, penalty):
    """The weights of one neuron by a general minimiser."""

    def cost(weights):
        values = weights[0] + design @ weights[1:]
        return np.exp(values).sum() - counts @ values + 0.5 * penalty * (weights[1:] ** 2).sum()

    return minimize(cost, np.zeros(design.shape[1] + 1), method="BFGS", options={"gtol": 1e-6}).x


@pytest.mark.parametrize("penalty", [0.0, 30.0])
def test_weights_are_those_of_a_general_minimiser(penalty):
    (found,) = fit_poisson_regressions(DESIGN, COUNTS, [penalty], tolerance=1e-12)
    for neuron in range(2):
        np.testing.assert_allclose(
            found[:, neuron], slowly(DESIGN, COUNTS[:, neuron], penalty), atol=1e-4
        )


def test_a_path_of_penalties_gives_what_each_gives_alone():
    path = list(fit_poisson_regressions(DESIGN, COUNTS, [100.0, 1.0], tolerance=1e-12))
    for penalty, found in zip([100.0, 1.0], path, strict=True):
        (alone,) = fit_poisson_regressions(DESIGN, COUNTS, [penalty], tolerance=1e-12)
        np.testing.assert_allclose(found, alone, atol=1e-5)
    assert np.abs(path[0][1:]).sum() < np.abs(path[1][1:]).sum()


def test_samples_that_are_not_known_change_nothing():
    known = rng.random(COUNTS.shape) < 0.7
    changed = np.where(known, COUNTS, 99)
    (found,) = fit_poisson_regressions(DESIGN, changed, [1.0], known=known, tolerance=1e-12)
    for neuron in range(2):
        rows = known[:, neuron]
        expected = slowly(DESIGN[rows], COUNTS[rows, neuron], 1.0)
        np.testing.assert_allclose(found[:, neuron], expected, atol=1e-4)


def test_a_neuron_s_own_part_is_left_out():
    own = OwnPart(rng.normal(size=COUNTS.shape), rng.normal(size=(3, 2)))
    (found,) = fit_poisson_regressions(DESIGN, COUNTS, [1.0], own=own, tolerance=1e-12)
    for neuron in range(2):
        rest = DESIGN - own.activity[:, neuron, None] * own.loadings[:, neuron]
        np.testing.assert_allclose(
            found[:, neuron], slowly(rest, COUNTS[:, neuron], 1.0), atol=1e-4
        )
        alone = log_rates(rest, found[:, [neuron]])[:, 0]
        np.testing.assert_allclose(log_rates(DESIGN, found, own)[:, neuron], alone)


def test_many_samples_and_neurons_converge_as_well():
    design = rng.normal(size=(12_000, 4))
    counts = rng.poisson(np.exp(-2 + 1.2 * design[:, :1] * np.ones(70)))
    (found,) = fit_poisson_regressions(design, counts, [1.0])
    excess = np.exp(log_rates(design, found)) - counts
    assert np.abs(design.T @ excess + found[1:]).max() < 2.0
    np.testing.assert_allclose(found[1], 1.2, atol=0.1)


def test_silent_neurons_keep_half_a_spike():
    (found,) = fit_poisson_regressions(DESIGN, np.zeros((400, 2), int), [1.0])
    np.testing.assert_allclose(np.exp(found[0]), 0.5 / 400)
    assert not found[1:].any()
