"""`lfads analyse RUN video-… --out x.webp`, as a user runs it."""

import numpy as np
import pytest
from PIL import Image
from tests.analysis.results import recorded

from lfads.cli.main import run
from lfads.formats.hdf5 import write
from lfads.results.netcdf import read_netcdf


def lfads(*arguments) -> int:
    return run([str(a) for a in arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    condition = np.array(["left", "up", "right", "down"])[np.arange(40) % 4]
    write(recorded(condition=condition), folder / "data.h5")
    assert lfads("baseline", "smoothing", folder / "data.h5", "--out", folder / "run") == 0
    return folder / "run"


def short(made, *more) -> tuple:
    choices = ("seconds=0.2", "num_surrogates=0", "trials_per_condition=1")
    given = [word for choice in choices for word in ("--choose", choice)]
    return ("analyse", made, "video-rotations", *given, *more)


def test_a_video_with_its_numbers_and_a_still_figure(made, tmp_path, capsys):
    out = tmp_path / "films" / "x.webp"
    for _ in range(2):  # its own files are replaced
        assert lfads(*short(made, "--out", out)) == 0
    said = capsys.readouterr().out
    assert f"wrote {out}" in said
    assert sorted(p.name for p in out.parent.iterdir()) == ["x.nc", "x.png", "x.webp"]
    assert read_netcdf(out.with_suffix(".nc")).attrs["analysis"] == "video_rotations"
    with Image.open(out) as video:
        assert getattr(video, "n_frames") > 1  # noqa: B009 - of animated images alone


def test_in_a_folder_it_bears_the_name_of_the_analysis(made, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))  # without ffmpeg
    assert lfads(*short(made)) == 0
    names = sorted(p.name for p in (made / "analyses").iterdir())
    assert names == ["video_rotations.nc", "video_rotations.png", "video_rotations.webp"]


def test_mistakes(made, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))

    def complains(*arguments) -> str:
        capsys.readouterr()
        assert lfads(*arguments) == 2
        return capsys.readouterr().err

    said = complains(*short(made, "--out", tmp_path / "x.mp4"))
    assert "x.mp4: MP4 is written by ffmpeg, which is not on this machine" in said
    assert "`decoding` makes no video: `--out` must name a folder, not x.gif" in complains(
        "analyse", made, "decoding", "--out", tmp_path / "x.gif"
    )
    (tmp_path / "mine.gif").write_text("a video of somebody else")
    said = complains(*short(made, "--out", tmp_path / "mine.gif"))
    assert "mine.gif exists already and is not of an analysis" in said
    assert [p.name for p in tmp_path.iterdir()] == ["mine.gif"]
