"""Demixed components: the condition-independent signal, factors, and nothing on noise."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from tests.analysis.reaching import noise, smoothed_spikes, true_rates

from lfads.analysis.analysis import analysed
from lfads.analysis.classes import lasting
from lfads.analysis.demixing import Grid, axes_of, sums_of
from lfads.analysis.dpca import DPCA
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
