"""Averages by method: true rates beat smoothed spikes, noise correlates with nothing."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from tests.analysis.results import inferred, recorded

from lfads.analysis.analysis import analysed
from lfads.analysis.psth import PSTHs
from lfads.analysis.psth_correlations import PSTHCorrelations
from lfads.analysis.psth_methods import groups_of, sides_of
from lfads.baselines.psth import PSTH
from lfads.checks import UserError
from lfads.numerics.correlations import correlations
from lfads.plots.drawn import drawn
from lfads.simulate.reaching import simulate_reaching


@pytest.fixture(scope="module")
def reaches():
    return simulate_reaching(0, num_bends=1, num_neurons=25, trials_per_condition=20)


def noise_like(dataset):
    """Poisson neurons of the same mean rates without any structure, and their own spikes as rates."""
    session = dataset.session
    means = session.true_rates_hz.mean((0, 1)) * dataset.bin_width_s
    spikes = np.random.default_rng(0).poisson(np.broadcast_to(means, session.values.shape))
    other = dataclasses.replace(session, values=spikes.astype(session.values.dtype))
    posterior = inferred(dataset, factors=False)
    rates = posterior["rates"].copy(data=(spikes / dataset.bin_width_s).astype(np.float32))
    return dataclasses.replace(dataset, sessions=(other,)), posterior.assign(rates=rates)


def asked(name, analysis, posterior, dataset) -> xr.Dataset:
    return analysed(name, analysis, posterior, dataset.session)


def test_true_rates_correlate_more_than_smoothed_spikes_of_the_same_trials(reaches):
    found = asked("psth_correlations", PSTHCorrelations(), inferred(reaches), reaches)
    assert found["signal"].values.tolist() == ["smoothed spikes", "LFADS"]
    spikes, truth = found["temporal_mean"].values
    assert truth > 0.6
    assert truth > spikes + 0.01
    assert found["neural_mean"].values[1] > found["neural_mean"].values[0] + 0.01
    assert found.attrs["sides"] == "trials that were left out of training, and training trials"


def test_noise_correlates_with_nothing(reaches):
    dataset, posterior = noise_like(reaches)
    found = asked("psth_correlations", PSTHCorrelations(), posterior, dataset)
    for name in ("temporal_mean", "neural_mean"):
        assert np.abs(found[name].values).max() < 0.06
    assert (np.abs(found["temporal_mean"]) < 3 * found["temporal_sem"]).all()
    shown = asked("psth", PSTHs(), posterior, dataset)
    assert np.abs(shown["correlation"].values).max() < 0.35
    assert abs(float(shown["correlation"].mean())) < 0.06


def test_a_method_that_was_fitted_to_averages_of_noise_correlates_with_nothing(reaches):
    dataset, _ = noise_like(reaches)
    posterior = PSTH().fit(dataset).infer(dataset).dataset
    copied = (
        posterior.copy()
    )  # each trial's rates are the average of what was fitted, itself among it
    spikes, train = dataset.session.values, dataset.session.of_split("train")
    for one in np.unique(dataset.session.condition):
        of = dataset.session.condition == one
        copied["rates"].values[of] = spikes[of & train].mean(0) / dataset.bin_width_s
    for given in (posterior, copied):
        found = asked("psth_correlations", PSTHCorrelations(), given, dataset)
        for name in ("temporal_mean", "neural_mean"):
            assert np.abs(found[name].values).max() < 0.06
        assert "so that noise gives 0" in found.attrs["caption"]


def test_no_trial_is_on_both_sides(reaches):
    _, group = groups_of(reaches.session)
    sides = sides_of(reaches.session, group)
    assert (sides.method == reaches.session.of_split("train")).all()
    assert (sides.truth == ~sides.method).all()
    every = recorded(condition=np.arange(40) // 2, split=["train"] * 40)
    halves = sides_of(every.session, groups_of(every.session)[1])
    assert halves.words == "two halves of each condition's trials"
    assert not (halves.truth & halves.method).any()
    assert halves.truth.sum() == halves.method.sum() == 20
    assert not halves.unseen
    found = asked("psth_correlations", PSTHCorrelations(), inferred(every), every)
    assert "noise gives 0" not in found.attrs["caption"]
    assert "both sides have trials that methods were fitted to" in found.attrs["caption"]


def test_a_condition_with_a_single_trial_is_left_out_alone():
    condition = np.where(np.arange(40) == 7, 5, np.arange(40) % 2)
    split = np.where(np.arange(40) % 10 > 6, "valid", "train")
    split[7] = "train"
    some = recorded(condition=condition, split=split)
    sides = sides_of(some.session, groups_of(some.session)[1])
    assert sides.unseen
    assert not sides.truth[7]
    assert not sides.method[7]
    assert sides.truth.sum() + sides.method.sum() == 39
    found = asked("psth_correlations", PSTHCorrelations(), inferred(some), some)
    assert np.isfinite(found["neural"].sel(condition=["0", "1"])).all()
    assert np.isnan(found["neural"].sel(condition="5")).all()
    assert "2 conditions" in found.attrs["caption"]
    assert "1 condition with trials on one side alone: left out." in found.attrs["caption"]
    shown = asked("psth", PSTHs(), inferred(some), some)
    assert shown["drawn"].values.tolist() == [0, 1]
    drawn(lambda empty: PSTHs().draw(empty, shown), 5.6)


def test_conditions_of_one_trial_each_cannot_be_compared():
    alone = recorded(condition=np.arange(40))
    with pytest.raises(
        UserError, match=r"need two trials of a condition; session .* has one of each"
    ):
        sides_of(alone.session, groups_of(alone.session)[1])


def test_other_methods_stand_beside(reaches):
    posterior = inferred(reaches)
    other = inferred(reaches, factors=False).isel(trial=slice(None, None, -1))
    found = asked("psth", PSTHs(others={"gpfa": other}), posterior, reaches)
    assert found["signal"].values.tolist() == ["smoothed spikes", "LFADS", "gpfa"]
    for name in ("average", "single"):  # trials are told by their index, not their place
        np.testing.assert_array_equal(found[name].values[1], found[name].values[2])
    assert found.sizes["condition"] == 8
    assert found["average"].shape == (3, 8, 100, 25)
    assert int(found["in_figure"].sum()) == 4
    fitted = set(reaches.session.trial_index[reaches.session.of_split("train")].tolist())
    assert set(found["trial_of_shown"].values.tolist()) <= fitted
    figure = drawn(lambda empty: PSTHs().draw(empty, found), 5.6)
    assert len(figure.axes) == 6 * 4
    assert figure.axes[0].get_title(loc="left").startswith("neuron ")


def test_averages_are_means_over_training_trials(reaches):
    found = asked("psth", PSTHs(smoothing_s=0.0), inferred(reaches), reaches)
    session = reaches.session
    some = (session.condition == 3) & session.of_split("train")
    slow = session.true_rates_hz[some].mean(0)
    np.testing.assert_allclose(found["average"].values[1, 3], slow, rtol=1e-5)


def test_chosen_neurons_and_mistakes(reaches):
    posterior = inferred(reaches)
    found = asked("psth", PSTHs(neurons=[2, 9]), posterior, reaches)
    assert np.flatnonzero(found["in_figure"].values).tolist() == [2, 9]
    with pytest.raises(UserError, match="`neurons`: there is no 99"):
        asked("psth", PSTHs(neurons=[99]), posterior, reaches)
    fewer = posterior.isel(neuron=slice(5))
    with pytest.raises(
        UserError, match="rates of `gpfa` are of 5 neurons; those of this result of 25"
    ):
        asked("psth", PSTHs(others={"gpfa": fewer}), posterior, reaches)
    part = posterior.isel(trial=slice(10))
    with pytest.raises(UserError, match="rates of `gpfa` lack trial"):
        asked("psth", PSTHs(others={"gpfa": part}), posterior, reaches)
    short = posterior.isel(time=slice(50))
    with pytest.raises(
        UserError, match="rates of `gpfa` have 160 trials of 50 bins; this result has"
    ):
        asked("psth", PSTHs(others={"gpfa": short}), posterior, reaches)
    with pytest.raises(UserError, match="`num_neurons` must be a whole number, 1 or more; got 0"):
        PSTHs(num_neurons=0)
    with pytest.raises(UserError, match="psth: `smoothing_s` must be 0 or more seconds"):
        PSTHs(smoothing_s=-1.0)
    with pytest.raises(UserError, match="psth_correlations: `smoothing_s` must be 0 or more"):
        PSTHCorrelations(smoothing_s=-1.0)


def test_correlations_are_numpys_over_what_is_known():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 30, 4))
    one[:5, 1] = np.nan
    one[:, 2] = 7.0
    found = correlations(one, other, 0)
    assert found[0] == pytest.approx(np.corrcoef(one[:, 0], other[:, 0])[0, 1])
    assert found[1] == pytest.approx(np.corrcoef(one[5:, 1], other[5:, 1])[0, 1])
    assert np.isnan(found[2])
