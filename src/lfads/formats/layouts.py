"""HDF5 layouts of lfads-torch, of TensorFlow 1 LFADS and of AutoLFADS-TF2.

Both keep an array for each split. Trials come out training first, then validation, then test.

* lfads-torch: `{split}_encod_data` is what the encoders see. `{split}_recon_data` is what is to be
  reconstructed: it may hold more neurons (held-out ones, last) and more bins (forward ones, last).
* TensorFlow: `{split}_data` is both; `condition_labels_{split}`, if they are there, are labels of trials.

True counts per bin are `{split}_truth` divided by `conversion_factor`. Files of TF1 LFADS hold the
reciprocal of that factor, so for the TensorFlow layout the reading is taken whose mean is closer to
the mean count of the spikes. Read-in and read-out matrices are left where they are; `stitching.from_files`
starts read-ins from those of the TensorFlow layout where it is asked to.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lfads.arrays import SPLITS
from lfads.checks import Problems, describe
from lfads.data.splits import default_split
from lfads.formats.blocks import agreed, cube, joined_index, joined_series, padded
from lfads.formats.contents import FileContents, SessionArrays, as_scalar
from lfads.formats.guarded import GuardedGroup
from lfads.guarded.messages import quoted
from lfads.paths import printable

OF_TENSORFLOW = ("alignment_matrix_cxf", "alignment_bias_c")
READ_INS = (OF_TENSORFLOW, ("readin_weight", "readout_bias"))
"""A read-in, `encoded_neuron component`, and the means that it is from, in TensorFlow and lfads-torch."""


def read_lfads_torch(root: GuardedGroup, path: Path) -> FileContents:
    """Contents of a file with `train_encod_data`, `train_recon_data` and so on.

    Raises
    ------
    UserError
        If arrays disagree in shape, or encoded spikes differ from the first part of the
        reconstructed ones.
    """
    return _read(root, path, "lfads-torch", "encod_data", "recon_data")


def read_tensorflow(root: GuardedGroup, path: Path) -> FileContents:
    """Contents of a file with `train_data`, `valid_data` and so on.

    Raises
    ------
    UserError
        If arrays disagree in shape.
    """
    return _read(root, path, "TensorFlow LFADS", "data", None)


def _per_split(root: GuardedGroup, suffix: str, problems: Problems) -> dict[str, np.ndarray]:
    found = {split: cube(root, f"{split}_{suffix}", problems) for split in SPLITS}
    return {split: array for split, array in found.items() if array is not None}


def _read(
    root: GuardedGroup, path: Path, layout: str, suffix: str, recon_suffix: str | None
) -> FileContents:
    problems = Problems(str(path))
    encoded = _per_split(root, suffix, problems)
    reconstructed = _per_split(root, recon_suffix, problems) if recon_suffix else {}
    encoded_bins = agreed(_keyed(encoded, "encoded"), 1, "bins", problems)
    encoded_neurons = agreed(_keyed(encoded, "encoded"), 2, "neurons", problems)
    recon = _keyed(reconstructed, "reconstructed")
    num_bins = max(agreed(recon, 1, "bins", problems), encoded_bins)
    num_neurons = max(agreed(recon, 2, "neurons", problems), encoded_neurons)
    for split, array in reconstructed.items():
        _check_first_part(split, encoded.get(split), array, problems)
    problems.raise_if_any()

    num_trials = {split: len(array) for split, array in encoded.items()}
    bins = (encoded_bins, num_bins)
    spikes, observed = _spikes(encoded, reconstructed, num_bins, num_neurons)
    inputs = joined_series(root, "ext_input", num_trials, bins, problems, fill=0.0)
    if inputs is not None:
        lacking = [key for s in num_trials if (key := f"{s}_ext_input") not in root]
        problems.require(not lacking, f"external inputs are missing: {quoted(lacking)}")
    behavior = joined_series(root, "behavior", num_trials, bins, problems, fill=np.nan)
    session = SessionArrays(
        name=printable(path.stem),
        arrays={
            "spikes": spikes,
            "split": _split_names(num_trials),
            "trial_index": joined_index(root, num_trials, problems),
            "observed": observed,
            "held_out_neurons": np.arange(encoded_neurons, num_neurons),
            "external_inputs": inputs,
            "behavior": behavior,
            "condition": None if recon_suffix else _labels(root, num_trials, problems),
        },
        true_counts=_true_counts(root, layout, num_trials, bins, spikes, problems),
    )
    problems.raise_if_any()
    return FileContents(
        path=path,
        layout=layout,
        sessions=(session,),
        bin_width_s=as_scalar(root.attribute("bin_width_s"), "bin_width_s", path),
        num_forward_bins=num_bins - encoded_bins,
    )


def _keyed(arrays: Mapping[str, np.ndarray], what: str) -> dict[str, np.ndarray]:
    return {f"{split} ({what})": array for split, array in arrays.items()}


def _check_first_part(
    split: str, encoded: np.ndarray | None, reconstructed: np.ndarray, problems: Problems
) -> None:
    key, other = f"{split}_encod_data", f"{split}_recon_data"
    if encoded is None:
        problems.add(f"`{other}` needs `{key}` beside it")
        return
    num_trials, bins, neurons = encoded.shape
    if reconstructed.shape[0] != num_trials or np.any(np.less(reconstructed.shape, encoded.shape)):
        problems.add(
            f"`{other}` must hold the trials of `{key}` with at least its bins and neurons; got "
            f"{describe(reconstructed)} beside {describe(encoded)}"
        )
        return
    differs = encoded != reconstructed[:, :bins, :neurons]
    if encoded.dtype.kind == "f" and differs.any():  # NaN differs from itself; it is reported later
        differs &= ~(np.isnan(encoded) & np.isnan(reconstructed[:, :bins, :neurons]))
    if differs.any():
        trial, time, neuron = np.argwhere(differs)[0]
        problems.add(
            f"`{key}` must equal the first bins and neurons of `{other}`; they differ in "
            f"{int(differs.sum())} samples, first at trial {trial}, bin {time}, neuron {neuron}"
        )


def _spikes(
    encoded: Mapping[str, np.ndarray],
    reconstructed: Mapping[str, np.ndarray],
    num_bins: int,
    num_neurons: int,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Spikes of all splits and which of them are known, None if all are."""
    whole, known = [], []
    for split, part in encoded.items():
        part = reconstructed.get(split, part)
        whole.append(padded(part, num_bins, num_neurons, 0.0))
        known.append(padded(np.ones(part.shape, dtype=bool), num_bins, num_neurons, 0.0))
    observed = np.concatenate(known)
    return np.concatenate(whole), None if observed.all() else observed


def _split_names(num_trials: Mapping[str, int]) -> np.ndarray:
    """The split of each trial; training trials are split where the file has no validation."""
    names = []
    for split, count in num_trials.items():
        alone = split == "train" and not num_trials.get("valid") and count
        names.append(default_split(count) if alone else np.full(count, split))
    return np.concatenate(names)


def _labels(
    root: GuardedGroup, num_trials: Mapping[str, int], problems: Problems
) -> np.ndarray | None:
    """Condition labels of all trials; None where no split has them."""
    keys = {split: f"condition_labels_{split}" for split in num_trials}
    if not any(key in root for key in keys.values()):
        return None
    labels = {key: root.optional(key) for key in keys.values()}
    sizes = {key: 0 if found is None else np.size(found) for key, found in labels.items()}
    for split, key in keys.items():
        problems.require(
            sizes[key] == num_trials[split],
            f"`{key}` must have a label for each of {num_trials[split]} trials; got {sizes[key]}",
        )
    if list(sizes.values()) != list(num_trials.values()):
        return None
    return np.concatenate([np.ravel(found) for found in labels.values() if found is not None])


def _true_counts(
    root: GuardedGroup,
    layout: str,
    num_trials: Mapping[str, int],
    bins: tuple[int, int],
    spikes: np.ndarray,
    problems: Problems,
) -> np.ndarray | None:
    truth = joined_series(root, "truth", num_trials, bins, problems, fill=np.nan)
    if truth is None:
        return None
    factor = as_scalar(root.optional("conversion_factor"), "conversion_factor", problems.where)
    factor = 1.0 if factor is None else factor
    if not np.isfinite(factor) or factor <= 0:
        problems.add(f"`conversion_factor` must be positive; got {factor:g}")
        return None
    if truth.shape[2] < spikes.shape[2]:
        truth = padded(truth, bins[1], spikes.shape[2], np.nan)
    with np.errstate(over="ignore"):  # inf is reported by the check of `true_rates_hz`
        divided, multiplied = truth / factor, truth * factor
    if layout == "lfads-torch":
        return divided
    mean_count = float(np.nanmean(spikes)) if spikes.size else 0.0
    return min((divided, multiplied), key=lambda reading: _log_distance(reading, mean_count))


def _log_distance(reading: np.ndarray, mean_count: float) -> float:
    tiny = 1e-12  # so that silence has a logarithm
    return abs(float(np.log(max(np.nanmean(reading), tiny) / max(mean_count, tiny))))
