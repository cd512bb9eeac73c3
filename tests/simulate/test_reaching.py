"""The reaching task: what simple analyses of its true rates find is what was put in."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.numerics.regression import fit_linear_map, r_squared
from lfads.simulate.reaching import simulate_reaching
from lfads.simulate.reaching_dynamics import FREQUENCIES_HZ

LAG = 8  # bins of 10 ms by which the hand follows
BIN_S = 0.01


@pytest.fixture(scope="module")
def session():
    return simulate_reaching(0).session


@pytest.fixture(scope="module")
def jumps():
    return simulate_reaching(1, jumps=True).session


def held_out(session):
    return np.arange(session.num_trials) % 5 == 4


def test_sizes_and_conditions(session):
    assert session.spikes.shape == (480, 100, 80)
    assert np.bincount(session.condition).tolist() == [20] * 24
    assert set(session.trial_table) == {
        "direction", "bend", "target_on", "go", "trigger", "reaction_time",
    }  # fmt: skip
    assert set(np.unique(session.trial_table["direction"])) == set(45.0 * np.arange(8))
    assert set(np.unique(session.trial_table["bend"])) == {-1.0, 0.0, 1.0}
    assert session.true_latents.shape == (480, 100, 9)


def test_rates_are_those_of_cortex(session):
    rates = session.true_rates_hz
    assert rates.mean() == pytest.approx(12.9, abs=1.5)
    assert np.quantile(rates, 0.95) < 36
    assert rates.max() <= 120
    expected = rates * BIN_S
    z = (session.spikes - expected) / np.sqrt(expected)
    assert z.var() == pytest.approx(1, abs=0.02)


def test_velocity_is_in_the_rates_80_ms_before(session):
    rates, velocity = session.true_rates_hz, session.behavior["hand_velocity"]
    test = held_out(session)
    x, y = rates[:, :-LAG], velocity[:, LAG:]
    map_ = fit_linear_map(x[~test], y[~test], 1.0)
    assert r_squared(y[test], map_(x[test])).min() > 0.985
    without_lag = fit_linear_map(rates[~test], velocity[~test], 1.0)
    assert r_squared(velocity[test], without_lag(rates[test])).max() < 0.97


def test_trials_differ_beyond_their_condition(session):
    velocity = session.behavior["hand_velocity"]
    means = np.stack([velocity[session.condition == k].mean(0) for k in range(24)])
    left = ((velocity - means[session.condition]) ** 2).sum()
    explained = 1 - left / ((velocity - velocity.mean((0, 1))) ** 2).sum()
    assert 0.7 < explained < 0.9


def test_reaction_times_follow_the_trigger(session):
    trigger, reaction = (session.trial_table[name] for name in ("trigger", "reaction_time"))
    assert reaction.mean() == pytest.approx(0.301, abs=0.015)
    assert reaction.std() == pytest.approx(0.043, abs=0.01)
    assert np.corrcoef(trigger, reaction)[0, 1] > 0.97


def test_movement_turns_at_the_frequencies_that_were_put_in(session):
    """m' = M m, by least squares from 100 ms after the trigger on, when the gate is open."""
    latents = session.true_latents[:, :, 4:8].astype(float)
    place = np.ceil((session.trial_table["trigger"] + 0.1 + 0.3) / BIN_S).astype(int)
    open_ = np.arange(100) >= place[:, None]
    change = np.diff(latents, axis=1) / BIN_S
    middle = (latents[:, 1:] + latents[:, :-1]) / 2
    inside = open_[:, :-1]
    matrix = np.linalg.lstsq(middle[inside], change[inside], rcond=None)[0]
    values = np.linalg.eigvals(matrix)
    found = np.sort(np.abs(values.imag)) / (2 * np.pi)
    wanted = np.sort(np.abs(FREQUENCIES_HZ))
    np.testing.assert_allclose(found, np.repeat(wanted, 2), atol=0.1)


def test_the_signal_crosses_with_the_trigger(session):
    """Reaction times of single trials from a threshold on the condition-independent signal."""
    signal = session.true_latents[:, :, 8]
    crossed = (signal > 0.5 * signal.max(1, keepdims=True)).argmax(1)
    trials = np.corrcoef(crossed, session.trial_table["reaction_time"])[0, 1]
    assert trials > 0.96


def test_plans_are_held_before_the_go_cue(session):
    """Direction from the state at the go cue."""
    at_go = session.true_latents[:, 30, :2]
    angle = np.degrees(np.arctan2(at_go[:, 1], at_go[:, 0])) + 90
    off = (angle - session.trial_table["direction"] + 180) % 360 - 180
    assert np.median(np.abs(off)) < 15  # plans scatter by 0.3 of their length
    straight = session.trial_table["target_on"] < -0.5
    assert np.abs(at_go[straight]).max() < 3


def test_the_cursor_jumps_and_the_hand_corrects(jumps):
    table, side = jumps.trial_table, jumps.trial_table["jump_side"]
    assert np.isnan(table["jump_time"]).tolist() == (side == 0).tolist()
    assert jumps.spikes.shape[1] == 110
    # The input to the first plane, along the left of the reach.
    angle = np.radians(table["direction"])
    left = np.stack([-np.sin(angle), np.cos(angle)], axis=1)
    along = np.einsum("rtk,rk->rt", jumps.true_inputs[:, :, 1:], left)
    total = along.sum(1) * BIN_S
    np.testing.assert_allclose(total, 18 * 0.06 * side, atol=0.02)
    velocity = np.einsum("rtk,rk->rt", jumps.behavior["hand_velocity"], left)
    late = np.floor((np.nan_to_num(table["jump_time"], nan=0.44) + 0.2 + 0.25) / BIN_S).astype(int)
    late = np.minimum(late, 109)
    speeds = velocity[np.arange(len(late)), late]
    means = [speeds[side == one].mean() for one in (-1, 0, 1)]
    assert means[0] < means[1] - 0.05 < means[1] + 0.05 < means[2]


def test_sessions_share_the_system_and_not_the_neurons():
    several = simulate_reaching(0, num_sessions=2, num_neurons=20, trials_per_condition=5)
    one, two = several.sessions
    assert (one.name, two.name) == ("session_1", "session_2")
    assert not np.array_equal(one.spikes, two.spikes)
    latents = [session.true_latents for session in several.sessions]
    spread = [each.std((0, 1)) for each in latents if each is not None]
    np.testing.assert_allclose(*spread, rtol=0.3)


def test_the_go_cue_can_be_given():
    found = simulate_reaching(0, num_neurons=5, trials_per_condition=1, go_cue_as_input=True)
    cue = found.session.external_inputs
    assert cue is not None
    assert (cue[:, 30] == 1).all()
    assert cue.sum() == len(cue)
    assert found.start_s == -0.3


def test_the_same_trials_around_the_onset_of_the_target():
    few = {"num_neurons": 5, "trials_per_condition": 2, "bin_width_s": 0.001}
    go, target = (
        simulate_reaching(4, around=of, go_cue_as_input=True, **few) for of in ("go", "target_on")
    )
    one, other = go.session, target.session
    assert (target.start_s, other.num_bins) == (-0.1, 1000)
    delay = -one.trial_table["target_on"]
    assert not other.trial_table["target_on"].any()
    np.testing.assert_allclose(other.trial_table["go"], delay)
    np.testing.assert_allclose(other.trial_table["trigger"], one.trial_table["trigger"] + delay)
    np.testing.assert_array_equal(
        other.trial_table["reaction_time"], one.trial_table["reaction_time"]
    )
    assert one.true_latents is not None
    assert other.true_latents is not None
    # What both hold: from 0.1 s before the target on, or from the start of the trial around go.
    for trial in range(0, one.num_trials, 7):
        shift = round(1000 * delay[trial])
        first = max(0, 200 - shift)  # of the trial around go
        of_target = other.true_latents[trial, first + shift - 200 : 1000]
        np.testing.assert_array_equal(of_target, one.true_latents[trial, first:][: len(of_target)])
    plans = other.true_latents[:, :, :4]
    assert not plans[:, :160].any()  # seen 60 ms after
    assert (np.abs(plans[:, 170]).max(1) > 0.05).all()
    cue = other.external_inputs
    assert cue is not None
    assert np.abs(cue[:, :, 0].argmax(1) - 100 - 1000 * delay).max() <= 1


def test_same_seed_same_data():
    one, two = (simulate_reaching(3, num_neurons=5, trials_per_condition=1) for _ in range(2))
    assert one.fingerprint() == two.fingerprint()


def test_mistakes_are_named():
    with pytest.raises(UserError, match="`bin_width_s` must be a whole number of milliseconds"):
        simulate_reaching(bin_width_s=0.0125)
    with pytest.raises(UserError, match="`around` must be `go` or `target_on`; got 'cue'"):
        simulate_reaching(around="cue")
