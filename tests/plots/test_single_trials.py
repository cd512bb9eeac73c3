"""Spikes and rates of single trials: nothing is brighter, or looks more missing, than it is."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from tests.plots.posteriors import inferred, lorenz

from lfads.plots import style
from lfads.plots.rasters import SHADES, draw_raster, plot_rasters
from lfads.plots.trials import plot_trials
from lfads.quality.measures import firing_of

DATASET = lorenz()
SESSION = DATASET.session
SILENT = 5


def image_of(axes: Any) -> Any:
    return axes.images[0]


def with_a_silent_neuron():
    """A neuron of nearly no spikes, whose inferred rate is modulated as much for its mean as any."""
    known = np.array(SESSION.true_rates_hz)
    counts = SESSION.values.copy()
    known[..., SILENT] *= 0.002
    counts[..., SILENT] = 0
    session = dataclasses.replace(SESSION, values=counts, true_rates_hz=known)
    return session, inferred(session, DATASET)


def test_a_nearly_silent_neuron_stays_dark_beside_others():
    session, posterior = with_a_silent_neuron()
    figure = plot_trials(posterior, session)
    mean = posterior["rates"].to_numpy().mean(0)
    row = int(np.flatnonzero(np.argsort(mean.argmax(0), kind="stable") == SILENT)[0])
    for axes in figure.axes[:9]:
        if not axes.images:  # a raster
            continue
        bright = image_of(axes).norm(np.asarray(image_of(axes).get_array()))
        others = np.delete(bright, row, axis=0)
        assert bright[row].max() < 0.1
        assert (others.max(1) > bright[row].max()).all()


def test_all_rates_are_on_one_scale_in_spikes_per_second():
    posterior = inferred(SESSION, DATASET)
    figure = plot_trials(posterior, SESSION, trials=[7])
    order = np.argsort(posterior["rates"].to_numpy().mean(0).argmax(0), kind="stable")
    found, true = (image_of(axes) for axes in figure.axes[1:3])
    np.testing.assert_allclose(found.get_array(), posterior["rates"].to_numpy()[7][:, order].T)
    assert found.norm is true.norm
    assert found.norm(0.25 * found.norm.vmax) == pytest.approx(0.5)
    both = np.concatenate([found.get_array().ravel(), true.get_array().ravel()])
    assert 0 < (both > found.norm.vmax).mean() < 0.006  # one fast neuron does not darken the others


def test_bins_of_several_spikes_differ_from_bins_of_one():
    counts = np.zeros_like(SESSION.values)
    counts[0, 10, 2], counts[0, 20, 2], counts[0, 30, 2] = 1, 2, 9
    session = dataclasses.replace(SESSION, values=counts)
    posterior = inferred(session, DATASET)
    firing = firing_of(session, DATASET.bin_width_s)
    for figure in (
        plot_trials(posterior, session, trials=[0]),
        plot_rasters(session, firing, trials=[0]),
    ):
        ticks: Any = figure.axes[0].collections[0]
        np.testing.assert_allclose(ticks.get_colors(), [to_rgba(shade) for shade in SHADES])
        assert np.all(np.diff(ticks.get_linewidths()) > 0)


def test_rows_of_a_hundred_neurons_are_wider_than_a_point():
    dataset = lorenz(num_neurons=100)
    figure = plot_trials(inferred(dataset.session, dataset), dataset.session)
    figure.draw_without_rendering()
    height_in = figure.axes[0].get_window_extent().height / figure.dpi
    assert 72 * height_in / 100 > 1.5


def test_missing_samples_look_unlike_the_end_of_the_trial():
    observed = np.ones(SESSION.values.shape, bool)
    observed[0, 5:10, 3] = False
    length = np.where(np.arange(60) == 0, 40, 60)
    session = dataclasses.replace(SESSION, observed=observed, trial_length=length)
    axes = style.new_figure(2.0).subplots()
    draw_raster(axes, session, 0, np.arange(12), 0.01 * np.arange(60), 0.01)
    image = image_of(axes)
    missing = np.ma.asarray(image.get_array())
    assert np.argwhere(~np.ma.getmaskarray(missing)).tolist() == [[3, t] for t in range(5, 10)]
    color = image.cmap(image.norm(0.0))
    end: Any = axes.patches[0]
    assert end.get_x() == pytest.approx(0.4)
    assert np.linalg.norm(np.subtract(color[:3], end.get_facecolor()[:3])) > 0.2
