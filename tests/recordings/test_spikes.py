"""Spike times become counts in half-open bins around trials."""

import numpy as np
import pytest

from lfads.checks import Problems, UserError
from lfads.recordings.binning import require_room, trial_bins
from lfads.recordings.spikes import SpikeTrains
from lfads.recordings.trial_times import durations

SPLIT = ["train", "train"]
TIMES = [[0.0, 0.1, 0.15, 0.3, 1.05], [0.29, 1.2, 1.299]]


def binned(**trials):
    given = {"trial_starts_s": [0.0, 1.0], "split": SPLIT} | trials
    return SpikeTrains(TIMES).bin(0.1, **given)


def test_bins_hold_their_start_and_not_their_end():
    session = binned(window_s=(0.0, 0.3)).session
    assert session.spikes[0].tolist() == [[1, 0], [2, 0], [0, 1]]  # 0.3 falls behind the trial
    assert session.spikes[1].tolist() == [[1, 0], [0, 0], [0, 2]]
    assert session.trial_length.tolist() == [3, 3]


def test_the_window_is_relative_to_the_event():
    dataset = binned(trial_starts_s=[0.1, 1.1], window_s=(-0.1, 0.2))
    np.testing.assert_array_equal(
        dataset.session.spikes, binned(window_s=(0.0, 0.3)).session.spikes
    )
    assert dataset.start_s == -0.1


def test_trials_of_unequal_length():
    session = binned(trial_stops_s=[0.4, 1.25]).session
    assert session.trial_length.tolist() == [4, 2]  # the half bin at the end is left out
    assert session.spikes[0, 3].tolist() == [1, 0]
    assert not session.spikes[1, 2:].any()


def test_an_edge_is_where_its_decimals_say():
    trains = SpikeTrains([[0.3, 0.7, 5.0]])
    spikes = trains.bin(
        0.1, trial_starts_s=[0.0, 4.5], window_s=(0.0, 1.0), split=SPLIT
    ).session.spikes
    assert np.flatnonzero(spikes[0, :, 0]).tolist() == [3, 7]
    assert np.flatnonzero(spikes[1, :, 0]).tolist() == [5]


def test_times_need_no_order():
    one = SpikeTrains([[0.3, 0.1, 0.2]]).bin(
        0.1, trial_starts_s=[0, 0], window_s=(0.0, 1.0), split=SPLIT
    )
    assert one.session.spikes[0, :4, 0].tolist() == [0, 1, 1, 1]


def test_a_neuron_without_spikes():
    with pytest.warns(UserWarning, match="1 of 2 neurons is silent"):
        SpikeTrains([[0.1], []]).bin(0.1, trial_starts_s=[0, 0], window_s=(0.0, 1.0), split=SPLIT)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (5, "expected one list of times for each neuron; got int"),
        ({0: [0.1]}, "expected one list of times for each neuron; got dict"),
        ([], "expected times of at least one neuron; got none"),
        ([[[0.1]]], r"neuron 0: expected a list of times; got float64 \(1, 1\)"),
        ([[0.1], ["a"]], r"neuron 1: expected a list of times; got <U1 \(1,\)"),
        ([[[0.1], [0.2, 0.3]]], r"`times_s\[0\]` must be one array, all of its rows equally long"),
        (
            np.arange(500) / 10,
            r".*; got one array of 500 times: for one neuron give `\[times\]`",
        ),
        (
            [0.1],
            r".*; got one array of 1 time: for one neuron give `\[times\]`",
        ),
        ([[0.1, np.nan]], "neuron 0: times must be finite; got NaN or inf"),
    ],
)
def test_times_are_checked(times, message):
    with pytest.raises(UserError, match="spike times: " + message):
        SpikeTrains(times)


@pytest.mark.parametrize(
    ("trials", "message"),
    [
        ({"window_s": (0.0, 1.0), "trial_starts_s": None}, "`trial_starts_s` is needed: when each"),
        ({}, "give either `trial_stops_s`, or `window_s` around"),
        ({"window_s": (0.0, 1.0), "trial_stops_s": [1, 2]}, "give either `trial_stops_s`, or"),
        ({"window_s": (1.0, 0.0)}, r"`window_s=` must be \(start, end\) with start before end"),
        ({"window_s": (0.0, np.inf)}, r"`window_s=` must be finite; got \(0.0, inf\)"),
        (
            {"window_s": (-200.0, 600.0)},
            r"`window_s=` must be in seconds, not milliseconds, and last at most 60; got \(-200, 600\)"
            r": if these .* `window_s=\(-0.2, 0.6\)`; for longer trials, say when each ends",
        ),
        (
            {"window_s": (-0.2, 0.55)},
            r"whole number of bins of 0.1 s, at least 2; got \(-0.2, 0.55\), which holds 7.5: the "
            r"nearest that fits is \(-0.2, 0.6\)",
        ),
        ({"window_s": (0.5, 0.6)}, r"which holds 1: the nearest that fits is \(0.5, 0.7\)"),
        (
            {"window_s": (0.0, 0.3), "conditions": [1, 2]},
            "bin: there is no parameter .* mean `condition`",
        ),
        ({"trial_stops_s": [1.0]}, "must have one time for each of 2 trials; got 1"),
        ({"trial_stops_s": ["a", "b"]}, "`trial_stops_s` must be a list of times in seconds; got"),
        ({"trial_stops_s": [1.0, np.nan]}, "`trial_stops_s` must be finite; got NaN or inf"),
        ({"trial_stops_s": [1.0, 1.1]}, "at least 2 bins of 0.1 s; trial 1 lasts 0.1 s"),
        (
            {"trial_stops_s": [1.0, 2e5]},
            "at most 100000 bins; trial 1 lasts 199999 s: are",
        ),
        ({"trial_stops_s": [1.0, 1e300]}, r"at most 100000 bins; trial 1 lasts 1e\+300 s"),
        (
            {"trial_starts_s": [-1e308, 0.0], "trial_stops_s": [1e308, 1.0]},
            "at most 100000 bins; trial 0 lasts inf s",
        ),
        (
            {"trial_starts_s": [[0], [1, 2]], "window_s": (0.0, 1.0)},
            "`trial_starts_s` must be one array, all of its rows equally long; got a list of 2",
        ),
        ({"trial_starts_s": [100, 200], "window_s": (0.0, 1.0)}, "no spike falls into any trial; "),
    ],
)
def test_trials_are_checked(trials, message):
    with pytest.raises(UserError, match=message):
        binned(**trials)


def test_many_problems_are_cut_short():
    with pytest.raises(UserError, match="spike times: 500 problems") as caught:
        SpikeTrains([[np.nan]] * 500)
    lines = str(caught.value).splitlines()
    assert len(lines) == 12
    assert lines[-1] == "  - and 490 more"


def test_a_window_may_be_nearly_whole():
    session = binned(window_s=(0.0, 0.30005)).session
    np.testing.assert_array_equal(session.spikes, binned(window_s=(0.0, 0.3)).session.spikes)


def test_trials_away_from_all_spikes_bring_a_warning():
    message = (
        r"1 of 3 trials lies outside the spikes, of which the first is at 0 s and the last at 1.299 s; "
        r"first trial 2, 5 to 5.3 s: were they recorded\?"
    )
    split = ["train"] * 3
    with pytest.warns(UserWarning, match=message):
        binned(trial_starts_s=[0.0, 1.0, 5.0], window_s=(0.0, 0.3), split=split)


def test_trials_that_reach_outside_the_recording_bring_a_warning():
    trains = SpikeTrains(TIMES, recording_s=(0.0, 1.3))
    trials = {"trial_starts_s": [0.0, 1.0], "split": SPLIT}
    assert trains.bin(0.1, window_s=(0.0, 0.3), **trials).session.num_trials == 2
    message = (
        r"2 of 2 trials lie at least in part outside the recording, 0 to 1.3 s; first trial 0, -0.1"
    )
    with pytest.warns(UserWarning, match=message):
        trains.bin(0.1, window_s=(-0.1, 0.4), **trials)
    with pytest.warns(UserWarning, match="2 of 2 trials lie at least in part outside"):
        trains.bin(0.1, window_s=(-1.1, 1.4), **trials)  # one of them at both ends


def test_counts_must_fit_into_memory(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "lfads.recordings.binning.require_memory", lambda num_bytes, *words: asked.append(num_bytes)
    )
    bins = trial_bins(0.1, [0.0, 1.0, 2.0], [0.4, 1.3, 2.9])
    require_room(bins, 7)
    require_room(bins, 7, 2)
    samples = 3 * 10  # with the edge behind the last of at most nine bins
    assert asked == [samples * (4 * 7 + 40), samples * (4 * 7 + 17 * 2 + 40)]


def test_a_recording_has_start_and_end():
    with pytest.raises(UserError, match=r"`recording_s` must be \(start, end\) with start before"):
        SpikeTrains(TIMES, recording_s=(2.0, 1.0))


def test_the_bin_width_is_checked():
    with pytest.raises(UserError, match="spike times: 2 problems"):
        SpikeTrains(TIMES).bin(0.0, trial_starts_s=[0.0, 1.0])


def test_the_window_is_two_numbers():
    problems = Problems()
    problems.attempt(durations, np.zeros(2), None, [[0], [1, 2]], 0.1)
    problems.attempt(durations, np.zeros(2), None, 5, 0.1)
    problems.attempt(durations, np.zeros(2), None, (0.1, 0.1), 0.1)
    ragged, number, empty = problems.found
    assert ragged.startswith("`window_s=` must be one array, all of its rows equally long; got a")
    assert number == "`window_s=` must be (start, end) with start before end; got 5"
    assert empty == "`window_s=` must be (start, end) with start before end; got (0.1, 0.1)"
