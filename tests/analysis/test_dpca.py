"""Demixed components: the condition-independent signal, factors, and nothing on noise."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from tests.analysis.reaching import noise, smoothed_spikes, true_rates

from lfads.analysis.analysis import analysed
from lfads.analysis.classes import lasting
from lfads.analysis.demixing import Grid, Normalised, axes_of, sums_of
from lfads.analysis.dpca import DPCA
from lfads.analysis.dpca_left_out import accuracies
from lfads.checks import UserError
from lfads.plots.drawn import drawn


def found(case, **choices: Any):
    return analysed("dpca", DPCA(**{"num_shuffles": 0, **choices}), *case)


def test_the_first_component_of_time_is_the_condition_independent_signal():
    posterior, session = true_rates()
    result = found((posterior, session))
    assert result["part"].values.tolist() == ["time", "condition"]
    assert session.true_latents is not None
    signal = session.true_latents[:, :, 8]
    axis = result["decoder"].values[:, 0, 0]
    rates = (posterior["rates"].values - result["centre"].values) / result["scale"].values
    single = rates @ axis
    assert abs(np.corrcoef(single.ravel(), signal.ravel())[0, 1]) > 0.98
    common = result["courses"].values[0, 0].mean(0)
    assert abs(np.corrcoef(common, signal.mean(0))[0, 1]) > 0.99
    assert 0.25 < float(result["part_variance"][0]) < 0.4
    assert float(result["r2_left_out"].min()) > 0.9


def test_it_is_found_in_smoothed_spikes_too():
    posterior, session = smoothed_spikes(0.04)
    assert session.true_latents is not None
    result = found((posterior, session))
    common = result["courses"].values[0, 0].mean(0)
    assert abs(np.corrcoef(common, session.true_latents[:, :, 8].mean(0))[0, 1]) > 0.99
    assert 0.08 < float(result["part_noise"][1]) < 0.2


def test_noise_has_no_component_that_left_out_trials_repeat():
    result = found(noise(), num_shuffles=15)
    assert float(result["r2_left_out"].max()) < 0.1
    assert int(result["significant"].sum()) == 0
    np.testing.assert_allclose(result["part_noise"], result["part_variance"], rtol=0.1)


def test_single_trials_tell_conditions_apart_where_components_do():
    """The plan is known from the start of the trials; of movement, nothing before go."""
    result = found(true_rates(), num_shuffles=10)
    assert float(result["significant"][1, 0].mean()) == 1
    assert np.isnan(result["accuracy"][0]).all()
    chance = result["accuracy_shuffled"].values[1]
    assert 1 / 24 < float(chance.mean()) < 0.15


def test_conditions_are_split_into_factors():
    result = found(true_rates(), factors=("direction", "bend"))
    names = ["time", "direction", "bend", "direction × bend"]
    assert result["part"].values.tolist() == names
    assert float(result["part_variance"].sum()) == pytest.approx(1)
    share = dict(zip(names, result["part_variance"].values, strict=True))
    assert share["direction"] > 0.5 > share["direction × bend"] > share["bend"]
    of_part = result["variance_of_part"].values
    for part in range(3):  # what a component holds is almost all of its own part
        assert of_part[part, 0, part] > 0.85 * of_part[part, 0].sum()
    np.testing.assert_allclose(of_part.sum(2), result["variance"], atol=1e-9)


def test_unequal_numbers_of_trials_leave_the_parts_as_they_are():
    """A third of the trials of half of the conditions: averages count alike."""
    posterior, session = true_rates()
    assert session.condition is not None
    few = np.flatnonzero((session.condition % 2 == 1) | (np.arange(480) % 3 == 0))
    some = found((posterior.isel(trial=few), session.take(few)))
    whole = found((posterior, session))
    assert some["num_trials"].values.min() < 10 < some["num_trials"].values.max()
    np.testing.assert_allclose(some["part_variance"], whole["part_variance"], atol=0.03)
    one, other = (r["courses"].values[0, 0].mean(0) for r in (some, whole))
    assert abs(np.corrcoef(one, other)[0, 1]) > 0.999


def test_axes_are_those_of_a_fit_to_single_trials():
    rng = np.random.default_rng(0)
    rates = rng.normal(size=(60, 8, 5)) @ rng.normal(size=(5, 5))
    group, fold = np.arange(60) % 3, np.arange(60) % 4
    sums = sums_of(rates, group, fold, 3)
    averages = sums.some(sums.folds)
    np.testing.assert_allclose(averages.mean[1], rates[group == 1].mean(0))
    grid = Grid(("condition",), (3,))
    axes = axes_of(averages, grid, 2, 0.0)
    part = grid.parts(averages.mean - averages.centre)["condition"][group].reshape(-1, 5)
    single = (rates - averages.centre).reshape(-1, 5)
    # The scatter is divided by its degrees of freedom: of as many trials more than of averages.
    within = single - (averages.mean[group] - averages.centre).reshape(-1, 5)
    moment = (single - within).T @ (single - within) / 20 + within.T @ within * 3 / 57
    weights = np.linalg.solve(moment, single.T @ part / 20)
    one = axes.of_part["condition"]
    projected = weights @ one.encoder @ one.encoder.T
    np.testing.assert_allclose(one.decoder @ one.encoder.T, projected, atol=1e-9)


def some_of(first: int):
    """True rates with so many trials of condition 0."""
    posterior, session = true_rates()
    assert session.condition is not None
    own = np.flatnonzero(session.condition == session.condition.min())
    kept = np.setdiff1d(np.arange(480), own[first:])
    return posterior.isel(trial=kept), session.take(kept)


def test_folds_are_as_many_as_the_smallest_condition_has_trials():
    result = found(some_of(3))
    assert result.attrs["num_folds"] == 3
    assert float(result["r2_left_out"].min()) > 0.9
    assert "repeat (3 folds)" in DPCA().caption(result)


def test_a_condition_of_one_trial_is_not_told_and_draws_no_mean_to_0():
    result = found(some_of(1))
    assert np.isnan(result["r2_left_out"]).all()
    assert "not known, since a condition has one trial only" in DPCA().caption(result)
    assert float(result["accuracy"][1].max()) < 1
    rates = np.random.default_rng(0).normal(5, 1, size=(5, 4, 3))
    sums = sums_of(rates, np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 0]), 3)
    rest = sums.without(0)
    assert rest.number.tolist() == [1, 1, 0]
    np.testing.assert_allclose(rest.mean[2], rest.mean[:2].mean(0))


def test_the_class_that_other_trials_lack_is_not_told():
    """Levels 0, 1, 2, of which 1 is in a single trial, whose rates are nearest to those of level 2."""
    rates = np.repeat(np.array([0.0, 0, 6, 9, 9])[:, None, None], 4, axis=1)
    rates = rates + 0.01 * np.random.default_rng(0).normal(size=(5, 4, 2))
    group, fold = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 0, 0, 1])
    sums, mean, one = sums_of(rates, group, fold, 3), np.zeros(2), np.ones(2)
    trials = Normalised(rates, group, fold, mean, one, sums, 0.01)
    found_share = accuracies(trials, sums, group, Grid(("condition",), (3,)), 1, 1e-3)
    np.testing.assert_allclose(found_share, 4 / 5)


def test_trials_without_a_label_are_left_out_and_counted():
    posterior, session = true_rates()
    assert session.condition is not None
    names = session.condition.astype(str)
    names[:7] = ""
    result = found((posterior, dataclasses.replace(session, condition=names)))
    assert result.sizes["condition"] == 24
    assert result.attrs["trials_left_out"] == 7
    assert "7 trials that do not reach over the window, or whose" in DPCA().caption(result)
    bend = session.trial_table["bend"].astype(float)
    bend[:5] = np.nan
    table = {**session.trial_table, "bend": bend}
    case = (posterior, dataclasses.replace(session, trial_table=table))
    result = found(case, factors=("direction", "bend"))
    assert result.sizes["condition"] == 24
    assert result.attrs["trials_left_out"] == 5
    none = dataclasses.replace(session, trial_table={**table, "bend": bend * np.nan})
    with pytest.raises(UserError, match="no trial has a value of each of `factors=`"):
        found((posterior, none), factors=("direction", "bend"))


def test_signals_are_softened_by_their_own_ranges():
    """In any unit the answer is the same, and the scale is in it."""
    posterior, session = true_rates()
    results = []
    for size in (1.0, 1e-3):
        values = size * posterior["rates"].values
        rates = (posterior["rates"].dims, values, {"units": "dF/F"})
        case = posterior.assign(rates=rates), dataclasses.replace(session, values=values)
        results.append(found(case))
    one, other = results
    assert one["scale"].attrs["units"] == one["centre"].attrs["units"] == "dF/F"
    np.testing.assert_allclose(other["scale"], 1e-3 * one["scale"])
    np.testing.assert_allclose(other["part_variance"], one["part_variance"], rtol=1e-6)


def test_short_stretches_are_chance():
    found_bins = np.array([[True] * 3 + [False] + [True] * 2])
    assert lasting(found_bins, 0.05, 0.15).tolist() == [[True] * 3 + [False] * 3]


@pytest.mark.parametrize("factors", [None, ("direction", "bend")])
def test_the_figure_has_a_row_for_each_part(factors):
    analysis = DPCA(num_shuffles=2, factors=factors)
    result = analysed("dpca", analysis, *true_rates())
    figure = drawn(lambda empty: analysis.draw(empty, result), analysis.height_in)
    assert len(figure.axes) == 1 + 3 * result.sizes["part"]
    assert "shuffled labels" in analysis.caption(result)
    rows = analysis.numbers(result)
    assert all(len(row) == 4 for row in rows)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"num_components": 0}, "`num_components=` must be a whole number, 1 or more; got 0"),
        ({"num_folds": 1}, "`num_folds=` must be a whole number, 2 or more; got 1"),
        ({"num_components": 99}, "`num_components=` must be at most 80"),
        ({"factors": "side"}, "no trial column `side` of numbers"),
        ({"factors": ("direction", "go", "trigger")}, "every combination of `factors=`"),
    ],
)
def test_mistakes_are_said(choices, message):
    with pytest.raises(UserError, match=message):
        found(true_rates(), **choices)


def test_one_condition_is_too_few():
    posterior, session = true_rates()
    one = dataclasses.replace(session, condition=np.zeros(480, int))
    with pytest.raises(
        UserError, match="dpca needs at least 2 conditions; session `reaching` has 1"
    ):
        found((posterior, one))
