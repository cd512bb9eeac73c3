"""Put one question to results, and write what it gives: labelled numbers and a figure of each session."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

from lfads.analysis.analysis import analysed, analysis_named
from lfads.data.dataset import Dataset
from lfads.files import PathLike, written_beside
from lfads.paths import refuse_to_replace
from lfads.plots.drawn import drawn
from lfads.results import Posterior
from lfads.results.netcdf import format_of, write_netcdf
from lfads.runs.fits import of_these_data


class Analysed(NamedTuple):
    """What an analysis gave: results and main numbers by session, and the files written."""

    results: Mapping[str, xr.Dataset]
    numbers: Mapping[str, Sequence[tuple[str, ...]]]
    files: tuple[Path, ...]


def analyse(
    name: str,
    posterior: Posterior,
    dataset: Dataset,
    *,
    out: PathLike | None = None,
    choices: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> Analysed:
    """Put a question to the results of every session, such as how well behaviour is decoded.

    Parameters
    ----------
    name
        Of the analysis, such as `decoding`; `lfads.parts` lists those that there are.
    posterior
        Of a run of a network or of a baseline.
    dataset
        What it was inferred from.
    out
        Folder for `NAME.nc` and `NAME.png`, with the session's name behind where there are several. Nothing
        is written by default.
    choices
        Parameters of the analysis, where they shall not be its defaults.
    overwrite
        Replace files that no analysis wrote, too.

    Raises
    ------
    UserError
        If there is no such analysis, or something is missing that it needs.
    """
    analysis = analysis_named(name, choices)
    of_these = of_these_data(posterior, dataset)
    results, numbers, files = {}, {}, []
    for session in dataset.sessions:
        result = analysed(name, analysis, of_these.sessions[session.name], session)
        results[session.name], numbers[session.name] = result, analysis.numbers(result)
        if out is not None:
            own = name if len(dataset.sessions) == 1 else f"{name}-{session.name.replace('/', '_')}"
            arrays, picture = Path(out) / f"{own}.nc", Path(out) / f"{own}.png"
            _refuse_other(arrays, picture, overwrite)
            with written_beside(arrays) as beside:
                write_netcdf(result, beside)
            figure = drawn(lambda empty, of=result: analysis.draw(empty, of), analysis.height_in)
            with written_beside(picture) as beside:
                figure.savefig(beside, dpi=200)
            files += [arrays, picture]
    return Analysed(results, numbers, tuple(files))


def _refuse_other(arrays: Path, picture: Path, overwrite: bool) -> None:
    """A UserError if a file lies there that no analysis wrote; a figure stands beside its numbers."""
    ours = arrays.is_file() and format_of(arrays) == "lfads analysis"
    for path in (arrays, picture):
        refuse_to_replace(path, lambda _: ours, "is not of an analysis", overwrite=overwrite)
