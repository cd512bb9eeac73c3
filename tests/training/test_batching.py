"""Trials of sessions beside each other, and steps, by hand."""

import numpy as np

from lfads.data.dataset import Dataset
from lfads.training.batching import (
    TrialArrays,
    as_steps,
    cut_into_steps,
    epoch_order,
    joined_trials,
    trial_arrays,
)


def sessions() -> list[TrialArrays]:
    """Three trials of four bins and two neurons, and two of five bins and three neurons."""
    first = TrialArrays(
        counts=np.arange(24, dtype=np.uint8).reshape(3, 4, 2),
        trial_id=np.array([0, 2, 5], np.int32),
        trial_length=np.array([4, 3, 4], np.int32),
        observed=np.arange(24).reshape(3, 4, 2) % 5 > 0,
        external_inputs=np.full((3, 4, 1), 2.5, np.float32),
    )
    second = TrialArrays(
        counts=300 + np.arange(30, dtype=np.uint16).reshape(2, 5, 3),
        trial_id=np.array([1, 3], np.int32),
        trial_length=None,
        observed=None,
        external_inputs=np.full((2, 5, 1), -1.0, np.float32),
    )
    return [first, second]


def test_trials_of_sessions_are_padded_to_the_longest_and_the_widest():
    one, other = sessions()
    found = joined_trials([one, other], [0, 10])
    assert (found.counts.shape, found.counts.dtype) == ((5, 5, 3), np.uint16)
    np.testing.assert_array_equal(found.counts[:3, :4, :2], one.counts)
    np.testing.assert_array_equal(found.counts[3:], other.counts)
    assert not found.counts[:3, 4:].any()
    assert not found.counts[:3, :, 2:].any()
    assert found.trial_id.tolist() == [0, 2, 5, 11, 13]
    assert found.session is not None
    assert found.session.tolist() == [0, 0, 0, 1, 1]
    assert found.trial_length is not None
    assert found.trial_length.tolist() == [4, 3, 4, 5, 5]
    assert found.observed is not None
    np.testing.assert_array_equal(found.observed[:3, :4, :2], one.observed)
    assert found.observed[3:].all()
    assert found.external_inputs is not None
    assert found.external_inputs[:, :, 0].tolist() == [[2.5] * 4 + [0]] * 3 + [[-1] * 5] * 2


def test_what_no_session_has_is_left_out():
    one, other = (part._replace(observed=None, external_inputs=None) for part in sessions())
    short = one._replace(trial_length=None)
    found = joined_trials([short, other], [0, 10])
    assert (found.observed, found.external_inputs) == (None, None)
    assert found.trial_length is not None
    assert found.trial_length.tolist() == [4, 4, 4, 5, 5]
    assert joined_trials([other, other], [0, 10]).trial_length is None


def test_chosen_trials_are_numbered_as_in_the_session():
    external = np.arange(48.0).reshape(6, 4, 2)
    counts = np.arange(72).reshape(6, 4, 3)
    session = Dataset.from_arrays(counts, bin_width_s=0.1, external_inputs=external).session
    found = trial_arrays(session, np.array([False, True, False, False, True, True]))
    assert found.trial_id.tolist() == [1, 4, 5]
    np.testing.assert_array_equal(found.counts, counts[[1, 4, 5]])
    np.testing.assert_array_equal(found.external_inputs, external[[1, 4, 5]])
    assert (found.trial_length, found.observed) == (None, None)


def test_steps_are_nearly_equal_and_shards_divide_them():
    slots = cut_into_steps(np.arange(10), 4, 2)
    assert slots.tolist() == [[0, 1, 2, 3], [4, 5, 6, -1], [7, 8, 9, -1]]
    slots = cut_into_steps(np.arange(10), 5, 2)
    assert slots.tolist() == [[0, 1, 2, 3, 4, -1], [5, 6, 7, 8, 9, -1]]
    steps = as_steps(slots, 3)
    assert steps.slots.tolist() == [*slots.tolist(), [-1] * 6]
    assert (steps.num_trials.tolist(), int(steps.num_steps)) == ([5, 5, 0], 2)
    assert as_steps(slots).slots.tolist() == slots.tolist()
    bucket = np.array([0, 1, 0, 1, 1])
    assert cut_into_steps(np.arange(5), 3, 1, bucket).tolist() == [[0, 2, -1], [1, 3, 4]]


def test_each_epoch_has_an_order_of_its_own():
    orders = [epoch_order(9, 4, 1, seed, epoch) for seed, epoch in ((0, 1), (0, 1), (0, 2), (1, 1))]
    assert orders[0].tolist() == orders[1].tolist()
    assert orders[0].tolist() not in (orders[2].tolist(), orders[3].tolist())
    for order in orders:
        assert sorted(order[order >= 0].tolist()) == list(range(9))
