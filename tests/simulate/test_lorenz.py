"""The Lorenz simulation: its equations, its sizes, its rates."""

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lfads.checks import UserError
from lfads.simulate.lorenz import (
    lorenz_derivative,
    lorenz_states,
    lorenz_system,
    simulate_lorenz,
)


def test_states_solve_the_equations():
    start = np.array([[3.0, -4.0, 20.0], [-8.0, 1.0, 30.0]])
    states = lorenz_states(start, 80, 0.01, burn_in=0.5)
    for condition, begin in enumerate(start):
        slow = solve_ivp(
            lambda _, state: lorenz_derivative(state[None])[0],
            (0.0, 1.3), begin, "DOP853", 0.5 + 0.01 * np.arange(80), rtol=1e-11, atol=1e-11,
        )  # fmt: skip
        np.testing.assert_allclose(states[condition], slow.y.T, atol=1e-5)


def test_the_derivative_is_that_of_lorenz():
    x, y, z = 1.0, 2.0, 3.0
    expected = [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]
    np.testing.assert_allclose(lorenz_derivative(np.array([[x, y, z]]))[0], expected)


@pytest.fixture(scope="module")
def session():
    return simulate_lorenz(seed=3).session


def test_sizes(session):
    assert session.spikes.shape == (1300, 100, 30)
    assert session.true_latents.shape == (1300, 100, 3)
    assert session.spikes.dtype == np.uint8


def test_every_fifth_trial_of_each_condition_validates(session):
    valid = session.of_split("valid")
    assert np.flatnonzero(valid).tolist() == list(range(4, 1300, 5))
    assert session.condition.tolist() == np.repeat(np.arange(65), 20).tolist()
    assert np.bincount(session.condition[valid]).tolist() == [4] * 65


def test_latents_are_z_scored_and_shared_within_a_condition(session):
    latents = session.true_latents[::20]
    np.testing.assert_allclose(latents.mean((0, 1)), 0.0, atol=1e-12)
    np.testing.assert_allclose(latents.std((0, 1)), 1.0)
    np.testing.assert_array_equal(session.true_latents[19], session.true_latents[0])
    assert not np.allclose(session.true_latents[20], session.true_latents[0])


def test_log_rates_are_linear_in_the_latents_with_weights_of_norm_gain(session):
    latents = session.true_latents[::20].reshape(-1, 3)
    log_rates = np.log(session.true_rates_hz[::20] / 2.0).reshape(-1, 30)
    weights, *_ = np.linalg.lstsq(latents, log_rates)
    np.testing.assert_allclose(latents @ weights, log_rates, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(weights, axis=0), 0.7)
    size = np.abs(weights)
    assert (size.max(axis=0) <= 2 * size.min(axis=0)).all()
    assert set(np.sign(weights).ravel()) == {-1.0, 1.0}


def test_spikes_follow_the_rates(session):
    expected = session.true_rates_hz.sum((0, 1)) * 0.01
    deviation = (session.spikes.sum((0, 1)) - expected) / np.sqrt(expected)
    assert np.abs(deviation).max() < 4.5


def test_the_seed_decides():
    sizes: dict[str, Any] = {
        "num_conditions": 2, "trials_per_condition": 5, "num_bins": 20, "base_rate_hz": 50.0
    }  # fmt: skip
    one, same, other = (simulate_lorenz(seed, **sizes) for seed in (1, 1, 2))
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()


def test_speed_and_bin_width_set_the_time_between_states():
    sizes: dict[str, Any] = {
        "num_conditions": 2, "trials_per_condition": 5, "base_rate_hz": 50.0, "seed": 1
    }  # fmt: skip
    slow = simulate_lorenz(num_bins=41, **sizes).session.true_latents
    fast = simulate_lorenz(num_bins=21, speed=2.0, **sizes).session.true_latents
    wide = simulate_lorenz(num_bins=21, bin_width_s=0.02, **sizes).session.true_latents
    assert slow is not None
    assert fast is not None
    assert wide is not None
    np.testing.assert_allclose(fast, wide)
    correlation = np.corrcoef(slow[:, ::2].ravel(), fast.ravel())[0, 1]
    assert correlation > 0.9999  # each is z-scored over its own bins


def test_the_system_is_that_behind_the_data():
    choices: dict[str, Any] = {
        "num_neurons": 6, "num_bins": 20, "num_conditions": 3, "bin_width_s": 0.02, "speed": 1.5,
        "gain": 0.9, "base_rate_hz": 8.0,
    }  # fmt: skip
    session = simulate_lorenz(5, trials_per_condition=5, **choices).session
    system = lorenz_system(5, **choices)
    assert session.true_latents is not None
    np.testing.assert_array_equal(
        system.rates_hz(session.true_latents).astype(np.float32), session.true_rates_hz
    )
    states = session.true_latents[::5, 0] * system.scale + system.mean
    later = lorenz_states(states, 2, system.units_per_bin, burn_in=0.0)
    np.testing.assert_allclose(system.latents(later[:, 1]), session.true_latents[::5, 1])
    assert system.units_per_bin == pytest.approx(0.03)


def test_sizes_are_checked_together():
    with pytest.raises(UserError, match="simulate_lorenz: 6 problems") as caught:
        simulate_lorenz(
            -1, num_neurons=0, speed=0.0, gain=-1.0, base_rate_hz=-2.0, bin_width_s=-1.0
        )
    for message in (
        "`seed` must be 0 or more; got -1", "`num_neurons` must be at least 1; got 0",
        "`speed` must be positive; got 0.0", "`gain` must be 0 or more; got -1.0",
        "`base_rate_hz` must be positive; got -2.0", "`bin_width_s` must be positive",
    ):  # fmt: skip
        assert message in str(caught.value)
