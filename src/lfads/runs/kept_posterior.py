"""What a run infers of its data: kept in its folder from before, or inferred now."""

from pathlib import Path

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.results import Posterior, open_posterior
from lfads.runs.fits import of_these_data
from lfads.runs.opened import OpenedRun


def kept_or_inferred(run: OpenedRun, folder: Path, dataset: Dataset) -> Posterior:
    """The `posterior.nc` of a folder if it is of these data, else a new one."""
    there = folder / "posterior.nc"
    if there.is_file():
        try:
            return of_these_data(open_posterior(there), dataset)
        except UserError:
            pass  # of other data, or another layout: infer again
    return run.infer(dataset)
