"""jPCA: the known frequencies, the window that they need, and nothing on noise."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from tests.analysis.reaching import noise, smoothed_spikes, true_rates

from lfads.analysis.analysis import analysed
from lfads.analysis.jpca import JPCA, rotations
from lfads.checks import UserError
from lfads.plots.drawn import drawn

FROM_ONSET: dict[str, Any] = {"window_s": (0.0, 0.3), "align_to": "reaction_time"}


def found(case, **choices: Any):
    given: dict[str, Any] = {"num_surrogates": 0, **FROM_ONSET, **choices}
    analysis = JPCA(**given)
    return analysed("jpca", analysis, *case)


def test_true_rates_turn_at_their_frequencies():
    """1.6 and 1.1 Hz; the decay of the movement, 0.22 s, is not in a skew-symmetric system."""
    result = found(true_rates(), num_surrogates=60)
    np.testing.assert_allclose(result["frequency_hz"][:2], [1.6, 1.1], atol=0.1)
    assert float(result["frequency_hz"][2]) < 0.5  # the third plane is spurious
    assert float(result["r2_linear"]) > 0.97
    assert 0.68 < float(result["r2_skew"]) < 0.8
    assert float(result["p_skew"]) == pytest.approx(1 / 61)
    assert float(result["variance_fraction"][:2].sum()) > 0.9
    assert result.attrs["trials_left_out"] > 0
    assert int(result["num_trials"].sum()) + result.attrs["trials_left_out"] == 480


def test_a_window_over_the_hand_over_finds_frequencies_that_are_not_there():
    result = found(true_rates(), window_s=(-0.1, 0.3))
    assert float(result["frequency_hz"][0]) > 1.8
    assert float(result["frequency_hz"][1]) > 1.5


def test_smoothed_spikes_turn_as_fast_and_fit_less():
    result = found(smoothed_spikes())
    np.testing.assert_allclose(result["frequency_hz"][:2], [1.6, 1.1], atol=0.12)
    assert 0.3 < float(result["r2_skew"]) < 0.45


def test_noise_turns_no_more_than_its_surrogates():
    result = found(noise(), num_surrogates=40)
    assert float(result["r2_skew"]) < 0.05
    assert float(result["p_skew"]) > 0.05
    assert float(result["frequency_hz"][0]) > 0.5  # which means nothing
    assert "Without a small p they mean nothing" in JPCA().caption(result)


def test_too_many_components_for_the_conditions_are_said():
    """Of noise, p is small there; with two components it is not."""
    posterior, session = noise(0.05, 1)
    assert session.condition is not None
    few = np.flatnonzero(session.condition < np.unique(session.condition)[4])
    case = (posterior.isel(trial=few), session.take(few))
    small, fair = (found(case, num_components=n, num_surrogates=20) for n in (6, 2))
    caption = JPCA().caption(small)
    assert "With 6 components of 4 conditions, p is too small, also of noise" in caption
    assert float(fair["p_skew"]) > 0.1
    assert "too small" not in JPCA().caption(fair)


def test_courses_are_rates_along_the_axes_and_turn_counterclockwise():
    posterior, session = true_rates()
    result = found((posterior, session))
    axes = result["axes"].values.reshape(80, -1)
    np.testing.assert_allclose(axes.T @ axes, np.eye(6), atol=1e-9)
    first = result["courses"].values[:, :, 0]
    angle = np.unwrap(np.arctan2(first[..., 1], first[..., 0]), axis=1)
    turned = (angle[:, -1] - angle[:, 0]) / (2 * np.pi * 0.29)
    assert np.median(turned) == pytest.approx(1.6, abs=0.15)


def test_frequencies_are_in_hz_at_any_bin_width():
    """A circle of 3 Hz, in bins of 10 and of 40 ms."""
    for width_s in (0.01, 0.04):
        phase = 2 * np.pi * (3.0 * np.arange(12) * width_s + np.arange(5)[:, None] / 5)
        table = np.stack([np.cos(phase), np.sin(phase)], axis=-1)
        turn = rotations(table - table.mean(0), 2).turn
        assert turn[0] / (2 * np.pi * width_s) == pytest.approx(3.0)


def test_the_figure_has_planes_chance_and_a_key():
    analysis = JPCA(**FROM_ONSET, num_surrogates=20)
    result = analysed("jpca", analysis, *true_rates())
    figure = drawn(lambda empty: analysis.draw(empty, result), analysis.height_in)
    titles = [axes.get_title() or axes.get_title(loc="left") for axes in figure.axes]
    assert titles[0].startswith("1.6")
    assert len(figure.axes) == 3
    assert "0.3 s from the trial column reaction_time" in analysis.caption(result)
    assert "frequencies" in analysis.caption(result).lower()


def test_without_a_window_it_starts_at_time_zero():
    result = analysed("jpca", JPCA(num_surrogates=0), *true_rates())
    np.testing.assert_allclose(result.attrs["window_s"], [0.0, 0.3], atol=1e-9)
    assert result.attrs["trials_left_out"] == 0


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (
            {"align_to": "reaction_tim"},
            "no trial column `reaction_tim` of numbers. Did you mean `reaction_time`",
        ),
        ({"window_s": None}, "`align_to=` needs a window around it"),
        ({"window_s": (0.0, 0.01)}, "must span at least three bins of 10 ms"),
        ({"window_s": (0.0,)}, "must be two numbers, start and end in seconds"),
        ({"align_to": None, "window_s": (-1.0, 0.3)}, "must lie within -0.3 to 0.7 s"),
        ({"window_s": (0.0, 5.0)}, "needs at least 4 conditions; session `reaching` has 0"),
        ({"num_components": 100}, "`num_components=` must be at most 80"),
        ({"num_components": 5}, "`num_components=` must be even and 2 or more; got 5"),
        ({"num_surrogates": -1}, "`num_surrogates=` must be a whole number, 0 or more; got -1"),
        ({"signal": "factors"}, "the analysis `jpca` needs factors"),
    ],
)
def test_mistakes_are_said(choices, message):
    with pytest.raises(UserError, match=message):
        found(true_rates(), **choices)


def test_trials_of_unknown_times_are_left_out():
    posterior, session = true_rates()
    column = session.trial_table["reaction_time"].copy()
    column[:40] = np.nan
    table = {**session.trial_table, "reaction_time": column}
    result = found((posterior, dataclasses.replace(session, trial_table=table)))
    assert result.attrs["trials_left_out"] >= 40
    np.testing.assert_allclose(result["frequency_hz"][:2], [1.6, 1.1], atol=0.12)
