"""Data without structure keep what they should: rates, averages, splits, lengths, what is missing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.runs.surrogates import num_alike, surrogate_of

pytestmark = pytest.mark.hypothesis


def recorded(seed: int, trials: int, neurons: int, lengths: bool, gaps: bool, labels: bool):
    """Trials of several conditions and lengths, some samples missing."""
    rng, bins = np.random.default_rng(seed), 6
    length = rng.choice([4, 6], trials) if lengths else np.full(trials, bins)
    missing = rng.random(trials) < (0.3 if gaps else 0)
    observed = np.ones((trials, bins, neurons), bool)
    observed[missing, 1:3] = False  # a stretch that is missing of all neurons
    observed[missing[::-1], 2, 0] = False
    counts = rng.integers(1, 5, (trials, bins, neurons)) * observed
    counts[np.arange(bins) >= length[:, None]] = 0
    conditions = rng.integers(0, 2, trials) if labels else None
    return Dataset.from_arrays(
        counts, bin_width_s=0.02, trial_length=length, condition=conditions, observed=observed,
        split=np.where(np.arange(trials) % 4 == 0, "valid", "train"),
        external_inputs=rng.normal(size=(trials, bins, 1)), true_rates_hz=1.0 + counts,
        behavior={"hand": rng.normal(size=(trials, bins, 2))},
    )  # fmt: skip


@settings(max_examples=25)
@given(
    st.integers(0, 2**20),
    st.integers(20, 40),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["trials", "shifts"]),
)
@pytest.mark.filterwarnings("ignore:.*half of the trials have fewer")
def test_surrogates_keep_what_they_say(seed, trials, neurons, lengths, gaps, labels, surrogate):
    dataset = recorded(seed, trials, neurons, lengths, gaps, labels)
    session = dataset.session
    if surrogate == "trials" and not num_alike(session) > 1:
        with pytest.raises(UserError, match="nothing to permute them with"):
            surrogate_of(dataset, surrogate, 0)
        return
    changed = surrogate_of(dataset, surrogate, 0)
    found = changed.session
    assert changed.paths == ()
    assert f"{surrogate} of each neuron at random" in changed.source
    for name in ("split", "trial_length", "trial_index", "condition", "observed"):
        assert getattr(found, name) is getattr(session, name)
    assert found.external_inputs is session.external_inputs
    assert found.behavior is session.behavior
    assert found.true_rates_hz is None
    known = session.observed_bins()
    assert (found.values[~known] == 0).all()
    assert (found.values[known] > 0).all()
    groups = [
        (session.split == s) & (session.trial_length == n)
        for s in ("train", "valid")
        for n in (4, 6)
    ]
    if session.condition is not None and surrogate == "trials":
        groups = [g & (session.condition == c) for g in groups for c in (0, 1)]
    for group in groups:
        for neuron in range(session.num_neurons):
            mine, others = (s.values[group][:, :, neuron] for s in (session, found))
            if surrogate == "trials":  # whole courses, and so averages
                assert sorted(map(bytes, mine)) == sorted(map(bytes, others))
            assert sorted(mine[mine > 0]) == sorted(others[others > 0])


def test_the_same_seed_gives_the_same_surrogate():
    counts = np.random.default_rng(0).poisson(1.0, (30, 8, 4))
    dataset = Dataset.from_arrays(counts, bin_width_s=0.02)
    for surrogate in ("trials", "shifts"):
        one, same, other = (surrogate_of(dataset, surrogate, seed) for seed in (0, 0, 1))
        assert one.fingerprint() == same.fingerprint() != other.fingerprint()


def test_shifts_leave_neither_averages_nor_what_lasts_for_a_trial():
    rng = np.random.default_rng(0)
    gain = rng.gamma(1.0, 1.0, (400, 1, 1))
    counts = rng.poisson(gain * np.linspace(0, 6, 10)[None, :, None] * np.ones((1, 1, 2)))
    dataset = Dataset.from_arrays(counts, bin_width_s=0.02, condition=np.arange(400))
    shifted = surrogate_of(dataset, "shifts", 0).session.values.astype(float)
    assert np.ptp(shifted.mean((0, 2))) < 0.25 * np.ptp(counts.mean((0, 2)))
    correlation = [
        np.corrcoef(*values.sum(1).T)[0, 1] for values in (counts.astype(float), shifted)
    ]
    assert correlation[0] > 0.8
    assert abs(correlation[1]) < 0.15


def test_a_surrogate_of_few_trials_a_condition_says_so():
    counts = np.random.default_rng(0).poisson(1.0, (12, 8, 4))
    dataset = Dataset.from_arrays(counts, bin_width_s=0.02, condition=np.arange(12) // 4)
    with pytest.warns(UserWarning, match="fewer than 5 .* the surrogate is not without structure"):
        surrogate_of(dataset, "trials", 0)
