"""The condition-independent signal and a plane of rotation: orthogonal, each what it is called."""

from typing import Any

import numpy as np
import pytest
from tests.analysis.reaching import noise, smoothed_spikes, true_rates

from lfads.analysis.analysis import analysed
from lfads.analysis.cis_projection import CisAndRotation
from lfads.checks import UserError
from lfads.plots.drawn import drawn

FROM_ONSET: dict[str, Any] = {"rotation_window_s": (0.0, 0.3), "rotation_align_to": "reaction_time"}


def found(case, **choices: Any):
    return analysed("cis_and_rotation", CisAndRotation(**(FROM_ONSET | choices)), *case)


def test_true_rates_have_a_common_signal_and_turn_beside_it():
    posterior, session = true_rates()
    result = found((posterior, session))
    axes = result["axes"].values
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-9)
    share = result["common_share"].values
    assert share[0] > 0.98
    assert share[1:].max() < 0.2
    assert float(result["frequency_hz"]) == pytest.approx(1.6, abs=0.1)
    assert float(result["r2_skew"]) > 0.7
    assert session.true_latents is not None
    signal = result["projection"].values[:, :, 0]
    assert np.corrcoef(signal.ravel(), session.true_latents[:, :, 8].ravel())[0, 1] > 0.98


def test_smoothed_spikes_show_the_same_and_noise_does_not():
    smoothed, nothing = found(smoothed_spikes(0.04)), found(noise())
    assert float(smoothed["common_share"][0]) > 0.95
    assert float(smoothed["r2_skew"]) > 0.6
    assert float(nothing["common_share"][0]) < 0.5
    assert float(nothing["r2_skew"]) < 0.1


def test_averages_are_those_of_single_trials():
    result = found(true_rates())
    of = result["condition_of_trial"].values
    for number, label in enumerate(result["condition"].values[:3]):
        mean = result["projection"].values[of == label].mean(0)
        np.testing.assert_allclose(result["averages"][number], mean, atol=1e-4)


def test_the_figure_has_averages_and_single_trials():
    analysis = CisAndRotation(**FROM_ONSET)
    result = analysed("cis_and_rotation", analysis, *true_rates())
    figure = drawn(lambda empty: analysis.draw(empty, result), analysis.height_in)
    assert len(figure.axes) == 2
    assert "three orthogonal axes" in analysis.caption(result)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"num_components": 3}, "`num_components=` must be even and 2 or more; got 3"),
        ({"num_folds": 1}, "`num_folds=` must be a whole number, 2 or more; got 1"),
        ({"num_components": 80}, "`num_components=` must be below 80, the number of neurons"),
        ({"rotation_window_s": None}, "`align_to=` needs a window around it"),
        ({"signal": "spikes"}, "needs spikes|`signal=` must be `rates` or `factors`"),
    ],
)
def test_mistakes_are_said(choices, message):
    with pytest.raises(UserError, match=message):
        found(true_rates(), **choices)
