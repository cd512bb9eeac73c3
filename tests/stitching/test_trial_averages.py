"""Averages over training trials: what enters them, and how they are smoothed."""

import numpy as np
import pytest
from tests.data.sessions import counts

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.stitching.trial_averages import averages_of_all, condition_averages, encoded_part


def slow_average(session: Session, label: object, smoothing_bins: float) -> np.ndarray:
    """By loops, one sample after the other."""
    neurons = np.flatnonzero(~session.held_out_neurons)
    mean = np.full((session.num_bins, len(neurons)), np.nan)
    seen, labels = session.observed_bins(), np.asarray(session.condition)
    trials = [
        trial
        for trial in range(session.num_trials)
        if session.split[trial] == "train" and labels[trial] == label
    ]
    for time in range(session.num_bins):
        for place, neuron in enumerate(neurons):
            values = [session.spikes[t, time, neuron] for t in trials if seen[t, time, neuron]]
            if values:
                mean[time, place] = np.mean(values)
    result = np.full_like(mean, np.nan)
    for time, place in np.argwhere(~np.isnan(mean)):
        others = np.flatnonzero(~np.isnan(mean[:, place]))
        weight = np.exp(-0.5 * ((others - time) / smoothing_bins) ** 2)
        result[time, place] = weight @ mean[others, place] / weight.sum()
    return result


@pytest.fixture(scope="module")
def session() -> Session:
    spikes = counts(12, 8, 4)
    length = np.array([8, 8, 5, 4] * 3)
    spikes[np.arange(8)[None, :] >= length[:, None]] = 0
    observed = np.random.default_rng(1).random(spikes.shape) < 0.8
    observed[:, 2, 1] = False
    return Dataset.from_arrays(
        spikes, bin_width_s=0.01, split=["train"] * 8 + ["valid"] * 4, trial_length=length,
        condition=["a", "a", "b", "b"] * 3, observed=observed, held_out_neurons=[2],
    ).session  # fmt: skip


@pytest.mark.parametrize("smoothing_bins", [0.7, 2.0])
def test_averages_are_those_of_a_loop(session, smoothing_bins):
    found = condition_averages(session, ["b", "a", "c"], smoothing_bins)
    assert found.shape == (3, 8, 3)
    np.testing.assert_allclose(found[0], slow_average(session, "b", smoothing_bins), rtol=1e-3)
    np.testing.assert_allclose(found[1], slow_average(session, "a", smoothing_bins), rtol=1e-3)
    assert np.isnan(found[2]).all()
    assert np.isnan(found[0, 5:]).all()
    assert np.isnan(found[:, 2, 1]).all()


def test_without_smoothing_the_mean_is_plain():
    session = Dataset.from_arrays(
        counts(), bin_width_s=0.01, condition=[1, 2] * 5, split=["train"] * 10
    ).session
    found = condition_averages(session, ["1", "2"], 0.0)
    np.testing.assert_allclose(found[0], session.spikes[::2].mean(0))
    np.testing.assert_allclose(found[1], session.spikes[1::2].mean(0))


def test_only_what_is_encoded_enters():
    dataset = Dataset.from_arrays(
        counts(num_bins=6), bin_width_s=0.01, num_forward_bins=2, held_out_neurons=[0], condition=[0, 1] * 5
    )  # fmt: skip
    part = encoded_part(dataset.session, dataset.num_forward_bins)
    trains = dataset.session.of_split("train")
    np.testing.assert_array_equal(part.spikes, dataset.session.spikes[trains][:, :4, 1:])
    assert (part.trial_length == 4).all()
    assert averages_of_all([part], True, 1.0)[0].shape == (2, 4, 3)


def test_sessions_get_the_conditions_of_all_and_the_bins_of_the_longest():
    parts = [
        Dataset.from_arrays(counts(4, bins), bin_width_s=0.01, condition=c, split=["train"] * 4).session
        for bins, c in ((5, ["a", "b"] * 2), (7, ["b", "c"] * 2))
    ]  # fmt: skip
    first, second = averages_of_all(parts, True, 1.0)
    assert first.shape == second.shape == (3, 7, 4)
    assert np.isnan(first[2]).all()
    assert np.isnan(first[:, 5:]).all()
    assert np.isnan(second[0]).all()
    assert not np.isnan(second[1:]).any()
    assert averages_of_all(parts, False, 1.0)[0].shape == (1, 7, 4)


def test_a_session_without_conditions_is_a_mistake():
    session = Dataset.from_arrays(counts(), bin_width_s=0.01, name="monday").session
    with pytest.raises(UserError, match="session `monday`: its trials have no condition labels"):
        condition_averages(session, ["a"], 1.0)
