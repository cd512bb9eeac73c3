"""From a recording to trials: what is chosen, aligned, binned, split and said."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.data.splits import split_trials
from lfads.recordings.prepare import prepare
from lfads.recordings.recording import Recording, Series

NUM_TRIALS = 20

pytestmark = pytest.mark.filterwarnings("ignore:.*silent in the training trials")


def recording(**changed):
    """Unit 0 fires 10 ms after every go, unit 1 at 20/s, unit 2 once, unit 3 never."""
    starts = 2.0 * np.arange(NUM_TRIALS)
    go = starts + 0.5
    go[3] = np.nan
    given = {
        "times_s": [go[np.isfinite(go)] + 0.01, np.arange(0, 40, 0.05), [1.0], []],
        "units": {"area": ["M1", "M1", "PMd", "PMd"]},
        "trials": {
            "start_time": starts,
            "stop_time": starts + 1.0 + 0.1 * (np.arange(NUM_TRIALS) % 3),
            "go_time": go,
            "side": np.where(np.arange(NUM_TRIALS) % 2 == 0, "left", "right"),
            "speed": np.arange(NUM_TRIALS) % 4 // 2,
            "correct": np.arange(NUM_TRIALS) % 5 != 0,
        },
        "events": {"reward": np.array([0.6, 2.55, 4.56])},
        "series": [Series.from_arrays("hand", np.arange(4000.0), rate_hz=100.0, unit="mm")],
        "observed_s": [(0.0, 40.0)],
        **changed,
    }
    return Recording.from_spike_times(given.pop("times_s"), name="monkey", **given)


def cut(source=None, **choices):
    return prepare(source or recording(), **{"bin_width_s": 0.02, **choices})


AROUND_GO = {"align_to": "go_time", "window_s": (-0.1, 0.3)}


def test_trials_around_an_event():
    with pytest.warns(UserWarning, match="1 of 20 trials have no time of go_time"):
        session = cut(**AROUND_GO).session
    assert session.spikes.shape == (19, 20, 4)
    assert session.trial_index.tolist() == [i for i in range(20) if i != 3]
    # 10 ms after the event is in bin 5, which begins with it
    assert (session.spikes[:, 5, 0] == 1).all()
    assert session.spikes[:, :, 0].sum() == 19
    assert session.trial_table["side"][:2].tolist() == ["left", "right"]


@pytest.mark.filterwarnings("ignore:.*have no time")
def test_what_is_chosen():
    dataset = cut(
        **AROUND_GO, trials='correct and side == "left"', units='area == "M1"',
        conditions=["side", "speed"], behavior=["hand"], inputs=["hand"], input_events=["reward"],
    )  # fmt: skip
    session = dataset.session
    assert session.spikes.shape == (8, 20, 2)
    assert session.trial_index.tolist() == [2, 4, 6, 8, 12, 14, 16, 18]
    assert session.condition is not None
    assert session.condition[:2].tolist() == ["left, 1", "left, 0"]
    go = 2.0 * session.trial_index + 0.5
    expected = 100 * (go[:, None] - 0.1 + 0.02 * np.arange(20)) + 0.5
    np.testing.assert_allclose(session.behavior["hand"][:, :, 0], expected)
    assert session.external_inputs is not None
    np.testing.assert_allclose(session.external_inputs[:, :, 0], expected, rtol=1e-6)
    assert session.external_inputs[:, :, 1].sum() == 1  # 60 ms after the first go
    assert dataset.start_s == -0.1


def test_trials_keep_their_own_lengths():
    session = cut().session
    assert session.trial_length[:3].tolist() == [50, 55, 60]
    assert session.spikes.shape == (20, 60, 4)


def test_events_without_a_table_are_trials():
    session = cut(align_to="reward", window_s=(0.0, 0.1)).session
    assert session.num_trials == 3
    assert not session.trial_table


@pytest.mark.filterwarnings("ignore:.*have no time")
def test_units_that_seldom_fire_are_left_out():
    session = cut(**AROUND_GO, min_rate_hz=1.0).session
    assert session.num_neurons == 2
    with pytest.raises(UserError, match="no unit fires 99 spikes/s in what is cut; the highest"):
        cut(**AROUND_GO, min_rate_hz=99.0)


@pytest.mark.filterwarnings("ignore:.*have no time")
def test_neurons_bins_and_trials_for_the_test():
    dataset = cut(
        **AROUND_GO, hold_out_neurons=0.25, forward_s=0.1, test=0.2, conditions=["side"],
        test_conditions=["right"],
    )  # fmt: skip
    session = dataset.session
    assert session.held_out_neurons.tolist() == [False, False, False, True]
    assert dataset.num_forward_bins == 5
    assert session.condition is not None
    assert set(session.split[session.condition == "right"]) == {"test"}
    assert set(session.split[session.condition == "left"]) == {"train", "valid", "test"}


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"align_to": "go"}, "`align_to=` needs `window_s=`"),
        ({"align_to": "g_time", "window_s": (0.0, 1.0)}, "Did you mean `go_time`?"),
        ({"align_to": "side", "window_s": (0.0, 1.0)}, "must hold times in seconds; got text"),
        ({"window_s": (0.0, 1.0)}, "`window_s=` needs `align_to=`"),
        ({"trials": "side == 'up'"}, "keeps none of 20 trials"),
        ({"units": "area == 'V1'"}, "keeps none of 4 units"),
        ({"conditions": ["sid"]}, "Did you mean `side`?"),
        ({"behavior": ["hnd"]}, "there is no series `hnd`. Did you mean `hand`?"),
        ({"inputs": ["reward"]}, "`inputs=`: there is no series `reward`."),
        ({"input_events": ["rewards"]}, "Did you mean `reward`?"),
        ({"start": "begin_time"}, "there is no trial column `begin_time`"),
        ({"test": 0.6, "valid": 0.5}, "shares must leave trials to train"),
        ({"test_conditions": ["left"]}, "the trials have none"),
        ({"hold_out_neurons": 1.5}, "must be a share from 0 to 1"),
        ({"forward_s": -1.0}, "`forward_s=` must be 0 or more"),
        ({"align": "go_time"}, "there is no parameter `align`. Did you mean `align_to`?"),
    ],
)
def test_mistakes_are_named(choices, message):
    with pytest.raises(UserError) as told:
        cut(**choices)
    assert message in str(told.value)


def test_recordings_without_units_or_trials_are_refused():
    without = Recording(name="empty", source="empty.nwb", spike_times_s=())
    with pytest.raises(UserError, match="no units with spike times") as told:
        cut(without)
    assert "no table of trials" in str(told.value)


def test_inputs_with_gaps_are_refused():
    late = Series.from_arrays("hand", np.ones(1000), rate_hz=100.0, start_s=5.0)
    with pytest.raises(UserError, match=r"gaps in 16 of 20 trials, first in that from 0 s"):
        cut(recording(series=[late]), inputs=["hand"])


def test_windows_into_the_next_trial_are_said():
    with pytest.warns(UserWarning, match=r"before the one before|outside") as said:
        cut(align_to="start_time", window_s=(0.0, 3.0))
    texts = [str(warning.message) for warning in said]
    assert any("19 of 20 trials begin before the one before has ended" in text for text in texts)
    assert any("outside the recording, 0 to 40 s" in text for text in texts)


def test_trials_outside_the_recording_are_said():
    with pytest.warns(UserWarning, match="1 of 20 trials lies at least in part outside"):
        cut(recording(observed_s=[(0.5, 40.0)]))


def test_a_split_in_blocks_mixes_no_times():
    split = split_trials(10, by="block", valid=0.2, test=0.3)
    assert split.tolist() == ["train"] * 5 + ["valid"] * 2 + ["test"] * 3


def test_contrasts_are_conditions():
    contrast = np.tile([0.0625, 0.125, 0.25, 1.0], 5)
    source = recording(trials={"go": 2.0 * np.arange(20) + 0.5, "contrast": contrast})
    session = cut(
        source, align_to="go", window_s=(-0.1, 0.3), conditions=["contrast"],
        test_conditions=["1"],
    ).session  # fmt: skip
    assert session.condition is not None
    assert session.condition[:4].tolist() == ["0.0625", "0.125", "0.25", "1"]
    assert set(session.split[session.condition == "1"]) == {"test"}
    assert session.trial_table["contrast"].tolist() == contrast.tolist()


def test_a_split_by_trial_spreads_each_condition():
    condition = np.repeat(["a", "b"], 10)
    split = split_trials(20, condition=condition, valid=0.2, test=0.1)
    for label in "ab":
        names, counts = np.unique(split[condition == label], return_counts=True)
        assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
            "test": 1, "train": 7, "valid": 2,
        }  # fmt: skip


def test_everything_recorded_in_windows():
    """Two stretches; the windows, put together again, hold every spike once."""
    source = recording(observed_s=[(0.0, 10.0), (15.0, 40.0)])
    dataset = cut(
        source, bin_width_s=0.05, chop_s=2.0, overlap_s=0.5, behavior=["hand"],
        input_events=["reward"], min_rate_hz=0.1,
    )  # fmt: skip
    session = dataset.session
    assert session.spikes.shape[1:] == (40, 2)
    table = session.trial_table
    assert set(table["chop_piece_start_s"]) == {0.0, 15.0}
    counted = np.zeros((2, 500, 2), int)
    for trial, spikes in enumerate(session.spikes):
        start = int(table["chop_start_bin"][trial])
        counted[int(table["chop_piece"][trial]), start : start + 40] = spikes
    go = source.trials["go_time"] + 0.01
    inside = [((go >= a) & (go < b)).sum() for a, b in source.observed_s]
    assert counted[:, :, 0].sum(1).tolist() == inside
    begin = table["chop_piece_start_s"] + 0.05 * table["chop_start_bin"]
    np.testing.assert_allclose(session.behavior["hand"][:, 0, 0], 100 * begin + 2)
    assert session.external_inputs is not None
    assert session.external_inputs.max() == 1


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"chop_s": 1.0, "align_to": "go_time"}, "`align_to=` is about trials"),
        ({"chop_s": 1.0, "trials": "correct"}, "`trials=` is about trials"),
        ({"chop_s": 0.01}, "`chop_s=` must be at least 0.04 s"),
        ({"chop_s": 1.0, "overlap_s": 0.8}, "half a window"),
    ],
)
def test_mistakes_about_windows_are_named(choices, message):
    with pytest.raises(UserError) as told:
        cut(**choices)
    assert message in str(told.value)


def test_trials_in_a_gap_of_the_recording_are_said():
    gap = [(0.0, 10.0), (16.0, 40.0)]
    with pytest.warns(UserWarning, match="3 of 20 trials reach into gaps between the 2 stretches"):
        cut(recording(observed_s=gap))


def test_stretches_shorter_than_a_bin_are_left_out():
    source = recording(observed_s=[(0.0, 10.0), (10.001, 10.002), (12.0, 40.0)])
    session = cut(source, bin_width_s=0.05, chop_s=2.0).session
    assert set(session.trial_table["chop_piece_start_s"]) == {0.0, 12.0}


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"align_to": "reward", "window_s": (0.0, 0.4), "conditions": ["side"]}, "no trial column"),
        ({"chop_s": 1.0, "forward_s": 0.2}, "`forward_s=` is about trials"),
        ({"chop_s": 1.0, "valid": 0.5}, "`valid=` is about trials"),
        ({"hold_out_neurons": 0.1}, "is less than one: give at least 0.25"),
        ({"overlap_s": 0.5}, "`overlap_s=` needs `chop_s=`"),
        ({"bin_width_s": 0.0, "chop_s": 1.0}, "bin_width_s"),
    ],
)
def test_choices_that_do_not_go_together(choices, message):
    with pytest.raises(UserError) as told:
        cut(**choices)
    assert message in str(told.value)


def test_splits_of_cyclic_designs_hold_every_condition_to_within_a_trial():
    condition = np.tile(np.arange(10), 9)
    split = split_trials(90, condition=condition, valid=0.2, test=0.1)
    assert [(split == name).sum() for name in ("test", "valid")] == [9, 18]
    of_test = [(split[condition == label] == "test").sum() for label in range(10)]
    assert max(of_test) - min(of_test) <= 1


@pytest.mark.parametrize("num_trials", [4, 5, 50])
def test_blocks_hold_a_trial_at_least(num_trials):
    split = split_trials(num_trials, by="block", valid=0.1, test=0.1)
    assert (split == "valid").any()
    assert (split == "test").any()
