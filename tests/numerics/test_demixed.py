"""Demixed axes: parts of a table add up, and axes find what each part varies in."""

import numpy as np
import pytest

from lfads.numerics.demixed import demixed, marginal_parts

rng = np.random.default_rng(0)


def test_parts_add_up_and_are_orthogonal():
    averages = rng.normal(size=(3, 2, 10, 4))
    averages -= averages.mean((0, 1, 2))
    parts = marginal_parts(averages, ["direction", "bend"])
    assert list(parts) == ["time", "direction", "bend", "direction × bend"]
    np.testing.assert_allclose(sum(parts.values()), averages, atol=1e-12)
    for one in parts:
        for other in parts:
            if one != other:
                assert abs((parts[one] * parts[other]).sum()) < 1e-9
    np.testing.assert_allclose(parts["direction"].mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(parts["direction × bend"].mean(1), 0, atol=1e-12)


def mixed() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A common course and conditions in axes that are not orthogonal: averages, and both axes."""
    time = np.linspace(0, 1, 30)
    axes = np.stack([[1.0, 0.0, 0.0, 0.0], [0.6, 0.8, 0.0, 0.0]])
    common = np.sin(3 * time)
    own = np.linspace(-1, 1, 5)[:, None] * time
    averages = common[:, None] * axes[0] + own[:, :, None] * axes[1]
    return averages - averages.mean((0, 1)), axes[0], axes[1]


def test_axes_that_are_not_orthogonal_are_told_apart():
    averages, of_time, of_condition = mixed()
    parts = marginal_parts(averages, ["condition"])
    whole = averages.reshape(-1, 4)
    for name, own, other in (("time", of_time, of_condition), ("condition", of_condition, of_time)):
        found = demixed({name: parts[name].reshape(-1, 4)}, whole, 1)[name]
        decoder, encoder = found.decoder[:, 0], found.encoder[:, 0]
        np.testing.assert_allclose(np.abs(encoder @ own), 1, atol=1e-9)
        np.testing.assert_allclose(decoder @ other, 0, atol=1e-9)
        np.testing.assert_allclose(abs(decoder @ own), 1, atol=1e-9)


def test_it_is_ordinary_reduced_rank_regression_on_single_trials():
    """With the noise of trials given, the axes are those of a fit to every trial."""
    averages, *_ = mixed()
    noise = rng.normal(size=(40, *averages.shape)) @ rng.normal(size=(4, 4))
    noise -= noise.mean(0)
    trials = (averages + noise).reshape(-1, 4)
    part = marginal_parts(averages, ["condition"])["condition"].reshape(-1, 4)
    target = np.tile(part, (40, 1))
    weights = np.linalg.lstsq(trials, target)[0]
    encoder = np.linalg.svd(trials @ weights, full_matrices=False)[2][:2].T
    rows = noise.reshape(-1, 4)
    found = demixed({"": part}, averages.reshape(-1, 4), 2, rows.T @ rows / 40)[""]
    expected = weights @ encoder @ encoder.T
    np.testing.assert_allclose(found.decoder @ found.encoder.T, expected, atol=1e-9)


@pytest.mark.parametrize("penalty", [1e-3, 1.0])
def test_a_penalty_makes_decoders_shorter(penalty):
    averages, *_ = mixed()
    part = marginal_parts(averages, ["condition"])["condition"].reshape(-1, 4)
    plain, held = (
        demixed({"": part}, averages.reshape(-1, 4), 1, size * np.eye(4))[""].decoder
        for size in (0.0, penalty)
    )
    assert np.linalg.norm(held) < np.linalg.norm(plain)
