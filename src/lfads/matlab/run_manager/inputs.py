"""`lfads_DATASET.h5`, what LFADS trains on, and `inputInfo_DATASET.mat`, what is known of its trials.

The HDF5 has the layout of LFADS in TensorFlow 1 and can be given to that program, too.
"""

from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from lfads.checks import UserError
from lfads.files import written_beside
from lfads.formats.guarded import opened_hdf5
from lfads.formats.layouts import OF_TENSORFLOW
from lfads.formats.matlab.file import read_matlab
from lfads.formats.matlab.values import Cell
from lfads.matlab.run_manager.counts import RawCounts, validation_trials
from lfads.paths import printable, regular_file
from lfads.results.mat import write_version_5
from lfads.stitching.global_components import SessionMatrix
from lfads.streams import packed, raised_at_end

STEM = "lfads"


def input_file(folder: Path, dataset: str) -> Path:
    """Where the data of a dataset lie."""
    return folder / f"{STEM}_{dataset}.h5"


def info_file(folder: Path, dataset: str) -> Path:
    """Where it is said which trials they are."""
    return folder / f"inputInfo_{dataset}.mat"


class InputSizes(NamedTuple):
    """Of an input: training trials, and columns of its alignment matrix, 0 without one."""

    num_training_trials: int
    num_components: int


def sizes_of_input(path: Path) -> InputSizes:
    """Sizes of an input that was written.

    Raises
    ------
    UserError
        If it is none.
    """
    said = "`prepareForLFADS` writes it"
    with opened_hdf5(regular_file(path, said, missing="there is no input of LFADS")) as root:
        shape = root.shape("train_data")
        matrix = root.shape(OF_TENSORFLOW[0]) if OF_TENSORFLOW[0] in root.names() else None
    if not shape:
        raise UserError(f"{printable(path)}: has no `train_data`: {said}")
    return InputSizes(shape[0], matrix[1] if matrix and len(matrix) == 2 else 0)


def write_input(
    folder: Path,
    binned: RawCounts,
    *,
    train_to_test_ratio: int,
    data_hash: str,
    matrix: SessionMatrix | None = None,
) -> int:
    """Write both files of a dataset; returns how many trials train.

    Parameters
    ----------
    folder
        That they lie in.
    binned
        Counts per bin.
    train_to_test_ratio
        Training trials for each that validates.
    data_hash
        Kept beside the trials.
    matrix
        Of an alignment, where there is one.

    Raises
    ------
    UserError
        If there are too few trials, or a file cannot be written.
    """
    valid = validation_trials(len(binned.counts), train_to_test_ratio)
    splits = {"train": np.flatnonzero(~valid), "valid": np.flatnonzero(valid)}
    arrays: dict[str, np.ndarray] = {}
    for split, trials in splits.items():
        arrays[f"{split}_data"] = _whole(binned.counts[trials])
        arrays[f"{split}_inds"] = trials + 1.0
        if binned.truth is not None:
            arrays[f"{split}_truth"] = binned.truth[trials].astype(np.float64)
        if binned.external_inputs is not None:
            arrays[f"{split}_ext_input"] = binned.external_inputs[trials].astype(np.float64)
        if all(binned.labels):
            arrays[f"condition_labels_{split}"] = binned.labels[trials]
    if binned.truth is not None:
        arrays["conversion_factor"] = np.array(1.0)
    if matrix is not None:
        arrays |= dict(zip(OF_TENSORFLOW, (matrix.matrix, matrix.bias), strict=True))
    with written_beside(input_file(folder, binned.name)) as beside:
        _write_hdf5(beside, arrays, binned.bin_ms / 1000)
    with written_beside(info_file(folder, binned.name)) as beside:
        write_version_5(_info(binned, splits, data_hash), beside)
    return len(splits["train"])


def _whole(counts: np.ndarray) -> np.ndarray:
    """Whole numbers as such."""
    return counts.astype(np.int64) if np.array_equal(counts, np.rint(counts)) else counts


def _write_hdf5(path: Path, arrays: dict[str, np.ndarray], bin_width_s: float) -> None:
    with raised_at_end(path, "w+b") as stream, h5py.File(stream, "w") as file:
        file.attrs["bin_width_s"] = bin_width_s
        for key, array in arrays.items():
            if array.dtype.kind == "U":
                file.create_dataset(key, data=array.astype(object), dtype=h5py.string_dtype())
            else:
                file.create_dataset(key, data=array, **packed(array))


def _info(binned: RawCounts, splits: dict[str, np.ndarray], data_hash: str) -> dict[str, Any]:
    condition: Any = np.zeros((0, 0)) if binned.condition is None else binned.condition
    found: dict[str, Any] = {
        "trainInds": splits["train"] + 1.0,
        "validInds": splits["valid"] + 1.0,
        "paramInputDataHash": data_hash,
        "seq_timeVector": binned.time_ms,
        "seq_binSizeMs": binned.bin_ms,
        "conditionId": condition.tolist() if condition.dtype.kind == "U" else condition,
        "counts": binned.counts.transpose(2, 1, 0).astype(np.float64),
    }
    for key, values in (("truth", binned.truth), ("externalInputs", binned.external_inputs)):
        if values is not None:
            found[key] = values.transpose(2, 1, 0)
    return found


class InputInfo:
    """What `inputInfo_DATASET.mat` says, trials counted from 0."""

    def __init__(self, path: Path) -> None:
        found = read_matlab(regular_file(path, "expected what prepareForLFADS wrote"))
        self.path = path
        self.train, self.valid = (_places(found, key, path) for key in ("trainInds", "validInds"))
        self.time_ms = _numbers(found, "seq_timeVector")
        width = _numbers(found, "seq_binSizeMs")
        self.bin_ms = float(width[0]) if width.size else 0.0
        self.condition: Any = found.get("conditionId", np.zeros((0, 0)))
        self.counts = _array(found.get("counts"))
        self.truth = _array(found.get("truth"))
        self.external_inputs = _array(found.get("externalInputs"))

    @property
    def num_trials(self) -> int:
        """Of the dataset, those included that are in neither split."""
        last = max((int(one.max()) + 1 for one in (self.train, self.valid) if one.size), default=0)
        labels = self.condition
        number = len(labels) if isinstance(labels, Cell) else int(np.size(labels))
        if self.counts.size:
            number = self.counts.shape[2] if self.counts.ndim == 3 else 1
        return max(last, number)


def _places(found: dict[str, Any], key: str, path: Path) -> np.ndarray:
    places = _numbers(found, key)
    if places.size and (places.min() < 1 or not np.array_equal(places, np.rint(places))):
        raise UserError(f"{path}: `{key}` must be numbers of trials from 1")
    return places.astype(np.int64) - 1


def _numbers(found: dict[str, Any], key: str) -> np.ndarray:
    value = found.get(key)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        return np.zeros(0)
    return np.ravel(value).astype(np.float64)


def _array(value: Any) -> np.ndarray:
    known = isinstance(value, np.ndarray) and value.dtype.kind in "biuf"
    return value.astype(np.float64) if known else np.zeros((0, 0, 0))
