"""Coherence: rates keep an oscillation that smoothing kills, and nothing is claimed of noise."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from tests.analysis.results import inferred, recorded

from lfads.analysis.analysis import analysed
from lfads.analysis.coherence import Coherence
from lfads.checks import UserError
from lfads.plots.drawn import drawn
from lfads.results.netcdf import read_netcdf, write_netcdf
from lfads.simulate.oscillation import simulate_oscillation


@pytest.fixture(scope="module")
def dataset():
    return simulate_oscillation(0, num_neurons=20, trials_per_condition=25)


def asked(dataset, **choices) -> xr.Dataset:
    choices = {"num_pairings": 40, **choices}
    return analysed("coherence", Coherence(**choices), inferred(dataset), dataset.session)


@pytest.fixture(scope="module")
def found(dataset):
    return asked(dataset)


def test_true_rates_keep_the_oscillation_and_smoothing_kills_it(found):
    assert found.attrs["behavior"] == "lfp"
    assert float(found["compared_at_hz"]) == 25
    at = dict(zip(found["signal"].values.tolist(), found["at_frequency"].values, strict=True))
    band = dict(zip(found["signal"].values.tolist(), found["band"].values, strict=True))
    assert list(at) == ["rates (LFADS)", "smoothed spikes", "spikes", "true rates"]
    assert at["rates (LFADS)"] > 0.85
    assert at["rates (LFADS)"] == at["true rates"]
    assert band["spikes"] < at["spikes"] < 0.5
    assert at["smoothed spikes"] < band["smoothed spikes"] < 0.02
    assert [row[-1] for row in Coherence().numbers(found)[1:]] == ["yes", "no", "yes", "yes"]


def test_elsewhere_there_is_nothing(found):
    frequency = found["frequency"].values
    far = np.abs(frequency - 25) > 8
    assert found["mean"].sel(signal="rates (LFADS)").values[far].max() < 0.05


def test_a_signal_without_any_relation_is_not_coherent(dataset):
    session = dataset.session
    noise = np.random.default_rng(0).normal(size=session.behavior["lfp"].shape)
    other = dataclasses.replace(session, behavior={"lfp": noise})
    of_noise = asked(dataclasses.replace(dataset, sessions=(other,)))
    assert (of_noise["at_frequency"] < of_noise["band"]).all()
    assert "No method is more coherent" in of_noise.attrs["caption"]


def test_phase_locked_to_trials_is_not_taken_for_a_relation(dataset):
    """What both have of the task is in other trials' signals, too."""
    session = dataset.session
    time_s = np.arange(200) * 0.005
    locked = np.cos(2 * np.pi * 12.5 * time_s)[None] + np.zeros((100, 1))
    noise = np.random.default_rng(0).normal(size=locked.shape)
    table = dataclasses.replace(session, behavior={"lfp": locked + noise})
    fired = np.random.default_rng(1).poisson(0.1 * (1 + locked[:, :, None] * np.ones(20)))
    of_locked = dataclasses.replace(table, values=fired.astype(session.values.dtype))
    result = asked(dataclasses.replace(dataset, sessions=(of_locked,)), frequency_hz=12.5)
    spikes = result.sel(signal="spikes")
    assert float(spikes["at_frequency"]) > 0.05
    assert float(spikes["at_frequency"]) < float(spikes["band"]) * 1.3
    assert float(spikes["chance_at_frequency"]) > 0.05


def of_conditions(dataset, condition):
    """The phase of signal and neurons is that of the trial's condition, and nothing else is shared."""
    session = dataset.session
    time_s = np.arange(200) * 0.005
    phase = 2 * np.pi * np.arange(4)[np.arange(100) % 4] / 4
    locked = np.cos(2 * np.pi * 12.5 * time_s[None] + phase[:, None])
    noise = np.random.default_rng(0).normal(size=locked.shape)
    fired = np.random.default_rng(1).poisson(0.1 * (1 + locked[:, :, None] * np.ones(20)))
    given = dataclasses.replace(
        session, behavior={"lfp": locked + noise}, values=fired.astype(session.values.dtype),
        condition=condition,
    )  # fmt: skip
    return dataclasses.replace(dataset, sessions=(given,))


def test_what_both_have_because_of_the_condition_is_not_called_coherence(dataset):
    within = asked(of_conditions(dataset, np.arange(100) % 4), frequency_hz=12.5)
    assert within.attrs["pairs_within_conditions"] == 1
    assert "signals of other trials of their condition;" in within.attrs["caption"]
    spikes = within.sel(signal="spikes")
    assert float(spikes["at_frequency"]) > 0.05
    assert float(spikes["at_frequency"]) < float(spikes["band"]) * 1.3
    over = asked(of_conditions(dataset, None), frequency_hz=12.5)
    assert over.attrs["pairs_within_conditions"] == 0
    assert float(over["band"].sel(signal="spikes")) < 0.5 * float(spikes["band"])


def test_conditions_of_two_trials_have_too_few_pairings(dataset):
    found = asked(of_conditions(dataset, np.arange(100) // 2))
    assert found.attrs["pairs_within_conditions"] == 0
    assert "signals of other trials; the pale band" in found.attrs["caption"]


def test_result_is_labelled_written_and_drawn(found, tmp_path):
    assert all("units" in of.attrs for of in found.data_vars.values())
    write_netcdf(found, tmp_path / "a.nc")
    xr.testing.assert_allclose(read_netcdf(tmp_path / "a.nc"), found)
    figure = drawn(lambda empty: Coherence().draw(empty, found), 3.6)
    assert figure.axes[0].get_xlabel() == "frequency (Hz)"
    assert figure.axes[1].get_title(loc="left") == "at 25 Hz, each neuron"


def test_missing_samples_and_short_trials(dataset):
    session = dataset.session
    lfp = session.behavior["lfp"].copy()
    lfp[:5, 20:30] = np.nan
    lengths = np.full(100, 200)
    lengths[5:20] = 120
    values = session.values * (np.arange(200)[:, None] < lengths[:, None, None]).astype(
        session.values.dtype
    )
    short = dataclasses.replace(session, behavior={"lfp": lfp}, trial_length=lengths, values=values)
    found = asked(dataclasses.replace(dataset, sessions=(short,)))
    assert found.attrs["num_segments"] < 400
    assert float(found["at_frequency"][0]) > 0.8
    seen = np.ones(session.values.shape, bool)
    seen[:, ::10, 3] = False
    seen[0, 150, 4] = False
    gaps = dataclasses.replace(session, values=session.values * seen, observed=seen)
    found = asked(dataclasses.replace(dataset, sessions=(gaps,)))
    segments = found["segments"].sel(signal="spikes").values
    assert segments[3] == 0
    assert segments[4] < segments[5] == found.attrs["num_segments"] == 400
    assert (
        "400 segments of 0.4 s of 100 trials, at least 0 of each neuron." in found.attrs["caption"]
    )
    assert np.isfinite(found["mean"].values[:, 1:]).all()
    drawn(lambda empty: Coherence().draw(empty, found), 3.6)


def test_mistakes(dataset):
    with pytest.raises(UserError, match=r"no behaviour `lpf` .*Did you mean `lfp`\?"):
        asked(dataset, behavior="lpf")
    with pytest.raises(UserError, match="`frequency_hz=` must be above 0 and at most 100 Hz"):
        asked(dataset, frequency_hz=180.0)
    with pytest.raises(UserError, match=r"a segment must have 8 bins or more; got 0.01 s"):
        asked(dataset, segment_s=0.01)
    with pytest.raises(UserError, match="`smoothing_s` must be a time in seconds above 0; got 0"):
        Coherence(smoothing_s=0.0)
    with pytest.raises(UserError, match="`num_pairings` must be a whole number, 20 or more; got 2"):
        Coherence(num_pairings=2)
    few = recorded(num_trials=2, for_inference=True, split=["test"] * 2)
    with pytest.raises(UserError, match=r"needs three trials with 0.4 s of `pupil` without a gap"):
        analysed("coherence", Coherence(behavior="pupil"), inferred(few), few.session)
    still = recorded(behavior={"lever": np.ones((40, 30))})
    with pytest.raises(UserError, match="`lever` is constant: choose another"):
        analysed("coherence", Coherence(), inferred(still), still.session)
