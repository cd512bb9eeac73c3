"""Decoding: nothing on noise, what is there on signal, and trials that were used for nothing."""

import dataclasses

import numpy as np
import pytest
from tests.analysis.results import inferred, recorded

import lfads
from lfads.analysis import nested
from lfads.analysis.analysis import analysed, analysis_named
from lfads.analysis.decoding import Decoding
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.numerics.regression import fit_linear_map
from lfads.simulate.reaching import simulate_reaching


def decoded(dataset, **form):
    return analysed("decoding", Decoding(), inferred(dataset, **form), dataset.session)


def test_signals_stand_side_by_side():
    r2 = decoded(recorded())["r2"]
    assert r2["signal"].values.tolist() == ["rates", "factors", "smoothed spikes"]
    assert r2["channel"].values.tolist() == ["hand_vel 0", "hand_vel 1", "pupil"]
    assert float(r2.sel(signal="factors").min()) > 0.9
    assert (r2.sel(signal="factors") > r2.sel(signal="smoothed spikes")).all()


def test_noise_gives_nothing():
    r2 = decoded(recorded(noise=True))["r2"]
    assert float(r2.max()) < 0.02


def test_a_baseline_has_no_factors_to_decode_from():
    r2 = decoded(recorded(), factors=False)["r2"]
    assert r2["signal"].values.tolist() == ["rates", "smoothed spikes"]


def test_trials_of_a_fold_are_used_for_nothing_when_they_are_decoded():
    dataset = recorded()
    whole = decoded(dataset)
    first = whole["fold_of_trial"].values == 0
    behavior = {k: v.copy() for k, v in dataset.session.behavior.items()}
    for series in behavior.values():
        series[first] = 100 * np.random.default_rng(1).normal(size=series[first].shape)
    session = dataclasses.replace(dataset.session, behavior=behavior)
    other = decoded(dataclasses.replace(dataset, sessions=(session,)))
    np.testing.assert_allclose(other["decoded"][:, first], whole["decoded"][:, first], rtol=1e-5)
    assert np.abs(other["decoded"] - whole["decoded"])[:, ~first].max() > 1


def test_missing_behavior_and_short_trials():
    plain = recorded()
    lengths = np.random.default_rng(1).integers(15, 31, 40)
    moved = plain.session.behavior["hand_vel"].copy()
    moved[::3, 5:12, 0] = np.nan
    moved[7] = np.nan
    session = dataclasses.replace(
        plain.session, trial_length=lengths, behavior={"hand_vel": moved},
        values=plain.session.spikes * (np.arange(30)[:, None] < lengths[:, None, None]),
    )  # fmt: skip
    found = decoded(dataclasses.replace(plain, sessions=(session,)))
    assert float(found["r2"].sel(signal="factors").min()) > 0.9
    assert found.sizes["trial"] == 39
    assert found.attrs["trials_left_out"] == 1
    known = np.isfinite(found["behavior"].values)
    np.testing.assert_array_equal(np.isfinite(found["decoded"].values), known[None].repeat(3, 0))
    assert not known[:, :, 0].all()
    assert "1 trial of the data are not used" in found.attrs["caption"]


def test_too_few_trials_and_no_behavior():
    with pytest.raises(UserError, match="at least three trials with behaviour"):
        decoded(recorded(num_trials=2, for_inference=True, split=["test"] * 2))
    with pytest.raises(UserError, match="needs behaviour, which the data have not"):
        decoded(recorded(behavior=None))


def test_many_bins_use_some_trials():
    dataset = recorded()
    found = Decoding(most_samples=600).compute(inferred(dataset), dataset.session)
    assert found.sizes["trial"] == 20


def test_folds_of_windows_are_blocks():
    assert nested.folds_of(6, 3, blocks=True).tolist() == [0, 0, 1, 1, 2, 2]
    group = np.arange(40) % 10  # conditions in turn, which folds in turn would keep apart
    fold = nested.folds_of(40, 5, blocks=False, group=group)
    assert np.bincount(fold).tolist() == [8] * 5
    assert all(len(set(fold[group == g])) == 4 for g in range(10))
    assert (nested.folds_of(40, 5, blocks=False) != np.arange(40) % 5).any()


def test_sums_of_folds_give_the_fit_and_residual_of_their_samples():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)), rng.normal(size=(60, 2))
    y[::4, 1] = np.nan
    group = nested.known_together(y)
    assert len(set(group.tolist())) == 2
    halves = [nested.sums_of(x[some], y[some], group) for some in (slice(30), slice(30, 60))]
    sums = halves[0].plus(halves[1])
    weights = sums.weights(0.1)
    for target in range(2):
        known = np.isfinite(y[:, target])
        slow = fit_linear_map(x[known], y[known][:, [target]], 0.1 * known.sum())
        np.testing.assert_allclose(weights[target, 1:], slow.weights[:, 0], atol=1e-6)
        left = ((y[known, target] - slow(x[known])[:, 0]) ** 2).sum()
        np.testing.assert_allclose(sums.residual(weights)[target], left, rtol=1e-6)


def test_signals_are_decoded_as_spikes_are():
    counts = recorded()
    session = counts.session
    assert session.true_rates_hz is not None
    signals = np.random.default_rng(0).normal(session.true_rates_hz, 1.0)
    dataset = Dataset.from_arrays(
        signals=signals, bin_width_s=0.02, behavior=session.behavior,
        true_latents=session.true_latents,
    )  # fmt: skip
    found = Decoding().compute(inferred(counts), dataset.session)
    assert found["signal"].values.tolist() == ["rates", "factors", "smoothed signals"]
    assert (found["r2"].sel(signal="smoothed signals") > 0.5).all()


@pytest.mark.parametrize("number", [1, 2])
def test_fewer_than_three_folds_are_refused(number):
    with pytest.raises(UserError, match="`num_folds` must be a whole number, 3 or more"):
        Decoding(num_folds=number)


def test_bins_that_windows_of_several_folds_share_are_left_out():
    counts = np.random.default_rng(0).poisson(0.5, (300, 4))
    windows = lfads.chop(counts, bin_width_s=0.02, window_bins=30, overlap_bins=10)
    session = windows.session
    rates = Variable(session.spikes / 0.02, ("trial", "time", "neuron"), "spikes/s")
    found = labelled_results({"rates": rates}, session, windows, attributes={})
    fold = np.arange(session.num_trials) * 3 // session.num_trials
    left_out = nested.in_several_folds(found, fold)
    start = session.trial_table["chop_start_bin"]
    held = [set() for _ in range(3)]
    for trial, number in enumerate(fold):
        held[number] |= set(range(start[trial], start[trial] + 30))
    for trial, number in enumerate(fold):
        others = set().union(*(held[n] for n in range(3) if n != number))
        expected = [start[trial] + t in others for t in range(30)]
        np.testing.assert_array_equal(left_out[trial], expected)


def test_a_kalman_filter_decodes_what_is_there_and_nothing_from_noise():
    dataset = recorded()
    kalman = Decoding(method="kalman", behavior="hand_vel")
    found = analysed("decoding", kalman, inferred(dataset), dataset.session)
    assert float(found["r2"].sel(signal="factors").min()) > 0.9
    assert found.attrs["decoder"] == "kalman"
    assert set(found["lag_s"].dims) == {"signal", "fold"}
    assert "decoded by a Kalman filter" in found.attrs["caption"]
    noise = recorded(noise=True)
    nothing = analysed("decoding", kalman, inferred(noise), noise.session)
    assert float(nothing["r2"].max()) < 0.05


def with_behavior(dataset, **behavior):
    session = dataclasses.replace(dataset.session, behavior=dataset.session.behavior | behavior)
    return dataclasses.replace(dataset, sessions=(session,))


@pytest.mark.parametrize("method", ["ridge", "kalman"])
def test_channels_that_say_nothing_do_not_disturb_the_others(method):
    plain = recorded()
    own = Decoding(method=method).compute(inferred(plain), plain.session)
    nothing = np.full((40, 30), np.nan)
    more = with_behavior(plain, torque=nothing, level=np.full((40, 30), 3.0))
    found = Decoding(method=method).compute(inferred(more), more.session)
    names = own["channel"].values
    np.testing.assert_allclose(found["r2"].sel(channel=names), own["r2"], rtol=1e-5)
    assert np.isnan(found["r2"].sel(channel=["torque", "level"])).all()
    np.testing.assert_allclose(found["decoded"].sel(channel="level"), 3.0)


def test_a_kalman_filter_names_the_channel_that_it_lacks():
    plain, kalman = recorded(), Decoding(method="kalman")
    seldom = np.full((40, 30), np.nan)
    seldom[:, ::3] = np.random.default_rng(0).normal(size=(40, 10))
    data = with_behavior(plain, torque=seldom)
    with pytest.raises(
        UserError,
        match=r"all of its states are known, and found none \(session `session`; `torque` is known least, "
        r"in 33.3 % of bins\): choose channels .* by `behavior=`",
    ):
        kalman.compute(inferred(data), data.session)
    data = with_behavior(plain, level=np.full((40, 30), 3.0))
    level = Decoding(method="kalman", behavior="level")
    with pytest.raises(
        UserError, match=r"needs behaviour that varies .*`level` is constant\): choose"
    ):
        level.compute(inferred(data), data.session)


@pytest.mark.parametrize("method", ["ridge", "kalman"])
def test_a_neuron_that_is_nowhere_inferred_counts_for_nothing(method):
    data = recorded()
    posterior = inferred(data)
    posterior["rates"][:, :, 2] = np.nan
    found = Decoding(method=method, behavior="hand_vel").compute(posterior, data.session)
    assert float(found["r2"].sel(signal="rates").min()) > 0.8


def test_the_past_is_chosen_from_what_is_given():
    dataset = recorded()
    decoding = Decoding(past_s=(0, 0.2), behavior="pupil")
    found = analysed("decoding", decoding, inferred(dataset), dataset.session)
    assert set(np.unique(found["past_s"])) <= {0.0, 0.2}
    assert "up to 200 ms of its past, which of smoothed spikes is a Wiener filter" in str(
        found.attrs["caption"]
    )


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"method": "kalmann"}, "`method` must be ridge or kalman; got 'kalmann'"),
        ({"past_s": (0, -0.1)}, "`past_s` must be seconds, 0 or more"),
    ],
)
def test_choices_out_of_range_are_refused(choices, said):
    with pytest.raises(UserError, match=said):
        analysis_named("decoding", choices)


def test_true_rates_of_reaches_give_the_velocity_of_the_hand_that_they_lead():
    reaches = simulate_reaching(num_neurons=40, num_bends=1, trials_per_condition=10)
    decoding = Decoding(behavior="hand_velocity", num_folds=3)
    found = analysed("decoding", decoding, inferred(reaches), reaches.session)
    r2 = found["r2"].mean("channel")
    assert float(r2.sel(signal="rates")) > 0.98
    assert float(r2.sel(signal="factors")) > 0.98
    assert float(r2.sel(signal="smoothed spikes")) < 0.9
    assert (found["past_s"].sel(signal="rates") >= 0.08).all()  # the hand is 80 ms behind
