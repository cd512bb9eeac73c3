"""What films cost: seconds to draw ten seconds of each, and megabytes of its file.

Of the truth of simulated reaches, as if a method had inferred it. MP4 is left out where there is no ffmpeg,
whose own time is not in the processor's seconds.
"""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import xarray as xr
from _reaches import Case, case_of, true_rates

from lfads.analysis.animated import Animated
from lfads.analysis.video_initial_conditions import VideoInitialConditions
from lfads.analysis.video_rotations import VideoRotations
from lfads.analysis.video_sessions import VideoSessions
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable
from lfads.data.session import Session
from lfads.plots.video import SUFFIXES, write_video
from lfads.simulate.reaching import simulate_reaching

FILM_S = 10.0


def films() -> dict[str, Any]:
    """By suffix and film."""
    reaches, two = simulate_reaching(), simulate_reaching(num_sessions=2)
    latents = reaches.session.true_latents
    assert latents is not None
    start = Variable(latents[:, 28, :4], ("trial", "latent"))
    plan = case_of(reaches, reaches.session, "truth", initial_condition_mean=start)
    turning = VideoRotations(window_s=(0.0, 0.3), align_to="reaction_time", seconds=FILM_S)
    starting = VideoInitialConditions(marks="bend", seconds=FILM_S)
    together = VideoSessions(seconds=FILM_S)
    factors = {one.name: factors_of(two, one).posterior for one in two.sessions}
    sessions = {one.name: one for one in two.sessions}
    results: dict[str, tuple[Animated, xr.Dataset]] = {
        "rotations": (turning, turning.compute(*true_rates(reaches))),
        "initial conditions": (starting, starting.compute(*plan)),
        "sessions": (together, together.compute_together(factors, sessions)),
    }
    suffixes = [s for s in SUFFIXES if s != ".mp4" or shutil.which("ffmpeg")]
    return {
        suffix: {name: filmed(film, result, suffix) for name, (film, result) in results.items()}
        for suffix in suffixes
    }


def factors_of(dataset: Dataset, session: Session) -> Case:
    """The true latents as factors."""
    assert session.true_latents is not None
    factors = Variable(session.true_latents, ("trial", "time", "factor"))
    return true_rates(dataset, session, factors=factors)


def filmed(analysis: Animated, result: xr.Dataset, suffix: str) -> dict[str, Any]:
    """Write a film, and say what it took."""
    with tempfile.TemporaryDirectory() as folder:
        path, began, worked = Path(folder) / f"film{suffix}", time.monotonic(), time.process_time()
        write_video(lambda figure: analysis.animate(figure, result), path, analysis.video_height_in)
        return {
            "seconds": time.monotonic() - began,
            "processor_seconds": time.process_time() - worked,
            "megabytes": path.stat().st_size / 1e6,
        }
