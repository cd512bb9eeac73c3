"""What the toolbox reads: posteriors, data, the course of a training, arrays of an analysis.

All come as structs by MATLAB's conventions, those of `lfads export --format mat`: the axes neuron × time ×
trial, units in names, indices from 1, and beside the arrays `axes`, `units` and `sizes`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.session import STORED, Session
from lfads.formats.read import read
from lfads.matlab.functions import Given
from lfads.matlab.reply import Reply
from lfads.paths import best_folder, printable
from lfads.results.mat_contents import OF_FILE, ROOT, contents_of
from lfads.results.netcdf import read_netcdf
from lfads.results.posterior import open_posterior
from lfads.storage.run_folder import run_folder

AXES_OF_TRUTH = {
    "true_rates_hz": "neuron",
    "true_latents": "true_latent",
    "true_inputs": "true_input",
}


def read_posterior(arguments: Mapping[str, Any], arrays: Mapping[str, Any]) -> Reply:
    """Read what a run infers: rates, factors, inputs and initial conditions, with named dimensions.

    Parameters
    ----------
    path
        Folder of a run, whose posterior.nc is read; or a file that lfads.infer wrote.
    session
        Which session, of a posterior of several; all of them by default.
    """
    given = Given(arguments, ("path", "session"))
    place = given.needed("path")
    with run_folder(place) as kept:
        path = kept.path
        if path.is_dir():
            path = best_folder(path) / "posterior.nc"
            if not path.is_file():
                raise UserError(
                    f"{printable(place)}: holds no posterior.nc yet: `lfads infer RUN` makes it"
                )
        found = open_posterior(path).sessions
    return _reply(_chosen(found, given.text("session"), place))


def read_data(arguments: Mapping[str, Any], arrays: Mapping[str, Any]) -> Reply:
    """Read a data file: counts or signals, and what stands beside them, with named dimensions.

    Parameters
    ----------
    path
        A data file.
    bin_width_s
        Width of a bin in seconds, for files that do not say it.
    session
        Which session, of a file of several; all of them by default.
    """
    given = Given(arguments, ("path", "bin_width_s", "session"))
    place = given.needed("path")
    dataset = read(Path(place), bin_width_s=given.number("bin_width_s"), for_inference=True)
    found = {one.name: _labelled(one, dataset) for one in dataset.sessions}
    return _reply(_chosen(found, given.text("session"), place))


def read_training(arguments: Mapping[str, Any], arrays: Mapping[str, Any]) -> Reply:
    """Read the course of a training: a column an epoch, and how it ended.

    Parameters
    ----------
    run
        Folder of a run.
    """
    from lfads.training.folder import read_summary
    from lfads.training.tracking import read_metrics

    given = Given(arguments, ("run",))
    place = given.needed("run")
    with run_folder(place) as kept:
        folder = best_folder(kept.path)
        metrics, summary = folder / "metrics.jsonl", read_summary(folder)
        if not metrics.is_file():
            raise UserError(
                f"{printable(place)}: holds no metrics.jsonl: no training has begun there"
            )
        records = read_metrics(metrics)
    names = dict.fromkeys(name for record in records for name in record)
    columns = {name: _column([record.get(name) for record in records]) for name in names}
    return Reply(summary, {"training": {n: one for n, one in columns.items() if one is not None}})


def read_analysis(arguments: Mapping[str, Any], arrays: Mapping[str, Any]) -> Reply:
    """Read the arrays that an analysis wrote.

    Parameters
    ----------
    path
        The file NAME.nc.
    """
    place = Given(arguments, ("path",)).needed("path")
    return _reply({"analysis": read_netcdf(Path(place))})


def _chosen(found: Mapping[str, xr.Dataset], name: str | None, place: str) -> dict[str, xr.Dataset]:
    if name is None:
        return dict(found)
    if name not in found:
        raise UserError(
            f"{printable(place)}: there is no session `{name}`; there are {', '.join(found)}"
        )
    return {name: found[name]}


def _reply(sessions: Mapping[str, xr.Dataset]) -> Reply:
    contents = contents_of(sessions)
    names = contents["session_names"]
    fields = [key for key in contents if key not in OF_FILE]
    return Reply({"session_names": names, "fields": fields}, {ROOT: contents})


def _column(values: list[Any]) -> np.ndarray | None:
    """A number an epoch, NaN where none is known; None for what is no number."""
    plain = [np.nan if value is None else value for value in values]
    if not all(isinstance(value, int | float) for value in plain):
        return None
    return np.array(plain, float)


def _labelled(session: Session, dataset: Dataset) -> xr.Dataset:
    """What a session holds, labelled as results are."""
    stored = STORED[session.kind]
    unit = "" if session.kind == "counts" else dataset.unit
    held = {stored: Variable(session.values, ("trial", "time", "neuron"), unit or "1")}
    if session.external_inputs is not None:
        held["external_inputs"] = Variable(
            session.external_inputs, ("trial", "time", "external_input")
        )
    for name, axis in AXES_OF_TRUTH.items():
        values = getattr(session, name)
        if values is not None:
            unit = "spikes/s" if name == "true_rates_hz" else "1"
            held[name] = Variable(values, ("trial", "time", axis), unit)
    return labelled_results(held, session, dataset, attributes={"source": dataset.source})
