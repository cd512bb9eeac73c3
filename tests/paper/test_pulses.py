"""Which bin holds the pulse, against one trial in plain loops; the truth is not looked at."""

import dataclasses
import math

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.paper.ceilings.pulses import candidates, pulse_times, told_pulses
from lfads.simulate.chaotic_rnn import chaotic_rnn_system, simulate_chaotic_rnn

WIDE = {"num_neurons": 5, "num_conditions": 3, "bin_width_s": 0.025}
SIZES = {"num_neurons": 40, "num_conditions": 4}


@pytest.fixture(scope="module")
def dataset():
    return simulate_chaotic_rnn(2, pulses=True, **SIZES)


@pytest.fixture(scope="module")
def found(dataset):
    return pulse_times(dataset, chaotic_rnn_system(2, **SIZES))


def without_truth(dataset):
    bare = dataclasses.replace(dataset.session, true_rates_hz=None, true_inputs=None)
    return dataclasses.replace(dataset, sessions=(bare,))


@pytest.mark.parametrize("pulses", [True, False])
def test_the_system_is_that_of_the_simulator(pulses):
    session = simulate_chaotic_rnn(2, pulses=pulses, gain=2.5, **SIZES).session
    inputs = np.zeros((40, 100)) if session.true_inputs is None else session.true_inputs[:, :, 0]
    system = chaotic_rnn_system(2, gain=2.5, **SIZES)
    assert session.condition is not None
    rates = system.rates_hz(session.condition, inputs)
    np.testing.assert_array_equal(rates.astype(np.float32), session.true_rates_hz)


def rates_in_loops(system, condition, pulse, num_bins):
    """Spikes/s, `time neuron`."""
    y, share = list(system.starts[condition]), system.step_s / 0.025
    course = []
    for time in range(num_bins):
        before = [math.tanh(value) for value in y]
        for i in range(len(y)):
            drive = sum(w * x for w, x in zip(system.recurrent[i], before, strict=True))
            drive += system.input_weights[i] * (20.0 if time == pulse else 0.0)
            y[i] = (1 - share) * y[i] + share * drive
        course.append([math.tanh(value) for value in y])
    low = [min(column) for column in zip(*course, strict=True)]
    high = [max(column) for column in zip(*course, strict=True)]
    return [
        [30 * (v - a) / (b - a) for v, a, b in zip(row, low, high, strict=True)] for row in course
    ]


def test_one_trial_in_plain_loops():
    width_s = WIDE["bin_width_s"]
    dataset = simulate_chaotic_rnn(0, num_bins=32, pulses=True, trials_per_condition=5, **WIDE)
    system, session = chaotic_rnn_system(0, **WIDE), dataset.session
    trial, chance, rates = 7, np.zeros(32), {}
    assert session.condition is not None
    for pulse in range(10, 30):
        rates[pulse] = rates_in_loops(system, session.condition[trial], pulse, 32)
        total = 0.0
        for counts, expected in zip(session.spikes[trial], rates[pulse], strict=True):
            for count, rate in zip(counts, expected, strict=True):
                mean = max(rate * width_s, 1e-9)
                total += int(count) * math.log(mean) - mean - math.lgamma(int(count) + 1)
        chance[pulse] = total
    chance[10:30] = np.exp(chance[10:30] - chance[10:30].max())
    chance /= chance.sum()
    found = told_pulses(session, system)
    np.testing.assert_allclose(found.chance[trial], chance, rtol=1e-6, atol=1e-9)
    expected = sum(chance[pulse] * np.array(of) for pulse, of in rates.items())
    np.testing.assert_allclose(found.rates_hz[trial], expected, rtol=1e-6, atol=1e-6)


def test_pulses_are_found(dataset, found):
    true = dataset.session.true_inputs[:, :, 0].argmax(1)
    estimate = found.inferred_inputs.values[:, :, 0]
    assert (np.abs(estimate.argmax(1) - true) <= 2).all()
    np.testing.assert_allclose(estimate.sum(1), 20, rtol=1e-5)
    assert found.rates.attrs["units"] == "spikes/s"
    assert np.abs(found.rates.values - dataset.session.true_rates_hz).mean() < 0.2


def test_a_time_may_begin_within_a_bin():
    inputs, chance = candidates(60, 0.02)
    assert (inputs.argmax(1)[[0, -1]] == [12, 37]).all()
    np.testing.assert_allclose(chance[[0, 1, -1]] * 0.5, [0.01, 0.02, 0.01], atol=1e-12)


def test_the_truth_is_not_read(dataset, found):
    again = pulse_times(without_truth(dataset), chaotic_rnn_system(2, **SIZES), seed=5)
    for name in ("rates", "inferred_inputs", "inferred_inputs_std"):
        np.testing.assert_array_equal(again.dataset[name], found.dataset[name])


def test_training_trials_are_some(dataset, monkeypatch):
    monkeypatch.setattr("lfads.paper.ceilings.pulses.MOST_TRAINING", 3)
    some = pulse_times(dataset, chaotic_rnn_system(2, **SIZES)).dataset
    assert sorted(some["split"].values.tolist()) == ["train"] * 3 + ["valid"] * 8
    np.testing.assert_array_equal(dataset.session.split[some["trial_index"]], some["split"])


def test_conditions_are_needed(dataset):
    bare = dataclasses.replace(dataset.session, condition=None)
    with pytest.raises(UserError, match="has no `condition`, which says where the network starts"):
        told_pulses(bare, chaotic_rnn_system(2, **SIZES))
