"""NWB files with parts that break the rules: everything else is read, and they are named."""

import shutil

import h5py
import numpy as np
import pytest
from tests.recordings.nwb_files import add_units, command, pynwb, replace, write_nwb, written

import lfads
from lfads.recordings.nwb.stored import contents_as_stored
from lfads.recordings.nwb.through_pynwb import contents_of
from lfads.recordings.reading import Reading
from lfads.recordings.sources import opened_recording


def add(file):
    add_units(file)
    file.add_acquisition(
        pynwb.TimeSeries(name="bad", data=np.ones(3), unit="n", timestamps=[1.0, 3.0, 5.0])
    )
    file.add_acquisition(pynwb.TimeSeries(name="eye", data=np.ones((600, 2)), unit="m", rate=10.0))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return written(tmp_path_factory.mktemp("whole") / "a.nwb", add)


def without_times(file):
    del file["acquisition/bad/timestamps"]


def with_text(file):
    replace(file, "acquisition/bad/data", "text")


def without_values(file):
    del file["acquisition/bad/data"]


def unknown(file):
    file["acquisition/bad"].attrs["neurodata_type"] = "Bad"


def of_an_extension(file):
    file["acquisition/bad"].attrs["namespace"] = "ndx-bad"


def in_a_circle(file):
    file["acquisition/again"] = file["acquisition"]


def short_table(file):
    table = file.create_group("intervals/odd")
    file.copy(file["intervals/trials"], table.parent, name="other")
    replace(file, "intervals/other/stop_time", np.arange(7.0))


BROKEN = {
    without_times: ("`bad` (a TimeSeries with neither times nor a rate)", "either 'timestamps' or"),
    with_text: ("`bad` (a TimeSeries without values)", "incorrect type for 'data'"),
    without_values: ("`bad` (a TimeSeries without values)", ""),
    unknown: ("", ""),
    of_an_extension: ("", "'ndx-bad' not a namespace"),
    in_a_circle: ("", "recursion depth"),
    short_table: ("`other` (a table that cannot be read: ", "Columns must be the same length"),
}


@pytest.mark.parametrize("breaks", BROKEN, ids=lambda one: one.__name__)
def test_what_is_broken_is_named_and_the_rest_is_read(breaks, whole, tmp_path):
    left, refusal = BROKEN[breaks]
    path = shutil.copy(whole, tmp_path / "b.nwb")
    with h5py.File(path, "r+") as file:
        breaks(file)
    with opened_recording(path, Reading()) as recording:
        dataset = lfads.prepare(recording, bin_width_s=0.1, behavior=["eye"])
        assert dataset.session.num_trials == 30
        assert recording.num_units == 4
        assert any(left in one for one in recording.left_out) if left else not recording.left_out
        said = " ".join(recording.remarks)
        assert ("pynwb refuses the file" in said) == bool(refusal)
        assert refusal in said
        assert ("bad" in recording.series) == (
            breaks not in (without_times, with_text, without_values)
        )


def test_what_pynwb_says_is_one_short_warning(whole, tmp_path):
    path = shutil.copy(whole, tmp_path / "b.nwb")
    with h5py.File(path, "r+") as file:
        without_times(file)
    with pytest.warns(UserWarning, match="refuses|not used") as said, lfads.open_recording(path):
        pass
    refused, unused = (str(one.message).removeprefix(f"{path}: ") for one in said)
    assert refused == (
        "pynwb refuses the file (`/acquisition/bad`: either 'timestamps' or 'rate' must be specified), "
        "which is read without it"
    )
    assert unused == "not used: `bad` (a TimeSeries with neither times nor a rate)"


def test_wanted_parts_that_are_broken_are_errors(whole, tmp_path):
    path = shutil.copy(whole, tmp_path / "b.nwb")
    with h5py.File(path, "r+") as file:
        replace(file, "intervals/trials/stop_time", np.arange(7.0))
        del file["units/spike_times"]
    said = "`stop_time` of table `trials` has 7 rows, the table 30"
    with pytest.raises(lfads.UserError, match=said), opened_recording(path, Reading()):
        pass
    with h5py.File(path, "r+") as file:
        replace(file, "intervals/trials/stop_time", np.arange(30.0))
    said = "`units/spike_times` is named in the table, and not in the file"
    with pytest.raises(lfads.UserError, match=said), opened_recording(path, Reading()):
        pass


def with_containers(path):
    """A recording with signals in containers that share their times."""
    write_nwb(path)
    with pynwb.NWBHDF5IO(path, "a") as writer:
        content = writer.read()
        reward = content.acquisition["reward"]
        container = pynwb.behavior.BehavioralTimeSeries(name="BehavioralTimeSeries")
        container.create_timeseries(name="size", data=np.ones(3), unit="ml", timestamps=reward)
        container.add_timeseries(reward)
        content.processing["behavior"].add(container)
        writer.write(content)
    return path


def test_files_are_the_same_with_pynwb_and_without(tmp_path):
    path = with_containers(tmp_path / "a.nwb")
    with pynwb.NWBHDF5IO(path, "r") as reader:
        read = contents_of(reader.read())
        with h5py.File(path) as file:
            stored = contents_as_stored(file)
            assert not stored.left_out
            assert {one.path for one in read.tables} == {one.path for one in stored.tables}
            assert {one.path for one in read.signals} == {one.path for one in stored.signals}
            for one, other in zip(_in_order(read.signals), _in_order(stored.signals), strict=True):
                assert (one.kind, one.rate, one.conversion) == (
                    other.kind, other.rate, other.conversion,
                )  # fmt: skip
                np.testing.assert_array_equal(one.data[:], other.data[:])
            for one, other in zip(_in_order(read.tables), _in_order(stored.tables), strict=True):
                assert one.num_rows == other.num_rows
                assert one.columns.keys() == other.columns.keys()
                assert all(
                    (one.columns[name].ends is None) == (other.columns[name].ends is None)
                    for name in one.columns
                )
            (units,) = (one for one in stored.tables if one.path == ("units",))
            electrodes = units.columns["electrodes"].rows_of
            assert electrodes is not None
            assert electrodes().columns["group"].data == ["M1", "PMd"]


def _in_order(things):
    return sorted(things, key=lambda one: one.path)


def test_version_1_is_named_with_a_way_on(tmp_path, capsys):
    path = tmp_path / "old.nwb"
    with h5py.File(path, "w") as file:
        file["nwb_version"] = "NWB-1.0.5"
        file["processing/Cells/UnitTimes/cell_1/times"] = np.arange(9.0)
    for words in (["show", path], ["prepare", path, "--out", tmp_path / "o.h5", "--chop-s", 1]):
        words += ["--bin-width-s", 0.1] if words[0] == "prepare" else []
        assert command(*words) == 2
        told = capsys.readouterr().err
        assert "is NWB of version 1 (NWB-1.0.5), which is not read; expected NWB 2" in told
        assert "lie in `/processing/Cells/UnitTimes`" in told
        assert "as `spike_times` and the number of each time's unit as `unit`" in told
