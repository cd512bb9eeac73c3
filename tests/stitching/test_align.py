"""Read-ins that bring sessions into one space."""

import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stitching.planted import BIN_WIDTH_S, aligned_courses, latents, planted

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.stitching.align import align, align_by_time_course
from lfads.stitching.alignment import agreement_of, own_components
from lfads.stitching.by_conditions import align_by_conditions
from lfads.stitching.trial_averages import condition_averages, encoded_parts

ALIGNMENTS = (align_by_conditions, align_by_time_course)


def inputs(session, read_in):
    """Of every training sample, `sample component`."""
    counts = session.spikes[session.of_split("train")][:, :, ~session.held_out_neurons]
    return ((counts - read_in.offset) @ read_in.weights)[
        session.valid_bins()[session.of_split("train")]
    ]


def test_planted_latents_are_brought_together_by_conditions():
    dataset = planted()
    alignment = align_by_conditions(dataset, 3)
    assert alignment.start == "conditions"
    assert min(agreement_of(aligned_courses(dataset, alignment))) > 0.9999
    assert max(agreement_of(own_components(dataset, 3, "conditions"))) < 0.7


def test_read_ins_are_ridge_regressions_on_plain_principal_components():
    dataset = planted(noise=300.0)
    alignment = align_by_conditions(dataset, 2)
    averages = [
        condition_averages(s, range(6), 0.03 / BIN_WIDTH_S).reshape(-1, s.num_neurons)
        for s in dataset.sessions
    ]
    centred = [a - a.mean(0) for a in averages]
    left, size, _ = np.linalg.svd(np.concatenate(centred, axis=1), full_matrices=False)
    scores = (left * size)[:, :2]
    for predictor, average, read_in in zip(centred, averages, alignment.read_ins, strict=True):
        ridge = predictor.T @ predictor + np.eye(predictor.shape[1])
        expected = np.linalg.solve(ridge, predictor.T @ scores)
        np.testing.assert_allclose(read_in.offset, average.mean(0))
        ratio = read_in.weights / expected
        np.testing.assert_allclose(np.abs(ratio), np.abs(ratio[0, 0]), rtol=1e-6)
        assert (np.sign(ratio) == np.sign(ratio[:1])).all()


SOME = {
    "one lacks a condition": [range(6), range(6), range(5)],
    "each lacks others": [[0, 1, 2, 3], [2, 3, 4, 5], [0, 1, 4, 5]],
    "a chain": [[0, 1, 2], [2, 3, 4], [4, 5, 2]],
}


@pytest.mark.parametrize("name", SOME)
def test_missing_conditions_change_little(name):
    dataset = planted()
    whole = aligned_courses(dataset, align_by_conditions(dataset, 3))
    some = planted(conditions=[list(c) for c in SOME[name]])
    found = align_by_conditions(some, 3)
    assert min(agreement_of(aligned_courses(some, found))) > 0.9999
    courses = aligned_courses(dataset, found)  # of all conditions, with what was found from some
    factor = np.sum(np.array(courses) * whole) / np.sum(
        np.square(whole)
    )  # variance is of other trials
    np.testing.assert_allclose(np.array(courses) / factor, whole, atol=0.01 * np.abs(whole).max())


def test_sessions_may_have_different_numbers_of_bins():
    dataset = planted(bins=(30, 22, 26))
    found = align_by_conditions(dataset, 3, smoothing_s=0.0)  # which differs at ends
    courses = aligned_courses(dataset, found, smoothing_s=0.0)
    assert min(agreement_of(courses)) > 0.9999
    assert [c.shape for c in courses] == [(6, 30, 3)] * 3
    assert np.isnan(courses[1][:, 22:]).all()


def test_time_courses_bring_sessions_together_without_conditions():
    course = latents(num_conditions=1, num=2, seed=4)
    dataset = planted(
        (12, 30, 8), course=course, labelled=False, noise=100.0, trials_per_condition=20
    )
    found = align_by_time_course(dataset, 2)
    assert found.start == "time_course"
    assert min(agreement_of(aligned_courses(dataset, found))) > 0.98
    assert max(agreement_of(own_components(dataset, 2, "time_course"))) < 0.6


@pytest.mark.parametrize("start", ALIGNMENTS)
def test_inputs_of_single_trials_have_variance_one(start):
    dataset = planted(noise=200.0)
    found = start(dataset, 3)
    variances = [inputs(s, r).var(0) for s, r in zip(dataset.sessions, found.read_ins, strict=True)]
    assert np.mean(variances) == pytest.approx(1.0)


@pytest.mark.parametrize("start", ALIGNMENTS)
def test_the_same_data_give_the_same_read_ins(start):
    one, other = start(planted(noise=50.0), 5), start(planted(noise=50.0), 5)
    for a, b in zip(one.read_ins, other.read_ins, strict=True):
        np.testing.assert_array_equal(a.weights, b.weights)
        np.testing.assert_array_equal(a.offset, b.offset)


def poisson(rng, num_neurons, name, num_bins=12):
    """Ragged, sparse, with missing samples, a silent neuron and a held-out one."""
    spikes = rng.poisson(0.2, (10, num_bins, num_neurons))
    spikes[:, :, 0] = 0
    spikes[:, 0, 1] = 1
    length = rng.integers(3, num_bins + 1, 10)
    length[0] = num_bins
    spikes *= np.arange(num_bins)[None, :, None] < length[:, None, None]
    held_out = [num_neurons - 1] if num_neurons > 2 else []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # silent neurons are meant
        return Dataset.from_arrays(
            spikes, bin_width_s=0.01, trial_length=length, condition=np.arange(10) % 3, name=name,
            split=["train"] * 6 + ["valid"] * 4, held_out_neurons=held_out,
            observed=(rng.random(spikes.shape) < 0.9) | (np.arange(num_neurons) == 1),
            num_forward_bins=1,
        ).session  # fmt: skip


@pytest.mark.parametrize("start", ALIGNMENTS)
@given(st.lists(st.integers(2, 7), min_size=1, max_size=4), st.integers(1, 9), st.integers(0, 999))
def test_read_ins_are_finite_for_any_sizes(start, sizes, num_components, seed):
    rng = np.random.default_rng(seed)
    sessions = tuple(
        poisson(rng, size, f"day_{n}", num_bins=12 - n) for n, size in enumerate(sizes)
    )
    dataset = Dataset(sessions=sessions, bin_width_s=0.01, num_forward_bins=1)
    found = start(dataset, num_components)
    assert len(agreement_of(aligned_courses(dataset, found))) == len(sizes)
    for part, read_in in zip(encoded_parts(dataset), found.read_ins, strict=True):
        assert read_in.weights.shape == (part.num_neurons, num_components)
        assert np.isfinite(read_in.weights).all()
        assert np.isfinite(read_in.offset).all()
        assert (read_in.offset >= 0).all()
        assert (read_in.weights[0] == 0).all()


def test_a_session_that_shares_nothing_is_named():
    dataset = planted((4, 4, 4), conditions=[[0, 1], [1, 2], [3, 4]])
    with pytest.raises(
        UserError, match=r"`day_2` shares no condition with the other 2 sessions"
    ) as caught:
        align_by_conditions(dataset, 2)
    assert "(`day_2` has 3, 4)" in str(caught.value)
    with pytest.raises(UserError, match="`day_2`, `day_3` share no condition with the other 2"):
        align_by_conditions(planted((4,) * 4, conditions=[[0], [0], [1], [1]]), 2)


def test_sessions_may_be_connected_through_a_later_one():
    dataset = planted(conditions=[[0, 1], [4, 5], [0, 1, 2, 3, 4, 5]])
    assert len(align_by_conditions(dataset, 2).read_ins) == 3


def test_a_session_without_conditions_is_named():
    labelled, plain = planted((4, 4)), planted((4, 4), labelled=False)
    sessions = (labelled.sessions[0], plain.sessions[1])
    mixed = dataclasses.replace(labelled, sessions=sessions)
    with pytest.raises(UserError, match=r"of every session; `day_1` has none"):
        align_by_conditions(mixed, 2)
    with pytest.warns(
        UserWarning, match=r"align: there are no condition labels in `day_1`\. Sessions are"
    ):
        assert align(mixed, 2).start == "time_course"


def test_conditions_are_chosen_where_they_are_shared():
    assert align(planted(), 2).start == "conditions"
    assert align(planted((5,)), 2).start == "conditions"
    assert align(planted(), 2, "time_course").start == "time_course"
    assert (
        align(planted((5,), labelled=False), 2).start == "time_course"
    )  # nothing to align: no warning


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labelled": False}, "no session has condition labels"),
        ({"conditions": [[0, 1], [0, 1], [1, 2]]}, "fewer than 2 conditions are shared .* by `day_2`"),
        (
            {"sizes": (4,) * 4, "conditions": [[0, 1], [0, 1], [2, 3], [2, 3]]},
            "no condition is shared with the other sessions by `day_2`, `day_3`",
        ),
    ],
)  # fmt: skip
def test_a_fallback_says_why(options, words):
    with pytest.warns(UserWarning, match=f"align: {words}"):
        assert align(planted(**options), 2).start == "time_course"


def test_mistakes():
    with pytest.raises(
        UserError, match=r"there is no start 'condition'. Did you mean `conditions`\?"
    ):
        align(planted(), 2, "condition")
    for start in ALIGNMENTS:
        with pytest.raises(
            UserError, match="`num_components` must be a whole number, at least 1; got 0"
        ):
            start(planted(), 0)
        with pytest.raises(
            UserError, match="`smoothing_s` must be a standard deviation in seconds"
        ):
            start(planted(), 2, smoothing_s=-1.0)
