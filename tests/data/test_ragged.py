"""Lists of trials of unequal length are padded with what stands beside them; sessions are led on."""

import numpy as np
import pytest
from tests.data.sessions import counts

from lfads.checks import UserError
from lfads.data.dataset import Dataset

LENGTH = [6, 4, 5, 6, 3, 6, 6, 2, 6, 5]


def cut(array):
    return [trial[:length] for trial, length in zip(array, LENGTH, strict=True)]


def made(spikes, **others):
    return Dataset.from_arrays(spikes, bin_width_s=0.01, **others)


@pytest.mark.parametrize("kind", [list, tuple])
def test_trials_are_padded_with_all_that_is_over_time(kind):
    rng = np.random.default_rng(0)
    inputs, hand = rng.normal(size=(10, 6, 2)), rng.normal(size=(10, 6, 1))
    observed = rng.random((10, 6, 4)) < 0.8
    session = made(
        kind(cut(counts())), external_inputs=cut(inputs), behavior={"hand": cut(hand)},
        observed=cut(observed),
    ).session  # fmt: skip
    within = np.arange(6) < np.array(LENGTH)[:, None]
    assert session.trial_length.tolist() == LENGTH
    assert session.observed is not None
    assert session.external_inputs is not None
    np.testing.assert_array_equal(session.spikes, counts() * (within[:, :, None] & observed))
    np.testing.assert_array_equal(session.external_inputs, inputs * within[:, :, None])
    np.testing.assert_array_equal(session.behavior["hand"][within], hand[within])
    assert np.isnan(session.behavior["hand"][~within]).all()
    np.testing.assert_array_equal(session.observed[within], observed[within])


def test_an_array_of_objects_is_a_list_and_signals_are_padded_alike():
    trials = np.empty(10, object)
    trials[:] = cut(np.random.default_rng(0).normal(size=(10, 6, 4)))
    session = made(None, signals=trials).session
    assert session.trial_length.tolist() == LENGTH
    assert session.values[1, 4:].tolist() == [[0.0] * 4] * 2


MISTAKES = [
    (
        {"spikes": [np.ones((3, 4), int), np.ones((5, 3), int)]},
        r"list of 2 trials, each \(time, neuron\), .* same neurons; got 4 in trial 0 and 3 in trial 1$",
    ),
    (
        {"spikes": [trial.T for trial in cut(counts())]},
        r"If trials are \(neuron, time\), turn them: `\[trial.T for trial in spikes\]`",
    ),
    (
        {"trial_length": LENGTH},
        r"`trial_length` is that of the trials in the list `spikes`: leave it",
    ),
    (
        {"external_inputs": cut(np.ones((10, 6, 1)))[:9]},
        r"`external_inputs` must be one array, all",
    ),
]


@pytest.mark.parametrize(("changed", "message"), MISTAKES)
def test_what_is_wrong_with_a_list_is_named(changed, message):
    given = {"spikes": cut(counts())} | changed
    with pytest.raises(UserError, match=message):
        made(given.pop("spikes"), **given)


@pytest.mark.parametrize(
    "sessions",
    [
        [cut(counts()), cut(counts())],
        [counts(), counts(8)],
        [counts(), counts()],
        [cut(counts()), counts()],
    ],
)
def test_a_list_of_sessions_leads_to_one_data_set_each(sessions):
    message = (
        r"If these are 2 sessions, each session is a data set of its own: "
        r"`lfads.Dataset.from_arrays\(trials, name='monday', ...\)`, .*`lfads.read\(\[...\]\)` opens"
    )
    with pytest.raises(UserError, match=message):
        made(sessions)
