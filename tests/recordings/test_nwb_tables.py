"""Tables of intervals in NWB files: of any name and place, with columns of any kind."""

import h5py
import numpy as np
import pytest
from tests.recordings.nwb_files import add_spikes, add_units, command, pynwb, replace, written

import lfads
from lfads.recordings.reading import Reading
from lfads.recordings.sources import opened_recording

ONLY = "trials are the rows of the table `gratings`, the only one of intervals"


def gratings(name="gratings", rows=30):
    table = pynwb.epoch.TimeIntervals(name=name, description="stimuli")
    table.add_column("orientation", "degrees")
    for row in range(rows):
        table.add_interval(start_time=2.0 * row, stop_time=2.0 * row + 1.0, orientation=row % 2)
    return table


def quietly(path, **said):
    return opened_recording(path, Reading(**said))


def shown(path, capsys):
    assert command("show", path) == 0
    return capsys.readouterr().out


def test_the_only_table_of_intervals_has_the_trials_which_is_said_once(tmp_path, capsys):
    def add(file):
        add_spikes(file)
        file.add_time_intervals(gratings())
        file.add_invalid_time_interval(start_time=3.0, stop_time=4.0)

    path = written(tmp_path / "a.nwb", add)
    told = shown(path, capsys)
    assert "30 trials, of the table `gratings`" in told
    assert "orientation: 0, 1" in told
    assert ONLY in " ".join(told.split())
    assert "invalid_times" not in told
    with pytest.warns(UserWarning, match=ONLY) as said, lfads.open_recording(path):
        pass
    assert len(said) == 1
    with quietly(path) as recording:
        dataset = lfads.prepare(recording, bin_width_s=0.1, conditions=["orientation"])
    assert dataset.session.num_trials == 30
    assert set(np.asarray(dataset.session.condition).tolist()) == {0, 1}
    with lfads.open_recording(path, trials_table="gratings") as recording:  # said, so no warning
        assert recording.num_trials == 30


def test_of_several_tables_none_is_taken_and_each_can_be_chosen(tmp_path, capsys):
    def add(file):
        add_spikes(file)
        file.add_time_intervals(gratings())
        file.add_epoch(start_time=0.0, stop_time=20.0, tags=["first"])
        file.add_epoch(start_time=20.0, stop_time=40.0, tags=["second", "left"])

    path = written(tmp_path / "a.nwb", add)
    told = shown(path, capsys)
    assert "none chosen" in told
    assert "gratings: 30 rows: id, start_time, stop_time, orientation" in told
    assert "epochs: 2 rows: id, start_time, stop_time, tags" in told
    out = tmp_path / "o.h5"
    assert command("prepare", path, "--out", out, "--bin-width-s", 0.1) == 2
    told = capsys.readouterr().err
    assert "it has no table of trials: choose one of `epochs` (2 rows: id, start_time" in told
    assert "as in `--trials-table epochs`; or name events with `--align-to`" in told
    assert (
        command("prepare", path, "--out", out, "--bin-width-s", 0.1, "--trials-table", "gratings")
        == 0
    )
    assert lfads.read(out).session.num_trials == 30
    words = ["--bin-width-s", 0.1, "--window-s", 0, 0.5, "--align-to", "start_time"]
    assert command("prepare", path, "--out", tmp_path / "p.h5", *words) == 2
    told = capsys.readouterr().err
    assert "name it with its table, `epochs/start_time`, `gratings/start_time`, or choose" in told
    assert "as in `--trials-table epochs`" in told
    words = ["--bin-width-s", 0.1, "--window-s", 0, 0.5, "--align-to", "gratings"]
    assert command("prepare", path, "--out", tmp_path / "p.h5", *words) == 0
    with lfads.open_recording(path, trials_table="epochs") as recording:
        assert recording.trials["tags"].tolist() == ["first", "second, left"]
        assert recording.trials["id"].tolist() == [0, 1]
    said = r"`trials_table=`: there is no table `grating`\. Did you mean `gratings`"
    with pytest.raises(lfads.UserError, match=said), quietly(path, trials_table="grating"):
        pass


def test_trials_are_the_table_of_that_name_wherever_others_lie(tmp_path):
    def add(file):
        add_units(file)
        file.create_processing_module("behavior", "reaches").add(gratings("reaches", 5))
        file.create_processing_module("stimuli", "of a block").add(gratings("trials", 3))
        file.add_scratch(gratings("lab", 4))

    path = written(tmp_path / "a.nwb", add)
    with lfads.open_recording(path) as recording:
        assert recording.num_trials == 30
        assert {name: len(one["id"]) for name, one in recording.tables.items()} == {
            "intervals/trials": 30, "reaches": 5, "stimuli/trials": 3, "lab": 4,
        }  # fmt: skip
    with lfads.open_recording(path, trials_table="stimuli/trials") as recording:
        assert recording.num_trials == 3


@pytest.mark.filterwarnings("ignore")  # of hdmf: enumerations are experimental
def test_enumerations_are_their_labels_and_columns_of_one_are_columns(tmp_path):
    def add(file):
        add_spikes(file)
        file.add_trial_column("side", "of the reach", enum=True)
        file.add_trial_column("go", "when to go")
        for trial in range(10):
            file.add_trial(
                start_time=2.0 * trial, stop_time=2.0 * trial + 1.5, go=2.0 * trial + 0.5,
                side=["right", "left"][trial % 2],
            )  # fmt: skip

    path = written(tmp_path / "a.nwb", add)
    with h5py.File(path, "r+") as file:
        for name in ("start_time", "go", "id"):  # as MATLAB writes them
            replace(
                file,
                f"intervals/trials/{name}",
                np.asarray(file[f"intervals/trials/{name}"])[:, None],
            )
        words = np.array([b"left", b"right"])
        replace(file, "intervals/trials/side_elements", words)
        codes = file["intervals/trials/side"]
        codes.attrs["elements"] = file["intervals/trials/side_elements"].ref
        for name, dtype in (("spike_times", "f8"), ("spike_times_index", "u1")):
            values = np.asarray(file[f"units/{name}"])[:, None]
            if name == "spike_times":
                replace(file, f"units/{name}", values, dtype=dtype)
    with lfads.open_recording(path) as recording:
        assert recording.trials["side"].tolist()[:2] in (["right", "left"], ["left", "right"])
        np.testing.assert_array_equal(recording.trials["go"], 2.0 * np.arange(10) + 0.5)
        assert recording.trials["id"].tolist() == list(range(10))
        assert recording.spike_times_s[1].shape == (1200,)
        kept = lfads.prepare(
            recording, bin_width_s=0.1, align_to="go", window_s=(0.0, 0.5), trials='side == "left"'
        )
    assert kept.session.num_trials == 5


def test_columns_that_are_not_one_value_a_row_are_named(tmp_path, capsys):
    def add(file):
        add_spikes(file)
        file.add_trial_column("licks", "times", index=True)
        file.add_trial_column("target", "where")
        file.add_trial_column("probes", "in use", table=file.units, index=False)
        for trial in range(10):
            file.add_trial(
                start_time=2.0 * trial, stop_time=2.0 * trial + 1.5, licks=[1.0] * trial,
                target=[1.0, 2.0, 3.0], probes=0,
            )  # fmt: skip

    path = written(tmp_path / "a.nwb", add)
    said = (
        "columns of `trials` that are not one number or text a row: `licks` (a list a row), `target` "
        "(shape (10, 3)), `probes` (rows of `units`)"
    )
    with quietly(path) as recording:
        assert list(recording.left_out) == [said]
        assert sorted(recording.trials) == ["id", "start_time", "stop_time"]
    named = "not used: columns of `trials`"
    with pytest.warns(UserWarning, match=named), lfads.open_recording(path):
        pass
    assert "not used" in shown(path, capsys)


def test_a_row_where_a_column_was_meant_says_to_transpose(tmp_path):
    path = written(tmp_path / "a.nwb", add_units)
    with h5py.File(path, "r+") as file:
        file["intervals/trials/stop_time"].attrs["note"] = "lies the other way"
        replace(file, "intervals/trials/stop_time", np.arange(30.0)[None])
    with quietly(path) as recording:
        assert any(
            "shape (1, 30), where (30,) is expected: transpose it" in x for x in recording.left_out
        )


def test_times_of_tables_are_in_the_unit_that_is_said(tmp_path):
    def add(file):
        for times in spike_times_ms():
            file.add_unit(spike_times=times, obs_intervals=[[0.0, 60_000.0]])
        table = pynwb.epoch.TimeIntervals(name="reaches", description="in ms")
        for row in range(20):
            table.add_interval(start_time=2000.0 * row, stop_time=2000.0 * row + 1000)
        file.add_time_intervals(table)
        file.add_trial(start_time=0.0, stop_time=1000.0)
        file.add_acquisition(
            pynwb.TimeSeries(name="lick", data=np.ones(3), unit="n", timestamps=[1e3, 3e3, 5e3])
        )

    path = written(tmp_path / "a.nwb", add)
    with quietly(path, time_unit="ms") as recording:
        assert recording.events["lick"].tolist() == [1, 3, 5]
        assert recording.observed_s == ((0.0, 60.0),)
        np.testing.assert_allclose(recording.series["lick"].times(0, 3), [1, 3, 5])
        cut = lfads.prepare(
            recording, bin_width_s=0.1, align_to="reaches/start_time", window_s=(0.0, 1.0)
        )
    assert cut.session.num_trials == 20
    assert cut.session.spikes.mean() / 0.1 == pytest.approx(20, rel=0.2)


def spike_times_ms():
    rng = np.random.default_rng(0)
    return [np.sort(rng.uniform(0, 60_000, 1200)) for _ in range(4)]


def test_other_tables_are_named(tmp_path):
    def add(file):
        add_units(file)
        table = pynwb.core.DynamicTable(name="blocks", description="of the day")
        table.add_column("reward", "ml")
        for _ in range(3):
            table.add_row(reward=1.0)
        file.create_processing_module("behavior", "more").add(table)
        file.add_scratch(np.ones((2, 3)), name="weights", description="of a decoder")

    with quietly(written(tmp_path / "a.nwb", add)) as recording:
        second, first = recording.left_out
    assert first.startswith("`behavior/blocks` (a table of 3 rows without `start_time` and")
    assert second == "`scratch/weights` (an array of shape (2, 3), neither a table nor a signal)"
