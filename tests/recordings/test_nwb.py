"""NWB files: names of signals, units observed at different times, and files that are damaged or do harm."""

import json

import h5py
import numpy as np
import pytest
from tests.recordings.nwb_files import (
    AROUND_GO,
    add_units,
    command,
    pynwb,
    replace,
    write_nwb,
    written,
)
from tests.small import flags

import lfads


@pytest.fixture(scope="module")
def nwb(tmp_path_factory):
    return write_nwb(tmp_path_factory.mktemp("recordings") / "monkey.nwb")


def change(file, name, place, value):
    array = file[name]
    assert isinstance(array, h5py.Dataset)
    array[place] = value


REPLACED = {
    "matrix.nwb": ("units/spike_times", np.zeros((7200, 2))),
    "words.nwb": ("units/spike_times", ["a"] * 7200),
    "rows.nwb": ("intervals/trials/go_time", np.arange(7.0)),
    "intervals.nwb": ("units/obs_intervals", np.zeros((6, 3))),
}


def damaged(path, nwb):
    """What goes wrong with files, by name."""
    content = nwb.read_bytes()
    if path.name == "truncated.nwb":
        path.write_bytes(content[: len(content) // 2])
    elif path.name == "text.nwb":
        path.write_text("spikes")
    elif path.name == "empty.nwb":
        path.write_bytes(b"")
    elif path.name == "plain.nwb":
        with h5py.File(path, "w") as file:
            file["spikes"] = np.zeros(3)
    elif path.name == "index.nwb":
        path.write_bytes(content)
        with h5py.File(path, "r+") as file:
            change(file, "units/spike_times_index", -1, 60_000)
    elif path.name == "linked.nwb":
        path.write_bytes(content)
        with h5py.File(path, "r+") as file:
            del file["units/spike_times"]
            file["units/spike_times"] = h5py.ExternalLink("/etc/passwd", "/x")
    elif path.name == "external.nwb":
        path.write_bytes(content)
        with h5py.File(path, "r+") as file:
            attributes = dict(file["units/spike_times"].attrs)
            del file["units/spike_times"]
            raw = [(str(nwb), 0, 8000)]
            units = file["units"]
            assert isinstance(units, h5py.Group)
            units.create_dataset("spike_times", (1000,), "f8", external=raw)
            file["units/spike_times"].attrs.update(attributes)
    elif path.name in REPLACED:
        path.write_bytes(content)
        name, values = REPLACED[path.name]
        with h5py.File(path, "r+") as file:
            replace(file, name, values)
    elif path.name == "behavior.nwb":
        path.write_bytes(content)
        with h5py.File(path, "r+") as file:
            file["processing/behavior/more"] = h5py.ExternalLink(str(nwb), "/units")
    elif path.name == "huge.nwb":
        path.write_bytes(content)
        with h5py.File(path, "r+") as file:
            replace(file, "units/spike_times_index", np.full(6, 10**12))
            shape, chunks = (10**12,), (2**16,)
            replace(file, "units/spike_times", None, shape=shape, chunks=chunks, dtype="f8")
    elif path.name == "chunk.nwb":
        path.write_bytes(content)
        with h5py.File(path, "r+") as file:
            replace(file, "units/spike_times", np.arange(7200.0), compression="gzip")
            times = file["units/spike_times"]
            assert isinstance(times, h5py.Dataset)
            times.id.write_direct_chunk((0,), b"no such thing")
    elif path.name == "nan.nwb":
        path.write_bytes(content)
        with h5py.File(path, "r+") as file:
            change(file, "units/spike_times", 5, np.nan)
    elif path.name == "units.nwb":
        write_nwb(path, num_units=0)
    elif path.name == "trials.nwb":
        write_nwb(path, with_trials=False)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.nwb", "there is no such file"),
        ("truncated.nwb", "cannot be read as NWB"),
        ("text.nwb", "cannot be read as NWB"),
        ("empty.nwb", "cannot be read as NWB"),
        ("plain.nwb", "cannot be read as NWB"),
        ("index.nwb", "the index of the spike times is damaged"),
        (
            "linked.nwb",
            "`/units/spike_times` is a link to another file, '/etc/passwd'; this is refused",
        ),
        ("behavior.nwb", "is a link to another file"),
        ("external.nwb", "`/units/spike_times` is stored in another file"),
        ("matrix.nwb", "must be one list of times in seconds, with the units one behind another"),
        (
            "words.nwb",
            "must be one list of times in seconds, with the units one behind another; got text",
        ),
        ("huge.nwb", "spike times of unit 0 would take about"),
        ("rows.nwb", "column `go_time` of table `trials` has 7 rows, the table 30"),
        ("intervals.nwb", "`units/obs_intervals` must be starts and ends in seconds"),
        ("chunk.nwb", "`units/spike_times`: cannot be read as HDF5"),
        ("nan.nwb", "spike times of unit 0 must be finite"),
        ("units.nwb", "no units with spike times"),
        ("trials.nwb", "no trial column or event `go_time`"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_bad_files_give_one_message_and_leave_nothing(name, message, nwb, tmp_path, capsys):
    path = tmp_path / name
    damaged(path, nwb)
    assert command("prepare", path, "--out", tmp_path / "out.h5", *AROUND_GO) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("lfads: error") == 1
    assert not (tmp_path / "out.h5").exists()


def test_series_of_one_name_are_chosen_by_where_they_lie(tmp_path, capsys):
    def add(file):
        add_units(file)
        module = file.create_processing_module("behavior", "both hands")
        for hand, value in (("left", 1.0), ("right", 2.0)):
            position = pynwb.behavior.Position(name=hand)
            position.create_spatial_series(
                name="hand", data=np.full((600, 2), value), rate=10.0, reference_frame="table"
            )
            module.add(position)
        file.add_acquisition(
            pynwb.TimeSeries(name="hand", data=np.full(600, 3.0), unit="m", rate=10.0)
        )

    path, out = written(tmp_path / "a.nwb", add), tmp_path / "out.h5"
    assert command("show", path) == 0
    told = capsys.readouterr().out
    names = ["acquisition/hand", "behavior/left/hand", "behavior/right/hand"]
    assert all(f"{name}: " in told for name in names)
    words = ["--bin-width-s", 0.1, "--behavior", *names, "--inputs", names[0]]
    assert command("prepare", path, "--out", out, *words) == 0
    session = lfads.read(out).session
    means = {name: float(np.nanmean(values)) for name, values in session.behavior.items()}
    assert means == {"acquisition.hand": 3, "behavior.left.hand": 1, "behavior.right.hand": 2}
    capsys.readouterr()
    words = ["--bin-width-s", 0.1, "--behavior", "hand", "--out", tmp_path / "no.h5"]
    assert command("prepare", path, *words) == 2
    assert "there is no series `hand`. Several are called so: `acquisition/hand`" in (
        capsys.readouterr().err
    )


def test_series_that_cannot_be_used_are_listed_and_refused(tmp_path, capsys):
    def add(file):
        add_units(file)
        file.add_acquisition(
            pynwb.TimeSeries(name="lfp", data=np.ones((2, 60)), unit="V", timestamps=np.arange(2.0))
        )
        file.add_acquisition(pynwb.TimeSeries(name="eye", data=np.ones(60), unit="m", rate=1.0))
        file.add_acquisition(
            pynwb.image.ImageSeries(
                name="video", external_file=["video.avi"], format="external", rate=30.0, unit="n",
                num_samples=60, starting_frame=[0],
            )
        )  # fmt: skip

    path = written(tmp_path / "a.nwb", add)
    with h5py.File(path, "r+") as file:
        file["acquisition/eye/starting_time"].attrs["rate"] = 0.0
        replace(file, "acquisition/lfp/timestamps", np.arange(60.0))
    assert command("show", path) == 0
    told = capsys.readouterr().out
    assert "lfp: cannot be used: expected one time for each of 2 samples" in told
    assert "video" not in told
    assert command("show", path, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["num_units"], told["num_spikes"], told["num_trials"]) == (4, 4800, 30)
    assert 0 <= told["spikes_from_s"] < told["spikes_to_s"] < 60
    start = {"kind": "number", "num_rows": 30, "num_missing": 0, "least": 0.0, "most": 58.0}
    assert told["trial_columns"]["start_time"] == start
    lfp, eye = (told["series"][name] for name in ("lfp", "eye"))
    assert (lfp["num_channels"], lfp["unit"], eye["rate_hz"]) == (60, "V", 0.0)
    assert lfp["problem"].startswith("expected one time for each of 2 samples")
    for name, message in (("lfp", "look like (channel, sample)"), ("eye", "positive and finite")):
        words = ["--bin-width-s", 0.1, "--behavior", name, "--out", tmp_path / "no.h5"]
        assert command("prepare", path, *words) == 2
        told = capsys.readouterr().err
        assert f"`--behavior`: series `{name}` cannot be used" in told
        assert message in told


def test_columns_of_electrodes_are_columns_of_units(tmp_path):
    def add(file):
        device = file.create_device("probe")
        for number, place in enumerate(["M1", "V1"]):
            group = file.create_electrode_group(place, "a shank", place, device)
            file.add_electrode(location=place, group=group, x=float(number))
        file.add_unit_column("unit_name", "as the lab calls it")
        for unit, electrodes in enumerate([[1, 0], [], [0]]):
            times = np.arange(0.0, 10.0, 0.1)
            file.add_unit(spike_times=times, electrodes=electrodes, unit_name=f"sig{unit}")

    with lfads.open_recording(written(tmp_path / "a.nwb", add)) as recording:
        units = recording.units
    assert units["name"].tolist() == ["sig0", "sig1", "sig2"]
    assert units["area"].tolist() == units["location"].tolist() == ["V1", "", "M1"]
    assert units["group_name"].tolist() == ["V1", "", "M1"]
    np.testing.assert_array_equal(units["x"], [1.0, np.nan, 0.0])
    assert "group" not in units


def test_units_observed_at_different_times(tmp_path, capsys):
    whole, first = [[0.0, 60.0]], [[0.0, 29.75]]
    path = written(tmp_path / "a.nwb", lambda file: add_units(file, [whole, whole, first, whole]))
    out = tmp_path / "out.h5"
    assert command("prepare", path, "--out", out, "--bin-width-s", 0.1) == 0
    told = capsys.readouterr().err
    assert "225 of 1,800 samples, of 1 of 4 units, lie outside the times" in told
    assert told.count("warning") == 1
    session = lfads.read(out).session
    assert session.observed is not None
    assert session.observed[:15].all()
    assert not session.observed[15:, :, 2].any()
    assert command("train", out, "--out", tmp_path / "run", *flags()) == 0
    plain = written(tmp_path / "b.nwb", add_units)
    assert command("prepare", plain, "--out", tmp_path / "b.h5", "--bin-width-s", 0.1) == 0
    assert lfads.read(tmp_path / "b.h5").session.observed is None


def test_channels_of_electrodes_have_factors_of_their_own(tmp_path):
    def add(file):
        add_units(file)
        group = file.create_electrode_group("emg", "wires", "arm", file.create_device("amplifier"))
        for _ in range(2):
            file.add_electrode(location="arm", group=group)
        for name in ("emg", "odd"):
            file.add_acquisition(
                pynwb.ecephys.ElectricalSeries(
                    name=name, data=np.full((600, 2), 100, np.int16), rate=10.0, conversion=0.001,
                    electrodes=file.create_electrode_table_region([0, 1], "wires"), offset=2.0,
                    channel_conversion=np.array([1.0, 5.0]),
                )
            )  # fmt: skip

    path = written(tmp_path / "a.nwb", add)
    with h5py.File(path, "r+") as file:
        replace(file, "acquisition/odd/channel_conversion", np.ones(3))
    with lfads.open_recording(path) as recording:
        np.testing.assert_allclose(recording.series["emg"].values(0, 3), [[2.1, 2.5]] * 3)
        assert (
            "one number for each of 2 channels; got shape (3,)" in recording.series["odd"].problem
        )


def test_signals_of_no_use_are_named_and_pictures_are_not(tmp_path):
    def add(file):
        add_units(file)
        file.add_acquisition(
            pynwb.TimeSeries(name="spectrum", data=np.ones((60, 2, 3)), unit="V", rate=1.0)
        )
        file.add_acquisition(
            pynwb.image.ImageSeries(name="frames", data=np.ones((60, 2, 3)), unit="n", rate=1.0)
        )

    path = written(tmp_path / "a.nwb", add)
    only = (
        r"not used: `spectrum` \(a TimeSeries of shape \(60, 2, 3\), where \(sample, channel\) is r"
    )
    with pytest.warns(UserWarning, match=only) as said, lfads.open_recording(path):
        pass
    assert len(said) == 1
