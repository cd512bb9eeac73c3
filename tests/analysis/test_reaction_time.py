"""Reaction times: as well as the trigger allows from true rates, and none from noise."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from tests.analysis.reaching import noise, smoothed_spikes, true_rates

from lfads.analysis.analysis import analysed
from lfads.analysis.reaction_columns import likely_column
from lfads.analysis.reaction_time import ReactionTime, crossings
from lfads.checks import UserError
from lfads.plots.drawn import drawn


def found(case, **choices: Any):
    return analysed("reaction_time", ReactionTime(**choices), *case)


def test_true_rates_tell_when_the_trigger_was():
    """The measured time follows the trigger with r = .975 in these trials: no signal can tell it better."""
    posterior, session = true_rates()
    triggered = found((posterior, session), column="trigger")
    assert float(triggered["r"]) > 0.98
    result = found((posterior, session))
    assert result.attrs["column"] == "reaction_time"
    table = session.trial_table
    ceiling = np.corrcoef(table["trigger"], table["reaction_time"])[0, 1]
    assert float(result["r"]) > ceiling - 0.012
    assert float(result["slope"]) == pytest.approx(1.0, abs=0.1)
    assert -0.12 < float(result["bias_s"]) < 0  # movement begins after the signal
    assert float(result["without_crossing"]) == 0


def test_smoothed_spikes_tell_less():
    result = found(smoothed_spikes(0.04))
    assert 0.88 < float(result["r"]) < 0.95


def test_noise_tells_nothing():
    result = found(noise())
    low, high = result["r_interval"].values
    assert low < 0 < high
    assert abs(float(result["r"])) < 0.12


def test_a_trial_is_predicted_without_its_own_reaction_time():
    posterior, session = smoothed_spikes(0.04)
    whole = found((posterior, session))
    own = whole["fold_of_trial"].values == 0
    column = session.trial_table["reaction_time"].copy()
    column[own] = np.random.default_rng(0).permutation(column[own]) + 5
    table = {**session.trial_table, "reaction_time": column}
    other = found((posterior, dataclasses.replace(session, trial_table=table)))
    np.testing.assert_allclose(other["predicted_s"][own], whole["predicted_s"][own])


def test_the_crossing_is_the_first_upwards_after_go():
    time_s = np.array([-0.2, -0.1, 0.1, 0.2, 0.3, 0.4])
    course = np.array([[0, 1, 0, 1, 0, 1.0], [1, 1, 1, 1, 0, 0], [0, 0, 0, 0.2, 0.4, 0.8]])
    np.testing.assert_allclose(crossings(course, time_s, 0.5), [0.15, np.nan, 0.325])


def test_the_column_is_found_by_its_name():
    _, session = true_rates()
    assert likely_column(session) == "reaction_time"
    table = dict(session.trial_table)
    with pytest.raises(UserError, match="`reaction_time`, `move_onset_time`, all of which may be"):
        likely_column(
            dataclasses.replace(session, trial_table={**table, "move_onset_time": table["trigger"]})
        )
    del table["reaction_time"]
    with pytest.raises(
        UserError, match=r"say which trial column holds the measured reaction times: `column=`"
    ):
        likely_column(dataclasses.replace(session, trial_table=table))


def renamed(column: np.ndarray, name: str, **others: np.ndarray):
    """Smoothed spikes with these times alone."""
    posterior, session = smoothed_spikes(0.04)
    return posterior, dataclasses.replace(session, trial_table={name: column, **others})


def test_onsets_on_the_clock_of_trials_are_taken_from_go():
    """Go is at 0.1 s or 0.15 s; the answer is that of reaction times from it."""
    times = reaction_times()
    go = 0.05 * (2 + np.arange(480) % 2)
    around_go: dict[str, Any] = {"go": "go", "window_s": (-0.2, 0.4)}
    onset = found(renamed(times, "move_onset_time_s", go=go), **around_go)
    reaction = found(renamed(times - go, "rt_s", go=go), **around_go)
    for name in ("r", "bias_s", "slope"):
        assert float(onset[name]) == pytest.approx(float(reaction[name]), abs=1e-9)
    assert (onset.attrs["subtracted"], reaction.attrs["subtracted"]) == ("go", "")
    caption = ReactionTime(**around_go).caption(onset)
    assert "against the trial column move_onset_time_s, less go." in caption


def reaction_times() -> np.ndarray:
    return true_rates().session.trial_table["reaction_time"]


def test_milliseconds_are_known_by_the_name_of_the_column():
    times = reaction_times()
    seconds, milli = found(renamed(times, "rt")), found(renamed(1000 * times, "rt_ms"))
    np.testing.assert_allclose(milli["measured_s"], seconds["measured_s"])
    assert float(milli["r"]) == pytest.approx(float(seconds["r"]))
    assert "rt_ms, divided by 1000" in ReactionTime().caption(milli)
    with pytest.raises(
        UserError, match=r"times in seconds from go; the median of `rt` .* divide them by 1000"
    ):
        found(renamed(1000 * times, "rt"))


@pytest.mark.parametrize("name", ["rt_s", "rt_ms", "move_onset_time_s", "Reaction_Time_ms", "RT"])
def test_names_with_a_unit_are_found(name):
    assert likely_column(renamed(reaction_times(), name)[1]) == name


def test_the_figure_shows_trials_and_times():
    analysis = ReactionTime(threshold=0.5)
    result = analysed("reaction_time", analysis, *smoothed_spikes(0.04))
    figure = drawn(lambda empty: analysis.draw(empty, result), analysis.height_in)
    assert figure.axes[1].get_xlabel() == "measured (s)"
    assert "if 0 is in it, nothing is predicted" in analysis.caption(result)
    assert set(result["threshold_fraction"].values) == {0.5}


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"num_folds": 2}, "`num_folds=` must be a whole number, 3 or more; got 2"),
        ({"threshold": 1.5}, "above 0 and below 1; got 1.5"),
        ({"column": "reaction"}, "no trial column `reaction` of numbers"),
        ({"window_s": (0.1, 0.6)}, "needs bins before and after the go cue"),
    ],
)
def test_mistakes_are_said(choices, message):
    with pytest.raises(UserError, match=message):
        found(true_rates(), **choices)


def test_too_few_measured_times_are_said():
    posterior, session = true_rates()
    column = np.full(480, np.nan)
    column[:5] = 0.3
    few = dataclasses.replace(session, trial_table={**session.trial_table, "reaction_time": column})
    with pytest.raises(
        UserError, match="at least 10 trials in which `reaction_time` is known; got 5"
    ):
        found((posterior, few))
