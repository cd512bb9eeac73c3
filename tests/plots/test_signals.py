"""Figures of signals: in their own unit, as they were recorded."""

import numpy as np
import pytest

from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.plots import captions
from lfads.plots.conditions import conditions_of
from lfads.plots.psths import plot_psths
from lfads.plots.rates import plot_rate_traces
from lfads.plots.trials import plot_trials

SCALE = np.array([1e-3, 1.0, 1e4])


@pytest.fixture(scope="module")
def material():
    rng = np.random.default_rng(0)
    mean = np.sin(np.arange(20) / 3 + rng.uniform(0, 6, (8, 1)))[:, :, None] * SCALE - 2 * SCALE
    signals = mean + 0.1 * SCALE * rng.standard_normal(mean.shape)
    signals[0, 3, 1] = np.nan
    dataset = Dataset.from_arrays(
        signals=signals, bin_width_s=0.05, unit="mV", condition=np.arange(8) % 2
    )
    rates = Variable(mean, ("trial", "time", "neuron"), dataset.unit_of_rates)
    about = {"observation": "gaussian"}
    found = labelled_results({"rates": rates}, dataset.session, dataset, attributes=about)
    return found, dataset.session, signals, mean


def test_traces_are_the_signals_in_their_unit(material):
    posterior, session, signals, mean = material
    figure = plot_rate_traces(posterior, session, trials=[0, 5], num_neurons=3)
    for neuron in range(3):
        for column, trial in enumerate((0, 5)):
            axes = figure.axes[2 * neuron + column]
            recorded, inferred = (np.asarray(line.get_ydata()) for line in axes.lines[:2])
            np.testing.assert_allclose(recorded, signals[trial, :, neuron], rtol=1e-6)
            np.testing.assert_allclose(inferred, mean[trial, :, neuron], rtol=1e-6)
            assert axes.get_ylim()[1] < 0  # nothing is drawn up to 0, which no channel reaches
        assert figure.axes[2 * neuron].get_ylabel() == f"neuron {neuron}\n(mV)"


def test_images_show_signals_and_means_on_one_scale(material):
    posterior, session, signals, mean = material
    figure = plot_trials(posterior, session, trials=[0])
    assert [axes.get_title("left") for axes in figure.axes[:2]] == ["Signals", "LFADS"]
    order = np.argsort(mean.mean(0).argmax(0), kind="stable")
    image = figure.axes[0].images[0].get_array()
    assert image is not None
    shown = np.ma.filled(np.ma.asarray(image), np.nan)
    both = np.stack([signals[0], mean[0]])
    low, high = np.nanmin(both, (0, 1)), np.nanmax(both, (0, 1))
    expected = ((signals[0] - low) / (high - low))[:, order].T
    np.testing.assert_allclose(shown, expected, rtol=1e-4, atol=1e-4)
    assert np.nanmin(shown) >= 0
    assert np.nanmax(shown) <= 1


def test_averages_are_not_divided_by_the_bin_width(material):
    posterior, session, *_ = material
    figure = plot_psths(posterior, session, num_neurons=3)
    assert figure.axes[0].get_ylabel() == "signals\n(mV)"
    above = np.concatenate([np.asarray(line.get_ydata()) for line in figure.axes[0].lines])
    assert abs(above.mean() / SCALE[0] + 2) < 0.5


def test_captions_speak_of_signals(material):
    posterior, session, *_ = material
    said = captions.trials(session) + captions.rate_traces(session, posterior)
    said += captions.psths(conditions_of(posterior), posterior)
    assert "spike" not in said
