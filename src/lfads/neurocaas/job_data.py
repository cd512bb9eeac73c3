"""The data of a job: one file, or a folder of sessions that share a network."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from lfads.checks import UserError, first_of
from lfads.data.dataset import Dataset
from lfads.formats.read import read
from lfads.neurocaas.job_config import JobConfig, check_size
from lfads.neurocaas.limits import MULTISESSION
from lfads.paths import printable

ENDINGS = (".h5", ".hdf5", ".npz", ".npy", ".mat")
NOMINAL_WIDTH_S = 1.0
"""Where neither data nor configuration say how wide a bin is: a bin is the unit of time."""

NO_WIDTH = (
    "neither data nor configuration say how wide a bin is: a bin counts as 1 s, so that rates in "
    "posterior.nc are spikes per bin, nothing is smoothed over bins, and smoothed spikes are not scored "
    "beside. Say it in the configuration: `bin_width_s: 0.01`"
)


def files_of(data: Path, job: JobConfig) -> tuple[list[Path], list[str]]:
    """Files of the sessions, in the order of their names, and in words what is left out.

    Raises
    ------
    UserError
        If nothing is there, it does not go with the configuration, or is larger than that allows.
    """
    where = printable(data)
    if not data.is_dir():
        if not data.exists():
            raise UserError(
                f"{where}: there are no such data: expected a file, or a folder of files"
            )
        check_size(job, data.stat().st_size)
        return [data], []
    if not job.limits.is_multisession:
        raise UserError(
            f"{where} is a folder: several sessions that share a network need `{MULTISESSION}: True` in "
            f"{job.where}; for one session give its file"
        )
    found = sorted(path for path in data.iterdir() if path.is_file() and path.name[:1] != ".")
    files = [path for path in found if _is_asked_for(path, job)]
    if not files:
        names = first_of([path.name for path in found], 5) if found else "nothing"
        raise UserError(
            f"{where}: expected files whose names are like `{job.pattern}` and end in "
            f"{', '.join(ENDINGS)}; got {names}"
        )
    check_size(job, sum(path.stat().st_size for path in files))
    others = [path.name for path in found if path not in files]
    left_out = [f"not among the sessions, by their names: {first_of(others, 5)}"] if others else []
    return files, left_out


def read_sessions(files: Sequence[Path], job: JobConfig) -> tuple[Dataset, list[str]]:
    """The data, and in words what is not known of them."""
    dataset = read(files, bin_width_s=job.bin_width_s, default_bin_width_s=NOMINAL_WIDTH_S)
    is_known = job.bin_width_s is not None or dataset.bin_width_s != NOMINAL_WIDTH_S
    return dataset, [] if is_known else [NO_WIDTH]


def _is_asked_for(path: Path, job: JobConfig) -> bool:
    return path.suffix.lower() in ENDINGS and fnmatchcase(path.name, job.pattern)
