"""`lfads analyse`, as a user runs it."""

import dataclasses
import json

import numpy as np
import pytest
from tests.analysis.results import recorded

from lfads.cli.main import run
from lfads.formats.hdf5 import write
from lfads.results.netcdf import read_netcdf

pytestmark = pytest.mark.usefixtures("undrawn")  # tests of words


def lfads(*arguments) -> int:
    return run([str(a) for a in arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    plain = recorded()
    behavior = {**plain.session.behavior, "lever": np.ones((40, 30))}
    session = dataclasses.replace(plain.session, behavior=behavior)
    write(dataclasses.replace(plain, sessions=(session,)), folder / "data.h5")
    assert lfads("baseline", "smoothing", folder / "data.h5", "--out", folder / "run") == 0
    return folder / "run"


def test_numbers_and_figure_in_the_folder_of_the_run(made, capsys):
    capsys.readouterr()
    assert lfads("analyse", made, "decoding") == 0
    said = capsys.readouterr().out
    assert "R² of left-out trials" in said
    assert "hand_vel 0" in said
    assert {path.name for path in (made / "analyses").iterdir()} == {"decoding.nc", "decoding.png"}
    found = read_netcdf(made / "analyses" / "decoding.nc")
    assert found.attrs["analysis"] == "decoding"
    assert found.attrs["method"] == "smoothing"
    assert (made / "analyses" / "decoding.png").read_bytes().startswith(b"\x89PNG")
    assert lfads("analyse", made, "decoding", "--json") == 0  # again: its own files are replaced
    assert json.loads(capsys.readouterr().out)["sessions"]


def test_choices_are_flags(made, tmp_path):
    given = ("analyse", made, "decoding", "--out", tmp_path, "--choose", "behavior=hand_vel")
    assert lfads(*given, "--choose", "widths-s=0.02,0.05", "--choose", "num_folds=3") == 0
    found = read_netcdf(tmp_path / "decoding.nc")
    assert set(found["series"].values.tolist()) == {"hand_vel"}
    assert found.sizes["fold"] == 3
    assert set(np.unique(found["smoothing_s"].sel(signal="smoothed spikes"))) <= {0.02, 0.05}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ("num_fold=3",),
            "analysis `decoding` has no choice `num_fold`. Did you mean `num_folds`?",
        ),
        (("num_folds=2",), "`num_folds` must be a whole number, 3 or more"),
        (("num_folds",), "`--choose` takes NAME=VALUE, such as `--choose num_folds=5`"),
        (("num_folds=3", "num_folds=4"), "`--choose` names `num_folds` twice"),
    ],
)
def test_mistaken_choices(given, said, made, capsys):
    flags = [word for each in given for word in ("--choose", each)]
    assert said in complains(capsys, "analyse", made, "decoding", *flags)


def test_other_data_elsewhere(made, tmp_path):
    write(recorded(seed=3), tmp_path / "other.h5")
    given = ("analyse", made, "decoding", tmp_path / "other.h5")
    assert lfads(*given, "--out", tmp_path / "found") == 0
    assert (tmp_path / "found" / "decoding.nc").is_file()


def test_the_report_shows_it(made):
    assert lfads("report", made) == 0
    assert "Decoding of behaviour" in (made / "report.html").read_text(encoding="utf-8")


def test_evaluate_puts_decoding_beside_the_scores(made, capsys):
    capsys.readouterr()
    assert lfads("evaluate", made, "--decode", "hand_vel", "--decode", "lever") == 0
    said = capsys.readouterr().out
    assert "behaviour, R² of left-out trials" in said
    assert "no R² of lever: it is constant" in said
    scores = json.loads((made / "scores.json").read_text(encoding="utf-8"))
    assert list(scores["decoding"]) == ["hand_vel", "lever"]
    r2 = scores["decoding"]["hand_vel"]
    assert list(r2) == ["rates", "smoothed spikes"]
    assert 0.3 < r2["rates"]["hand_vel 0"] < 1
    assert scores["decoding"]["lever"]["rates"] == {"lever": None}
    assert f"{r2['rates']['hand_vel 0']:.4f}" in said
    assert "bits_per_spike" in scores["splits"]["valid"]


def complains(capsys, *arguments) -> str:
    assert lfads(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("lfads: error:") == 1
    return said.err


def test_mistakes(made, tmp_path, capsys):
    data = made.parent / "data.h5"
    assert "Did you mean `decoding`?" in complains(capsys, "analyse", made, "decodin")
    said = complains(capsys, "analyse", made, "fixed_points")
    assert "of the network itself, and these results are of the baseline smoothing" in said
    assert "`--out FOLDER`" in complains(capsys, "analyse", made, "decoding", data)
    said = complains(capsys, "evaluate", made, "--decode", "hand_velocity")
    assert "Did you mean `hand_vel`? There is `hand_vel`, `pupil`, `lever`" in said
    (tmp_path / "file").touch()
    said = complains(capsys, "analyse", made, "decoding", "--out", tmp_path / "file")
    assert "is a file" in said
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "decoding.png").write_bytes(b"my own")
    said = complains(capsys, "analyse", made, "decoding", "--out", tmp_path / "own")
    assert "is not of an analysis: choose another name, or `--overwrite` to replace it" in said
    assert (tmp_path / "own" / "decoding.png").read_bytes() == b"my own"
    write(recorded(behavior=None), tmp_path / "still.h5")
    out = ("--out", tmp_path / "found")
    said = complains(capsys, "analyse", made, "decoding", tmp_path / "still.h5", *out)
    assert "needs behaviour, which the data have not" in said
    assert not (tmp_path / "found").exists()
