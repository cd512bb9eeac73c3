"""What a look before training finds: planted defects, and nothing where none is planted."""

import dataclasses

import numpy as np
import pytest
from tests.data.sessions import full_dataset

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.selection import drop_neurons
from lfads.data.session import FIELDS, Session
from lfads.quality.bursts import bursts_of
from lfads.quality.drift import drift_of
from lfads.quality.examine import examine
from lfads.quality.findings import listed
from lfads.quality.measures import (
    copied_trials,
    firing_of,
    groups_of,
    mean_counts_by_group,
    population_rates_hz,
    silent_in_split,
)
from lfads.quality.synchrony import (
    Pair,
    closest,
    cross_correlogram,
    lag_bins,
    neurons_to_drop,
    synchrony_of,
)

WIDTH_S = 0.01


def poisson(num_trials=80, num_bins=60, num_neurons=10, *, rate=0.15, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(rate, (num_trials, num_bins, num_neurons))


def session_of(counts: np.ndarray, **given) -> Session:
    """Checked as for inference, which does not warn of silent neurons."""
    given = {"for_inference": True, **given}
    return Dataset.from_arrays(counts, bin_width_s=WIDTH_S, **given).session


def found_in(counts: np.ndarray, *, bin_width_s=WIDTH_S, **given) -> list[str]:
    """Titles of all findings."""
    given = {"for_inference": True, **given}
    dataset = Dataset.from_arrays(counts, bin_width_s=bin_width_s, **given)
    return [finding.title for finding in examine(dataset)[0].findings]


def with_shared_dynamics(num_trials=80, num_bins=60, num_neurons=10, *, seed=0) -> np.ndarray:
    """Neurons whose rates follow one slow variable that differs between trials, and drift together."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (num_trials, 1, 1))
    slow = np.sin(2 * np.pi * np.arange(num_bins)[None, :, None] / 30 + phase)
    gain = np.linspace(0.7, 1.3, num_trials)[:, None, None]
    return rng.poisson(0.2 * gain * np.exp(0.8 * slow), (num_trials, num_bins, num_neurons))


# Neurons that share spikes


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
    assert synchrony_of(session_of(counts), bin_width_s=0.02).pairs
    assert not synchrony_of(session_of(counts), bin_width_s=0.1).pairs
    counts[..., 4] = counts[..., 3]
    assert len(synchrony_of(session_of(counts), bin_width_s=0.1).pairs) == 1


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


# Noise on many channels


def test_bins_of_common_noise_are_found():
    counts = poisson(num_neurons=40)
    counts[[3, 30, 71], [10, 59, 0]] += 1
    found = bursts_of(session_of(counts))
    assert sorted(zip(found.trial.tolist(), found.bin.tolist(), strict=True)) == [
        (3, 10), (30, 59), (71, 0),
    ]  # fmt: skip
    assert (found.num_firing == 40).all()
    assert (found.expected < 15).all()
    assert any("3 bins in 3 trials where far more neurons" in t for t in found_in(counts))


@pytest.mark.parametrize("make", [poisson, with_shared_dynamics])
def test_no_bins_are_named_without_noise(make):
    assert len(bursts_of(session_of(make(num_neurons=40)))) == 0


def test_noise_in_many_bins_shows_in_the_mean_correlation():
    counts = poisson(num_neurons=20)
    struck = np.random.default_rng(2).random((80, 60)) < 0.1
    reached = np.random.default_rng(3).random((80, 60, 20)) < 0.35
    counts += struck[:, :, None] & reached
    found = synchrony_of(session_of(counts), bin_width_s=WIDTH_S)
    assert found.mean_correlation > 0.03
    assert any(t.startswith("Neurons fire together within single bins") for t in found_in(counts))


# Change over the session


def test_drift_and_loss_are_found():
    rng = np.random.default_rng(0)
    rate = np.full((200, 8), 0.2)
    rate[:, 3] = np.linspace(0.05, 0.4, 200)
    rate[150:, 5] = 0
    session = session_of(rng.poisson(rate[:, None, :], (200, 40, 8)))
    drift = drift_of(session, firing_of(session, WIDTH_S))
    assert drift is not None
    assert set(drift.drifting.tolist()) == {3, 5}
    assert np.flatnonzero(drift.lost).tolist() == [5]
    assert drift.num_blocks == 10
    assert drift.rates_hz[0, 3] < 12 < 30 < drift.rates_hz[-1, 3]
    assert not drift.population_drifts


def test_drift_follows_the_order_of_the_source():
    rng = np.random.default_rng(0)
    rate = np.linspace(0.05, 0.4, 100)[:, None, None]
    counts = rng.poisson(rate, (100, 40, 4))
    order = rng.permutation(100)
    session = session_of(counts[order], trial_index=order)
    drift = drift_of(session, firing_of(session, WIDTH_S))
    assert drift is not None
    assert drift.population_drifts
    assert (np.diff(drift.rates_hz, axis=0) > 0).mean() > 0.8


def test_conditions_in_an_uneven_order_are_no_drift():
    rng = np.random.default_rng(0)
    condition = (rng.random(200) < np.linspace(0.1, 0.9, 200)).astype(int)
    counts = rng.poisson(np.where(condition, 0.4, 0.1)[:, None, None], (200, 40, 5))
    session = session_of(counts, condition=condition)
    drift = drift_of(session, firing_of(session, WIDTH_S))
    assert drift is not None
    assert drift.drifting.size == 0
    assert not drift.population_drifts


def test_steady_neurons_do_not_drift():
    session = session_of(poisson(200, 40, 60, rate=0.05))
    drift = drift_of(session, firing_of(session, WIDTH_S))
    assert drift is not None
    assert drift.drifting.size == 0
    assert not drift.lost.any()


def test_few_trials_tell_no_drift():
    session = session_of(poisson(19))
    assert drift_of(session, firing_of(session, WIDTH_S)) is None


# Rates, counts, trials


def test_firing_counts_what_was_observed():
    counts = poisson(20, 30, 4)
    observed = np.ones(counts.shape, bool)
    observed[:, :15, 1] = False
    observed[:, :, 2] = False
    counts[..., 3] = 0
    firing = firing_of(session_of(counts, observed=observed), WIDTH_S)
    assert firing.rates_hz[0] == pytest.approx(counts[..., 0].sum() / 6.0)
    assert firing.rates_hz[1] == pytest.approx(counts[:, 15:, 1].sum() / 3.0)
    assert np.isnan(firing.rates_hz[2])
    assert firing.silent.tolist() == [False, False, True, True]


def test_nearly_silent_neurons_fire_less_than_once_in_ten_trials():
    counts = np.zeros((40, 10, 3), int)
    counts[::4, 0, 0] = 1
    counts[:3, 0, 1] = 1
    assert firing_of(session_of(counts), WIDTH_S).nearly_silent().tolist() == [False, True, False]


def test_counts_that_were_cut_off_are_found():
    counts = poisson(200, 50, 6, rate=0.6)
    assert not firing_of(session_of(counts), WIDTH_S).cut_off.any()
    assert firing_of(session_of(np.minimum(counts, 1)), WIDTH_S).cut_off.all()
    assert firing_of(session_of(np.minimum(counts, 2)), WIDTH_S).cut_off.all()
    assert not firing_of(session_of(np.minimum(counts, 1)), 0.001).cut_off.any()
    assert any("look cut off at 1" in t for t in found_in(np.minimum(counts, 1)))


def test_copied_trials_are_found():
    counts = poisson(20)
    counts[17] = counts[4]
    counts[5:7] = 0
    assert copied_trials(session_of(counts)) == ((4, 17),)
    titles = found_in(counts)
    assert "Trials that hold exactly the same spikes: 4 = 17." in titles
    assert "2 trials without a single spike: 5, 6." in titles


def test_neurons_that_a_split_lacks_are_found():
    counts = poisson(60, rate=0.5)
    split = np.repeat(["train", "valid", "test"], 20)
    counts[40:, :, 3] = 0
    session = session_of(counts, split=split)
    assert silent_in_split(session, firing_of(session, WIDTH_S), "test").tolist() == [3]
    titles = found_in(counts, split=split)
    assert any("without a spike in the test trials" in t for t in titles)
    assert "All test trials lie before or after all training trials." in titles
    titles = found_in(counts, split=["test", *["train", "valid"] * 29, "train"])
    assert not any("before or after" in t for t in titles)


def test_groups_pool_rare_conditions():
    condition = np.array(["a"] * 6 + ["b", "c", "c"] + ["d"] * 5)
    group = groups_of(session_of(poisson(14), condition=condition))
    assert group.tolist() == [0] * 6 + [2] * 3 + [1] * 5


def test_averages_leave_out_what_was_not_observed():
    counts = poisson(12, 8, 3, rate=1.0)
    observed = np.ones(counts.shape, bool)
    observed[:6, :, 1] = False
    session = session_of(counts, observed=observed)
    group = np.zeros(12, np.int64)
    mean = mean_counts_by_group(session, group)[0]
    assert np.allclose(mean[:, 0], counts[..., 0].mean(0))
    assert np.allclose(mean[:, 1], counts[6:, :, 1].mean(0))
    expected = (counts * observed).sum((0, 2)) / observed.sum((0, 2)) / WIDTH_S
    assert np.allclose(population_rates_hz(session, group, bin_width_s=WIDTH_S)[0], expected)


# Words


def test_nothing_is_said_about_good_data():
    assert found_in(poisson(120, 60, 20), condition=np.arange(120) % 4) == []


@pytest.mark.parametrize(
    ("counts", "given", "title"),
    [
        (poisson(20), {}, "Only 20 trials to train and validate on."),
        (poisson(60), {"split": ["test"] * 60}, "There are no training trials."),
        (poisson(60), {"split": ["train"] * 60}, "There are no validation trials."),
        (poisson(60, rate=2.0), {}, "10 neurons above 150 spikes/s"),
        (poisson(60, rate=0.01), {}, "All neurons together fire 0.1"),
        (poisson(60, rate=3.0), {"bin_width_s": 0.1}, "Half of the neurons fire more than 3"),
        (poisson(60, rate=0.01), {"bin_width_s": 1.0}, "Half of the neurons fire less than 0.01"),
        (poisson(60), {"condition": np.arange(60)}, "60 conditions among 60 trials."),
        (poisson(60), {"condition": [0] * 57 + [1] * 3}, "1 condition of 2 with fewer than 5"),
        (poisson(60), {"condition": [0] * 50 + [1] * 10, "split": ["train"] * 50 + ["valid"] * 10},
         "Conditions without a training trial: 1."),
        (poisson(60), {"held_out_neurons": range(6)}, "6 of 10 neurons are held out."),
    ],
)  # fmt: skip
def test_what_is_named(counts, given, title):
    assert any(found.startswith(title) for found in found_in(counts, **given))


def test_long_lists_are_shortened():
    assert listed(range(3)) == "0, 1, 2"
    assert listed(range(20)).endswith("11 and 8 more")


# Leaving neurons out


def test_every_array_of_neurons_is_cut():
    dataset = full_dataset()
    cut = drop_neurons(dataset, [0, 2])
    before, after = dataset.session, cut.session
    for name in ("spikes", "observed", "true_rates_hz", "held_out_neurons"):
        assert np.array_equal(getattr(after, name), getattr(before, name)[..., [1, 3]])
    assert {name: column.tolist()[0] for name, column in after.neuron_table.items()} == {
        "name": "n2", "area": "M1", "depth": 2.0,
    }  # fmt: skip
    for field in FIELDS:
        if "neuron" not in field.axes:
            assert getattr(after, field.name) is getattr(before, field.name)
    assert dataset.session.num_neurons == 4
    assert cut.source == "arrays without neurons 0, 2"
    assert (cut.start_s, cut.num_forward_bins) == (dataset.start_s, dataset.num_forward_bins)


def test_recordings_are_cut_alike_without_them():
    dataset = dataclasses.replace(
        full_dataset(), prepared={"unit_rows": [3, 5, 8, 9]}, files=("a", "b")
    )
    cut = drop_neurons(dataset, [0, 2])
    assert cut.prepared["unit_rows"] == [5, 9]
    assert cut.paths == ()


def test_no_array_keeps_the_old_number_of_neurons():
    """Also of fields that sessions may get one day."""
    counts = poisson(11, 7, 13)
    rng = np.random.default_rng(0)
    session = session_of(
        counts, observed=np.ones(counts.shape, bool) & (rng.random(counts.shape) < 0.9),
        true_rates_hz=rng.random(counts.shape), external_inputs=rng.random((11, 7, 2)),
        behavior={"hand": rng.random((11, 7, 2))}, condition=np.arange(11) % 2,
    )  # fmt: skip
    dataset = Dataset(sessions=(session,), bin_width_s=WIDTH_S)
    after = drop_neurons(dataset, [12]).session
    for field in dataclasses.fields(Session):
        assert 13 not in np.shape(getattr(after, field.name)), field.name


def test_sessions_are_named_where_there_are_several():
    one = Dataset.from_arrays(poisson(seed=1), bin_width_s=WIDTH_S, name="monday")
    two = Dataset.from_arrays(poisson(seed=2), bin_width_s=WIDTH_S, name="tuesday")
    both = dataclasses.replace(one, sessions=one.sessions + two.sessions)
    cut = drop_neurons(both, {"tuesday": [1]})
    assert [s.num_neurons for s in cut.sessions] == [10, 9]
    assert cut.source == "arrays without neuron 1 of tuesday"
    with pytest.raises(UserError, match="give the indices for each by its name"):
        drop_neurons(both, [1])
    with pytest.raises(UserError, match="no session `friday`; there are monday, tuesday"):
        drop_neurons(both, {"friday": [1]})


@pytest.mark.parametrize(
    ("neurons", "message"),
    [
        ([10], "counted from 0 to 9; got 10"),
        ([-1], "counted from 0 to 9; got -1"),
        ([True] * 10, "np.flatnonzero"),
        ([0.5], "expected indices of neurons; got float64"),
        ([[0], [1, 2]], "expected indices of neurons; got object"),
        (list(range(10)), "no neuron would be left to encode"),
    ],
)
def test_what_cannot_be_dropped(neurons, message):
    dataset = Dataset.from_arrays(poisson(), bin_width_s=WIDTH_S)
    with pytest.raises(UserError, match=message):
        drop_neurons(dataset, {"session": neurons})


def test_encoded_neurons_must_remain():
    dataset = Dataset.from_arrays(poisson(), bin_width_s=WIDTH_S, held_out_neurons=[8, 9])
    with pytest.raises(UserError, match="no neuron would be left to encode"):
        drop_neurons(dataset, range(8))


def test_dropping_nothing_changes_nothing():
    dataset = full_dataset()
    assert drop_neurons(dataset, []) is dataset
