"""Where results of an analysis are written, and the video beside them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

from lfads.analysis.analysis import AnyAnalysis
from lfads.analysis.animated import Animated
from lfads.checks import UserError
from lfads.files import PathLike
from lfads.plots.video import SUFFIXES, refuse_no_video, usual_suffix, write_video


class Place(NamedTuple):
    """Where results are written: `STEM.nc`, `STEM.png` and, of what can be filmed, a video.

    Without a suffix there is no video.
    """

    folder: Path
    stem: str
    suffix: str

    def of(self, session: str | None) -> Path:
        """The stem of all results, or of one of several sessions."""
        end = "" if session is None else f"-{session.replace('/', '_')}"
        return self.folder / f"{self.stem}{end}"


def place_of(analysis: AnyAnalysis, name: str, out: PathLike) -> Place:
    """A folder, in which files bear the name of the analysis; or the name of a video, which all bear.

    Raises
    ------
    UserError
        If the name of a video is given to an analysis without one, or it cannot be written here.
    """
    out, filmed = Path(out), isinstance(analysis, Animated)
    if not is_video(out):
        return Place(out, name, usual_suffix() if filmed else "")
    if not filmed:
        raise UserError(
            f"the analysis `{name}` makes no video: `out=` must name a folder, not {out.name}"
        )
    refuse_no_video(out)
    return Place(out.parent, out.stem, out.suffix)


def is_video(out: Path) -> bool:
    """Whether a path names a video rather than a folder."""
    return out.suffix.lower() in SUFFIXES and not out.is_dir()


def video_beside(
    analysis: AnyAnalysis,
    result: xr.Dataset,
    path: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the video of a result."""
    assert isinstance(analysis, Animated)
    filmed: Animated = analysis

    def animate(figure: Any) -> Any:
        return filmed.animate(figure, result)

    return write_video(animate, path, filmed.video_height_in, progress)
