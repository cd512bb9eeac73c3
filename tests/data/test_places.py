"""Where trials lie in their session, and which training trials lie beside them."""

import dataclasses

import numpy as np
import pytest
from tests.small import tiny_dataset, tiny_sessions

from lfads.data.places import between, between_of_sessions, places_in_session, training_places
from lfads.windows.chop import chop

KNOWN = [2.0, 4.0, 8.0]


@pytest.mark.parametrize(
    ("place", "before", "after", "share"),
    [
        (-5.0, 0, 1, 0.0),  # held before the first
        (2.0, 0, 1, 0.0),
        (3.0, 0, 1, 0.5),
        (4.0, 0, 1, 1.0),
        (5.0, 1, 2, 0.25),
        (8.0, 1, 2, 1.0),
        (100.0, 1, 2, 1.0),  # held after the last
    ],
)
def test_trials_lie_between_the_training_trials_beside_them(place, before, after, share):
    found = between(KNOWN, np.array([place]))
    assert [each.item() for each in found] == [before, after, share]


def test_one_training_trial_is_held_everywhere():
    found = between([3.0], np.array([0.0, 3.0, 9.0]))
    assert found.before.tolist() == found.after.tolist() == [0, 0, 0]


def test_what_is_known_is_given_back_at_its_own_places_and_interpolated_as_numpy_does():
    rng = np.random.default_rng(0)
    known = np.sort(rng.choice(100, 20, replace=False)).astype(float)
    values, places = rng.normal(size=20), rng.uniform(-10, 110, 200)
    for at in (known, places):
        before, after, share = between(known.tolist(), at)
        found = values[before] + share * (values[after] - values[before])
        np.testing.assert_allclose(found, np.interp(at, known, values), rtol=1e-6, atol=1e-6)


def test_places_are_those_of_the_source_whatever_the_order_of_trials():
    dataset = tiny_dataset()
    (known,) = training_places(dataset)
    assert known == (0.0, 1.0, 2.0, 3.0, 5.0, 6.0, 7.0, 8.0, 10.0, 11.0)
    turned = dataset.session.take(np.arange(12)[::-1])
    assert training_places(dataclasses.replace(dataset, sessions=(turned,))) == (known,)


def test_windows_of_a_recording_lie_on_its_clock():
    pieces = [np.ones((40, 2), int), np.ones((30, 2), int)]
    dataset = chop(
        pieces, bin_width_s=0.1, window_bins=20, overlap_bins=0, piece_starts_s=[100.0, 900.0]
    )
    places = places_in_session(dataset.session, dataset.bin_width_s)
    np.testing.assert_allclose(places, [100.0, 102.0, 900.0, 901.0])


def test_sessions_are_numbered_one_after_the_other():
    dataset = tiny_sessions()
    known = training_places(dataset)
    everyone = [np.ones(s.num_trials, bool) for s in dataset.sessions]
    found = between_of_sessions(dataset.sessions, known, everyone, dataset.bin_width_s)
    numbers = np.where(found.share == 1, found.after, found.before)
    places = np.concatenate(known)[numbers]
    own = np.concatenate([s.trial_index for s in dataset.sessions])
    trained = np.concatenate([s.of_split("train") for s in dataset.sessions])
    np.testing.assert_array_equal(places[trained], own[trained])
    assert (numbers[12:] >= len(known[0])).all()
