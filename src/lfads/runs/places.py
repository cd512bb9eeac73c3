"""Where runs are: in a folder of this machine, or at an address."""

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.files import PathLike
from lfads.paths import best_folder
from lfads.runs.baseline_run import FILE_NAME, BaselineRun
from lfads.runs.trained_run import Run
from lfads.storage.run_folder import RunFolder, run_folder
from lfads.training.folder import stored_config


def open_run(folder: PathLike) -> Run | BaselineRun:
    """Open a trained run, the best member of a search, or a run of a baseline.

    Parameters
    ----------
    folder
        Of the run; or an address where it is kept, such as `s3://bucket/run`: a copy is fetched.

    Raises
    ------
    UserError
        If there is no run in the folder, or it is damaged.

    Examples
    --------
    >>> lfads.open_run(run.folder).config == run.config
    True
    """
    with run_folder(folder) as kept:
        if (kept.path / FILE_NAME).is_file():
            run = BaselineRun(kept.path)
            run.data  # noqa: B018 - says now what is damaged
            run._kept = kept
            return run
        stored_config(best_folder(kept.path))
    return run_in(kept)


def open_trained_run(run: Run | BaselineRun | PathLike) -> Run:
    """A run, or the one at a place, where only a network will do: a UserError if it is of a baseline."""
    run = run if isinstance(run, Run | BaselineRun) else open_run(run)
    if isinstance(run, BaselineRun):
        raise UserError(
            f"{run.place} is a run of the baseline `{run.name}`, which has no network: give the run of a "
            "trained one"
        )
    return run


def refuse_baseline(folder: RunFolder) -> None:
    """A UserError if a run of a baseline is in the folder, where a training shall go on."""
    if (folder.path / FILE_NAME).is_file():
        raise UserError(
            f"{folder.place} is a run of a baseline, which is fitted at once and cannot be resumed: choose "
            "a new folder"
        )


def run_in(kept: RunFolder, dataset: Dataset | None = None) -> Run:
    """The run in a folder, or the best member of the search in it, which may be kept elsewhere."""
    run = Run(best_folder(kept.path), dataset)
    run._kept = kept  # which removes its copy when it goes
    return run
