"""Inputs around events: cursor jumps are found from true inputs, and nothing in noise."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

from lfads.analysis.aligned import aligned_to, cells_outside
from lfads.analysis.analysis import analysed
from lfads.analysis.inputs_around_events import InputsAroundEvents
from lfads.analysis.trial_columns import likely_events
from lfads.checks import UserError
from lfads.data.labels import Variable, labelled_results
from lfads.plots.drawn import drawn
from lfads.results.netcdf import read_netcdf, write_netcdf
from lfads.simulate.reaching import simulate_reaching


@pytest.fixture(scope="module")
def jumps():
    return simulate_reaching(1, jumps=True, num_neurons=10)


def with_inputs(dataset, inputs) -> xr.Dataset:
    session = dataset.session
    found = {
        "rates": Variable(session.true_rates_hz, ("trial", "time", "neuron"), "spikes/s"),
        "inferred_inputs": Variable(inputs, ("trial", "time", "input"), "a.u."),
    }
    return labelled_results(found, session, dataset, attributes={"observation": "poisson"})


def asked(dataset, inputs, **choices):
    analysis = InputsAroundEvents(**choices)
    return analysed("inputs_around_events", analysis, with_inputs(dataset, inputs), dataset.session)


@pytest.fixture(scope="module")
def of_jumps(jumps):
    choices = {"event": "jump_time", "by": "jump_side", "within": "direction", "num_shuffles": 100}
    return asked(jumps, jumps.session.true_inputs, **choices)


@pytest.fixture(scope="module")
def of_noise(jumps):
    noise = np.random.default_rng(0).normal(size=(480, 110, 2)).astype(np.float32)
    return asked(jumps, noise, event="jump_time", by="jump_side", num_shuffles=100)


def test_sides_of_a_jump_are_told_apart_and_its_time_is_found(of_jumps):
    assert float(of_jumps["accuracy"]) > 0.99
    assert float(of_jumps["chance"]) == pytest.approx(0.5, abs=0.05)
    assert float(of_jumps["p"]) < 0.02
    assert float(of_jumps["first_s"]) == pytest.approx(0.09, abs=0.011)
    assert 0.08 < float(of_jumps["largest_s"]) < 0.16
    after = of_jumps["strength"].sel(period="after").values
    assert (after[1:] > 1).all()
    assert not of_jumps["strength"].sel(period="before").values.any()
    along = of_jumps["along"].sel(time=0.12, method="nearest").values
    left = of_jumps["group_of_trial"].values == 1
    assert along[left].min() > 1 > -1 > along[~left].max()


def test_trials_without_the_event_are_left_out_and_cells_outside_counted(of_jumps, jumps):
    jumped = np.isfinite(jumps.session.trial_table["jump_time"])
    assert of_jumps.sizes["trial"] == jumped.sum()
    assert of_jumps.attrs["trials_left_out"] == 480 - jumped.sum()
    missing = np.isnan(of_jumps["inputs"].values).all(2)
    assert of_jumps.attrs["cells_outside"] == missing.sum() > 0
    assert "bins outside the trials stay empty." in of_jumps.attrs["caption"]


def test_averages_are_drawn_where_half_of_the_trials_reach(of_jumps):
    reached = of_jumps["reached"].values == 1
    share = np.isfinite(of_jumps["inputs"].values).all(2).mean(0)
    np.testing.assert_array_equal(reached, share >= 0.5)
    few = of_jumps.copy(deep=True)
    few["reached"][:20] = few["reached"][-10:] = 0
    figure = drawn(lambda empty: InputsAroundEvents().draw(empty, few), 5.0)
    for line in figure.axes[0].lines[:2]:
        known = np.isfinite(np.asarray(line.get_ydata(), float))
        assert not known[:20].any()
        assert not known[-10:].any()
        assert known[20:-10].all()
    words = InputsAroundEvents().caption(few)
    assert "Averages are drawn in bins that half of the trials reach." in words


def test_noise_gives_chance_and_no_time(of_noise):
    assert float(of_noise["accuracy"]) == pytest.approx(0.5, abs=0.08)
    assert float(of_noise["p"]) > 0.05
    assert np.isnan(float(of_noise["first_s"]))
    rows = {row[0]: row[1] for row in InputsAroundEvents().numbers(of_noise)}
    assert rows["groups differ from"] == "no time"
    assert "no time of an effect is claimed" in of_noise.attrs["caption"]


def test_result_is_labelled_written_and_drawn(of_jumps, of_noise, tmp_path):
    for found in (of_jumps, of_noise):
        assert all("units" in of.attrs for of in found.data_vars.values())
        write_netcdf(found, tmp_path / "a.nc")
        xr.testing.assert_allclose(read_netcdf(tmp_path / "a.nc"), found)
        figure = drawn(lambda empty, of=found: InputsAroundEvents().draw(empty, of), 5.0)
        assert (
            len([axes for axes in figure.axes if axes.get_xlabel() == "time from event (s)"]) >= 4
        )
    key = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert key == ["−1", "1"]


def test_by_default_conditions_around_the_only_event(jumps):
    session = jumps.session
    table = {"cue": session.trial_table["jump_time"], "block": np.arange(480)}
    alone = dataclasses.replace(session, trial_table=table)
    dataset = dataclasses.replace(jumps, sessions=(alone,))
    found = asked(dataset, session.true_inputs, num_shuffles=20, score_s=(0.0, 0.2))
    assert (found.attrs["event"], found.attrs["by"]) == ("cue", "condition")
    assert "along" not in found
    several = asked(jumps, session.true_inputs, num_shuffles=20, by="")
    assert (several.attrs["event"], several.sizes["group"]) == ("time 0", 1)
    assert "accuracy" not in several
    assert {"trigger", "reaction_time"} <= set(several.attrs["other_events"].split(", "))
    drawn(lambda empty: InputsAroundEvents().draw(empty, several), 5.0)


def test_what_may_be_an_event(jumps):
    found = likely_events(jumps.session, -0.2, 0.9)
    assert found == ["trigger", "reaction_time", "jump_time"]


def test_alignment_by_whole_bins():
    values = np.arange(20.0).reshape(2, 10, 1)
    found = aligned_to(values, np.array([0.0999999999, np.nan]), 0.0, 0.05, (-0.05, 0.15))
    assert found.trials.tolist() == [0]
    assert found.values.ravel().tolist() == [1, 2, 3, 4]
    early = aligned_to(values, np.array([0.0, 0.46]), 0.0, 0.05, (-0.05, 0.1))
    assert cells_outside(early.values) == 2
    assert np.isnan(early.values[0, 0, 0])


def test_mistakes(jumps):
    inputs = jumps.session.true_inputs
    with pytest.raises(UserError, match=r"`event=` must name a column .*`jump_tim`.*`jump_time`\?"):
        asked(jumps, inputs, event="jump_tim")
    with pytest.raises(UserError, match=r"no trial of session `reaching` holds its `direction`"):
        asked(
            dataclasses.replace(
                jumps,
                sessions=(
                    dataclasses.replace(
                        jumps.session,
                        trial_table={"direction": 45.0 + jumps.session.trial_table["direction"]},
                    ),
                ),
            ),
            inputs, event="direction",
        )  # fmt: skip
    with pytest.raises(UserError, match=r"`score_s=`: inputs 0.8 to 0.9 s after the event"):
        asked(jumps, inputs, event="jump_time", by="jump_side", score_s=(0.8, 0.9))
    with pytest.raises(UserError, match=r"no group of `trigger` has 5 trials"):
        asked(jumps, inputs, by="trigger")
    with pytest.raises(
        UserError,
        match=r"`within=` must name a column whose values trials share; .*`trigger`",
    ):
        asked(jumps, inputs, event="jump_time", by="jump_side", within="trigger")
    with pytest.raises(UserError, match=r"`window_s` must be two times.*got \(0.2, -0.1\)"):
        InputsAroundEvents(window_s=(0.2, -0.1))
    with pytest.raises(
        UserError, match=r"`num_shuffles` must be a whole number, 20 or more; got 3"
    ):
        InputsAroundEvents(num_shuffles=3)
    named = dataclasses.replace(jumps.session, trial_table={"who": np.array(["a", "b"] * 240)})
    with pytest.raises(UserError, match=r"must name a numeric column.*`who` holds text"):
        asked(dataclasses.replace(jumps, sessions=(named,)), inputs, event="who")
