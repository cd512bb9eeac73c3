"""What another tool has inferred, as results of ours: as they are, or as a run beside other runs."""

from collections.abc import Sequence
from pathlib import Path

from lfads.baselines.imported import IMPORTED
from lfads.data.dataset import Dataset
from lfads.files import PathLike
from lfads.formats.inferred.opened import read_inferred
from lfads.formats.read import listed_paths
from lfads.results import Posterior
from lfads.runs.baseline_run import BaselineRun
from lfads.runs.fit_baseline import fit_part
from lfads.runs.fits import fingerprint_of_encoded


def import_posterior(
    paths: PathLike | Sequence[PathLike],
    dataset: Dataset | None = None,
    *,
    bin_width_s: float | None = None,
) -> Posterior:
    """Read what lfads-torch, LFADS in TensorFlow 1, AutoLFADS-TF2 or lfads-run-manager has inferred.

    Parameters
    ----------
    paths
        A file, several, or folders of them: `lfads_output_SESSION.h5`, `model_runs_SESSION.h5_train_…` and
        `…_valid_…`, `posterior_samples.h5`, `.mat` with `pm`, or what `lfads export` wrote.
    dataset
        What they were inferred from: results have its labels and its order of trials, and can be scored and
        analysed. Trials are told by their positions in the source where the files say them, else by
        split and order.
    bin_width_s
        Width of a bin in seconds, where neither files nor data say it.

    Raises
    ------
    UserError
        If a file holds no results, or they do not fit the data.

    Examples
    --------
    >>> path = posterior.save(folder / "lfads_output_session.h5", "lfads_torch")
    >>> lfads.import_posterior(path, dataset).factors.shape
    (50, 12, 2)
    """
    found = read_inferred([Path(path) for path in listed_paths(paths)], bin_width_s, dataset)
    for session in () if dataset is None else dataset.sessions:
        encoded = fingerprint_of_encoded(session, dataset.num_forward_bins)  # pyright: ignore[reportOptionalMemberAccess]
        found[session.name] = found[session.name].assign_attrs(encoded=encoded)
    return Posterior(found)


def import_results(
    paths: PathLike | Sequence[PathLike], dataset: Dataset, *, out: PathLike
) -> BaselineRun:
    """Make a run of what another tool has inferred, to be scored, reported, analysed and compared.

    Parameters
    ----------
    paths
        As in `import_posterior`.
    dataset
        What they were inferred from.
    out
        Folder of the run, new or empty; or an address where it is kept.

    Raises
    ------
    UserError
        If a file holds no results, or they do not fit the data.

    Examples
    --------
    >>> path = posterior.save(folder / "lfads_output_session.h5", "lfads_torch")
    >>> old = lfads.import_results(path, dataset, out=folder / "old")
    >>> old.name, old.infer(progress=False).rates.shape
    ('imported', (50, 12, 5))
    """
    files = tuple(str(Path(path).absolute()) for path in listed_paths(paths))
    return fit_part(IMPORTED, dataset, out=out, choices={"files": files})
