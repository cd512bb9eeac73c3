"""Groups told apart: what is there, nothing in noise, and within levels."""

import numpy as np
import pytest

from lfads.numerics.separation import (
    balanced_folds,
    explained_by_groups,
    separation,
    shuffled_within,
)


def test_noise_is_told_at_chance():
    rng = np.random.default_rng(0)
    group = np.arange(120) % 3
    found = [separation(rng.normal(size=(120, 8)), group, num_shuffles=50) for _ in range(10)]
    assert np.mean([each.accuracy for each in found]) == pytest.approx(1 / 3, abs=0.05)
    assert sum(each.p < 0.05 for each in found) <= 2
    assert found[0].chance == pytest.approx(1 / 3, abs=0.05)


def test_groups_that_only_levels_tell_apart():
    rng = np.random.default_rng(1)
    side, level = rng.integers(0, 2, 200), rng.integers(0, 4, 200)
    angle = np.pi / 2 * level
    push = (2 * side - 1)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    values = push + 0.2 * rng.normal(size=push.shape)
    assert separation(values, side, num_shuffles=20).accuracy < 0.65
    assert separation(values, side, level, num_shuffles=20).accuracy > 0.99


def test_shuffles_stay_within_levels():
    rng = np.random.default_rng(2)
    group, level = rng.integers(0, 3, 60), np.arange(60) % 2
    other = shuffled_within(rng, group, level)
    assert not np.array_equal(other, group)
    for one in (0, 1):
        assert np.bincount(other[level == one], minlength=3).tolist() == (
            np.bincount(group[level == one], minlength=3).tolist()
        )


def test_folds_hold_trials_of_each_group():
    group = np.repeat(np.arange(4), 10)
    fold = balanced_folds(group, 5)
    assert all(np.bincount(fold[group == g]).tolist() == [2] * 5 for g in range(4))


def test_share_is_that_of_an_analysis_of_variance():
    from scipy.stats import f_oneway

    rng = np.random.default_rng(3)
    group = np.arange(30) % 3
    values = rng.normal(size=(30, 4, 1)) + 0.5 * group[:, None, None]
    values[0, 2] = np.nan
    share = explained_by_groups(values, group)
    for bin_, number in ((0, 30), (2, 29)):
        x = values[:, bin_, 0]
        f = f_oneway(*(x[np.isfinite(x) & (group == g)] for g in range(3)))[0]
        assert share[bin_] / (1 - share[bin_]) * (number - 3) / 2 == pytest.approx(f)
    assert not explained_by_groups(np.zeros((30, 4, 1)), group).any()


def test_shuffled_labels_are_told_as_well_as_labels_of_noise():
    """In small groups unbalanced folds alone cost accuracy; shuffled labels must not pay it either."""
    level, group = np.divmod(np.arange(64) // 4, 2)
    rng = np.random.default_rng(0)
    found = [separation(rng.normal(size=(64, 6)), group, level, num_shuffles=20) for _ in range(60)]
    accuracy, chance = (
        np.mean([getattr(f, name) for f in found]) for name in ("accuracy", "chance")
    )
    assert abs(accuracy - chance) < 0.025
