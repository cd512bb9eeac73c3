"""Colours of conditions, averages and components."""

import dataclasses

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from tests.plots.posteriors import lorenz

from lfads.numerics.evenly import evenly
from lfads.checks import UserError
from lfads.plots.angles import phases_of
from lfads.plots.conditions import choose, colors_of, labelled
from lfads.plots.psths import smoothed_averages
from lfads.plots.style import PALE


@pytest.mark.parametrize("most", [8, 30])
@pytest.mark.parametrize(
    "labels", [np.arange(8), np.arange(0, 360, 15), np.array(["a", "b"]), np.arange(70.0)]
)
def test_each_condition_that_is_drawn_has_its_colour(labels, most):
    chosen = choose(labels, most)
    assert len(chosen) == min(len(labels), most)
    colors = colors_of(labels, chosen)
    assert colors.shape == (len(labels), 3)
    assert ((colors >= 0) & (colors <= 1)).all()
    others = np.setdiff1d(np.arange(len(labels)), chosen)
    np.testing.assert_allclose(colors[others], np.tile(to_rgb(PALE), (len(others), 1)))
    assert len(np.unique(colors.round(4), axis=0)) == len(chosen) + (len(others) > 0)


def test_directions_are_chosen_round_the_circle():
    labels = np.arange(0, 360, 5)
    assert labels[choose(labels, 8)].tolist() == list(range(0, 360, 45))


def test_angles_go_round():
    assert full_turn(np.arange(0, 360, 60)) == 360
    assert full_turn(np.linspace(-np.pi, np.pi, 9)[:-1]) == pytest.approx(2 * np.pi)
    assert full_turn(np.array([0, 45, 90])) is None
    near = colors_of(np.arange(0, 360, 5), np.arange(72))
    steps = np.linalg.norm(np.diff(near, axis=0, append=near[:1]), axis=1)
    assert steps.max() < 0.12, "the last colour is next to the first"


def test_smoothing_a_constant_rate_leaves_it_whatever_is_missing():
    session = lorenz(2, 5, num_neurons=3, num_bins=40).session
    rng = np.random.default_rng(0)
    ones = dataclasses.replace(
        session,
        values=np.ones_like(session.spikes),
        observed=rng.random(session.spikes.shape) < 0.7,
        trial_length=np.where(np.arange(10) % 2 == 0, 40, 25),
    )
    means = smoothed_averages(ones.values, ones, np.zeros(10, np.int64), 1, 3.0)
    np.testing.assert_allclose(means, 1.0)


def test_an_even_choice_keeps_both_ends():
    assert evenly(3, 10).tolist() == [0, 1, 2]
    assert evenly(1, 4).tolist() == [0]
