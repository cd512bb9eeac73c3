"""Fit a baseline, and leave a run of it."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lfads.baselines.baseline import choices_of
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.evaluation.scores import score_dataset
from lfads.files import PathLike, write_json, written_beside
from lfads.parts import Part, made_of, named_if_it_fails, part
from lfads.runs.baseline_run import FILE_NAME, FORMAT_VERSION, WEIGHTS, BaselineRun, results_of
from lfads.storage.run_folder import run_folder
from lfads.training.folder import describe_data, versions
from lfads.training.training_run import why_used
from lfads.training.trials import checked_dataset


def fit_baseline(
    name: str,
    dataset: Dataset,
    *,
    out: PathLike,
    choices: Mapping[str, Any] | None = None,
) -> BaselineRun:
    """Fit a method that LFADS is compared with, to the same data.

    Parameters
    ----------
    name
        Of the baseline, such as `smoothing`; `lfads.parts` lists those that there are.
    dataset
        Trials of counts, of one session or several.
    out
        Folder of the run, new or empty; or an address where it is kept, such as `s3://bucket/run`.
    choices
        Parameters of the baseline, where they shall not be its defaults.

    Returns
    -------
    BaselineRun
        Infers, evaluates and reports as a trained run does. Results and scores of the data are in its
        folder already.

    Raises
    ------
    UserError
        If there is no such baseline, the folder is in use, or the data are not made for it.

    Examples
    --------
    >>> choices = {"widths_s": [0.04]}
    >>> baseline = lfads.fit_baseline("smoothing", dataset, out=folder / "run", choices=choices)
    >>> baseline.name, baseline.infer(progress=False).rates.dims
    ('smoothing', ('trial', 'time', 'neuron'))
    """
    return fit_part(part("baselines", name), dataset, out=out, choices=choices)


def fit_part(
    found: Part, dataset: Dataset, *, out: PathLike, choices: Mapping[str, Any] | None = None
) -> BaselineRun:
    """A run of a baseline; parameters are those of `fit_baseline`."""
    name, baseline = found.name, made_of(found, choices or {})
    checked_dataset(dataset)
    with run_folder(out) as kept:
        if why := why_used(kept.path, resumable=False):
            raise UserError(why)
        started = time.monotonic()
        with named_if_it_fails(found):
            fitted = baseline.fit(dataset)
            seconds = round(time.monotonic() - started, 3)
            stored = fitted.to_arrays()
            # As it will be opened, and before anything is written.
            again = baseline.from_arrays(stored)
            posterior = results_of(again, dataset, name, kept.path.name)
        scores, data = score_dataset(dataset, posterior.sessions).to_dict(), describe_data(dataset)
        _write_arrays(kept.path / WEIGHTS, stored.arrays)
        write_json(
            kept.path / FILE_NAME,
            {
                "format_version": FORMAT_VERSION,
                "name": name,
                "distribution": found.distribution,
                "version": found.source.rpartition(" ")[2],
                "choices": choices_of(baseline),
                "stored": dict(stored.about),
                "data": data,
            },
        )
        posterior.save(kept.path / "posterior.nc")
        write_json(kept.path / "scores.json", scores)
        write_json(
            kept.path / "summary.json",
            {
                "stopped_by": "fitted",
                "baseline": name,
                "scores": scores,
                "seconds": seconds,
                "versions": versions(),
                "data": data,
            },
        )
        run = BaselineRun(kept.path, dataset)
    run._kept = kept  # which removes its copy when it goes
    return run


def _write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Arrays in one piece; never objects, which would be pickled."""
    objects = [name for name, array in arrays.items() if array.dtype.hasobject]
    if objects:
        raise UserError(
            f"the baseline gives `{objects[0]}` as an array of objects: only numbers and text are written"
        )
    with written_beside(path) as beside, beside.open("wb") as file:
        np.savez_compressed(file, **dict(arrays))  # pyright: ignore[reportArgumentType]
