"""`lfads prepare` and `lfads show` on NWB files, as a user runs them."""

import dataclasses
import functools
import http.server
import inspect
import json
import os
import re
import threading
from pathlib import Path

import h5py
import numpy as np
import pytest
from tests.recordings.nwb_files import AROUND_GO, command, write_nwb
from tests.small import flags

import lfads
from lfads.cli.prepare_data import prepare
from lfads.recordings.choices import Choices
from lfads.recordings.reading import Reading

TIMES = ("spike_times", "spike_times_index")


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
    autonomous = ["--model.num-inferred-inputs", 0]  # compiles in half the time
    assert command("train", out, "--out", tmp_path / "run", *flags(), *autonomous) == 0


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
    # Units of rows 1, 2, 4, 5, whose electrodes lie in turn in M1 and PMd.
    for found in (again, lfads.open_posterior(out).dataset):
        assert found["area"].values.tolist() == ["PMd", "M1", "M1", "PMd"]
        assert found["name"].values.tolist() == ["1", "2", "4", "5"]
        assert found["quality"].values.tolist() == ["good"] * 4
    capsys.readouterr()
    assert command("evaluate", tmp_path / "run", "--json") == 0
    areas = json.loads(capsys.readouterr().out)["areas"]
    assert sorted(areas) == ["M1", "PMd"]
    assert command("evaluate", tmp_path / "run") == 0
    assert re.search(r"^area +trials, (valid|test) +bits per spike", capsys.readouterr().out, re.M)


def test_units_are_chosen_by_the_area_of_their_electrodes(nwb, tmp_path):
    out = tmp_path / "m1.h5"
    assert command("prepare", nwb, "--out", out, *AROUND_GO, "--units", 'area == "M1"') == 0
    table = lfads.read(out).session.neuron_table
    assert table["name"].tolist() == ["0", "2", "4"]
    assert table["location"].tolist() == ["M1"] * 3


def test_a_run_that_does_not_know_how_trials_were_cut_says_so(nwb, tmp_path, capsys):
    counts = np.random.default_rng(0).poisson(0.5, (12, 9, 6))
    np.savez(tmp_path / "data.npz", spikes=counts, bin_width_s=0.02)
    words = [*flags(num_epochs=1), "--model.num-inferred-inputs", 0]
    assert command("train", tmp_path / "data.npz", "--out", tmp_path / "run", *words) == 0
    capsys.readouterr()
    assert command("infer", tmp_path / "run", nwb, "--out", tmp_path / "a.nc") == 2
    assert "does not know how its trials were cut" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "-1"])
@pytest.mark.parametrize("flag", ["chop", "forward", "overlap", "bin-width"])
def test_seconds_are_checked(flag, value, nwb, tmp_path, capsys):
    width = [] if flag == "bin-width" else ["--bin-width-s", 0.02]
    words = ["--chop-s", 1.0] if flag == "overlap" else []
    given = [*words, *width, f"--{flag}-s={value}"]
    assert command("prepare", nwb, "--out", tmp_path / "out.h5", *given) == 2
    told = capsys.readouterr().err
    assert f"--{flag}-s" in told
    assert told.count("lfads: error") == 1


def test_where_to_write_is_asked_before_the_work(nwb, tmp_path, capsys, monkeypatch):
    def never(*_):
        raise AssertionError("the work began")

    monkeypatch.setattr("lfads.recordings.sources.open_recording", never)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    for out, message in (
        (tmp_path / "file", "exists already"),
        (tmp_path / "folder", "it is a folder"),
        (tmp_path / "file" / "data.h5", "Not a directory"),
        (tmp_path / f"{'x' * 300}.h5", "File name too long"),
        (tmp_path / f"{'x' * 250}.h5", "File name too long"),
        (Path("/proc/data.h5"), "cannot be written"),
    ):
        assert command("prepare", nwb, "--out", out, *AROUND_GO) == 2
        assert message in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folders_that_are_closed_are_refused(nwb, tmp_path, capsys):
    (tmp_path / "closed").mkdir(mode=0o500)
    out = tmp_path / "closed" / "data.h5"
    assert command("prepare", nwb, "--out", out, *AROUND_GO) == 2
    assert "Permission denied" in capsys.readouterr().err


def test_names_that_are_not_utf8(nwb, tmp_path, capsys):
    recording, out = tmp_path / "caf\udce9.npz", tmp_path / "caf\udce9.h5"
    rng = np.random.default_rng(0)
    with open(recording, "wb") as file:
        np.savez(
            file, spike_times=rng.uniform(0, 20, 4000), unit=rng.integers(0, 4, 4000),
            **{"trials.start_time": np.arange(20.0), "trials.stop_time": np.arange(20.0) + 0.5},
        )  # fmt: skip
    assert command("show", recording) == 0
    assert "20 trials" in capsys.readouterr().out
    assert command("prepare", recording, "--out", out, "--bin-width-s", 0.05) == 0
    assert "caf\N{REPLACEMENT CHARACTER}.h5" in capsys.readouterr().out
    assert lfads.read(out).session.num_trials == 20


def test_flags_are_the_choices():
    """One says what the other does, with the same defaults."""
    flags = inspect.signature(prepare).parameters
    given = {field.name: field for cls in (Choices, Reading) for field in dataclasses.fields(cls)}
    ours = {"source", "tests", "nlb", "out", "overwrite"}
    assert set(flags) - ours == set(given) - {"unit_rows"}
    for name in set(flags) - ours - {"bin_width_s"}:
        assert flags[name].default == (given[name].default or flags[name].default)
