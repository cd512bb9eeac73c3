"""What changes slowly and is shared is found; what is new in each trial is not."""

import numpy as np
import pytest

from lfads.numerics.slow_courses import slow_courses, walk_given

PLACES = np.arange(200.0)


def planted(seed: int = 0, size: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
    """Values of 15 channels about their means, with noise that they share, and their slow part."""
    rng = np.random.default_rng(seed)
    walk = rng.normal(size=200).cumsum()
    slow = (size * (walk - walk.mean()) / walk.std())[:, None] * rng.normal(size=15)
    shared = 0.3 * rng.normal(size=(200, 1)) * rng.normal(size=15)
    return slow + shared + rng.normal(0, 0.5, (200, 15)), slow


def test_a_walk_given_noisy_values_is_the_mean_of_its_posterior():
    rng = np.random.default_rng(1)
    places = np.sort(rng.uniform(0, 10, 30))
    values, share = rng.normal(size=30), (places - places[0]) / np.ptp(places)
    level = 1e5  # a level that is hardly known
    prior = 2.0**2 * np.minimum.outer(share, share) + level
    expected = prior @ np.linalg.solve(prior + 0.3 * np.eye(30), values)
    np.testing.assert_allclose(walk_given(values, 0.3, places, 2.0), expected, atol=1e-3)


def test_the_slow_part_is_found_beside_larger_noise_that_channels_share():
    values, slow = planted()
    found = slow_courses(values, PLACES, 1, 1.0)
    assert found.course.shape == (200, 1)
    np.testing.assert_allclose((found.weights**2).mean(1), 1)
    own = found.course @ found.weights
    assert ((slow - own) ** 2).sum() < 0.2 * (slow**2).sum()


def test_little_is_found_where_nothing_changes_slowly():
    values, slow = planted(size=0.0)
    assert not slow.any()
    found = slow_courses(values, PLACES, 1, 1.0)
    assert (found.course @ found.weights).std() < 0.2 * values.std()


def test_channels_that_do_not_change_have_no_weight():
    values, _ = planted()
    values[:, 3] = 0
    assert not slow_courses(values, PLACES, 2, 1.0).weights[:, 3].any()


@pytest.mark.parametrize("values", [np.ones((2, 4)), np.zeros((50, 4))])
def test_there_are_fewer_courses_where_there_is_nothing_to_find(values: np.ndarray):
    found = slow_courses(values, np.arange(len(values), dtype=float), 2, 1.0)
    assert found.course.shape == (len(values), 0)
    assert found.weights.shape == (0, 4)
