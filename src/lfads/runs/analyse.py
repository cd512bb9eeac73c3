"""Put one question to results, and write what it gives: labelled numbers and a figure.

An analysis of one session is put to each in turn, one of sessions to all of them together, and one of a
network to the network beside each session.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

from lfads.analysis.analysis import (
    TOGETHER,
    AnalysisOfNetwork,
    AnalysisOfSessions,
    AnyAnalysis,
    analysed,
    analysed_network,
    analysed_together,
    analysis_named,
)
from lfads.data.dataset import Dataset
from lfads.files import PathLike, written_beside
from lfads.model.lfads import LFADS
from lfads.paths import refuse_to_replace
from lfads.plots.drawn import drawn
from lfads.results import Posterior
from lfads.results.netcdf import format_of, write_netcdf
from lfads.runs.baseline_run import BaselineRun
from lfads.runs.fits import of_these_data
from lfads.runs.trained_run import Run
from lfads.runs.videos import place_of, video_beside
from lfads.terminal.progress import BatchProgress


class Analysed(NamedTuple):
    """What an analysis gave: results and main numbers by session, and the files written.

    An analysis of all sessions together gives one of each, under the name `all sessions`.

    Examples
    --------
    >>> found = lfads.analyse("decoding", posterior, dataset)
    >>> found.results["session"]["r2"].dims, found.files
    (('signal', 'channel'), ())
    """

    results: Mapping[str, xr.Dataset]
    numbers: Mapping[str, Sequence[tuple[str, ...]]]
    files: tuple[Path, ...]


def analyse(
    name: str,
    posterior: Posterior,
    dataset: Dataset,
    *,
    run: Run | BaselineRun | None = None,
    out: PathLike | None = None,
    choices: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    progress: bool = True,
) -> Analysed:
    """Put a question to the results of each session, or of all, such as how well behaviour is decoded.

    Parameters
    ----------
    name
        Of the analysis, such as `decoding`; `lfads.parts` lists those that there are.
    posterior
        Of a run of a network or of a baseline.
    dataset
        What it was inferred from.
    run
        That inferred it: analyses of the network itself, such as `fixed_points`, ask for it.
    out
        Folder for `NAME.nc` and `NAME.png`, with the session's name behind where there are several. Of an
        analysis that can be filmed also `NAME.mp4`, or `NAME.webp` where there is no ffmpeg; or give the
        name of the video, `.mp4`, `.webp` or `.gif`, which the other files then bear, too. Nothing is
        written by default.
    choices
        Parameters of the analysis, where they shall not be its defaults.
    overwrite
        Replace files that no analysis wrote, too.
    progress
        Show how many frames of a video are done.

    Raises
    ------
    UserError
        If there is no such analysis, or something is missing that it needs, the run included.

    Examples
    --------
    >>> choices = {"behavior": "speed", "num_folds": 3}
    >>> found = lfads.analyse("decoding", posterior, dataset, choices=choices, out=folder)
    >>> [path.name for path in found.files]
    ['decoding.nc', 'decoding.png']
    >>> found.results["session"]["r2"].signal.values.tolist()
    ['rates', 'factors', 'smoothed spikes']
    """
    analysis = analysis_named(name, choices)
    place = None if out is None else place_of(analysis, name, out)
    of_these = of_these_data(posterior, dataset)
    numbers: dict[str, Sequence[tuple[str, ...]]] = {}
    results, files = {}, list[Path]()
    network = (
        run.model if isinstance(run, Run) and isinstance(analysis, AnalysisOfNetwork) else None
    )
    for own, result in _results(name, analysis, network, of_these.sessions, dataset):
        results[own], numbers[own] = result, analysis.numbers(result)
        if place is not None:
            alone = len(dataset.sessions) == 1 or own == TOGETHER
            stem = place.of(None if alone else own)
            video = stem.with_name(f"{stem.name}{place.suffix}") if place.suffix else None
            files += _written(analysis, result, stem, video, overwrite)
            if video is not None:
                show = BatchProgress("filmed", "frames") if progress else None
                files.append(video_beside(analysis, result, video, show))
    return Analysed(results, numbers, tuple(files))


def _results(
    name: str,
    analysis: AnyAnalysis,
    network: LFADS | None,
    posteriors: Mapping[str, xr.Dataset],
    dataset: Dataset,
) -> Iterator[tuple[str, xr.Dataset]]:
    """One for each session, or one for all."""
    sessions = {session.name: session for session in dataset.sessions}
    if isinstance(analysis, AnalysisOfSessions):
        yield TOGETHER, analysed_together(name, analysis, posteriors, sessions)
        return
    for own, session in sessions.items():
        if isinstance(analysis, AnalysisOfNetwork):
            yield own, analysed_network(name, analysis, network, posteriors[own], session)
        else:
            yield own, analysed(name, analysis, posteriors[own], session)


def _written(
    analysis: AnyAnalysis, result: xr.Dataset, stem: Path, video: Path | None, overwrite: bool
) -> list[Path]:
    """Numbers and the figure, as `STEM.nc` and `STEM.png`, if the video's name is free as well."""
    arrays, picture = stem.with_name(f"{stem.name}.nc"), stem.with_name(f"{stem.name}.png")
    _refuse_other(arrays, [picture] if video is None else [picture, video], overwrite)
    with written_beside(arrays) as beside:
        write_netcdf(result, beside)
    figure = drawn(lambda empty: analysis.draw(empty, result), analysis.height_in)
    with written_beside(picture) as beside:
        figure.savefig(beside, dpi=200)
    return [arrays, picture]


def _refuse_other(arrays: Path, shown: Sequence[Path], overwrite: bool) -> None:
    """A UserError if a file lies there that no analysis wrote; what is shown stands beside its numbers."""
    ours = arrays.is_file() and format_of(arrays) == "lfads analysis"
    for path in (arrays, *shown):
        refuse_to_replace(path, lambda _: ours, "is not of an analysis", overwrite=overwrite)
