"""`lfads baseline`, and the commands on what it leaves, as a user runs them."""

import json

import pytest
from tests.baselines.recordings import driven

from lfads.cli.main import run
from lfads.formats.hdf5 import write

pytestmark = pytest.mark.usefixtures("undrawn")  # tests of words


def lfads(*arguments) -> int:
    return run([str(a) for a in arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    write(driven(), folder / "data.h5")
    assert lfads("baseline", "smoothing", folder / "data.h5", "--out", folder / "run") == 0
    return folder / "run"


def test_what_it_leaves_is_a_run(made, tmp_path, capsys):
    names = {"baseline.json", "weights.npz", "summary.json", "posterior.nc", "scores.json"}
    assert names <= {path.name for path in made.iterdir()}
    assert lfads("show", made) == 0
    assert "smoothing of lfads" in capsys.readouterr().out
    assert lfads("infer", made) == 0
    assert "40 trials, 30 bins, 8 neurons" in capsys.readouterr().out
    assert lfads("evaluate", made, "--json") == 0
    assert json.loads(capsys.readouterr().out)["splits"]["test"]["bits_per_spike"] > 0
    assert lfads("report", made) == 0
    other = driven(seed=4)
    write(other, tmp_path / "other.h5")
    assert lfads("infer", made, tmp_path / "other.h5", "--out", tmp_path / "other.nc") == 0
    assert (tmp_path / "other.nc").is_file()


def test_it_prints_choices_and_scores(tmp_path, capsys):
    write(driven(), tmp_path / "data.h5")
    assert (
        lfads("baseline", "smoothing", tmp_path / "data.h5", "--out", tmp_path / "r", "--json") == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert said["choices"]["width"].endswith("ms")
    assert said["out"] == str(tmp_path / "r")
    assert said["scores"]["splits"]["valid"]["num_trials"] == 10


def complains(capsys, *arguments) -> str:
    assert lfads(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("lfads: error:") == 1
    return said.err


def test_mistakes(made, tmp_path, capsys):
    data = made.parent / "data.h5"
    said = complains(capsys, "baseline", "smooting", data, "--out", tmp_path / "r")
    assert "Did you mean `smoothing`?" in said
    said = complains(capsys, "baseline", "smoothing", data, "--out", made)
    assert "already holds other files: choose a new one\n" in said
    said = complains(capsys, "baseline", "smoothing", "--out", tmp_path / "r")
    assert "DATA" in said
    said = complains(capsys, "baseline", data, "--out", tmp_path / "r")
    assert "DATA" in said
    said = complains(capsys, "baseline", "smoothing", tmp_path / "no.h5", "--out", tmp_path / "r")
    assert "no.h5" in said
    assert not (tmp_path / "r").exists()


def test_commands_that_need_a_network(made, tmp_path, capsys):
    data, out = made.parent / "data.h5", tmp_path / "out"
    for arguments in (
        ("sample", made, "--num-trials", 3, "--out", out),
        ("infer", made, "--ensemble", 3),
        ("infer", made, "--refine", 3),
        ("infer", made, "--context-bins", 3),
        ("evaluate", made, "--ensemble", 3),
        ("infer", made, "--generator-states"),
        ("adapt", made, data, "--out", out),
    ):
        assert "is a run of the baseline `smoothing`" in complains(capsys, *arguments)
    said = complains(capsys, "train", data, "--out", made, "--resume")
    assert "is a run of a baseline" in said
    assert not out.exists()


def test_export(made, tmp_path, capsys):
    assert lfads("export", made, "--format", "mat") == 0
    assert "posterior.mat" in capsys.readouterr().out
    assert lfads("export", made, "--out", tmp_path / "p.mat", "--json") == 0
    assert json.loads(capsys.readouterr().out)["out"] == str(tmp_path / "p.mat")
    data = made.parent / "data.h5"
    assert lfads("export", made, data, "--out", tmp_path / "q.nc") == 0
    capsys.readouterr()
    assert "name a format" in complains(capsys, "export", made)
    assert "`.mat` (mat)" in complains(capsys, "export", made, "--out", tmp_path / "p.xls")
    assert "Did you mean `mat`" in complains(capsys, "export", made, "--format", "matt")
    assert "exists already" in complains(capsys, "export", made, "--out", tmp_path / "p.mat")
    assert "`--out FILE`" in complains(capsys, "export", made, data, "--format", "mat")
