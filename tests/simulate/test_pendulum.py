"""The pendulum: its energy, its pushes, and what its neurons see of it."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.simulate.pendulum import FREQUENCY_HZ, FRICTION, pendulum_states, simulate_pendulum


@pytest.fixture(scope="module")
def session():
    return simulate_pendulum(1, trials_per_condition=100).session


def test_energy_is_lost_to_friction_alone():
    states = pendulum_states(np.array([[1.0, 0.0]]), np.zeros((1, 100)), 0.02)[0]
    square = (2 * np.pi * FREQUENCY_HZ) ** 2
    energy = 0.5 * states[:, 1] ** 2 - square * np.cos(states[:, 0])
    lost = np.gradient(energy, 0.02)[1:-1]
    np.testing.assert_allclose(lost, -FRICTION * states[1:-1, 1] ** 2, atol=0.35)


def test_a_push_changes_the_velocity_at_once():
    inputs = np.zeros((1, 50))
    inputs[0, 10] = 3.0 / 0.02
    states = pendulum_states(np.zeros((1, 2)), inputs, 0.02)[0]
    assert not states[:10].any()
    assert states[10, 1] == pytest.approx(3.0, rel=0.02)


def test_sizes_conditions_and_pushes(session):
    assert session.spikes.shape == (400, 100, 30)
    pushed = session.condition % 2 == 1
    assert np.array_equal(~np.isnan(session.trial_table["push_time"]), pushed)
    place = np.abs(session.true_inputs[:, :, 0]).argmax(1)
    np.testing.assert_allclose(place[pushed] * 0.02, session.trial_table["push_time"][pushed])
    assert not session.true_inputs[~pushed].any()
    assert ((place[pushed] >= 25) & (place[pushed] < 75)).all()
    assert {-150.0, 0.0, 150.0} == set(np.unique(session.true_inputs).round(6))


def test_latents_are_z_scored_and_it_never_goes_over_the_top(session):
    latents = session.true_latents
    np.testing.assert_allclose(latents.mean((0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(latents.std((0, 1)), 1, atol=1e-5)
    assert np.abs(latents).max() < 4


def test_counts_are_poisson_of_the_rates(session):
    expected = session.true_rates_hz * 0.02
    z = (session.spikes - expected) / np.sqrt(expected)
    assert abs(z.mean()) < 0.005
    assert z.var() == pytest.approx(1, abs=0.02)


def test_traces_are_latents_and_noise():
    session = simulate_pendulum(2, trials_per_condition=20, traces=True, noise=0.3).session
    assert session.true_latents is not None
    design = session.true_latents.reshape(-1, 2)
    values = session.signals.reshape(len(design), -1)
    weights = np.linalg.lstsq(design, values, rcond=None)[0]
    np.testing.assert_allclose(np.linalg.norm(weights, axis=0), 0.7, atol=0.02)
    assert (values - design @ weights).std() == pytest.approx(0.3, rel=0.02)


def test_mistakes_are_named():
    with pytest.raises(UserError, match="`noise` must be positive; got 0"):
        simulate_pendulum(noise=0.0)
