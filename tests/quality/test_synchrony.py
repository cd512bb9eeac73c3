"""Neurons that share spikes, and noise that reaches many at once."""

import numpy as np
import pytest
from tests.quality.planted import WIDTH_S, found_in, poisson, session_of, with_shared_dynamics

from lfads.data.dataset import Dataset
from lfads.quality.examine import examine
from lfads.quality.synchrony import (
    Pair,
    closest,
    cross_correlogram,
    lag_bins,
    neurons_to_drop,
    synchrony_of,
)


def test_a_unit_recorded_twice_is_found():
    counts = poisson()
    kept = np.random.default_rng(1).random(counts[..., 2].shape) < 0.6
    counts[..., 7] = counts[..., 2] * kept
    found = synchrony_of(session_of(counts), bin_width_s=WIDTH_S)
    assert [(p.keep, p.drop) for p in found.pairs] == [(2, 7)]
    pair = found.pairs[0]
    assert pair.share > 0.9
    assert pair.coincidences == ((counts[..., 2] > 0) & (counts[..., 7] > 0)).sum()
    assert pair.expected < 0.4 * pair.coincidences
    assert neurons_to_drop(found.pairs) == [7]


def test_a_share_of_common_spikes_is_measured():
    counts, common = poisson(200), poisson(200, seed=5)[..., 0]
    counts[..., 3] += common
    counts[..., 4] += common
    pair = synchrony_of(session_of(counts), bin_width_s=WIDTH_S).pairs[0]
    assert {pair.keep, pair.drop} == {3, 4}
    assert pair.share == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("make", [poisson, with_shared_dynamics])
@pytest.mark.parametrize("bin_width_s", [0.005, 0.01, 0.02])
def test_neurons_that_share_no_spikes_are_not_named(make, bin_width_s):
    session = session_of(make(num_neurons=25))
    found = synchrony_of(session, bin_width_s=bin_width_s)
    assert found.pairs == ()
    assert abs(found.mean_correlation) < 0.01


def test_tuning_alike_is_not_sharing_spikes():
    rng = np.random.default_rng(0)
    condition = np.arange(120) % 4
    rates = np.where((condition % 2 == 0)[:, None] & (np.arange(60) == 30), 0.9, 0.05)
    counts = rng.poisson(rates[:, :, None], (120, 60, 8))
    found = synchrony_of(session_of(counts, condition=condition), bin_width_s=WIDTH_S)
    assert found.pairs == ()


def test_missing_samples_and_unequal_trials_hide_no_duplicate():
    counts = poisson(rate=0.3)
    counts[..., 7] = counts[..., 2]
    lengths = np.where(np.arange(80) % 2, 60, 40)
    counts[::2, 40:] = 0
    observed = np.ones(counts.shape, bool)
    observed[:20, :, 5] = False
    session = session_of(counts, trial_length=lengths, observed=observed)
    pairs = synchrony_of(session, bin_width_s=WIDTH_S).pairs
    assert [{p.keep, p.drop} for p in pairs] == [{2, 7}]


def test_correlations_equal_slow_ones():
    """The excess at lag 0 against a loop over pairs and trials."""
    counts = with_shared_dynamics(30, 20, 3)
    found = synchrony_of(session_of(counts), bin_width_s=WIDTH_S)
    residual = counts - counts.mean(0)
    residual = residual - residual.mean(1, keepdims=True)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        zero = np.mean(
            [residual[k, t, i] * residual[k, t, j] for k in range(30) for t in range(20)]
        )
        beside = [
            residual[k, t, a] * residual[k, t + 1, b]
            for k in range(30) for t in range(19) for a, b in ((i, j), (j, i))
        ]  # fmt: skip
        scale = residual[..., i].std() * residual[..., j].std()
        assert found.correlation[i, j] == pytest.approx((zero - np.mean(beside)) / scale, abs=1e-4)


def test_correlograms_count_coincidences_at_every_lag():
    counts = poisson(5, 12, 2, rate=0.4)
    a, b = counts[..., 0] > 0, counts[..., 1] > 0
    slow = [
        sum(
            bool(a[k, t] and b[k, t + lag])
            for k in range(5)
            for t in range(12)
            if 0 <= t + lag < 12
        )
        for lag in range(-3, 4)
    ]
    assert cross_correlogram(session_of(counts), 0, 1, 3).tolist() == slow


def test_wide_bins_name_copies_only():
    rng = np.random.default_rng(0)
    common = rng.poisson(1.0, (80, 60))
    counts = rng.poisson(1.0, (80, 60, 5))
    counts[..., :2] += common[..., None]
    assert synchrony_of(session_of(counts), bin_width_s=0.01).pairs
    assert not synchrony_of(session_of(counts), bin_width_s=0.02).pairs
    assert not synchrony_of(session_of(counts), bin_width_s=0.1).pairs
    counts[..., 4] = counts[..., 3]
    for bin_width_s in (0.02, 0.1):
        assert len(synchrony_of(session_of(counts), bin_width_s=bin_width_s).pairs) == 1


def test_neurons_driven_together_are_no_copies_in_bins_of_any_width():
    """Two neurons that common events drive within 4 ms, and two that share their very spikes."""
    rng = np.random.default_rng(0)
    fires = rng.random((100, 1000, 4)) < 0.012
    for both, jitter in (((0, 1), 4.0), ((2, 3), 0.0)):
        events = np.argwhere(rng.random((100, 1000)) < (0.01 if jitter else 0.03))
        for neuron in both:
            moved = events[:, 1] + np.round(rng.normal(0, jitter, len(events))).astype(int)
            fires[events[:, 0], np.clip(moved, 0, 999), neuron] = True
    for width_ms in (1, 5, 10, 20):
        counts = fires.reshape(100, -1, width_ms, 4).sum(2)
        pairs = synchrony_of(session_of(counts), bin_width_s=width_ms / 1000).pairs
        assert [{p.keep, p.drop} for p in pairs] == [{2, 3}]


@pytest.mark.parametrize(("width_s", "told"), [(0.001, False), (0.005, True)])
def test_the_check_that_settles_it_is_said_where_bins_hold_more_than_a_spike(width_s, told):
    counts = poisson()
    counts[..., 7] = counts[..., 2]
    dataset = Dataset.from_arrays(counts, bin_width_s=width_s, for_inference=True)
    (shared,) = [
        f for f in examine(dataset)[0].findings if f.title.startswith("Neurons that share")
    ]
    assert ("at 1 ms and look again" in shared.advice) == told
    assert "eave out 1 neuron: 7" in shared.advice


def test_one_neuron_in_many_pairs_goes_alone():
    pairs = tuple(Pair(keep=4, drop=d, share=0.5, coincidences=50, expected=5.0) for d in (1, 2, 3))
    assert neurons_to_drop(pairs) == [4]
    assert neurons_to_drop(()) == []


def test_the_held_out_neuron_of_a_pair_goes():
    counts = poisson()
    counts[..., 7] = counts[..., 2]
    counts[::2, ::7, 7] += 1  # it fires more, and would be kept
    pair = synchrony_of(session_of(counts, held_out_neurons=[7]), bin_width_s=WIDTH_S).pairs[0]
    assert (pair.keep, pair.drop) == (2, 7)
    titles = found_in(counts, held_out_neurons=[7])
    assert any(t.startswith("Held-out neurons that share spikes with encoded") for t in titles)


def test_the_closest_pairs_name_each_neuron_once():
    found = synchrony_of(session_of(poisson()), bin_width_s=WIDTH_S)
    named = [n for pair in closest(found, 4) for n in pair]
    assert len(named) == len(set(named))


@pytest.mark.parametrize(("width_s", "bins"), [(0.001, 5), (0.005, 1), (0.004, 2), (0.1, 1)])
def test_lag_zero_is_compared_with_five_milliseconds(width_s, bins):
    assert lag_bins(width_s) == bins


def test_noise_in_many_bins_shows_in_the_mean_correlation():
    counts = poisson(num_neurons=20)
    struck = np.random.default_rng(2).random((80, 60)) < 0.1
    reached = np.random.default_rng(3).random((80, 60, 20)) < 0.35
    counts += struck[:, :, None] & reached
    found = synchrony_of(session_of(counts), bin_width_s=WIDTH_S)
    assert found.mean_correlation > 0.03
    assert any(t.startswith("Neurons fire together within single bins") for t in found_in(counts))
