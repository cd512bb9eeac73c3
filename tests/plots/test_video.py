"""Videos of a figure: what is written, by what, and what is left when it is broken off."""

import os
import sys

import numpy as np
import pytest
from PIL import Image

from lfads.checks import UserError
from lfads.plots.video import Animation, Pace, refuse_no_video, usual_suffix, write_video

NUM_FRAMES = 6


def moving(figure):
    """A dot that goes from left to right, over words that stay."""
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1), ylim=(0, 1), title="a dot", xlabel="place (a.u.)")
    (dot,) = axes.plot([], [], "o", color="red", markersize=20)
    return Animation(
        NUM_FRAMES, lambda k: dot.set_data([(k + 0.5) / NUM_FRAMES], [0.5]), frames_per_s=20
    )


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def red(image: Image.Image) -> float:
    """Where the dot is, as a share of the width."""
    pixels = np.asarray(image.convert("RGB")).astype(int)
    (_, columns) = np.nonzero((pixels[..., 0] > 180) & (pixels[..., 1:].max(2) < 90))
    return float(columns.mean()) / pixels.shape[1]


@pytest.mark.parametrize("suffix", [".webp", ".gif"])
def test_frames_are_there_in_order(suffix, tmp_path):
    told = []
    path = write_video(moving, tmp_path / f"x{suffix}", 1.5, lambda *n: told.append(n))
    with Image.open(path) as video:
        assert getattr(video, "n_frames") == NUM_FRAMES  # noqa: B009 - of animated images alone
        assert not any(side % 2 for side in video.size)
        places = []
        for k in range(NUM_FRAMES):
            video.seek(k)
            places.append(red(video))
    assert np.all(np.diff(places) > 0.1)
    assert told[-1] == (NUM_FRAMES, NUM_FRAMES)
    assert [done for done, _ in told] == list(range(1, NUM_FRAMES + 1))
    assert names(tmp_path) == [path.name]


def test_what_is_broken_off_leaves_nothing(tmp_path):
    def stopping(figure):
        def draw_frame(k):
            if k == 2:
                raise KeyboardInterrupt

        return Animation(NUM_FRAMES, draw_frame)

    with pytest.raises(KeyboardInterrupt):
        write_video(stopping, tmp_path / "x.webp", 1.0)
    assert not names(tmp_path)


def test_mp4_needs_ffmpeg(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        UserError, match=r"x\.mp4: MP4 is written by ffmpeg.* name the video \.webp"
    ):
        write_video(moving, tmp_path / "x.mp4", 1.0)
    assert usual_suffix() == ".webp"
    with pytest.raises(UserError, match=r"must be named \.mp4, \.webp or \.gif; got 'x\.avi'"):
        refuse_no_video(tmp_path / "x.avi")


def ffmpeg_that(does: str, monkeypatch, folder) -> None:
    """A stand-in on the path, which keeps its arguments."""
    folder.mkdir()
    program = folder / "ffmpeg"
    program.write_text(f"#!{sys.executable}\nimport sys, pathlib\n{does}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


needs_scripts = pytest.mark.skipif(os.name == "nt", reason="scripts are not programs there")


@needs_scripts
def test_ffmpeg_is_given_raw_frames(monkeypatch, tmp_path):
    does = (
        "import json; size = len(sys.stdin.buffer.read())\n"
        "pathlib.Path(sys.argv[-1]).write_text(json.dumps([size, *sys.argv[1:]]))"
    )
    ffmpeg_that(does, monkeypatch, tmp_path / "bin")
    assert usual_suffix() == ".mp4"
    path = write_video(moving, tmp_path / "x.mp4", 1.5)
    said = path.read_text(encoding="utf-8")
    assert said.startswith(f"[{NUM_FRAMES * 1280 * 192 * 3},")
    assert '"-s", "1280x192", "-r", "20"' in said
    assert '"-c:v", "h264", "-pix_fmt", "yuv420p"' in said
    assert names(tmp_path) == ["bin", "x.mp4"]


@needs_scripts
@pytest.mark.parametrize("first", ["sys.stdin.buffer.read()\n", ""])
def test_what_ffmpeg_says_is_told(first, monkeypatch, tmp_path):
    does = f"{first}print('first\\nno such encoder', file=sys.stderr); sys.exit(1)"
    ffmpeg_that(does, monkeypatch, tmp_path / "bin")
    with pytest.raises(UserError, match=r"could not write the video: no such encoder\. Name"):
        write_video(moving, tmp_path / "x.mp4", 1.5)
    assert names(tmp_path) == ["bin"]


def test_pace():
    assert Pace("a", 2.0, 25).num_frames == 50
    assert Pace("a", 0.001, 25).num_frames == 1
    with pytest.raises(UserError, match=r"a: `seconds=` must be above 0, and 120 at most; got 0.0"):
        Pace("a", 0.0, 25)
    with pytest.raises(UserError, match="a: `frames_per_s=` must be a whole number, 1 or more"):
        Pace("a", 2.0, 0)
