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
    given: dict[str, Any] = {"num_surrogates": 0, **FROM_ONSET, **choices}
    return analysed("cis_and_rotation", CisAndRotation(**given), *case)


def test_true_rates_have_a_common_signal_and_turn_beside_it():
    posterior, session = true_rates()
    result = found((posterior, session), num_surrogates=20)
    axes = result["axes"].values
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-9)
    share = result["common_share"].values
    assert share[0] > 0.98
    assert float(result["p_skew"]) == pytest.approx(1 / 21)
    assert share[1:].max() < 0.2
    assert float(result["frequency_hz"]) == pytest.approx(1.6, abs=0.1)
    assert float(result["r2_skew"]) > 0.7
    assert session.true_latents is not None
    signal = result["projection"].values[:, :, 0]
    assert np.corrcoef(signal.ravel(), session.true_latents[:, :, 8].ravel())[0, 1] > 0.98


def test_smoothed_spikes_show_the_same_and_noise_does_not():
    smoothed, nothing = found(smoothed_spikes(0.04)), found(noise(0.04), num_surrogates=20)
    assert float(smoothed["common_share"][0]) > 0.95
    assert float(smoothed["r2_skew"]) > 0.6
    assert float(nothing["common_share"][0]) < 0.1
    assert float(nothing["r2_skew"]) > 0.1  # a plane chosen for it turns: what tells is p
    assert float(nothing["p_skew"]) > 0.1


def test_there_are_as_many_components_as_neurons_allow():
    posterior, session = true_rates()
    result = found((posterior.isel(neuron=slice(6)), session.along("neuron", np.arange(6))))
    assert result.sizes["neuron"] == 6
    with pytest.raises(UserError, match="needs 3 neurons or more, for an axis and a plane; got 2"):
        found((posterior.isel(neuron=slice(2)), session.along("neuron", np.arange(2))))


def test_a_neuron_that_is_nowhere_known_is_in_no_axis():
    posterior, session = true_rates()
    rates = posterior["rates"].copy()
    rates[:, :, 3] = np.nan
    result = found((posterior.assign(rates=rates), session))
    np.testing.assert_allclose(result["axes"][3], 0, atol=1e-9)
    assert float(result["frequency_hz"]) == pytest.approx(1.6, abs=0.1)
    caption = CisAndRotation().caption(result)
    assert "since nowhere known: neuron 3 (counted from 0)" in caption
    assert "no surrogates were drawn, without which this says nothing" in caption
    with pytest.raises(UserError, match="`rates` of session `reaching` are NaN in all trials"):
        found((posterior.assign(rates=rates * np.nan), session))


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
        ({"num_surrogates": -1}, "`num_surrogates=` must be a whole number, 0 or more; got -1"),
        ({"num_folds": 1}, "`num_folds=` must be a whole number, 2 or more; got 1"),
        ({"num_components": 80}, "`num_components=` must be below 80, the number of neurons"),
        ({"rotation_window_s": None}, "`align_to=` needs a window around it"),
        ({"signal": "spikes"}, "needs spikes|`signal=` must be `rates` or `factors`"),
    ],
)
def test_mistakes_are_said(choices, message):
    with pytest.raises(UserError, match=message):
        found(true_rates(), **choices)
