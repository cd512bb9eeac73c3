"""The oscillation: what is slow, what is fast, and what an average over trials loses."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.simulate.oscillation import simulate_oscillation


@pytest.fixture(scope="module")
def session():
    return simulate_oscillation(1).session


def test_sizes_and_columns(session):
    assert session.spikes.shape == (240, 200, 60)
    assert np.bincount(session.condition).tolist() == [60] * 4
    assert set(session.trial_table) == {"phase", "amplitude"}
    assert session.behavior["lfp"].shape[:2] == (240, 200)
    assert session.true_latents.shape == (240, 200, 4)


def test_counts_are_poisson_of_the_rates(session):
    expected = session.true_rates_hz * 0.005
    z = (session.spikes - expected) / np.sqrt(expected)
    assert abs(z.mean()) < 0.005
    assert z.var() == pytest.approx(1, abs=0.02)
    assert 10 < session.true_rates_hz.mean() < 30
    assert np.quantile(session.true_rates_hz, 0.99) < 90


def test_the_oscillation_has_its_frequency_and_its_phase(session):
    time_s = (np.arange(200) + 0.5) * 0.005
    phase, size = session.trial_table["phase"], session.trial_table["amplitude"]
    wave = size[:, None] * np.cos(2 * np.pi * 25 * time_s + phase[:, None])
    np.testing.assert_allclose(session.true_latents[:, :, 2], wave, atol=1e-5)
    noise = session.behavior["lfp"].reshape(wave.shape) - wave
    assert noise.std() == pytest.approx(1.0, abs=0.02)


def test_an_average_over_trials_loses_it_and_keeps_what_is_slow(session):
    first = session.condition == 0
    mean = session.true_latents[first].mean(0)
    assert np.abs(mean[:, 2:]).max() < 0.35
    assert np.abs(mean[:, :2]).max() > 0.8


def test_numbers_out_of_range():
    with pytest.raises(UserError, match="`frequency_hz` must be below 50, which is half a cycle"):
        simulate_oscillation(bin_width_s=0.01, frequency_hz=60.0)
    with pytest.raises(UserError, match="`oscillation` must be 0 or more; got -1"):
        simulate_oscillation(oscillation=-1.0)
    with pytest.raises(UserError, match="`num_neurons` must be at least 1"):
        simulate_oscillation(num_neurons=0)
