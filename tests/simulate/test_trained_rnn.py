"""Networks that are trained here: what they learn, what is kept, and what becomes of it."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.simulate import flip_flop, integration_to_bound, trained_rnn
from lfads.simulate.flip_flop import flip_flop_network, last_signs, simulate_flip_flop
from lfads.simulate.integration_to_bound import (
    bounded_sum,
    integration_system,
    simulate_integration_to_bound,
)
from lfads.simulate.trained_rnn import outputs_of, states_of, trained

STEPS = 60
"""Enough to learn something."""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(integration_to_bound, "STEPS", STEPS)
    monkeypatch.setattr(flip_flop, "STEPS", STEPS)
    return tmp_path


def explained(wanted, given):
    return 1 - ((wanted - given) ** 2).sum() / ((wanted - wanted.mean()) ** 2).sum()


def test_integration_to_a_bound(cache, monkeypatch):
    found = simulate_integration_to_bound(num_conditions=60, trials_per_condition=5)
    session = found.session
    assert session.true_inputs is not None
    assert session.true_latents is not None
    assert session.true_rates_hz is not None
    assert session.spikes.shape == (300, 100, 50)
    assert session.of_split("train").sum() == 240
    assert session.true_inputs.std() == pytest.approx(0.25, rel=0.05)
    assert explained(bounded_sum(session.true_inputs), session.true_latents) > 0.2
    assert (session.true_rates_hz.min(1) == 0).all()
    np.testing.assert_allclose(session.true_rates_hz.max(1), 30)
    # From the cache the second time, and the same.
    assert len(list(cache.glob("lfads/networks/*.npz"))) == 1
    monkeypatch.setattr(trained_rnn, "_train", lambda *_: pytest.fail("trained again"))
    again = simulate_integration_to_bound(num_conditions=60, trials_per_condition=5)
    assert again.fingerprint() == found.fingerprint()


def test_the_system_is_that_behind_the_data():
    session = simulate_integration_to_bound(2, num_conditions=6, num_neurons=7, num_bins=30).session
    network, projection = integration_system(2, num_conditions=6, num_neurons=7, num_bins=30)
    assert session.true_inputs is not None
    assert session.true_rates_hz is not None
    values = states_of(network, session.true_inputs) @ projection.weights
    least, most = (each[session.condition][:, None] for each in projection[1:])
    rates_hz = 30 * (values - least) / (most - least)
    np.testing.assert_allclose(rates_hz, session.true_rates_hz, atol=1e-4)


def test_three_bits_are_held():
    session = simulate_flip_flop(num_trials=40).session
    assert session.true_inputs is not None
    assert session.true_latents is not None
    assert session.spikes.shape == (40, 100, 50)
    np.testing.assert_array_equal(session.external_inputs, session.true_inputs)
    assert set(np.unique(session.true_inputs)) == {-1.0, 0.0, 1.0}
    assert (session.true_inputs != 0).mean() == pytest.approx(0.05, abs=0.01)
    assert explained(last_signs(session.true_inputs), session.true_latents) > 0.1


def test_neurons_are_scaled_in_each_trial_or_over_the_session():
    of_trial = simulate_flip_flop(num_trials=8).session.true_rates_hz
    session = simulate_flip_flop(num_trials=8, scaling="session")
    of_session = session.session.true_rates_hz
    assert of_trial is not None
    assert of_session is not None
    np.testing.assert_allclose(of_trial.max(1), 30.0, rtol=1e-6)
    np.testing.assert_allclose(of_session.max((0, 1)), 30.0, rtol=1e-6)
    assert of_session.max(1).min() < 29.0
    # One state is one rate: rates are linear in the states.
    assert session.session.external_inputs is not None
    states = states_of(flip_flop_network(), session.session.external_inputs.astype(float))
    rows = np.column_stack([states.reshape(-1, 64), np.ones(800)])
    rates = of_session.reshape(-1, 50)
    fitted = rows @ np.linalg.lstsq(rows, rates, rcond=None)[0]
    np.testing.assert_allclose(fitted, rates, atol=1e-3)
    assert session.source == "simulate_flip_flop(seed=0, scaling='session')"


def test_states_follow_the_equation():
    def task(rng, num_trials):
        return rng.normal(size=(num_trials, 4, 2)), rng.normal(size=(num_trials, 4, 1))

    network = trained("nothing", task, 3, 2)
    inputs, _ = task(np.random.default_rng(0), 2)
    states = states_of(network, inputs)
    state = network.start
    for time in range(4):
        drive = state @ network.recurrent + network.bias + inputs[1, time] @ network.input_weights
        state = np.tanh(drive)
        np.testing.assert_allclose(states[1, time], state, atol=1e-12)
    said = states @ network.readout + network.offset
    np.testing.assert_allclose(outputs_of(network, states), said, atol=1e-12)


def test_a_damaged_or_closed_cache_costs_a_training_alone(cache, monkeypatch):
    monkeypatch.setattr(flip_flop, "STEPS", 2)
    first = simulate_flip_flop(num_trials=5)
    (kept,) = cache.glob("lfads/networks/*.npz")
    kept.write_bytes(b"damaged")
    assert simulate_flip_flop(num_trials=5).fingerprint() == first.fingerprint()
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    assert simulate_flip_flop(num_trials=5).fingerprint() == first.fingerprint()


def test_mistakes_are_named():
    with pytest.raises(UserError, match="`num_trials` must be at least 1; got 0"):
        simulate_flip_flop(num_trials=0)
    with pytest.raises(UserError, match="`scaling` must be trial or session; got 'neuron'"):
        simulate_flip_flop(scaling="neuron")
