"""Events in NWB files: tables of them, times with text or codes, and intervals kept as signals."""

import h5py
import numpy as np
import pytest
from tests.recordings.nwb_files import add_spikes, pynwb, written

import lfads
from lfads.recordings.nwb.contents import Column, Contents, Signal, Table
from lfads.recordings.nwb.events import events_of
from lfads.recordings.nwb.intervals import intervals_of
from lfads.recordings.reading import Reading
from lfads.recordings.sources import opened_recording

event = pytest.importorskip("pynwb.event")


def opened(path, **said):
    return opened_recording(path, Reading(**said))


@pytest.mark.filterwarnings("ignore")  # of hdmf: enumerations are experimental
def test_rows_of_tables_of_events_are_events_and_so_is_each_kind(tmp_path):
    def add(file):
        add_spikes(file)
        cues = event.EventsTable(name="cue", description="lights")
        cues.add_column("side", "of the light", enum=True)
        cues.add_column("contrast", "of the light")
        for row in range(20):
            cues.add_row(
                timestamp=2.0 * row + 1, duration=0.1, side=["left", "right"][row % 2],
                contrast=row / 20,
            )  # fmt: skip
        file.add_events_table(cues)

    path = written(tmp_path / "a.nwb", add)
    with lfads.open_recording(path) as recording:
        assert sorted(recording.events) == ["cue", "cue/left", "cue/right"]
        assert recording.events["cue/right"].tolist() == list(range(3, 41, 4))
        assert not recording.trials  # events are no intervals
        at = lfads.prepare(recording, bin_width_s=0.1, align_to="cue/left", window_s=(0.0, 0.5))
        assert at.session.num_trials == 10
        kinds = lfads.prepare(
            recording, bin_width_s=0.1, align_to="cue/timestamp", window_s=(0.0, 0.5),
            conditions=["side"],
        )  # fmt: skip
        assert set(np.asarray(kinds.session.condition).tolist()) == {"left", "right"}
    with opened(path, trial_time_unit="ms") as recording:
        np.testing.assert_allclose(recording.events["cue/right"], np.arange(3, 41, 4) / 1000)


def test_events_of_several_columns_of_kinds_name_the_column():
    times = np.array([1.0, 2.0])
    tables = {"ttl": {"timestamp": times, "code": np.array([1, 2]), "on": np.array(["a", "b"])}}
    found = events_of(Contents(tables=[], signals=[]), tables, {}, {}, Reading())
    assert sorted(found.times) == ["ttl", "ttl/code/1", "ttl/code/2", "ttl/on/a", "ttl/on/b"]


@pytest.mark.filterwarnings("ignore")  # of pynwb: an older way to write events
def test_times_with_text_are_events_of_each_text(tmp_path):
    def add(file):
        add_spikes(file)
        kinds = ["go", "stop", "go"]
        file.add_acquisition(
            pynwb.misc.AnnotationSeries(name="cue", data=kinds, timestamps=[1.0, 2.0, 3.0])
        )
        module = file.create_processing_module("behavior", "more")
        licks = pynwb.behavior.BehavioralEvents(name="BehavioralEvents")
        licks.create_timeseries(name="lick", data=[0.5, 0.7], unit="n", timestamps=[4.0, 5.0])
        module.add(licks)
        notes = [f"note {number}" for number in range(60)]
        module.add(
            pynwb.misc.AnnotationSeries(name="notes", data=notes, timestamps=np.arange(60.0))
        )

    path = written(tmp_path / "a.nwb", add)
    with h5py.File(path, "r+") as file:  # as MATLAB writes text
        attributes = dict(file["acquisition/cue/data"].attrs)
        del file["acquisition/cue/data"]
        words = np.array([b"go", b"stop", b"go"], "S4")
        file.create_dataset("acquisition/cue/data", data=words).attrs.update(attributes)
    with opened(path) as recording:
        assert sorted(recording.events) == ["cue", "cue/go", "cue/stop", "lick", "notes"]
        assert recording.events["cue/go"].tolist() == [1, 3]
        assert recording.events["lick"].tolist() == [4, 5]
        assert list(recording.left_out) == [
            "texts of `notes` (more than 50 different ones; its times are events)"
        ]


def test_codes_are_events_of_each_code_unless_there_are_many(tmp_path):
    def add(file):
        add_spikes(file)
        for name, codes in (("ttl", np.array([1, 8, 1], "u1")), ("count", np.arange(60))):
            file.add_acquisition(
                pynwb.TimeSeries(
                    name=name, data=codes, unit="n", timestamps=1.0 * np.arange(len(codes))
                )
            )

    with opened(written(tmp_path / "a.nwb", add)) as recording:
        assert sorted(recording.events) == ["count", "ttl", "ttl/1", "ttl/8"]
        assert recording.events["ttl/1"].tolist() == [0, 2]


def test_events_of_extensions_are_told_by_what_they_have():
    plain = Signal(
        path=("acquisition", "beep"), kind="Events", data=None, timestamps=np.arange(3.0)
    )
    labels = np.array([b"left", b"right"], object)
    named = Signal(
        path=("acquisition", "poke"), kind="LabeledEvents", data=np.array([0, 1, 7], "u1"),
        timestamps=np.arange(3.0), labels=labels,
    )  # fmt: skip
    lists = Table(
        path=("behavior", "licks"), ids=None, num_rows=2,
        columns={
            "event_times": Column(data=np.array([3.0, 1.0, 2.0]), ends=np.array([1, 3])),
            "label": Column(data=np.array(["up", "down"])),
        },
    )  # fmt: skip
    signals = {"beep": plain, "poke": named}
    contents = Contents(tables=[lists], signals=list(signals.values()))
    found = events_of(contents, {}, signals, {}, Reading(time_unit="ms"))
    assert found.left_out == []
    assert {name: (1000 * times).tolist() for name, times in found.times.items()} == {
        "licks": [1, 2, 3], "licks/up": [3], "licks/down": [1, 2], "beep": [0, 1, 2],
        "poke": [0, 1, 2], "poke/left": [0], "poke/right": [1], "poke/7": [2],
    }  # fmt: skip


def test_intervals_that_are_a_signal_are_a_table(tmp_path):
    def add(file):
        add_spikes(file)
        codes, times = np.tile(np.array([1, -1], "i1"), 10), np.arange(0.0, 40.0, 2.0)
        runs = pynwb.misc.IntervalSeries(name="runs", data=codes, timestamps=times)
        epochs = pynwb.behavior.BehavioralEpochs(name="BehavioralEpochs")
        epochs.add_interval_series(runs)
        file.create_processing_module("behavior", "more").add(epochs)

    path = written(tmp_path / "a.nwb", add)
    with opened(path, trials_table="runs") as recording:
        assert recording.num_trials == 10
    with lfads.open_recording(path) as recording:
        assert recording.tables["runs"]["stop_time"].tolist() == list(range(2, 42, 4))
        assert "runs" not in recording.events
        cut = lfads.prepare(recording, bin_width_s=0.1, align_to="runs", window_s=(0.0, 1.0))
    assert cut.session.num_trials == 10


def test_kinds_of_intervals_do_not_mix():
    codes, times = np.array([1, 2, -1, -2, 2]), np.array([0.0, 1.0, 3.0, 4.0, 9.0])
    signal = Signal(path=("runs",), kind="IntervalSeries", data=codes, timestamps=times)
    found = intervals_of(signal)
    assert found["start_time"].tolist() == [0, 1, 9]
    np.testing.assert_array_equal(found["stop_time"], [3, 4, np.nan])
    assert found["code"].tolist() == [1, 2, 2]


class Damaged:
    """Values that cannot be read, as of a chunk that is cut short."""

    shape, dtype = (3,), np.dtype("u1")

    def __getitem__(self, part):
        raise OSError("Can't read data")


def test_events_that_cannot_be_read_are_named():
    ttl = Signal(path=("ttl",), kind="TimeSeries", data=Damaged(), timestamps=np.arange(3.0))
    found = events_of(Contents(tables=[], signals=[ttl]), {}, {"ttl": ttl}, {}, Reading())
    assert found.left_out == ["events `ttl` (cannot be read: Can't read data)"]
