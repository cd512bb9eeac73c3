"""The chaotic network: its equation, its chaos, its rates and its pulses."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.simulate.chaotic_rnn import rnn_states, simulate_chaotic_rnn


def test_states_follow_the_equation_bin_by_bin():
    rng = np.random.default_rng(0)
    start, weights = rng.normal(size=(2, 4)), rng.normal(size=(4, 4))
    input_weights, inputs = rng.normal(size=4), rng.normal(size=(2, 5))
    states = rnn_states(start, weights, input_weights, inputs, 0.01)
    for trial in range(2):
        y = start[trial]
        for time in range(5):
            driven = [
                sum(weights[i, j] * np.tanh(y[j]) for j in range(4))
                + input_weights[i] * inputs[trial, time]
                for i in range(4)
            ]
            y = 0.6 * y + 0.4 * np.array(driven)
            np.testing.assert_allclose(states[trial, time], y, rtol=1e-12)


@pytest.fixture(scope="module")
def session():
    return simulate_chaotic_rnn(seed=1, num_conditions=12, pulses=True).session


def test_sizes_and_split(session):
    assert session.spikes.shape == (120, 100, 50)
    assert session.of_split("train").tolist() == ([True] * 8 + [False] * 2) * 12
    assert session.condition.tolist() == np.repeat(np.arange(12), 10).tolist()
    whole = simulate_chaotic_rnn(num_neurons=2, num_bins=2).session
    assert (whole.of_split("train").sum(), whole.of_split("valid").sum()) == (3200, 800)


def test_rates_span_0_to_30_in_each_trial_and_neuron(session):
    np.testing.assert_allclose(session.true_rates_hz.min(1), 0)
    np.testing.assert_allclose(session.true_rates_hz.max(1), 30)
    assert session.spikes.mean() == pytest.approx(session.true_rates_hz.mean() * 0.01, rel=0.02)


def test_one_pulse_a_trial_between_a_quarter_and_three_quarters_of_a_second(session):
    pulses = session.true_inputs[..., 0]
    assert (np.count_nonzero(pulses, axis=1) == 1).all()
    assert set(np.unique(pulses)) == {0, 20}
    times_s = 0.01 * pulses.argmax(1)
    assert times_s.min() >= 0.25
    assert times_s.max() < 0.75
    assert times_s.std() == pytest.approx(0.5 / 12**0.5, rel=0.15)


def test_trials_of_a_condition_share_their_rates_until_the_pulse(session):
    assert session.true_inputs is not None
    pulses = session.true_inputs[:, :, 0].argmax(1)
    plain = simulate_chaotic_rnn(seed=1, num_conditions=12).session
    assert plain.true_inputs is None
    assert plain.true_rates_hz is not None
    assert session.true_rates_hz is not None
    np.testing.assert_array_equal(plain.true_rates_hz[0], plain.true_rates_hz[9])
    assert not np.allclose(session.true_rates_hz[0], session.true_rates_hz[1])
    assert pulses[0] != pulses[1]


def test_a_larger_gain_is_more_chaotic():
    """Two starts that differ by a millionth drift apart faster."""

    def growth(gain: float) -> float:
        rng = np.random.default_rng(2)
        weights = gain * rng.normal(0, 50**-0.5, (50, 50))
        start = rng.normal(size=(8, 50))
        near = start + 1e-6 * rng.normal(size=start.shape)
        one, other = (
            rnn_states(s, weights, np.zeros(50), np.zeros((8, 200)), 0.01) for s in (start, near)
        )
        return float(np.linalg.norm(one[:, -1] - other[:, -1]) / np.linalg.norm(start - near))

    assert growth(2.5) > 3 * growth(1.5)
    assert growth(0.5) < 0.1


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"num_neurons": 0}, "`num_neurons` must be at least 1"),
        ({"bin_width_s": 0.03}, "at most the network's time constant"),
        ({"num_bins": 50, "pulses": True}, "too short"),
        ({"gain": -1.0}, "`gain` must be 0 or more"),
    ],
)
def test_mistakes(sizes, words):
    with pytest.raises(UserError, match=words):
        simulate_chaotic_rnn(**sizes)
