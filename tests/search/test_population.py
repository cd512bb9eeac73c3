"""Selection and perturbation: who is replaced, by whom, and what changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfads.config import SearchRange
from lfads.search.population import (
    draw,
    explore,
    has_converged,
    perturb,
    tournament,
    truncation,
)

SCORES = st.lists(
    st.one_of(st.floats(0.01, 10), st.sampled_from([np.nan, np.inf, -np.inf])),
    min_size=1,
    max_size=25,
)
SEEDS = st.integers(0, 2**16)
RANGE = SearchRange(low=1e-5, high=5e-3, start=4e-3, width=0.3)


@pytest.mark.parametrize("select", [tournament, truncation])
@given(scores=SCORES, seed=SEEDS)
def test_nobody_is_replaced_by_a_worse_or_equal_one(select, scores, seed):
    scores = np.array(scores)
    source = select(scores, np.random.default_rng(seed))
    ranked = np.where(np.isfinite(scores), scores, np.inf)
    replaced = source != np.arange(len(scores))
    assert (ranked[source][replaced] < ranked[replaced]).all()
    assert source[int(np.argmin(ranked))] == np.argmin(ranked)
    np.testing.assert_array_equal(source, select(scores, np.random.default_rng(seed)))


def test_a_score_that_is_not_finite_always_loses():
    scores = np.array([np.nan, 5.0, -np.inf, np.inf])
    for seed in range(50):
        source = tournament(scores, np.random.default_rng(seed))
        assert source[1] == 1
        assert set(source[[0, 2, 3]]) <= {0, 1, 2, 3}
        for loser in (0, 2, 3):
            assert source[loser] in (loser, 1)


def test_everyone_meets_everyone_else_equally_often():
    """The worst of four is replaced always, by each other one in a third of the tournaments."""
    scores, rng = np.array([1.0, 2.0, 3.0, 4.0]), np.random.default_rng(0)
    sources = np.array([tournament(scores, rng) for _ in range(6000)])
    shares = [(sources[:, 3] == other).mean() for other in range(4)]
    np.testing.assert_allclose(shares, [1 / 3, 1 / 3, 1 / 3, 0], atol=0.02)
    assert (sources[:, 1] == 0).mean() == pytest.approx(1 / 3, abs=0.02)


def test_truncation_replaces_the_worst_fifth_by_the_best_fifth():
    scores = np.arange(20.0)[::-1]
    source = truncation(scores, np.random.default_rng(3))
    assert set(np.flatnonzero(source != np.arange(20))) == {0, 1, 2, 3}
    assert set(source[:4]) <= {16, 17, 18, 19}


def test_perturbation_is_as_likely_up_as_down_and_bounded():
    rng = np.random.default_rng(1)
    wide = SearchRange(low=1e-9, high=1e9, width=0.8, enforced=False)
    steps = np.log([perturb(2.0, wide, rng) / 2.0 for _ in range(20_000)])
    assert np.abs(steps).max() <= np.log(1.8)
    assert np.abs(steps).min() >= np.log(1 + 0.002 * 0.8) - 1e-12
    expected = (np.log(1.8) + np.log(1 + 0.002 * 0.8)) / 2
    assert np.abs(steps).mean() == pytest.approx(expected, rel=0.02)
    assert steps.mean() == pytest.approx(0, abs=0.01)


@given(st.floats(1e-5, 5e-3), SEEDS)
def test_enforced_limits_hold(value, seed):
    changed = perturb(value, RANGE, np.random.default_rng(seed))
    assert RANGE.low <= changed <= RANGE.high


def test_a_value_outside_enforced_limits_is_clipped_after_many_tries():
    assert perturb(1.0, RANGE, np.random.default_rng(0)) == RANGE.high


def test_soft_limits_may_be_crossed():
    soft = SearchRange(low=1.0, high=2.0, width=0.5, enforced=False)
    rng = np.random.default_rng(0)
    changed = [perturb(2.0, soft, rng) for _ in range(50)]
    assert max(changed) > 2
    assert min(changed) < 2


@given(SCORES, SEEDS)
def test_survivors_keep_their_values_and_losers_start_from_the_winner(scores, seed):
    rng = np.random.default_rng(seed)
    number = len(scores)
    values = {"learning_rate": np.full(number, 4e-3), "weight_decay": np.arange(number) / 10}
    source = tournament(np.array(scores), rng)
    changed = explore(values, source, {"learning_rate": RANGE}, rng)
    stays = source == np.arange(number)
    np.testing.assert_array_equal(changed["learning_rate"][stays], 4e-3)
    np.testing.assert_array_equal(changed["weight_decay"], source / 10)
    assert (changed["learning_rate"][~stays] != 4e-3).all()
    assert (np.abs(np.log(changed["learning_rate"] / 4e-3)) <= np.log(1.3) + 1e-12).all()


def test_the_order_of_the_columns_changes_nothing():
    values = {"dropout_rate": np.full(6, 0.2), "learning_rate": np.full(6, 4e-3)}
    space = {"learning_rate": RANGE, "dropout_rate": SearchRange(law="uniform", low=0, high=0.6)}
    source = np.array([0, 0, 2, 2, 4, 0])
    one = explore(values, source, space, np.random.default_rng(5))
    other = explore(dict(reversed(values.items())), source, space, np.random.default_rng(5))
    for name in values:
        np.testing.assert_array_equal(one[name], other[name])


def test_resampling_draws_from_the_law():
    law = SearchRange(law="uniform", low=0.2, high=0.6)
    values = {"dropout_rate": np.full(400, 0.9)}
    source = np.zeros(400, int)
    changed = explore(
        values, source, {"dropout_rate": law}, np.random.default_rng(0), resample=True
    )
    assert changed["dropout_rate"][0] == 0.9
    drawn = changed["dropout_rate"][1:]
    assert drawn.min() >= 0.2
    assert drawn.max() <= 0.6
    assert drawn.mean() == pytest.approx(0.4, abs=0.02)


def test_first_values_follow_start_or_law():
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(draw(RANGE, 3, rng), [4e-3] * 3)
    logs = np.log10(draw(SearchRange(low=1e-4, high=1.0), 5000, rng))
    assert logs.min() >= -4
    assert logs.max() <= 0
    assert logs.mean() == pytest.approx(-2, abs=0.05)


def test_convergence_needs_patience():
    assert not has_converged([1.0, 1.0], 5e-4, 4)
    assert has_converged([2.0, 1.0, 1.0, 1.0, 1.0, 0.9996], 5e-4, 4)
    assert not has_converged([2.0, 1.0, 1.0, 1.0, 1.0, 0.9994], 5e-4, 4)
    assert not has_converged([np.inf] * 9, 5e-4, 4)
    assert not has_converged([2.0, 1.0, 1.0], 5e-4, 2)
