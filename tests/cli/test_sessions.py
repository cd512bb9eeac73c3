"""Several sessions on the command line: as a user trains on days, and brings a new one."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from tests.small import flags, tiny_sessions

from lfads.cli.main import run
from lfads.data.dataset import Dataset
from lfads.formats.hdf5 import write
from lfads.results import open_posterior

pytestmark = pytest.mark.usefixtures("undrawn")  # tests of words


def lfads(*words: object) -> int:
    return run([str(word) for word in words])


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file for each of three days, and a run on the first two."""
    folder = tmp_path_factory.mktemp("days")
    both = tiny_sessions()
    for session in both.sessions:
        one = dataclasses.replace(both, sessions=(session,))
        write(one, folder / f"{session.name}.h5")
    counts = np.random.default_rng(5).poisson(0.7, (10, 8, 5))
    np.savez(folder / "friday.npz", spikes=counts, bin_width_s=0.02, conditions=np.arange(10) % 3)
    status = lfads(
        "train", folder / "monday.h5", folder / "tuesday.h5", "--out", folder / "run", *flags()
    )
    assert status == 0
    return folder


def test_each_day_has_its_results(days: Path, capsys: pytest.CaptureFixture):
    assert lfads("infer", days / "run", "--num-samples", 2) == 0
    text = capsys.readouterr().out
    assert "monday: 12 trials" in text
    assert "tuesday: 8 trials" in text
    assert set(open_posterior(days / "run" / "posterior.nc").sessions) == {"monday", "tuesday"}
    assert lfads("evaluate", days / "run", "--num-samples", 2) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split() == ["score", "train", "valid"]
    assert any(row.startswith("monday") for row in rows)
    scores = json.loads((days / "run" / "scores.json").read_text())
    assert set(scores["sessions"]) == {"monday", "tuesday"}
    assert lfads("show", days / "run") == 0
    assert "4, 6" in capsys.readouterr().out


def test_a_day_by_itself(days: Path, capsys: pytest.CaptureFixture):
    out = days / "monday.nc"
    assert lfads("infer", days / "run", days / "monday.h5", "--num-samples", 2, "--out", out) == 0
    assert set(open_posterior(out).sessions) == {"monday"}
    capsys.readouterr()
    assert lfads("infer", days / "run", days / "friday.npz", "--out", days / "x.nc") == 2
    message = capsys.readouterr().err
    assert "knows the sessions monday, tuesday; the data have friday" in message
    assert "lfads adapt" in message


def test_a_new_day(days: Path, capsys: pytest.CaptureFixture):
    few = ("--training.num-epochs", 2, "--training.batch-size", 4)
    assert lfads("adapt", days / "run", days / "friday.npz", "--out", days / "friday", *few) == 0
    assert "best epoch" in capsys.readouterr().out
    assert lfads("infer", days / "friday", "--num-samples", 2) == 0
    assert open_posterior(days / "friday" / "posterior.nc").dataset.sizes["neuron"] == 5
    assert lfads("report", days / "friday") == 0
    capsys.readouterr()
    assert lfads("adapt", days / "run", days / "friday.npz", "--out", days / "friday", *few) == 2
    assert "already holds a run" in capsys.readouterr().err
    assert lfads("adapt", days / "nothing", days / "friday.npz", "--out", days / "no") == 2
    assert "no run in" in capsys.readouterr().err


def test_days_left_out(days: Path, capsys: pytest.CaptureFixture):
    """Two days of the same sizes, whose programs are the same."""
    out, monday = days / "left out", tiny_sessions().sessions[0]
    tuesday = dataclasses.replace(monday, name="tuesday", values=monday.spikes[:, ::-1])
    path = write(dataclasses.replace(tiny_sessions(), sessions=(tuesday,)), days / "alike.h5")
    files = (days / "monday.h5", path)
    assert lfads("leave-one-out", *files, "--out", out, *flags(num_epochs=1)) == 0
    assert "tuesday" in capsys.readouterr().out
    assert set(json.loads((out / "scores.json").read_text())) == {"monday", "tuesday"}
    assert lfads("leave-one-out", files[0], "--out", days / "one") == 2
    assert "at least two sessions" in capsys.readouterr().err


def test_bins_of_different_widths(days: Path, capsys: pytest.CaptureFixture):
    other: Dataset = dataclasses.replace(tiny_sessions(), bin_width_s=0.01)
    write(dataclasses.replace(other, sessions=other.sessions[:1]), days / "fine.h5")
    assert lfads("train", days / "monday.h5", days / "fine.h5", "--out", days / "no") == 2
    assert "bin_width_s" in capsys.readouterr().err
    assert not (days / "no").exists()
