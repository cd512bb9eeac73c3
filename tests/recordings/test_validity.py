"""Stretches that were declared invalid: masked, left out, and said with numbers and reasons."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.recordings.nwb_files import written

import lfads
from lfads.checks import UserError
from lfads.recordings.binning import trial_bins
from lfads.recordings.listing import rows_of
from lfads.recordings.nwb.contents import INVALID_TIMES, Column, Table
from lfads.recordings.nwb.validity import invalid_of
from lfads.recordings.prepare import prepare
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording, outside, union_of
from lfads.recordings.sources import opened_recording
from lfads.recordings.validity import overlapping

pytestmark = pytest.mark.filterwarnings("ignore:.*silent in the training trials")

INVALID = [(10.0, 14.5), (20.0, 20.22)]
"""Four trials wholly, more than half of the fifth, and a quarter of another one, of 40 of 0.8 s."""


def recording(invalid_s=(), **changed):
    rng = np.random.default_rng(0)
    times = [np.sort(rng.uniform(0, 40, 800)) for _ in range(6)]
    starts = np.arange(40.0)
    return Recording.from_spike_times(
        times, trials={"start_time": starts, "stop_time": starts + 0.8, "row": np.arange(40)},
        observed_s=[(0.0, 40.0)], invalid_s=invalid_s, **changed,
    )  # fmt: skip


def test_bins_are_masked_and_trials_left_out():
    source = replace(recording(INVALID), invalid_reasons=("saturation", "licking, noise"))
    whole = prepare(recording(), bin_width_s=0.02).session
    said = (
        "1,176 of 9,600 samples touch stretches that are declared invalid (saturation, licking, noise), "
        "and are marked as not observed. 5 of 40 trials, of which less than half was observed, are left "
        "out: rows 10, 11, 12, 13, 14"
    )
    with pytest.warns(UserWarning, match=re.escape(said)) as told:
        session = prepare(source, bin_width_s=0.02, split_by="block").session
    assert len(told) == 1
    kept = [row for row in range(40) if row not in range(10, 15)]
    assert session.trial_index.tolist() == kept
    assert session.trial_table["row"].tolist() == kept
    assert session.observed is not None
    trial = kept.index(20)
    assert (~session.observed).sum() == (~session.observed[trial]).sum() == 6 * 11
    assert not session.observed[trial, :11].any()
    assert not session.spikes[trial, :11].any()
    same = session.observed
    np.testing.assert_array_equal(session.spikes[same], whole.spikes[kept][same])


def test_half_of_a_trial_is_enough():
    with pytest.warns(UserWarning, match="declared invalid, and are marked as not observed$"):
        session = prepare(recording([(10.0, 10.4)]), bin_width_s=0.02).session
    assert session.num_trials == 40


def test_only_reasons_of_stretches_within_trials_are_named():
    source = replace(recording([(3.1, 3.2), (10.85, 10.95)]), invalid_reasons=("light", "noise"))
    with pytest.warns(UserWarning, match=r"declared invalid \(light\)") as told:
        prepare(source, bin_width_s=0.02)
    assert len(told) == 1
    prepare(recording([(10.85, 10.95)]), bin_width_s=0.02)  # between trials: no word


def test_both_causes_are_one_warning():
    observed = [[(0.0, 40.0)]] * 5 + [[(0.0, 30.0)]]
    source = recording([(5.0, 5.1)], units_observed_s=observed)
    said = r"30 of 9,600 samples touch .* and 400 of 9,600 samples, of 1 of 6 units, lie outside"
    with pytest.warns(UserWarning, match=said) as told:
        prepare(source, bin_width_s=0.02)
    assert len(told) == 1


def test_trials_of_unequal_length_keep_the_longest_that_is_left():
    source = recording([(30.0, 33.0)])
    stops = np.where(np.arange(40) == 31, 31.9, source.trials["stop_time"])
    source = replace(source, trials={**source.trials, "stop_time": stops})
    with pytest.warns(UserWarning, match="left out: rows 30, 31, 32"):
        session = prepare(source, bin_width_s=0.02, conditions=["row"]).session
    assert session.spikes.shape == (37, 40, 6)
    assert session.condition is not None
    assert session.condition[29:31].tolist() == [29, 33]


@pytest.mark.parametrize("silent", [True, False])
def test_a_recording_without_a_valid_trial_is_refused(silent):
    source = recording([(0.0, 40.0)])
    if silent:
        source = replace(source, spike_times_s=tuple(np.array([50.0, 51.0]) for _ in range(6)))
    with pytest.raises(UserError, match=r"declared invalid. 40 of 40 trials, .* nothing is left"):
        prepare(source, bin_width_s=0.02)
    with pytest.raises(UserError, match="40 of 40 s that were recorded are declared invalid: noth"):
        prepare(source, bin_width_s=0.02, chop_s=1.0)


def test_trials_outside_the_recording_are_still_said():
    source = recording([(5.0, 5.1)])
    source = replace(source, observed_s=((0.0, 39.5),))
    said = "lies at least in part outside|touch stretches that are declared invalid"
    with pytest.warns(UserWarning, match=said) as told:
        prepare(source, bin_width_s=0.02)
    assert len(told) == 2


def test_windows_lie_around_invalid_stretches():
    source = replace(recording([(10.0, 15.0)]), invalid_reasons=("saturation",))
    said = (
        r"5 of 40 s that were recorded are declared invalid \(saturation\): windows lie around them"
    )
    with pytest.warns(UserWarning, match=said) as told:
        session = prepare(source, bin_width_s=0.02, chop_s=1.0).session
    assert len(told) == 1
    assert session.observed is None
    assert set(session.trial_table["chop_piece_start_s"]) == {0.0, 15.0}
    assert set(session.trial_table["chop_piece_bins"]) == {500, 1250}


def test_windows_of_a_recording_that_does_not_say_when_it_was():
    source = replace(recording([(10.0, 15.0)]), observed_s=())
    with pytest.warns(UserWarning, match="are declared invalid: windows lie around"):
        session = prepare(source, bin_width_s=0.02, chop_s=1.0).session
    assert len(set(session.trial_table["chop_piece_start_s"])) == 2


stretches = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)


@given(stretches, stretches)
def test_what_is_left_is_what_is_in_one_and_not_the_other(of, holes):
    def points(intervals):
        return {k for k in range(40) for a, b in intervals if a <= k < b}

    whole, taken = union_of(of), union_of(holes)
    left = outside(whole, taken)
    assert points(left) == points(whole) - points(taken)
    assert left == union_of(left)


@given(stretches)
def test_bins_touch_a_stretch_if_they_share_time_with_it(of):
    bins = trial_bins(1.0, np.array([0.0, 10.0]), trial_stops_s=np.array([20.0, 25.0]))
    intervals = union_of(of)
    expected = [
        [
            k < length and any(a < start + k + 1 and b > start + k for a, b in intervals)
            for k in range(20)
        ]
        for start, length in ((0, 20), (10, 15))
    ]
    assert overlapping(bins, intervals).tolist() == expected


# NWB


def units_and_trials(file):
    rng = np.random.default_rng(0)
    for _ in range(6):
        file.add_unit(spike_times=np.sort(rng.uniform(0, 40, 800)))
    for k in range(40):
        file.add_trial(start_time=float(k), stop_time=k + 0.8)


def test_invalid_times_of_nwb(tmp_path):
    def add(file):
        units_and_trials(file)
        add_invalid = file.add_invalid_time_interval
        add_invalid(start_time=10.0, stop_time=13.0, tags=["saturation"], timeseries=None)
        add_invalid(start_time=12.0, stop_time=15.0, tags=["light", "saturation"], timeseries=None)
        add_invalid(start_time=20.0, stop_time=20.1, tags=["noise"], timeseries=None)
        add_invalid(start_time=30.0, stop_time=np.nan, tags=["?"], timeseries=None)

    path = written(tmp_path / "a.nwb", add)
    with opened_recording(path, Reading()) as source:
        assert source.left_out[0].startswith("1 row of `intervals/invalid_times` (without")
        assert source.invalid_s == ((10.0, 15.0), (20.0, 20.1))
        assert source.invalid_reasons == ("saturation, light", "noise")
        assert ("invalid", "5.1 s in 2 intervals: saturation, light, noise") in rows_of(source)
        with pytest.warns(UserWarning, match=r"invalid \(saturation, light, noise\).*5 of 40"):
            session = prepare(source, bin_width_s=0.02).session
    assert set(range(40)) - set(session.trial_index.tolist()) == {10, 11, 12, 13, 14}


def test_invalid_times_without_tags_and_in_another_unit(tmp_path):
    def add(file):
        units_and_trials(file)
        file.add_invalid_time_interval(start_time=10.0, stop_time=13.0)

    path = written(tmp_path / "a.nwb", add)
    with lfads.open_recording(path) as source:
        assert source.invalid_s == ((10.0, 13.0),)
        assert not source.invalid_reasons
    with lfads.open_recording(path, trial_time_unit="ms") as source:
        assert source.invalid_s == ((0.01, 0.013),)


def table_of(num_rows=2, **columns):
    return Table(
        path=INVALID_TIMES,
        columns={name: Column(data=np.asarray(values)) for name, values in columns.items()},
        ids=np.arange(min(num_rows, 9)),  # not a billion, where so many are claimed
        num_rows=num_rows,
    )


def test_tags_one_a_row_are_reasons():
    table = table_of(start_time=[1.0, 5.0], stop_time=[2.0, 6.0], tags=[b"noise", b"light"])
    assert invalid_of(table, "a.nwb").reasons == ("noise", "light")
    assert invalid_of(None, "a.nwb").stretches_s == ()


def test_damaged_tables_are_refused():
    table = table_of(10**9, start_time=[1.0])
    with pytest.raises(UserError, match="says it has 1000000000 rows"):
        invalid_of(table, "a.nwb")
    for stops in ([2.0, 3.0, 4.0], ["a", "b"]):
        table = table_of(start_time=[1.0, 5.0], stop_time=stops)
        with pytest.raises(UserError, match="`intervals/invalid_times`: cannot be read"):
            invalid_of(table, "a.nwb")
    with pytest.raises(UserError, match="cannot be read"):
        invalid_of(table_of(start_time=[1.0, 5.0]), "a.nwb")
