"""Columns of units and trials: joined by ids, never by the order of names or by a length alone."""

from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from lfads.checks import UserError
from lfads.recordings.ids import labels_of_rows
from lfads.recordings.names import is_of_ids, table_of
from lfads.recordings.reading import Reading
from lfads.recordings.sources import opened_recording

IDS, AREAS = [12, 5, 9], ["A12", "A5", "A9"]

TIMES = {12: [0.1, 0.4], 5: [0.2], 9: [0.3, 0.5, 0.6]}


def spikes(names=None):
    """Times and the label of each, by default the ids; and times by label."""
    names = names or dict(zip(IDS, IDS, strict=True))
    return {
        "times": np.concatenate([TIMES[k] for k in IDS]),
        "labels": np.array([names[k] for k in IDS for _ in TIMES[k]]),
    }


def saved(path, times, unit, **more):
    arrays = spikes()
    np.savez(path, **{times: arrays["times"], unit: arrays["labels"]}, **more)
    return path


def in_matlab(path, **units):
    arrays = spikes()
    savemat(path, {"spike_times": arrays["times"], "unit": arrays["labels"], "units": units})
    return path


def check_areas(recording):
    """Every row has the spikes and the area of its unit."""
    found = dict(zip(recording.units["area"].tolist(), recording.spike_times_s, strict=True))
    assert {area: times.tolist() for area, times in found.items()} == {
        area: TIMES[one] for one, area in zip(IDS, AREAS, strict=True)
    }


@pytest.mark.parametrize("ids", ["id", "unit_id", "cluster_ids", "UID", "probe_label"])
def test_tables_are_joined_by_ids(ids, tmp_path):
    table = {f"units.{ids}": IDS, "units.area": AREAS}
    with opened_recording(
        saved(tmp_path / "a.npz", "spike_times", "unit", **table), Reading()
    ) as recording:
        check_areas(recording)
        assert recording.units["id"].tolist() == IDS
    cells = np.array(AREAS, object)
    with opened_recording(
        in_matlab(tmp_path / "a.mat", **{ids: np.array(IDS, float), "area": cells}), Reading()
    ) as recording:
        check_areas(recording)


def test_arrays_beside_times_and_units_are_joined_by_ids(tmp_path):
    path = saved(
        tmp_path / "a.npz", "times", "clusters", cluster_ids=[*IDS, 3], area=[*AREAS, "A3"]
    )
    with opened_recording(path, Reading(layout="unit-and-time")) as recording:
        assert recording.units["area"].tolist() == [*AREAS, "A3"]
        assert [recording.spike_times_s[k].tolist() for k in range(4)] == [
            *(TIMES[k] for k in IDS),
            [],
        ]


def test_units_without_a_spike_are_rows_of_their_table(tmp_path):
    table = {"units.id": [3, *IDS], "units.area": ["A3", *AREAS], "units.wave": np.ones(7)}
    path = saved(tmp_path / "a.npz", "spike_times", "unit", **table)
    with opened_recording(path, Reading()) as recording:
        assert recording.num_units == 4
        assert recording.spike_times_s[0].tolist() == []
        assert recording.spike_times_s[1].tolist() == TIMES[12]
        assert recording.left_out == ("`units.wave` (7 rows, where 4 were expected)",)


@pytest.mark.parametrize("first", [0, 1])
def test_labels_that_count_are_rows(first, tmp_path):
    arrays = spikes(dict(zip(IDS, range(first, first + 3), strict=True)))
    table: dict[str, Any] = {"units.area": AREAS, "units.id": [102, 105, 109]}
    np.savez(tmp_path / "a.npz", spike_times=arrays["times"], unit=arrays["labels"], **table)
    with opened_recording(tmp_path / "a.npz", Reading()) as recording:
        check_areas(recording)
        assert recording.units["id"].tolist() == [102, 105, 109]


@pytest.mark.parametrize(
    ("labels", "shown"),
    [({12: "unit1", 5: "unit2", 9: "unit10"}, "unit1, unit10, unit2"), (None, "5, 9, 12")],
)
def test_columns_in_no_known_order_are_refused(labels, shown, tmp_path):
    arrays = spikes(labels)
    path = tmp_path / "a.npz"
    table: dict[str, Any] = {"units.area": AREAS}
    np.savez(path, spike_times=arrays["times"], unit=arrays["labels"], **table)
    message = (
        rf"`units` has 3 rows, and nothing says .* names \({shown}\): save `units\.id`, the label"
    )
    with pytest.raises(UserError, match=message), opened_recording(path, Reading()):
        pass
    np.savez(path, times=arrays["times"], clusters=arrays["labels"], cluster_area=AREAS)
    message = rf"`cluster_area` has 3 rows, .*`clusters` names \({shown}\): save `cluster_ids`"
    with pytest.raises(UserError, match=message), opened_recording(path, Reading()):
        pass


def test_ids_that_lack_some_of_the_labels_are_refused(tmp_path):
    path = saved(
        tmp_path / "a.npz", "spike_times", "unit", **{"units.id": [12, 5], "units.area": ["a", "b"]}
    )
    message = r"`unit` names 9, which `id` does not hold: give `id` a row for each label of `unit`"
    with pytest.raises(UserError, match=message), opened_recording(path, Reading()):
        pass


def test_ids_in_two_orders_are_refused():
    columns = {"id": np.array([1, 2, 3]), "unit_id": np.array([3, 2, 1])}
    with pytest.raises(
        UserError, match="`id` and `unit_id` each hold all labels of `unit`, in orders"
    ):
        labels_of_rows(np.array([1, 2, 3]), columns, {3}, "units", "unit")


def test_a_column_of_the_numbers_that_count_rows_is_no_id():
    columns = {"channel": np.array([2, 0, 1])}
    found = labels_of_rows(np.arange(3), columns, {3}, "units", "unit")
    assert found is not None
    assert found.tolist() == [0, 1, 2]


def test_trials_of_triplets_are_joined_by_ids(tmp_path):
    trial_id = np.array([30, 10, 20, 40, 60, 50])
    trial = np.repeat(trial_id[:5], 3)
    np.savez(
        tmp_path / "a.npz", spiketimes=np.linspace(0.9, 0.1, 15), trials=trial, neurons=np.arange(15) % 3,
        trial_id=trial_id, trial_condition=[f"c{one}" for one in trial_id],
    )  # fmt: skip
    with opened_recording(tmp_path / "a.npz", Reading()) as recording:
        assert recording.trials["trial"].tolist() == trial_id.tolist()
        assert recording.trials["trial_condition"][0] == "c30"
        starts, stops = recording.trials["start_time"], recording.trials["stop_time"]
        times = np.concatenate([recording.spike_times_s[k] for k in range(3)])
        inside = (times >= starts[:, None]) & (times < stops[:, None])
        assert inside.sum(1).tolist() == [3, 3, 3, 3, 3, 0]
        assert not any("numbers of trials" in text for text in recording.left_out)


def test_a_vector_that_only_happens_to_fit_is_no_column(tmp_path):
    cells = np.empty((1, 4), object)
    for place in range(4):
        cells[0, place] = np.sort(np.random.default_rng(place).uniform(0, 100, 50))
    band, depth = np.array([300.0, 6000.0, 1.0, 2.0]), np.arange(4.0)
    savemat(tmp_path / "a.mat", {"spikeTimes": cells, "filter_band": band, "cell_depth": depth})
    with opened_recording(tmp_path / "a.mat", Reading()) as recording:
        assert list(recording.units) == ["cell_depth"]
        assert any("`filter_band`" in text for text in recording.left_out)
    table: dict[str, Any] = {"units.depth": depth, "filter_band": band}
    np.savez(tmp_path / "a.npz", t=np.linspace(0, 1, 12), unit_ids=np.arange(12) % 4, **table)
    with opened_recording(tmp_path / "a.npz", Reading()) as recording:
        assert recording.units["depth"].tolist() == depth.tolist()
        assert recording.left_out == (
            "`filter_band` (float64 of shape (4,): as many as units, after which it is not "
            "named; to use it, save it as `units.filter_band`)",
        )


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("reach", 40, "trials"),
        ("reach", 4, None),
        ("neuron_area", 4, "units"),
        ("neuron_area", 40, None),
        ("conditionID", 40, "trials"),
        ("trials.reach", 4, None),
        ("events.go", 40, None),
        ("ids", 4, "units"),
    ],
)
def test_names_and_lengths_say_of_which_table_a_vector_is(name, size, expected):
    assert table_of(name, size, {"trials": 40, "units": 4}) == expected


def test_where_lengths_agree_names_decide():
    assert table_of("reach", 30, {"trials": 30, "units": 30}) is None
    assert table_of("trial_reach", 30, {"trials": 30, "units": 30}) == "trials"


@pytest.mark.parametrize("name", ["trial_number", "trialIdx", "trials", "trial_ids"])
def test_names_of_ids(name):
    assert is_of_ids(name, "trials") == (name != "trialIdx")
    assert not is_of_ids(name, "units")
