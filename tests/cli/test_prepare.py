"""`lfads prepare` and `lfads show` on NWB files, as a user runs them."""

import datetime
import functools
import http.server
import json
import threading

import h5py
import numpy as np
import pytest
from tests.small import flags

import lfads
from lfads.cli.main import run

pynwb = pytest.importorskip("pynwb")

TIMES = ("spike_times", "spike_times_index")
AROUND_GO = ["--align-to", "go_time", "--window-s", "-0.2", "0.6", "--bin-width-s", "0.02"]


def command(*words):
    return run([str(word) for word in words])


def write_nwb(path, *, num_units=6, with_trials=True):
    """Units of two areas that fire at 20/s, 30 trials, hand velocity and position, rewards."""
    rng, seconds = np.random.default_rng(0), 60.0
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    file = pynwb.NWBFile("delayed reaching", "tests", begin)
    if num_units:
        file.add_unit_column("quality", "of the isolation")
    device = file.create_device("probe")
    for area in ("M1", "PMd"):
        group = file.create_electrode_group(area, "a shank", area, device)
        file.add_electrode(location=area, group=group)
    for unit in range(num_units):
        times = np.sort(rng.uniform(0, seconds, 1200))
        file.add_unit(
            spike_times=times, quality="good" if unit % 3 else "multi", electrodes=[unit % 2],
            obs_intervals=[[0.0, seconds]],
        )  # fmt: skip
    if with_trials:
        file.add_trial_column("go_time", "when the target went off")
        file.add_trial_column("direction", "of the target")
        for trial in range(30):
            start = 2.0 * trial
            go = np.nan if trial == 4 else start + 0.5
            file.add_trial(
                start_time=start, stop_time=start + 1.5, go_time=go,
                direction=["left", "right"][trial % 2],
            )  # fmt: skip
    times = np.arange(0, seconds, 0.01)
    module = file.create_processing_module("behavior", "the hand")
    velocity = np.stack([np.sin(times), np.cos(times)], axis=1)
    module.add(pynwb.TimeSeries(name="hand_vel", data=velocity, unit="m/s", rate=100.0))
    position = pynwb.behavior.Position(name="Position")
    position.create_spatial_series(
        name="hand_pos", data=velocity, timestamps=times, reference_frame="table", conversion=0.001
    )
    module.add(position)
    file.add_acquisition(
        pynwb.TimeSeries(name="reward", data=np.ones(3), unit="n", timestamps=[1.0, 3.0, 5.0])
    )
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)
    return path


@pytest.fixture(scope="module")
def nwb(tmp_path_factory):
    return write_nwb(tmp_path_factory.mktemp("recordings") / "monkey.nwb")


def test_show_lists_what_can_be_chosen(nwb, capsys):
    assert command("show", nwb) == 0
    told = capsys.readouterr().out
    for expected in (
        "0 to 60 s (1.0 min)", "6 units", "quality: 'multi', 'good'", "location: 'M1', 'PMd'",
        "30 trials", "go_time: 0.5 to 58.5, 1 row without", "direction: 'left', 'right'",
        "hand_vel: 2 channels, 6,000 samples, 100 Hz, m/s", "hand_pos", "reward: 3 times, 1 to 5 s",
    ):  # fmt: skip
        assert expected in told, expected


def test_from_nwb_to_training(nwb, tmp_path, capsys):
    out = tmp_path / "data.h5"
    words = [*AROUND_GO, "--conditions", "direction", "--behavior", "hand_vel", "hand_pos"]
    words += ["--trials", 'direction == "left"', "--units", 'location == "M1"', "--test", 0.2]
    assert command("prepare", nwb, "--out", out, *words, "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["sizes"] == {"trial": 14, "bin": 40, "neuron": 3}
    assert "1 of 15 trials have no time of go_time" in said.err
    dataset = lfads.read(out)
    session = dataset.session
    assert dataset.start_s == -0.2
    assert set(session.split) == {"train", "valid", "test"}
    go = np.asarray(session.trial_table["go_time"])
    centres = go[:, None] - 0.2 + 0.02 * np.arange(40) + 0.005
    velocity, position = session.behavior["hand_vel"], session.behavior["hand_pos"]
    np.testing.assert_allclose(velocity[:, :, 0], np.sin(centres), atol=1e-4)
    np.testing.assert_allclose(position, 0.001 * velocity, atol=1e-7)
    assert command("train", out, "--out", tmp_path / "run", *flags()) == 0


def test_counts_are_those_of_the_spike_times(nwb, tmp_path):
    out = tmp_path / "data.h5"
    assert command("prepare", nwb, "--out", out, "--bin-width-s", 0.1) == 0
    session = lfads.read(out).session
    with h5py.File(nwb, "r") as file:
        times, ends = (np.asarray(file[f"units/{name}"]) for name in TIMES)
    unit = times[ends[0] : ends[1]]
    expected = [np.histogram(unit, 2.0 * t + 0.1 * np.arange(16))[0] for t in range(30)]
    np.testing.assert_array_equal(session.spikes[:, :, 1], expected)


def test_a_file_at_an_address(nwb, tmp_path, capsys):
    pytest.importorskip("aiohttp")
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = functools.partial(quiet, directory=str(nwb.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/{nwb.name}"
        assert command("prepare", address, "--out", tmp_path / "remote.h5", *AROUND_GO) == 0
        assert command("prepare", f"{address}x", "--out", tmp_path / "no.h5", *AROUND_GO) == 2
        server.shutdown()
    assert "cannot be opened" in capsys.readouterr().err
    assert command("prepare", nwb, "--out", tmp_path / "local.h5", *AROUND_GO) == 0
    remote, local = (lfads.read(tmp_path / name).session for name in ("remote.h5", "local.h5"))
    np.testing.assert_array_equal(remote.spikes, local.spikes)


def change(file, name, place, value):
    array = file[name]
    assert isinstance(array, h5py.Dataset)
    array[place] = value


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
        ("linked.nwb", "cannot be read as NWB"),
        ("external.nwb", "stored in another file"),
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


def test_a_recording_given_as_data_says_what_to_do(nwb, tmp_path, capsys):
    assert command("train", nwb, "--out", tmp_path / "run") == 2
    assert "`lfads prepare` makes trials of counts" in capsys.readouterr().err


def test_nothing_is_written_over(nwb, tmp_path, capsys):
    out = tmp_path / "data.h5"
    out.write_text("mine")
    assert command("prepare", nwb, "--out", out, *AROUND_GO) == 2
    assert out.read_text() == "mine"


def test_from_a_continuous_recording_to_continuous_rates_in_one_command(nwb, tmp_path, capsys):
    data, out = tmp_path / "data.h5", tmp_path / "rates.nc"
    words = ["--bin-width-s", 0.05, "--chop-s", 1.0, "--units", 'quality == "good"']
    assert command("prepare", nwb, "--out", data, *words) == 0
    assert command("train", data, "--out", tmp_path / "run", *flags()) == 0
    assert command("infer", tmp_path / "run", nwb, "--out", out, "--num-samples", 2) == 0
    assert command("infer", tmp_path / "run", "--num-samples", 2) == 0
    again = lfads.open_continuous(tmp_path / "rates.continuous.nc")
    trained_on = lfads.open_continuous(tmp_path / "run" / "continuous.nc")
    assert again["rates"].shape == (1200, 4)
    np.testing.assert_array_equal(again["rates"], trained_on["rates"])
    np.testing.assert_allclose(again["time"][[0, -1]], [0.0, 59.95])


def test_a_run_that_does_not_know_how_trials_were_cut_says_so(nwb, tmp_path, capsys):
    counts = np.random.default_rng(0).poisson(0.5, (12, 9, 6))
    np.savez(tmp_path / "data.npz", spikes=counts, bin_width_s=0.02)
    assert command("train", tmp_path / "data.npz", "--out", tmp_path / "run", *flags()) == 0
    capsys.readouterr()
    assert command("infer", tmp_path / "run", nwb, "--out", tmp_path / "a.nc") == 2
    assert "does not know how its trials were cut" in capsys.readouterr().err
