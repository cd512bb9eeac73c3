"""Rotations: exact on a known one, low on noise and on growth, and the best there is."""

import numpy as np
import pytest
from scipy.linalg import expm

from lfads.numerics.rotations import linear_flow, rotation_fit, rotation_planes

rng = np.random.default_rng(0)


def system(generator: np.ndarray, num_starts: int = 6, num_bins: int = 25) -> np.ndarray:
    """Trajectories of dx = x G a bin, from random starts."""
    step = expm(generator)
    states = [rng.normal(size=(num_starts, len(generator)))]
    for _ in range(num_bins - 1):
        states.append(states[-1] @ step)
    return np.stack(states, axis=1)


def skewed(size: int) -> np.ndarray:
    matrix = rng.normal(size=(size, size))
    return 0.2 * (matrix - matrix.T)


@pytest.mark.parametrize("size", [2, 3, 6])
def test_a_rotation_is_one_at_any_speed(size):
    for speed in (0.01, 1.0):
        assert rotation_fit(system(speed * skewed(size))) == pytest.approx((1.0, 1.0), abs=1e-9)


def test_growth_is_linear_and_does_not_rotate():
    found = rotation_fit(system(np.diag([0.05, -0.1, 0.02])))
    assert found.linear_r2 == pytest.approx(1.0, abs=1e-3)
    assert abs(found.skew_r2) < 0.2


def test_noise_does_not_rotate():
    found = rotation_fit(rng.normal(size=(200, 40, 6)))
    assert 0 <= found.skew_r2 <= found.linear_r2 < 0.02


def test_no_other_skew_symmetric_matrix_is_better():
    """Against least squares over its 15 entries, one column of the design each."""
    states = system(skewed(6)) + 0.5 * rng.normal(size=(6, 25, 6))
    x = ((states[:, 1:] + states[:, :-1]) / 2).reshape(-1, 6)
    dx = (states[:, 1:] - states[:, :-1]).reshape(-1, 6)
    columns = []
    for i, j in zip(*np.triu_indices(6, 1), strict=True):
        matrix = np.zeros((6, 6))
        matrix[i, j], matrix[j, i] = 1, -1
        columns.append((x @ matrix).ravel())
    left = np.linalg.lstsq(np.stack(columns, axis=1), dx.ravel())[1]
    best = 1 - float(left[0]) / float((dx**2).sum())
    assert rotation_fit(states).skew_r2 == pytest.approx(best, abs=1e-9)


def test_what_is_missing_is_left_out_and_what_rests_has_no_rotation():
    states = system(skewed(4))
    states[0, 20:] = np.nan
    assert rotation_fit(states) == pytest.approx((1.0, 1.0), abs=1e-9)
    assert np.isnan(rotation_fit(np.ones((3, 10, 2)))).all()


def test_planes_are_orthonormal_and_turn_as_fast_as_the_system():
    """Two planes in a space of five dimensions, turned at random; one dimension rests."""
    basis = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    generator = np.zeros((5, 5))
    for place, speed in ((0, 0.3), (2, -0.7)):
        generator[place, place + 1], generator[place + 1, place] = speed, -speed
    states = system(basis @ generator @ basis.T)
    planes = rotation_planes(linear_flow(states).skew)
    np.testing.assert_allclose(planes.turn, [0.7, 0.3], atol=1e-6)
    axes = planes.axes.reshape(5, -1)
    np.testing.assert_allclose(axes.T @ axes, np.eye(4), atol=1e-9)
    seen = np.einsum("sti,ipa->stpa", states, planes.axes)
    angle = np.unwrap(np.arctan2(seen[..., 1], seen[..., 0]), axis=1)
    np.testing.assert_allclose(np.diff(angle, axis=1).mean((0, 1)), planes.turn, atol=1e-6)


def test_what_does_not_turn_has_planes_without_turn():
    flow = linear_flow(np.ones((3, 10, 4)))
    assert rotation_planes(flow.skew).turn.tolist() == [0.0, 0.0]
