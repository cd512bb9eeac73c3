"""Simulations by name."""

import pytest

from lfads.checks import UserError
from lfads.simulate.catalogue import simulate
from lfads.simulate.lorenz import simulate_lorenz


def test_a_name_has_its_usual_sizes():
    assert simulate("lorenz", seed=2).fingerprint() == simulate_lorenz(2).fingerprint()


def test_dashes_are_as_good_as_underscores():
    session = simulate("chaotic-rnn-pulses", seed=1).session
    assert session.spikes.shape == (4000, 100, 50)
    assert session.true_inputs is not None


def test_sessions_of_one_network_stay_small():
    sessions = simulate("chaotic_rnn_sessions").sessions
    assert [s.spikes.shape for s in sessions] == [(1000, 100, 20)] * 5


def test_an_unknown_name_brings_a_suggestion():
    with pytest.raises(UserError, match=r"no simulation `lorens`. Did you mean `lorenz`\?"):
        simulate("lorens")
    with pytest.raises(UserError, match=r"no simulation `orbits`. Known: "):
        simulate("orbits")
