"""Everything beside the spikes is checked against them, and all problems come at once."""

from typing import Any

import numpy as np
import pytest
from tests.data.sessions import counts, full_dataset

from lfads.checks import Problems, UserError
from lfads.data.dataset import Dataset
from lfads.data.summary import summary_of
from lfads.data.validation import check_bin_width, check_start, checked_session


def session_of(**changes):
    """A checked session of 10 trials, 6 bins and 4 neurons."""
    names = ("num_forward_bins", "where", "for_inference", "noted")
    others: dict[str, Any] = {"where": "here"} | {k: changes.pop(k) for k in names if k in changes}
    name = changes.pop("name", "s")
    return checked_session(name, {"spikes": counts()} | changes, **others)


SHAPE = (10, 6, 4)
MISTAKES = {
    "name": ("", r"`name`: a name must be text without `/`; got ''"),
    "name slash": ("a/b", r"`name`: a name must be text without `/`; got 'a/b'"),
    "split": (["train"] * 9 + ["val"], r"`split` must hold train, valid, test; got val"),
    "split size": (["train"] * 9, r"`split` must hold one value for each of 10 trials; got <U5"),
    "split train": (["valid"] * 10, r"needs at least 2 training trials; got 0 of 10.*mark them"),
    "split one": (["train"] + ["valid"] * 9, r"at least 2 training trials; got 1 of 10 trials"),
    "trial_length": ([6] * 9 + [7], r"must be 2 to 6 bins; got 7 for trial 9"),
    "trial_length low": ([1] + [6] * 9, r"must be 2 to 6 bins; got 1 for trial 0"),
    "trial_length part": ([5.5] * 10, r"`trial_length` must be 10 whole numbers; got float64"),
    "observed": (np.ones((10, 6)), r"`observed` must have shape \(10, 6, 4\); got float64"),
    "observed two": (np.full(SHAPE, 2), r"`observed` must be True or False; got int64"),
    "held_out_neurons": ([4], r"must be indices from 0 to 3; got 4"),
    "held_out_neurons low": ([-1], r"must be indices from 0 to 3; got -1"),
    "held_out_neurons mask": ([True, False], r"`held_out_neurons` must have shape \(4,\)"),
    "held_out_neurons text": (["a"], r"`held_out_neurons` must be 1 whole number; got <U1"),
    "held_out_neurons all": (range(4), r"must leave neurons to encode; all 4 are held out"),
    "num_forward_bins": (5, r"must leave at least 2 bins to encode; got 5 of 6"),
    "num_forward_bins low": (-1, r"must be a whole number from 0 to 6; got -1"),
    "num_forward_bins part": (1.5, r"must be a whole number from 0 to 6; got 1.5"),
    "condition": ([1j] * 10, r"`condition` must be whole numbers or text; got complex128"),
    "condition nan": (
        [0.5, np.nan] * 5,
        r"`condition` must be known for each trial; got nan in 5 of 10 trials: 1, 3, 5, 7, 9 .*own, such",
    ),
    "condition columns": (np.ones((10, 2)) / 3, r"one value for each of 10 trials; got float64 \(10, 2"),
    "condition size": ([1, 2], r"`condition` must hold one value for each of 10 trials"),
    "external_inputs": (np.ones((10, 5, 1)), r"axes \(trial, time\) of `spikes`, \(10, 6\); got"),
    "external_inputs 2d": (np.ones((10, 6)), r"must have shape \(trial, time, channel\); got"),
    "external_inputs nan": (np.full((10, 6, 1), np.nan), r"`external_inputs` must be finite, as"),
    "behavior": ({"v": np.ones((9, 6))}, r"`behavior\['v'\]` must start with the axes"),
    "behavior text": ({"v": np.full((10, 6), "a")}, r"`behavior\['v'\]` must be numbers; got <U1"),
    "behavior inf": ({"v": np.full((10, 6), np.inf)}, r"must be finite, or NaN where missing"),
    "behavior name": ({"a/b": np.ones((10, 6))}, r"`behavior`: a name must be text without `/`"),
    "true_rates_hz": (np.ones((10, 6, 3)), r"shape of `spikes`, \(10, 6, 4\); got \(10, 6, 3\)"),
    "true_rates_hz low": (-np.ones(SHAPE), r"`true_rates_hz` must not be negative"),
    "true_latents": (np.ones((10, 6)), r"`true_latents` must have shape \(trial, time, channel\)"),
    "true_inputs": (np.ones((3, 6, 1)), r"`true_inputs` must start with the axes"),
    "trial_index": ([0] * 10, r"`trial_index` must name every trial once"),
    "trial_index size": ([0], r"`trial_index` must be 10 whole numbers; got int64 \(1,\)"),
    "trial_table": ({"c": np.ones((10, 2))}, r"`trial_table\['c'\]` must hold one number or text"),
    "trial_table text": ({"c": ["a"]}, r"`trial_table\['c'\]` must hold one value for each"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_named(case):
    value, message = MISTAKES[case]
    with pytest.raises(UserError, match=message):
        session_of(**{case.partition(" ")[0]: value})


def test_every_problem_is_raised_at_once():
    with pytest.raises(UserError, match="here: 4 problems") as caught:
        session_of(split=["eval"] * 10, held_out_neurons=[9], condition=[1], noted=["before"])
    for word in ("before", "got eval", "indices from 0 to 3", "`condition`"):
        assert word in str(caught.value)


def test_problems_of_the_data_set_come_with_those_of_the_session():
    with pytest.raises(UserError, match="arrays: 3 problems") as caught:
        Dataset.from_arrays(counts(), bin_width_s=-0.1, start_s=float("nan"), held_out_neurons=[9])
    for word in ("`bin_width_s` must be positive", "`start_s` must be a time", "got 9"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("width", "message"),
    [
        ("0.01", r"must be a number of seconds; got '0.01'"),
        (True, r"must be a number of seconds; got True"),
        (0.0, r"must be positive and finite; got 0.0"),
        (float("inf"), r"must be positive and finite; got inf"),
        (float("nan"), r"must be positive and finite; got nan"),
        (20, r"must be in seconds, not milliseconds, .*; got 20: 20 ms are `bin_width_s=0.02`"),
        (1.001, r"must be in seconds, not milliseconds, and at most 1; got 1.001"),
        (10**400, r"must be positive and finite; got 1000"),
    ],
)
def test_bin_widths(width, message):
    problems = Problems()
    check_bin_width(width, problems)
    with pytest.raises(UserError, match=message):
        problems.raise_if_any()


def test_bins_of_one_second_are_allowed():
    problems = Problems()
    check_bin_width(1.0, problems)
    check_bin_width(1, problems)
    assert not problems.found


@pytest.mark.parametrize("start", [float("nan"), float("inf"), 10**400, "0", None, True])
def test_a_start_is_a_finite_number(start):
    problems = Problems()
    check_start(start, problems)
    with pytest.raises(UserError, match=r"`start_s` must be a time in seconds, finite; got"):
        problems.raise_if_any()


RAGGED = [[0], [1, 2]]


@pytest.mark.parametrize(
    "name",
    ["split", "condition", "trial_length", "trial_index", "observed", "held_out_neurons",
     "external_inputs", "true_rates_hz", "true_latents"],
)  # fmt: skip
def test_lists_of_unequal_length(name):
    message = rf"`{name}` must be one array, all of its rows equally long; got a list of 2 items"
    with pytest.raises(UserError, match=message):
        session_of(**{name: RAGGED})


@pytest.mark.parametrize("name", ["behavior", "trial_table"])
def test_named_lists_of_unequal_length(name):
    message = rf"`{name}\['a'\]` must be one array, all of its rows equally long; got a list of 2"
    with pytest.raises(UserError, match=message):
        session_of(**{name: {"a": RAGGED}})


def test_behavior_alone_has_a_name():
    series = np.ones((10, 6, 2))
    dataset = Dataset.from_arrays(counts(), bin_width_s=0.01, behavior=series)
    np.testing.assert_array_equal(dataset.session.behavior["behavior"], series)


@pytest.mark.parametrize("given", [5, "a", [1, 2]])
def test_what_has_names_is_a_mapping(given):
    with pytest.raises(UserError, match="`behavior` must be an array, or series by name such as"):
        session_of(behavior=given)
    with pytest.raises(UserError, match="`trial_table` must be columns by name such as"):
        session_of(trial_table=given)


def test_a_table_is_not_one_array():
    with pytest.raises(UserError, match=r"`trial_table` must be columns by name .*; got ndarray"):
        session_of(trial_table=np.ones((10, 2)))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("trial_index", [1e300] * 10),
        ("trial_index", [2**64 - 1] * 10),
        ("trial_length", [1e300] * 10),
        ("held_out_neurons", [np.inf]),
    ],
)
def test_numbers_beyond_int64_give_no_cast_warning(name, values):
    with pytest.raises(UserError, match=rf"`{name}` must be .*whole number"):
        session_of(**{name: values})


def test_half_precision_counts_give_no_cast_warning():
    session = session_of(spikes=counts().astype(np.float16))
    np.testing.assert_array_equal(session.spikes, counts())
    with pytest.raises(UserError, match="`spikes` must be finite; got inf"):
        session_of(spikes=np.full(SHAPE, np.inf, np.float16))


def test_inputs_must_fit_into_float32():
    with pytest.raises(UserError, match="`external_inputs` must fit into float32, in which the"):
        session_of(external_inputs=np.full((10, 6, 1), 1e300))


@pytest.mark.parametrize("labels", [["a\0b"] * 10, np.array(["a\0b"] * 10, object)])
def test_text_holds_no_nul(labels):
    with pytest.raises(UserError, match=r"`condition`: text cannot hold NUL .*; got 'a\\x00b'"):
        session_of(condition=labels)
    with pytest.raises(UserError, match=r"`trial_table\['c'\]`.*"):
        session_of(trial_table={"c": labels})


def test_training_needs_spikes():
    silent = counts()
    silent[:8] = 0
    split = ["train"] * 8 + ["valid"] * 2
    with pytest.raises(UserError, match=r"here: `spikes` holds no spikes at all in 8 training"):
        session_of(spikes=silent, split=split)
    assert session_of(spikes=silent, split=split, for_inference=True).num_trials == 10


@pytest.mark.parametrize(("split", "trials"), [("train", slice(0, 8)), ("valid", slice(8, 10))])
def test_every_split_needs_observed_samples(split, trials):
    observed = np.ones(SHAPE, bool)
    observed[trials] = False
    given = {"observed": observed, "split": ["train"] * 8 + ["valid"] * 2}
    with pytest.raises(UserError, match=rf"`observed` is False for every sample of .* {split}"):
        session_of(**given)
    assert session_of(**given, for_inference=True).observed is not None


def test_defaults():
    session = session_of()
    assert session.split.tolist() == (["train"] * 4 + ["valid"]) * 2
    assert session.trial_length.tolist() == [6] * 10
    assert session.trial_index.tolist() == list(range(10))
    assert not session.held_out_neurons.any()
    assert session.observed is None
    assert session.condition is None


def test_labels_in_bytes_and_objects_are_text():
    session = session_of(split=[b"train"] * 10, condition=np.array(["a", "b"] * 5, object))
    assert session.split.dtype.kind == "U"
    assert session.condition is not None
    assert session.condition.tolist() == ["a", "b"] * 5
    numbers = session_of(condition=[1.0] * 10).condition
    assert numbers is not None
    assert numbers.dtype == np.int64


def test_held_out_neurons_as_indices_or_mask():
    by_index = session_of(held_out_neurons=[1, 3]).held_out_neurons
    by_mask = session_of(held_out_neurons=by_index).held_out_neurons
    assert by_index.tolist() == by_mask.tolist() == [False, True, False, True]
    assert not session_of(held_out_neurons=[]).held_out_neurons.any()


def test_a_mask_that_is_all_true_is_none():
    assert session_of(observed=np.ones(SHAPE, bool)).observed is None
    behind = np.ones(SHAPE, bool)
    behind[:, 5] = False
    with pytest.warns(
        UserWarning, match=r"counts behind `trial_length` in 10 trials; they are set"
    ):
        session = session_of(observed=behind, trial_length=[5] * 10)
    assert session.observed is None


def test_what_was_not_observed_is_zero():
    observed = np.ones(SHAPE, bool)
    observed[0, 0] = False
    assert not session_of(observed=observed).spikes[0, 0].any()


def test_counts_behind_the_end_are_zeroed_with_a_warning():
    spikes = counts().astype(float)
    spikes[2, 4:] = np.nan
    spikes[3, 4] = 2.0
    spikes[3, 5] = np.nan
    with pytest.warns(UserWarning, match=r"behind `trial_length` in 1 trial;"):
        session = session_of(spikes=spikes, trial_length=[6, 6, 4, 4] + [6] * 6)
    assert not session.spikes[2:4, 4:].any()


def test_external_inputs_behind_the_end_are_zero():
    inputs = np.ones((10, 6, 1))
    inputs[0, 5] = np.nan
    spikes = counts()
    spikes[0, 5] = 0
    session = session_of(spikes=spikes, external_inputs=inputs, trial_length=[5] + [6] * 9)
    assert session.external_inputs is not None
    assert session.external_inputs[0, :, 0].tolist() == [1, 1, 1, 1, 1, 0]


def test_truth_may_be_unknown_in_part():
    rates = np.ones(SHAPE)
    rates[9] = np.nan
    again = session_of(true_rates_hz=rates).true_rates_hz
    assert again is not None
    assert np.isnan(again[9]).all()


def test_inference_needs_no_training_trials():
    assert session_of(split=["test"] * 10, for_inference=True).of_split("test").all()
    one = Dataset.from_arrays(counts(1), bin_width_s=0.01, for_inference=True)
    assert one.session.num_trials == 1
    with pytest.raises(UserError, match=r"at least 2 training trials; got 1 of 1 trial$"):
        Dataset.from_arrays(counts(1), bin_width_s=0.01)


def test_a_session_with_everything():
    session = full_dataset().session
    assert session.num_external_inputs == 2
    assert session.true_latents is not None
    assert session.true_latents.shape == (10, 6, 3)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_fractions_are_labels_as_short_as_they_are_told_apart(dtype):
    contrasts = np.array([0.0, 0.0625, 0.1, 1, -0.0] * 2, dtype)
    condition = session_of(condition=contrasts).condition
    assert condition is not None
    assert condition.tolist() == ["0", "0.0625", "0.1", "1", "0"] * 2
    close = [1 / 3, np.nextafter(1 / 3, 1)] * 5
    condition = session_of(condition=close).condition
    assert condition is not None
    assert len(set(condition.tolist())) == 2


def test_labels_that_are_numbers_are_shown_in_their_order():
    session = session_of(condition=[10, 2.5, -1, 2.5, 10] * 2)
    assert list(summary_of(session).conditions) == ["-1", "2.5", "10"]
