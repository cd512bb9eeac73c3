"""Recordings in `.npz` as labs have them: triplets, times and units under many names, pynapple's."""

from typing import Any

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.recordings.listing import rows_of
from lfads.recordings.prepare import prepare
from lfads.recordings.reading import Reading
from lfads.recordings.sources import is_recording, open_recording, opened_recording

NUM_TRIALS, NUM_UNITS = 12, 5


def triplets(num_spikes=600, longest=2.0, seed=0):
    """Spikes of all trials but the last, of all units but the last."""
    random = np.random.default_rng(seed)
    return {
        "trial_ids": np.sort(random.integers(0, NUM_TRIALS - 1, num_spikes)),
        "neuron_ids": random.integers(0, NUM_UNITS - 1, num_spikes),
        "spiketimes": random.uniform(0, longest, num_spikes),
        "tmin": 0,
        "tmax": longest,
    }


def opened(path, **arrays):
    np.savez(path, **arrays)
    assert is_recording(path)
    return opened_recording(path, Reading())


@pytest.mark.parametrize(
    "names",
    [
        ("trials", "neurons", "spiketimes"),
        ("trial_ids", "neuron_ids", "spiketimes"),
        ("trial", "cluster", "times"),
        ("trialIdx", "unitId", "spikeTimes"),
        ("trials", "cells", "spike_times"),
        ("spike_trials", "spike_clusters", "spike_times_s"),
    ],
)
def test_triplets_are_known_by_many_names(names, tmp_path):
    trial, unit, times = (triplets()[k] for k in ("trial_ids", "neuron_ids", "spiketimes"))
    with opened(tmp_path / "a.npz", **dict(zip(names, (trial, unit, times), strict=True))) as found:
        assert (found.num_units, found.num_trials) == (NUM_UNITS - 1, NUM_TRIALS - 1)
        assert found.trials["trial"].tolist() == list(range(NUM_TRIALS - 1))
        zeros = found.trials["zero_time"]
        for k in range(found.num_units):
            expected = np.sort((times + zeros[trial])[unit == k])
            np.testing.assert_allclose(found.spike_times_s[k], expected)


def test_counts_of_triplets_are_those_of_their_times(tmp_path):
    arrays = triplets()
    with opened(tmp_path / "a.npz", **arrays, direction=np.arange(NUM_TRIALS - 1) % 3) as recording:
        dataset = prepare(
            recording, bin_width_s=0.5, align_to="zero_time", window_s=(0.0, 2.0),
            conditions=["direction"], valid=0.0,
        )  # fmt: skip
    expected = np.zeros((NUM_TRIALS - 1, 4, NUM_UNITS - 1))
    rows = (arrays["trial_ids"], (arrays["spiketimes"] // 0.5).astype(int), arrays["neuron_ids"])
    np.add.at(expected, rows, 1)
    assert dataset.session.spikes.tolist() == expected.tolist()


def test_tables_beside_triplets_say_which_trials_and_units_are_silent(tmp_path):
    path = tmp_path / "a.npz"
    with opened(
        path, **triplets(), trial_side=np.repeat(["left", "right"], 6),
        reach=np.arange(NUM_TRIALS)[:, None] / 10, neuron_area=["M1"] * NUM_UNITS,
        lfp=np.zeros((30, 2)), note=np.array(None),
    ) as recording:  # fmt: skip
        assert (recording.num_units, recording.num_trials) == (NUM_UNITS, NUM_TRIALS)
        assert list(recording.units) == ["id", "neuron_area", "name"]
        assert {"trial", "trial_side", "reach", "zero_time"} <= set(recording.trials)
        assert recording.left_out[0].startswith(
            "`lfp` (float64 of shape (30, 2): not one value for"
        )
        assert "pickled Python objects" in recording.left_out[1]
        read_as = dict(rows_of(recording))["read as"]
        assert "`spike_times` from `spiketimes`, `unit` from `neuron_ids`" in read_as
    with pytest.warns(UserWarning, match="not used: `lfp`"), open_recording(path):
        pass


def test_whole_milliseconds_are_refused_and_read_when_said(tmp_path):
    arrays = triplets(longest=2000.0)
    arrays["spiketimes"] = arrays["spiketimes"].round()
    path = tmp_path / "a.npz"
    how = {"bin_width_s": 0.5, "window_s": (0.0, 1.0), "valid": 0.0}
    with (
        opened(path, **arrays, go=np.full(NUM_TRIALS - 1, 500.0)) as recording,
        pytest.raises(UserError, match=r"hardly in seconds.*`time_unit='ms'`"),
    ):
        prepare(recording, align_to="zero_time", **how)
    with open_recording(path, time_unit="ms") as recording:
        assert recording.trials["stop_time"][0] == 2000.0  # as the file's own columns, in ms
        assert recording.times_of_trials("stop_time")[0] == 2.0
        found = prepare(recording, align_to="go", relative_to_trial=True, **how).session.spikes
    within = (arrays["spiketimes"] >= 500) & (arrays["spiketimes"] < 1500)
    assert found.sum() == within.sum()
    with (
        pytest.raises(UserError, match="have one unit: leave out `trial_time_unit=`"),
        open_recording(path, time_unit="ms", trial_time_unit="s"),
    ):
        pass


def test_numbers_of_trials_without_spikes_are_said(tmp_path):
    arrays = triplets() | {"trial_ids": triplets()["trial_ids"] * 3}
    with opened(tmp_path / "a.npz", **arrays) as recording:
        assert recording.trials["trial"].tolist() == list(range(0, 3 * NUM_TRIALS - 3, 3))
        assert "20 numbers of trials between 0 and 30 (no spike" in recording.left_out[0]


def test_triplets_on_one_clock_are_refused(tmp_path):
    arrays = triplets()
    arrays["spiketimes"] = arrays["spiketimes"] + 2.0 * arrays["trial_ids"]
    np.savez(tmp_path / "a.npz", **arrays)
    with (
        pytest.raises(UserError, match=r"rise from trial to trial.*`layout='unit-and-time'`"),
        open_recording(tmp_path / "a.npz"),
    ):
        pass
    with opened_recording(tmp_path / "a.npz", Reading(layout="unit-and-time")) as recording:
        assert recording.spike_times_s[0][-1] > 10.0
        assert any("`trial_ids`" in text for text in recording.left_out)


def test_where_two_layouts_suit_the_user_decides(tmp_path):
    arrays = triplets()
    np.savez(
        tmp_path / "a.npz", spike_times=arrays["spiketimes"], unit=arrays["neuron_ids"],
        trial=arrays["trial_ids"],
    )  # fmt: skip
    with (
        pytest.raises(
            UserError, match="read in 2 ways: say `layout='spike-times'`, or one of `trip"
        ),
        open_recording(tmp_path / "a.npz"),
    ):
        pass
    with opened_recording(tmp_path / "a.npz", Reading(layout="triplets")) as recording:
        assert recording.num_trials == NUM_TRIALS - 1
    with opened_recording(tmp_path / "a.npz", Reading(layout="spike-times")) as recording:
        assert recording.num_trials == 0
        assert recording.left_out == ("`trial` (int64 of shape (600,))",)


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("triplet", r"there is no layout `triplet` of such a source\. Did you mean `triplets`"),
        ("pynapple", r"does not have the layout `pynapple`; these suit: `unit-and-time`"),
    ],
)
def test_layouts_that_do_not_suit_are_refused(layout, message, tmp_path):
    np.savez(tmp_path / "a.npz", spiketimes=np.arange(3.0), clusters=np.arange(3))
    with (
        pytest.raises(UserError, match=message),
        open_recording(tmp_path / "a.npz", layout=layout),
    ):
        pass


@pytest.mark.parametrize(
    ("times", "unit"), [("spiketimes", "clusters"), ("t", "unit_id"), ("spike_times", "neurons")]
)
def test_times_and_units_under_other_names(times, unit, tmp_path):
    arrays = {times: np.array([0.3, 0.1, 0.2]), unit: np.array([[7], [7], [4]])}
    with opened(tmp_path / "a.npz", **arrays, depth=np.arange(2.0)) as recording:
        assert recording.units["id"].tolist() == [4, 7]
        assert recording.units["depth"].tolist() == [0.0, 1.0]
        assert [recording.spike_times_s[k].tolist() for k in range(2)] == [[0.2], [0.1, 0.3]]


def test_a_choice_of_tables_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", spike_times=np.arange(3.0))
    with (
        pytest.raises(UserError, match="`trials_table=` chooses among several tables, and such a"),
        open_recording(tmp_path / "a.npz", trials_table="trials"),
    ):
        pass


def test_names_that_say_nothing_exactly_are_asked_for(tmp_path):
    np.savez(
        tmp_path / "a.npz", spiketimes_a=np.ones(3), spiketimes_b=np.ones(3), unit_ids=np.ones(3)
    )
    with (
        pytest.raises(UserError, match=r"may each hold the spike times.*save the one that does as"),
        open_recording(tmp_path / "a.npz"),
    ):
        pass


def test_an_array_for_each_unit(tmp_path):
    arrays = {"unit_10": [0.2, 0.1], "unit_2": [0.5], "unit_3": np.empty(0)}
    with opened(tmp_path / "a.npz", **arrays, rate=30.0) as recording:
        assert recording.units["id"].tolist() == [2, 3, 10]
        assert recording.spike_times_s[2].tolist() == [0.1, 0.2]
        assert recording.left_out == ("`rate` (float64 of shape ())",)


def test_arrays_that_are_no_recording_are_told_the_way(tmp_path):
    np.savez(tmp_path / "a.npz", data=np.zeros((9, 3)))
    assert not is_recording(tmp_path / "a.npz")
    with (
        pytest.raises(
            UserError, match=r"a recording in .npz has.*save `np.savez\('spikes.npz', trials"
        ),
        open_recording(tmp_path / "a.npz"),
    ):
        pass


def test_arrays_of_different_lengths_are_no_triplets(tmp_path):
    arrays = {"spiketimes": np.zeros(9), "neuron_ids": np.zeros(8, int), "trial_ids": np.zeros(7)}
    np.savez(tmp_path / "a.npz", **arrays)
    assert not is_recording(tmp_path / "a.npz")


def group(**more: Any) -> dict[str, Any]:
    return {
        "type": np.array(["TsGroup"]), "t": np.array([0.1, 0.2, 0.3]), "index": np.array([7, 3, 7]),
        "keys": np.array([3, 7, 9]), "start": np.array([0.0, 5.0]), "end": np.array([1.0, 6.0]),
    } | more  # fmt: skip


def test_a_group_of_pynapple(tmp_path):
    meta = np.array({"area": ["M1"]}, object)
    with opened(tmp_path / "a.npz", **group(_metadata=meta, depth=[1.0, 2.0, 3.0])) as recording:
        assert recording.units["id"].tolist() == [3, 7, 9]
        assert recording.units["depth"].tolist() == [1.0, 2.0, 3.0]
        assert [len(recording.spike_times_s[k]) for k in range(3)] == [1, 2, 0]
        assert recording.observed_s == ((0.0, 1.0), (5.0, 6.0))
        assert recording.is_in_seconds
        assert "`lfads.from_pynapple`" in recording.left_out[0]
    with opened(tmp_path / "b.npz", **group(index=np.array([1, 0, 1]))) as recording:
        assert [len(recording.spike_times_s[k]) for k in range(3)] == [1, 2, 0]


def test_damaged_groups_of_pynapple_are_refused(tmp_path):
    for arrays, message in (
        (group(index=np.array([7, 3, 8])), "spikes are of unit 8, which is none of the 3 units"),
        (group(index=np.array([7, 3])), "got 3 times and 2 unit numbers"),
        (group(end=np.array([1.0])), "`start` and `end` differ in length"),
    ):
        np.savez(tmp_path / "a.npz", **arrays)
        with pytest.raises(UserError, match=message), open_recording(tmp_path / "a.npz"):
            pass


@pytest.mark.parametrize("kind", ["Tsd", "IntervalSet"])
def test_other_objects_of_pynapple_are_named(kind, tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, type=np.array([kind]), start=np.zeros(1), end=np.ones(1), t=np.zeros(3))
    assert is_recording(path)  # for the words
    with (
        pytest.raises(UserError, match=rf"pynapple \({kind}\).*lfads.from_pynapple"),
        open_recording(path),
    ):
        pass
