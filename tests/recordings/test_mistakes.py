"""What users get wrong about durations, shares, names and sizes, said by the names of the parameters."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.guarded import memory
from lfads.recordings.listing import rows_of
from lfads.recordings.prepare import prepare
from lfads.recordings.recording import Recording
from lfads.recordings.series import Series

NUM_TRIALS = 20
AROUND_GO = {"align_to": "go_time", "window_s": (-0.1, 0.3)}


def recording(**changed):
    starts = 2.0 * np.arange(NUM_TRIALS)
    trials = {"start_time": starts, "stop_time": starts + 1.0, "go_time": starts + 0.5}
    given = {
        "times_s": [np.arange(0, 40, 0.05), np.arange(0.01, 40, 0.07)],
        "trials": {**trials, "side": ["left", "right"] * (NUM_TRIALS // 2)},
        "units": {"area": ["M1", "PMd"]},
        "series": [Series.from_arrays("hand", np.arange(4000.0), rate_hz=100.0)],
        "observed_s": [(0.0, 40.0)],
        **changed,
    }
    return Recording.from_spike_times(given.pop("times_s"), **given)


def cut(source=None, **choices):
    return prepare(source or recording(), **{"bin_width_s": 0.02, **choices})


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, -1.0])
@pytest.mark.parametrize("name", ["bin_width_s", "chop_s", "overlap_s", "forward_s", "min_rate_hz"])
def test_seconds_must_be_numbers(name, value):
    with pytest.raises(UserError, match=f"`{name}=`.*got {value!r}"):
        cut(**{name: value})


@pytest.mark.parametrize("share", [np.nan, np.inf, -0.1, 1.0])
@pytest.mark.parametrize("name", ["valid", "test", "hold_out_neurons"])
def test_shares_must_be_from_0_to_1(name, share):
    with pytest.raises(UserError, match=f"`{name}=` must be a share from 0 to 1"):
        cut(**{name: share})


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ((np.nan, 0.6), "`window_s=` must be .start, end. with start before end; got"),
        ((0.0, np.inf), "`window_s=` must be finite"),
        ((0.6, 0.0), "`window_s=` must be .start, end. with start before end"),
        ((-200.0, 600.0), r"give `window_s=\(-0.2, 0.6\)`; for longer trials, say when each ends"),
        ((0.0, 0.05), "`window_s=` must hold a whole number of bins of 0.02 s"),
    ],
)
def test_windows_are_checked(window, message):
    with pytest.raises(UserError, match=message):
        cut(align_to="go_time", window_s=window)


@pytest.mark.filterwarnings("ignore:.*silent")
@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({**AROUND_GO, "forward_s": 0.05}, r"`forward_s=0.05` .*: the nearest is taken, 2 bins"),
        ({"chop_s": 0.99}, r"`chop_s=0.99` is no whole number of bins of 0.02 s: .* 50 bins, 1 s"),
        ({"chop_s": 1.0, "overlap_s": 0.11}, r"`overlap_s=0.11` .* 6 bins, 0.12 s"),
    ],
)
def test_what_is_rounded_is_said(choices, message):
    with pytest.warns(UserWarning, match=message) as said:
        cut(**choices)
    assert len(said) == 1


def test_rounding_errors_are_not_said():
    assert cut(bin_width_s=0.03333, chop_s=1.0).session.num_bins == 30
    assert cut(bin_width_s=0.1, chop_s=0.3).session.num_bins == 3


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({**AROUND_GO, "forward_s": 0.004}, "`forward_s=0.004` is less than a bin of 0.02 s"),
        ({"chop_s": 1.0, "overlap_s": 0.004}, "`overlap_s=0.004` is less than a bin"),
        ({**AROUND_GO, "forward_s": 0.38}, "`forward_s=0.38` is 19 bins .* has 20: give fewer"),
        ({**AROUND_GO, "forward_s": 9.0}, "`forward_s=9` is 450 bins"),
        ({"behavior": "hand"}, "`behavior=` must be a list of names; got 'hand'"),
        ({"unit_rows": []}, "`unit_rows=` must be rows of the table of units"),
        ({"unit_rows": [0, 2]}, "which has 2; got .0, 2."),
    ],
)
def test_other_mistakes(choices, message):
    with pytest.raises(UserError, match=message):
        cut(**choices)


EMPTY = {"start_time": np.empty(0), "stop_time": np.empty(0), "side": np.empty(0, "U5")}


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({}, "its table of trials has no rows"),
        (
            {"trials": 'side == "left"', **AROUND_GO, "align_to": "start_time"},
            "keeps none of 0 trials",
        ),
        (
            {"trials": "side == 1", **AROUND_GO, "align_to": "start_time"},
            "compares text with a number",
        ),
        ({**AROUND_GO, "align_to": "side"}, "must hold times in seconds; got text"),
        ({**AROUND_GO, "align_to": "start_time"}, "no chosen trial has a time"),
    ],
)
def test_tables_without_rows(choices, message):
    with pytest.raises(UserError, match=message):
        cut(recording(trials=EMPTY), **choices)
    assert ("trial column", "side: no value") in rows_of(recording(trials=EMPTY))


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"bin_width_s": 2e-5}, r"20 trials of up to 50,000 bins of 2e-05 s, for 2 neurons, would"),
        (
            {"bin_width_s": 1e-6, "chop_s": 0.01},
            r"40,000,000 bins of 1e-06 s, .* for 2 units would",
        ),
        ({"bin_width_s": 2e-5, "behavior": ["hand"]}, "2 neurons and 1 channel of signals, would"),
    ],
)
def test_sizes_are_compared_with_memory_before_anything_is_made(choices, message, monkeypatch):
    monkeypatch.setattr(memory, "LIMIT_BYTES", 2**20)
    with pytest.raises(UserError, match=message) as told:
        cut(**choices)
    assert "at most 0.000977 GiB of memory are available: give wider bins" in str(told.value)


def test_bins_of_microseconds_are_not_filled():
    with pytest.raises(UserError, match="at most 100,000: give shorter windows, or wider bins"):
        cut(bin_width_s=1e-6, chop_s=1.0)
    with pytest.raises(UserError, match="give wider bins than 1e-06 s"):
        cut(bin_width_s=1e-6)


def test_names_of_series_may_hold_where_they_lie():
    names = ("left/hand", "right/hand")
    series = [Series.from_arrays(name, np.arange(4000.0), rate_hz=100.0) for name in names]
    session = cut(recording(series=series), behavior=names, inputs=names).session
    assert list(session.behavior) == ["left.hand", "right.hand"]
    with pytest.raises(UserError, match="Several are called so: `left/hand`, `right/hand`"):
        cut(recording(series=series), behavior=["hand"])
    alike = [*series[:1], Series.from_arrays("left.hand", np.arange(4000.0), rate_hz=100.0)]
    with pytest.raises(UserError, match=r"must differ when `/` is written as `\.`"):
        cut(recording(series=alike), behavior=["left/hand", "left.hand"])


@pytest.mark.parametrize("choices", [{}, {"chop_s": 2.0}])
def test_behaviour_without_values_is_said(choices):
    late = Series.from_arrays("hand", np.ones(100), rate_hz=100.0, start_s=5000.0)
    with pytest.warns(UserWarning, match=r"has no value in .* is it on the clock of the spikes"):
        cut(recording(series=[late]), behavior=["hand"], **choices)
    half = Series.from_arrays("hand", np.ones(2000), rate_hz=100.0)
    if not choices:
        with pytest.warns(UserWarning, match="no value in 9 of 20 trials, first in that from 22 s"):
            cut(recording(series=[half]), behavior=["hand"])
