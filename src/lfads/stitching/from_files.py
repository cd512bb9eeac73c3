"""Read-ins that files bring along: `alignment_matrix_cxf` of TensorFlow, `readin_weight` of lfads-torch."""

from pathlib import Path

import numpy as np

from lfads.checks import Problems, UserError, describe
from lfads.data.dataset import Dataset
from lfads.formats.guarded import GuardedGroup, opened_hdf5
from lfads.formats.layouts import READ_INS
from lfads.paths import printable
from lfads.stitching.alignment import Alignment, StartingReadIn, alignment_of
from lfads.stitching.trial_averages import encoded_parts

MATRICES = " or ".join(f"`{matrix}`" for matrix, _ in READ_INS)
_ADVICE = "or leave `model.read_in_start` to the data"


def align_by_files(dataset: Dataset, num_components: int) -> Alignment:
    """Matrices and means of each session as its file has them, times one factor for all.

    Parameters
    ----------
    dataset
        Each session of a file of its own.
    num_components
        Columns that every matrix must have.

    Raises
    ------
    UserError
        If a session has no such file, or its arrays do not fit.
    """
    where = "`model.read_in_start='files'`"
    if len(dataset.paths) != len(dataset.sessions):
        raise UserError(
            f"{where}: expected a file with {MATRICES} for each session; {dataset.source} is none: "
            f"give the files themselves, {_ADVICE}"
        )
    parts = encoded_parts(dataset)
    read_ins = [
        _read(path, part.num_neurons, num_components)
        for path, part in zip(dataset.paths, parts, strict=True)
    ]
    return alignment_of("files", parts, read_ins)


def _read(path: Path, num_neurons: int, num_components: int) -> StartingReadIn:
    problems = Problems(printable(path))
    with opened_hdf5(path) as root:
        names = _names_in(root) or READ_INS[0]
        weights, offset = (root.optional(name) for name in names)
    for name, found, shape in (
        (names[0], weights, (num_neurons, num_components)),
        (names[1], offset, (num_neurons,)),
    ):
        if found is None:
            problems.add(f"has no `{name}` to start read-ins from: write it, {_ADVICE}")
            continue
        right = found.dtype.kind in "biuf" and found.shape == shape
        right = right and bool(np.isfinite(found).all())
        problems.require(
            right,
            f"`{name}` must be finite numbers of shape {shape}, encoded neurons and `read_in_size`; got "
            f"{describe(found)}",
        )
    problems.raise_if_any()
    return StartingReadIn(
        offset=np.asarray(offset, np.float64), weights=np.asarray(weights, np.float64)
    )


def files_bring_read_ins(dataset: Dataset) -> bool:
    """Whether every session is of a file with a matrix of its own."""
    if not dataset.paths or len(dataset.paths) != len(dataset.sessions):
        return False
    return all(map(_has_read_in, dataset.paths))


def _has_read_in(path: Path) -> bool:
    import h5py

    if not h5py.is_hdf5(path):
        return False
    with opened_hdf5(path) as root:
        return _names_in(root) is not None


def _names_in(root: GuardedGroup) -> tuple[str, str] | None:
    """What the matrix and the means of a file are called; None if it brings no matrix along."""
    names = root.names()
    return next((each for each in READ_INS if each[0] in names), None)
