"""Tables of units in NWB files: anywhere, chosen among several, their text, and what is read of spikes."""

import h5py
import numpy as np
import pytest
from tests.recordings.nwb_files import (
    add_spikes,
    add_units,
    command,
    pynwb,
    replace,
    spike_times,
    written,
)

import lfads
from lfads.recordings.nwb.contents import Column, Table
from lfads.recordings.nwb.units import RaggedTimes
from lfads.recordings.reading import Reading
from lfads.recordings.sources import opened_recording


def sorted_units(name, num_units):
    units = pynwb.misc.Units(name=name, description="sorted")
    for times in spike_times(num_units):
        units.add_unit(spike_times=times)
    return units


def in_module(*tables):
    def add(file):
        module = file.create_processing_module("ecephys", "sorted")
        for name, number in tables:
            module.add(sorted_units(name, number))

    return add


def test_the_only_table_with_spike_times_has_the_units_which_is_said(tmp_path, capsys):
    path = written(tmp_path / "a.nwb", in_module(("kilosort_units", 3)))
    said = "units are those of `ecephys/kilosort_units`, the only table with spike times"
    with pytest.warns(UserWarning, match=said), lfads.open_recording(path):
        pass
    with opened_recording(path, Reading()) as recording:
        assert recording.num_units == 3
        assert recording.units["id"].tolist() == [0, 1, 2]
    with lfads.open_recording(path, units_table="kilosort_units") as recording:
        assert recording.num_units == 3
    assert command("show", path) == 0
    assert "3,600 spikes" in capsys.readouterr().out


def test_of_several_tables_of_units_none_is_taken_and_each_can_be_chosen(tmp_path, capsys):
    path = written(tmp_path / "a.nwb", in_module(("first", 2), ("second", 5)))
    assert command("show", path) == 0
    told = capsys.readouterr().out
    assert "none chosen" in told
    assert "second: 5 units, 6,000 spikes" in told
    words = ["prepare", path, "--out", tmp_path / "o.h5", "--bin-width-s", 0.1, "--chop-s", 1]
    assert command(*words) == 2
    told = capsys.readouterr().err
    assert "it has no units with spike times: choose one of `first` (2 units, 2,400 spikes)" in told
    assert "as in `--units-table first`" in told
    assert command(*words, "--units-table", "second") == 0
    assert lfads.read(tmp_path / "o.h5").session.num_neurons == 5
    said, reading = (
        r"no table of units `secnd`\. Did you mean `second`",
        Reading(units_table="secnd"),
    )
    with pytest.raises(lfads.UserError, match=said), opened_recording(path, reading):
        pass


def test_the_table_called_units_is_taken_and_others_are_named(tmp_path):
    def add(file):
        add_units(file)
        in_module(("again", 2))(file)

    path = written(tmp_path / "a.nwb", add)
    with opened_recording(path, Reading()) as recording:
        assert recording.num_units == 4
        assert list(recording.left_out) == [
            "`again` (another table of units: 2 units, 2,400 spikes; `units_table='again'` takes it)"
        ]
    with opened_recording(path, Reading(units_table="again")) as recording:
        assert recording.num_units == 2


def test_text_of_matlab_is_text(tmp_path):
    def add(file):
        device = file.create_device("probe")
        for place in ("CA1", "CA3"):
            group = file.create_electrode_group(place, "a shank", place, device)
            file.add_electrode(location=place, group=group)
        file.add_unit_column("quality", "of the isolation")
        for unit, times in enumerate(spike_times()):
            file.add_unit(spike_times=times, electrodes=[unit % 2], quality="good")

    path = written(tmp_path / "a.nwb", add)
    with h5py.File(path, "r+") as file:
        ascii = h5py.string_dtype("ascii")
        place = "general/extracellular_ephys/electrodes/location"
        replace(file, place, [b"CA1", b"CA3"], dtype=ascii)
        replace(file, "units/quality", np.array([b"good"] * 4))
        names = [b"spike_times", b"electrodes", b"quality"]
        file["units"].attrs["colnames"] = np.array(names, dtype=ascii)
    with lfads.open_recording(path) as recording:
        assert recording.units["location"].tolist() == ["CA1", "CA3"] * 2
        assert recording.units["quality"].tolist() == ["good"] * 4
        kept = lfads.prepare(
            recording, bin_width_s=0.1, chop_s=1.0, units='location == "CA1" and quality == "good"'
        )
    assert kept.session.num_neurons == 2


class Counting:
    """An array that counts what is read of it."""

    def __init__(self, values):
        self.values, self.read = values, 0
        self.shape, self.dtype = values.shape, values.dtype

    def __len__(self):
        return len(self.values)

    def __getitem__(self, part):
        self.read += len(self.values[part])
        return self.values[part]


def test_a_glimpse_of_spike_times_reads_a_few_of_them():
    spikes = Counting(np.arange(100_000) / 10.0)
    column = Column(data=spikes, ends=np.array([0, 100_000]))
    units = Table(path=("units",), columns={"spike_times": column}, ids=None, num_rows=2)
    times = RaggedTimes(units, "a.nwb", Reading(time_unit="ms").seconds)
    assert times.glimpse(0).num_spikes == 0
    seen = times.glimpse(1)
    assert (seen.num_spikes, seen.first_s) == (100_000, 0)
    assert seen.last_s == pytest.approx(9.9999)
    assert spikes.read < 3000
    assert len(times[1]) == 100_000


def test_show_does_not_read_all_spikes(tmp_path, capsys, monkeypatch):
    path = written(tmp_path / "a.nwb", add_spikes)
    monkeypatch.delattr(RaggedTimes, "__getitem__")
    assert command("show", path) == 0
    assert "4,800 spikes" in capsys.readouterr().out
