"""Colours of conditions, averages and components."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb
from tests.plots.posteriors import lorenz

from lfads.checks import UserError
from lfads.numerics.evenly import evenly
from lfads.plots.angles import phases_of
from lfads.plots.conditions import choose, colors_of, conditions_of, labelled
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


@pytest.mark.parametrize(
    ("labels", "turn"),
    [
        (np.arange(0, 360, 60), 360),
        (np.arange(0, 360, 72), 360),
        (np.linspace(-np.pi, np.pi, 9)[:-1], 2 * np.pi),
        (np.array([0, 15, 90, 225]), 360),
        (np.array([-150, -30, 45, 90]), 360),
        (np.array([0, 0.785, 1.571, 4.712]), 2 * np.pi),
    ],
)
def test_angles_are_parts_of_a_turn_evenly_spaced_or_not(labels, turn):
    phases = phases_of(labels)
    assert phases is not None
    np.testing.assert_allclose(phases, np.mod(labels / turn, 1))


@pytest.mark.parametrize(
    "labels",
    [
        np.arange(8), np.arange(8.0), np.array([0, 45, 90]), np.array([0, 15, 30, 60]),
        np.array([0, 90, 180, 360]), np.array([150, 300, 450]), np.array([0.0, 0.25, 0.5, 1.0]),
        np.array(["0", "90", "270"]), np.array([0, 180]), np.array([0, 10, 100, 350]),
    ],
)  # fmt: skip
def test_levels_and_codes_are_no_angles(labels):
    assert phases_of(labels) is None


def test_angles_go_round():
    near = colors_of(np.arange(0, 360, 5), np.arange(72))
    steps = np.linalg.norm(np.diff(near, axis=0, append=near[:1]), axis=1)
    assert steps.max() < 0.12, "the last colour is next to the first"
    uneven = colors_of(np.array([0, 90, 225, 345]), np.arange(4))
    even = colors_of(np.arange(0, 360, 15), np.arange(24))
    np.testing.assert_allclose(uneven, even[[0, 6, 15, 23]])


@pytest.mark.parametrize("angles", [{3: 0, 7: 90, 9: 225}, [0, 90, 225]])
def test_codes_of_directions_get_their_colours(angles):
    found = labelled(np.array([9, 3, 7, 3]), 4, angles=angles)
    np.testing.assert_allclose(found.colors, colors_of(np.array([0, 90, 225]), np.arange(3)))


def test_angles_that_lack_a_condition_are_refused():
    with pytest.raises(UserError, match="direction of each condition in degrees; 9 lack"):
        labelled(np.array([9, 3]), 2, angles={3: 0.0})
    with pytest.raises(UserError, match="for each of 2 conditions, in the order 3, 9; got 1"):
        labelled(np.array([9, 3]), 2, angles=[0.0])


def test_numbers_within_words_are_sorted_as_numbers():
    found = labelled(np.array(["s10", "s2", "go", "s2", "s1"]), 5)
    assert found.labels.tolist() == ["go", "s1", "s2", "s10"]
    assert found.group.tolist() == [3, 2, 0, 2, 1]


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


def test_the_key_says_what_labels_are_and_their_unit():
    for labels, called, unit in (
        (np.arange(0, 360, 45), {"long_name": "direction"}, "direction (°)"),
        (np.arange(8) * np.pi / 4, {}, "condition (rad)"),
        (np.arange(8), {}, "condition"),
    ):
        coordinate = xr.DataArray(labels, dims="trial", attrs=called)
        made = xr.Dataset({"rates": ("trial", np.zeros(8))}, coords={"condition": coordinate})
        assert conditions_of(made).called == unit
