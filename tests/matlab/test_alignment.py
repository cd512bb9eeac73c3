"""Alignment of several sessions against a slow and obviously right one, bin by bin in loops."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.stitching.global_components import (
    RELATIVE_PENALTIES,
    averages_of,
    regress_on_global_components,
)

SIZES = ((7, 12), (5, 12), (9, 12))  # channels, bins


def sessions(missing: bool = False) -> list[np.ndarray]:
    """Noisy views of three shared latents, condition × time × channel."""
    rng = np.random.default_rng(3)
    latents = rng.normal(size=(6, 12, 3)).cumsum(1)
    found = [
        3 + latents @ rng.normal(size=(3, n)) + 0.3 * rng.normal(size=(6, t, n)) for n, t in SIZES
    ]
    if missing:
        found[1][2] = np.nan
        found[2][4, 9:] = np.nan
    return found


def averages_slowly(counts, condition, conditions):
    """Bin by bin."""
    trials, bins, channels = counts.shape
    found = np.full((len(conditions), bins, channels), np.nan)
    for c, wanted in enumerate(conditions):
        for t in range(bins):
            for n in range(channels):
                values = [
                    counts[r, t, n] for r in range(trials) if str(condition[r]) == str(wanted)
                ]
                if values:
                    found[c, t, n] = sum(values) / len(values)
    return found


def aligned_slowly(averages, num, penalties=None, z_score=False):
    """Section by section of the rule: centre, stack, eigenvectors, normal equations."""
    centred, bias, size = [], [], []
    for average in averages:
        rows = average.reshape(-1, average.shape[-1]).copy()
        means, scales = [], []
        for n in range(rows.shape[1]):
            known = rows[~np.isnan(rows[:, n]), n]
            means.append(known.sum() / len(known))
            scales.append(np.sqrt(((known - means[n]) ** 2).sum() / len(known)) if z_score else 1.0)
            rows[:, n] = (rows[:, n] - means[n]) / scales[n]
        centred.append(rows)
        bias.append(np.array(means))
        size.append(np.array(scales))
    stacked = np.hstack(centred)
    whole = np.array([i for i in range(len(stacked)) if not np.isnan(stacked[i]).any()])
    x = stacked[whole] - stacked[whole].mean(0)
    values, vectors = np.linalg.eigh(x.T @ x)
    vectors = vectors[:, np.argsort(values)[::-1]][:, :num]
    for k in range(vectors.shape[1]):  # the largest entry is positive
        vectors[:, k] *= np.sign(vectors[np.argmax(np.abs(vectors[:, k])), k])
    scores = np.full((len(stacked), num), np.nan)
    scores[whole] = x @ vectors
    if len(averages) == 1:
        return [vectors / size[0][:, None]], bias, scores
    matrices = []
    for number, rows in enumerate(centred):
        own, target = rows[whole] - rows[whole].mean(0), scores[whole] - scores[whole].mean(0)
        penalty = 0.0 if penalties is None else penalties[number]
        normal = own.T @ own + penalty * np.eye(own.shape[1])
        matrices.append(np.linalg.inv(normal) @ own.T @ target / size[number][:, None])
    return matrices, bias, scores


def test_condition_averages():
    rng = np.random.default_rng(0)
    counts = rng.poisson(1.0, (9, 4, 3))
    condition = np.array([1, 2, 2, 1, 5, 1, 2, 5, 1])
    expected = averages_slowly(counts, condition, [2, 1, 7])
    np.testing.assert_allclose(averages_of(counts, condition, [2, 1, 7]), expected, atol=1e-12)
    assert np.isnan(expected[2]).all()


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("z_score", [False, True])
def test_matrices_equal_a_slow_computation(missing, z_score):
    averages = sessions(missing)
    found = regress_on_global_components(averages, 4, z_score=z_score)
    matrices, bias, scores = aligned_slowly(averages, 4, z_score=z_score)
    np.testing.assert_allclose(found.scores.reshape(-1, 4), scores, atol=1e-8)
    for number, session in enumerate(found.sessions):
        np.testing.assert_allclose(session.matrix, matrices[number], atol=1e-8)
        np.testing.assert_allclose(session.bias, bias[number], atol=1e-8)
        assert session.penalty == 0
    assert np.isnan(found.scores[2]).all() == missing


def test_ridge_takes_the_penalty_that_predicts_left_out_rows_best():
    averages = sessions()
    found = regress_on_global_components(averages, 3, ridge=True)
    penalties = [session.penalty for session in found.sessions]
    matrices, _, scores = aligned_slowly(averages, 3, penalties)
    for number, session in enumerate(found.sessions):
        np.testing.assert_allclose(session.matrix, matrices[number], atol=1e-8)
        x = averages[number].reshape(-1, averages[number].shape[-1])
        unit = ((x - x.mean(0)) ** 2).sum() / x.shape[1]
        errors = {}
        for relative in RELATIVE_PENALTIES:
            error = 0.0
            for fold in range(10):
                rest = np.array([i for i in range(len(x)) if i % 10 != fold])
                out = np.array([i for i in range(len(x)) if i % 10 == fold])
                a, b = x[rest] - x[rest].mean(0), scores[rest] - scores[rest].mean(0)
                normal = a.T @ a + relative * unit * np.eye(a.shape[1])
                weights = np.linalg.solve(normal, a.T @ b)
                predicted = scores[rest].mean(0) + (x[out] - x[rest].mean(0)) @ weights
                error += ((scores[out] - predicted) ** 2).sum()
            errors[relative] = error
        best = min(errors, key=lambda relative: errors[relative])
        assert session.penalty == pytest.approx(best * unit)


def test_one_session_is_projected_and_components_beyond_the_rank_are_zero():
    averages = sessions()[1:2]
    found = regress_on_global_components(averages, 8)
    matrices, _, scores = aligned_slowly(averages, 5)
    np.testing.assert_allclose(found.sessions[0].matrix[:, :5], matrices[0], atol=1e-8)
    assert not found.sessions[0].matrix[:, 5:].any()
    projected = found.sessions[0].project(averages[0]).reshape(-1, 8)
    np.testing.assert_allclose(projected, found.scores.reshape(-1, 8), atol=1e-8)
    np.testing.assert_allclose(projected[:, :5], scores, atol=1e-8)


def test_shorter_trials_are_not_known_behind_their_end():
    averages = sessions()
    shorter = [averages[0], averages[1][:, :10], averages[2]]
    masked = [averages[0], averages[1].copy(), averages[2]]
    masked[1][:, 10:] = np.nan
    one, other = (regress_on_global_components(a, 3) for a in (shorter, masked))
    np.testing.assert_array_equal(one.sessions[1].matrix, other.sessions[1].matrix)


def test_mistakes():
    averages = sessions()
    averages[0][:3], averages[1][3:] = np.nan, np.nan
    with pytest.raises(UserError, match="conditions that all 3 sessions have; there is none"):
        regress_on_global_components(averages, 2)
    with pytest.raises(UserError, match="on the same conditions in all sessions"):
        regress_on_global_components([averages[0], averages[1][:3]], 2)
    with pytest.raises(
        UserError, match="`num_components` must be a whole number, 1 or more; got 0"
    ):
        regress_on_global_components(averages, 0)
