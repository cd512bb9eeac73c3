"""Opens results of every layout that is known, of other tools and ours: one door, told by content."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import xarray as xr

from lfads.checks import Problems, UserError
from lfads.data.dataset import Dataset
from lfads.data.validation import check_bin_width
from lfads.formats.guarded import opened_hdf5
from lfads.formats.inferred import lfads_torch, matlab, run_manager, tensorflow1, tensorflow2
from lfads.formats.inferred.labelled import (
    own_with_data,
    results_alone,
    results_with_data,
    warn_of_not_read,
)
from lfads.formats.inferred.layout import Inferred
from lfads.formats.inferred.tensorflow1 import Part
from lfads.formats.matlab.file import is_matlab, read_matlab
from lfads.guarded.messages import RAISED, one_message, quoted
from lfads.paths import printable, regular_file
from lfads.results.netcdf import format_of
from lfads.results.netcdf_format import FORMAT as NETCDF
from lfads.results.posterior import open_posterior

EXPECTED = (
    "expected results: HDF5 of lfads-torch (`train_output_params`), AutoLFADS-TF2 (`train_rates`) or LFADS "
    "in TensorFlow 1 (`output_dist_params`), or .mat of lfads-run-manager (`pm`) or of `lfads export`"
)


def read_inferred(
    paths: Sequence[Path], bin_width_s: float | None, dataset: Dataset | None
) -> dict[str, xr.Dataset]:
    """Results by session, of files and folders of files.

    Parameters
    ----------
    paths
        Of one tool or several.
    bin_width_s
        Width of a bin in seconds, for files that do not say it; that of the data by default.
    dataset
        What they were inferred from: then they have all of its labels, in its order of trials.

    Raises
    ------
    UserError
        If a file is none, or does not fit the data, or the bin width is not known.
    """
    ours: dict[str, xr.Dataset] = {}
    theirs: list[Inferred] = []
    parts: dict[str, list[Part]] = {}
    for path in _files(paths):
        with one_message(printable(path), "results", RAISED):  # arrays that do not go together
            contents = _contents(path)
        for one in contents:
            if isinstance(one, Mapping):
                _add(ours, one if dataset is None else own_with_data(one, dataset), path)
            elif isinstance(one, Part):
                parts.setdefault(one.found.name, []).append(one)
            else:
                theirs.append(one)
    theirs += [tensorflow1.together(own) for own in parts.values()]
    for found in theirs:
        warn_of_not_read(found, f"{found.layout} results of `{found.name}`")
        if dataset is not None:
            session = _session_of(dataset, found, alone=len(theirs) == 1)
            _add(ours, {session.name: results_with_data(found, session, dataset)}, found.layout)
        else:
            width = _width(found, bin_width_s)
            _add(ours, {found.name: results_alone(found, width)}, found.layout)
    if dataset is not None and (
        missing := [s.name for s in dataset.sessions if s.name not in ours]
    ):
        raise UserError(f"there are no results of the session `{missing[0]}` of {dataset.source}")
    return ours if dataset is None else {s.name: ours[s.name] for s in dataset.sessions}


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files that are named, and those in folders that are named."""
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if _may_be_results(one))
            if not inside:
                raise UserError(f"{printable(path)}: holds no results; {EXPECTED}")
            yield from inside
        else:
            yield regular_file(path, EXPECTED)


def _may_be_results(path: Path) -> bool:
    if not path.is_file() or path.name.startswith("."):
        return False
    return path.suffix.lower() in (".h5", ".hdf5", ".mat", ".nc") or path.name.startswith(
        "model_runs_"
    )


def results_in(names: list[str]) -> str:
    """Which tool's results arrays of these names are; empty for others."""
    if lfads_torch.is_lfads_torch(names):
        return "lfads-torch"
    if tensorflow2.is_tensorflow2(names):
        return "AutoLFADS-TF2"
    return "LFADS in TensorFlow 1" if tensorflow1.is_tensorflow1(names) else ""


def _contents(path: Path) -> list[Any]:
    """Our datasets by session, results of a session, or one split of some."""
    where = printable(path)
    if format_of(path) == NETCDF and not is_matlab(path):
        return [open_posterior(path).sessions]
    if is_matlab(path):
        variables = read_matlab(path, [matlab.ROOT, run_manager.VARIABLE])
        if matlab.is_ours(variables):
            return [matlab.read_ours(variables, path)]
        if run_manager.is_run_manager(variables):
            return run_manager.read_posterior_means(variables, path)
        raise UserError(f"{where}: is MATLAB without results; {EXPECTED}")
    if not h5py.is_hdf5(os.fspath(path)):
        raise UserError(f"{where}: is neither HDF5 nor .mat; {EXPECTED}")
    with opened_hdf5(path) as root:
        names = root.names()
        tool = results_in(names)
        if tool == "lfads-torch":
            return [lfads_torch.read_output(root, path)]
        if tool == "AutoLFADS-TF2":
            return [tensorflow2.read_samples(root, path)]
        if tool:
            return [tensorflow1.read_part(root, path)]
    raise UserError(f"{where}: is HDF5 without results, it has {quoted(names)}; {EXPECTED}")


def _add(found: dict[str, xr.Dataset], more: Mapping[str, xr.Dataset], where: Any) -> None:
    for name, session in more.items():
        if name in found:
            raise UserError(
                f"two results are of the session `{name}`, one in {where}: give each once"
            )
        found[name] = session


def _session_of(dataset: Dataset, found: Inferred, *, alone: bool) -> Any:
    if alone and len(dataset.sessions) == 1:
        return dataset.session
    names = {session.name: session for session in dataset.sessions}
    # Files of data have more in front of the same name: `lfads_day1.h5` of `model_runs_day1.h5_train_…`.
    alike = [name for name in names if name == found.name or name.endswith(f"_{found.name}")]
    if found.name not in names and len(alike) != 1:
        raise UserError(
            f"{found.layout} results are of the session `{found.name}`; {dataset.source} has "
            f"{quoted(list(names))}: sessions are told by the names of files"
        )
    return names[found.name if found.name in names else alike[0]]


def _width(found: Inferred, given: float | None) -> float:
    if found.bin_width_s is not None:
        return found.bin_width_s
    if given is None:
        raise UserError(
            f"the bin width is not in {found.layout} results: give it in seconds, `bin_width_s=0.01`, or "
            "the data that they were inferred from"
        )
    problems = Problems("results")
    check_bin_width(given, problems, "`bin_width_s=`")
    problems.raise_if_any()
    return float(given)
