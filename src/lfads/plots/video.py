"""Videos: frames of a figure, written as MP4 by the ffmpeg of the system, or as animated WebP or GIF.

The file is written beside and renamed, so that what is broken off leaves nothing.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, features

from lfads.checks import UserError, require_whole
from lfads.files import written_beside
from lfads.plots.style import in_style, new_figure

SUFFIXES = (".mp4", ".webp", ".gif")
DPI = {".mp4": 128, ".webp": 128, ".gif": 96}
"""Dots per inch, for 1280 dots in width; fewer of GIF, which Pillow holds in memory as a whole."""

Frame = UInt8[np.ndarray, "row column 3"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Animation:
    """Frames of a figure that is there already.

    Parameters
    ----------
    num_frames
        How many there are.
    draw_frame
        Changes the figure to show a frame, whose number it is given; frames come in order.
    frames_per_s
        How many are shown in a second.
    """

    num_frames: int
    draw_frame: Callable[[int], None]
    frames_per_s: int = 25


@dataclass(frozen=True)
class Pace:
    """How long a video is, and how smooth.

    Parameters
    ----------
    who
        What is shown, for messages.
    seconds
        Of the whole video.
    frames_per_s
        Frames in a second; GIF knows hundredths of a second alone: 20, 25 and 50 are exact there.
    """

    who: str
    seconds: float
    frames_per_s: int

    def __post_init__(self) -> None:
        require_whole(self.who, "frames_per_s=", self.frames_per_s, 1)
        if not 0 < self.seconds <= 120:
            raise UserError(
                f"{self.who}: `seconds=` must be above 0, and 120 at most; got {self.seconds!r}"
            )

    @property
    def num_frames(self) -> int:
        """Of the whole video; one at least."""
        return max(1, round(self.seconds * self.frames_per_s))


def usual_suffix() -> str:
    """Of a video where none is asked for: MP4 where this machine can write it, else WebP."""
    return ".mp4" if shutil.which("ffmpeg") else ".webp"


def refuse_no_video(path: Path) -> None:
    """A UserError unless a video of this name can be written on this machine."""
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"a video must be named .mp4, .webp or .gif; got {path.name!r}")
    if path.suffix.lower() == ".mp4" and not shutil.which("ffmpeg"):
        raise UserError(
            f"{path.name}: MP4 is written by ffmpeg, which is not on this machine: name the video .webp "
            "or .gif, or install ffmpeg (`apt install ffmpeg`, `brew install ffmpeg`, `conda install "
            "ffmpeg`)"
        )


def write_video(
    animate: Callable[[Figure], Animation],
    path: Path,
    height_in: float,
    progress: Progress | None = None,
) -> Path:
    """Write what `animate` makes of an empty figure of the common width.

    Parameters
    ----------
    animate
        Draws into the figure what stays, and says what changes.
    path
        Of the video; its suffix says what it is.
    height_in
        Of the figure; its width is the common one.
    progress
        Is told how many frames are done, of how many.

    Raises
    ------
    UserError
        If the suffix is another, MP4 cannot be written here, or ffmpeg fails.
    """
    refuse_no_video(path)
    suffix = path.suffix.lower()
    write = {".mp4": _write_mp4, ".webp": _write_webp, ".gif": _write_gif}[suffix]
    with written_beside(path) as beside:
        _filmed(animate, height_in, DPI[suffix], lambda film: write(film, beside, progress))
    return path


@dataclass(frozen=True)
class _Film:
    """A figure with its frames."""

    figure: Figure
    animation: Animation

    def frame(self, number: int) -> Frame:
        """Of even size, as videos need it."""
        self.animation.draw_frame(number)
        canvas: Any = self.figure.canvas
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())
        return pixels[: len(pixels) // 2 * 2, : pixels.shape[1] // 2 * 2, :3].copy()

    def frames(self, progress: Progress | None) -> Iterator[Frame]:
        """All in order."""
        for number in range(self.animation.num_frames):
            yield self.frame(number)
            if progress is not None:
                progress(number + 1, self.animation.num_frames)

    @property
    def duration_ms(self) -> int:
        """Of a frame."""
        return round(1000 / self.animation.frames_per_s)


@in_style
def _filmed(
    animate: Callable[[Figure], Animation],
    height_in: float,
    dpi: int,
    write: Callable[[_Film], None],
) -> Figure:
    """All frames are drawn in the house's style, and in the place that the first layout gives panels."""
    figure = new_figure(height_in)
    figure.set_dpi(dpi)
    FigureCanvasAgg(figure)
    film = _Film(figure, animate(figure))
    film.animation.draw_frame(film.animation.num_frames - 1)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    write(film)
    return figure


def _write_mp4(film: _Film, path: Path, progress: Progress | None) -> None:
    """Raw frames through a pipe to ffmpeg, which is stopped if anything fails here."""
    program = shutil.which("ffmpeg")
    assert program is not None
    rows, columns, _ = film.frame(0).shape
    command = [
        program, "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-s", f"{columns}x{rows}", "-r", str(film.animation.frames_per_s), "-i", "pipe:0",
        "-an", "-c:v", "h264", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4", str(path),
    ]  # fmt: skip
    said = b""
    with subprocess.Popen(
        command, bufsize=0, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as ffmpeg:
        assert ffmpeg.stdin is not None
        try:
            for frame in film.frames(progress):
                left = memoryview(frame.tobytes())
                while left:
                    left = left[ffmpeg.stdin.write(left) :]  # a pipe may take a part
        except BrokenPipeError:
            pass  # it has ended, and says why
        except BaseException:
            ffmpeg.kill()
            raise
        said = ffmpeg.communicate()[1]
    if ffmpeg.returncode:
        words = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason was given"]
        raise UserError(
            f"ffmpeg ({program}) could not write the video: {words[0]}. Name the video .webp or .gif"
        )


class _Reel(Image.Image):
    """Frames that Pillow asks for one by one: a list of them would take most of a gigabyte."""

    def __init__(self, film: _Film, progress: Progress | None) -> None:
        super().__init__()
        self.film, self.progress = film, progress
        self.n_frames = film.animation.num_frames
        self._show(0)
        self.at = -1

    def seek(self, frame: int) -> None:
        """Show a frame, unless it is there."""
        if frame == self.at:
            return
        self._show(frame)
        self.at = frame
        if self.progress is not None:
            self.progress(frame + 1, self.n_frames)

    def tell(self) -> int:
        """Where saving goes back to: the last frame, which is there already."""
        return self.n_frames - 1

    def _show(self, frame: int) -> None:
        shown = Image.fromarray(self.film.frame(frame))
        self.im, self._mode, self._size = shown.im, shown.mode, shown.size


def _write_webp(film: _Film, path: Path, progress: Progress | None) -> None:
    if not features.check("webp"):
        raise UserError("Pillow was built without WebP on this machine: name the video .gif")
    form: Any = {"quality": 80, "method": 2, "duration": film.duration_ms, "loop": 0}
    with path.open("wb") as file:
        _Reel(film, progress).save(file, "WEBP", save_all=True, **form)


def _write_gif(film: _Film, path: Path, progress: Progress | None) -> None:
    """All frames share the colours of three."""
    num = film.animation.num_frames
    some = np.concatenate([film.frame(k) for k in sorted({0, num // 2, num - 1})])
    form: Any = {"dither": Image.Dither.NONE}
    palette = _with_white(Image.fromarray(some).quantize(256, **form))
    images = (
        Image.fromarray(frame).quantize(palette=palette, **form) for frame in film.frames(progress)
    )
    first, duration = next(images), film.duration_ms
    with path.open("wb") as file:
        first.save(file, "GIF", save_all=True, append_images=images, duration=duration, loop=0)


def _with_white(image: Image.Image) -> Image.Image:
    """With the lightest of its colours white: it is a mean of light ones, and most of a figure."""
    colors = np.array(image.getpalette()).reshape(-1, 3)
    colors[colors.sum(1).argmax()] = 255
    image.putpalette(colors.ravel().tolist())
    return image
