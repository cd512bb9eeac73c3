"""Where runs are: in a folder of this machine, or at an address."""

from lfads.data.dataset import Dataset
from lfads.files import PathLike
from lfads.paths import best_folder
from lfads.runs.trained_run import Run
from lfads.storage import RunFolder, run_folder
from lfads.training.folder import stored_config


def open_run(folder: PathLike) -> Run:
    """Open a trained run, or the best member of a search.

    Parameters
    ----------
    folder
        Of the run; or an address where it is kept, such as `s3://bucket/run`: a copy is fetched.

    Raises
    ------
    UserError
        If there is no run in the folder, or it is damaged.
    """
    with run_folder(folder) as kept:
        stored_config(best_folder(kept.path))
    return run_in(kept)


def run_in(kept: RunFolder, dataset: Dataset | None = None) -> Run:
    """The run in a folder, or the best member of the search in it, which may be kept elsewhere."""
    run = Run(best_folder(kept.path), dataset)
    run._kept = kept  # which removes its copy when it goes
    return run
