"""Fields of `PosteriorMeans`, of runs that were trained here and of those of LFADS in TensorFlow 1.

Arrays are in MATLAB's order, `neuron × time × trial`; trials are those of the dataset, in its order, NaN
where a trial is neither of training nor of validation. Rates are spikes/s. Costs and bounds are those of
that program's objective: NaN in runs of ours.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.formats.guarded import opened_hdf5
from lfads.formats.inferred.in_hdf5 import numbers
from lfads.formats.inferred.layout import RATES
from lfads.formats.inferred.run_manager import FIELDS as OF_STRUCT
from lfads.formats.inferred.tensorflow1 import FIELDS as OF_FILES
from lfads.formats.inferred.tensorflow1 import KIND
from lfads.matlab.run_manager.inputs import STEM, InputInfo, info_file
from lfads.paths import printable, regular_file
from lfads.results.posterior import open_posterior

COSTS = ("costs", "nll_bound_vaes", "nll_bound_iwaes")
POSTERIOR = "posterior.nc"
KINDS = (KIND, "posterior_push_mean")

Rows = dict[str, np.ndarray]
"""Arrays by the fields of `PosteriorMeans`, trials first."""


def posterior_means(output: Path, inputs: Path, dataset: str, kind: str = KIND) -> dict[str, Any]:
    """What is inferred of one dataset.

    Parameters
    ----------
    output
        Folder of the run's results: `posterior.nc` or `model_runs_…` in it.
    inputs
        Folder of its inputs.
    dataset
        Its name.
    kind
        Of posterior means, in the names of files of LFADS in TensorFlow 1.

    Raises
    ------
    UserError
        If results or inputs are missing, or do not fit together.
    """
    info = InputInfo(info_file(inputs, dataset))
    if (output / POSTERIOR).exists():
        rows, trials = _ours(output / POSTERIOR, dataset), None
        trials = rows.pop("trial_index").astype(np.int64)
        kind = KIND
    else:
        rows, trials = _of_tensorflow(output, dataset, kind, info)
    number = info.num_trials
    if trials.size and (trials.max() >= number or trials.min() < 0):
        raise UserError(
            f"{printable(output)}: results of `{dataset}` are of trial {int(trials.max()) + 1}, and its "
            f"inputs have {number}"
        )
    return {
        "kind": kind,
        "dataset": dataset,
        "time": info.time_ms,
        "binWidthMs": info.bin_ms,
        **{name: _filled(values, trials, number) for name, values in rows.items()},
        "trainInds": info.train + 1.0,
        "validInds": info.valid + 1.0,
        "conditionIds": info.condition,
        "rawCounts": info.counts,
        "truth": info.truth,
        "externalInputs": info.external_inputs,
    }


def has_posterior_means(output: Path, dataset: str, kind: str = KIND) -> bool:
    """Whether there are results of a dataset."""
    names = [output / f"model_runs_{dataset}.h5_{split}_{kind}" for split in ("train", "valid")]
    return (output / POSTERIOR).exists() or any(name.exists() for name in names)


def _filled(values: np.ndarray, trials: np.ndarray, number: int) -> np.ndarray:
    whole = np.full((number, *values.shape[1:]), np.nan)
    whole[trials] = values
    return whole.T


def _ours(path: Path, dataset: str) -> Rows:
    sessions = open_posterior(path).sessions
    named = [name for name in (f"{STEM}_{dataset}", dataset) if name in sessions]
    if not named:
        raise UserError(
            f"{printable(path)}: has no results of `{dataset}`; it has {', '.join(map(str, sessions))}"
        )
    session = sessions[named[0]]
    rows = {field.theirs: _rows(session, field) for field in OF_STRUCT if field.ours in session}
    number = session.sizes["trial"]
    rows |= {name: np.full(number, np.nan) for name in COSTS}
    return rows | {"trial_index": session["trial_index"].values}


def _rows(session: xr.Dataset, field: Any) -> np.ndarray:
    values = session[field.ours].transpose(*field.axes).values.astype(np.float64)
    return 2 * np.log(values) if field.becomes == "log_variance" else values


def _of_tensorflow(
    output: Path, dataset: str, kind: str, info: InputInfo
) -> tuple[Rows, np.ndarray]:
    if kind not in KINDS:
        raise UserError(f"there is no kind {kind!r} of posterior means: {' or '.join(KINDS)}")
    if not info.bin_ms:
        raise UserError(f"{printable(info.path)}: `seq_binSizeMs`, the width of a bin, is missing")
    parts = [
        (_read(output / f"model_runs_{dataset}.h5_{split}_{kind}", info), trials)
        for split, trials in (("train", info.train), ("valid", info.valid))
        if trials.size
    ]
    if not parts:
        raise UserError(f"{printable(info.path)}: has neither `trainInds` nor `validInds`")
    for (rows, trials), split in zip(parts, ("train", "valid"), strict=False):
        number = len(rows["rates"])
        if number != len(trials):
            raise UserError(
                f"{printable(output)}: results of `{dataset}` have {number} trials of `{split}`, and its "
                f"inputs {len(trials)}"
            )
    shared = set.intersection(*(set(rows) for rows, _ in parts))
    order = [name for name in parts[0][0] if name in shared]
    joined = {name: np.concatenate([rows[name] for rows, _ in parts]) for name in order}
    return joined, np.concatenate([trials for _, trials in parts])


def _read(path: Path, info: InputInfo) -> Rows:
    """One split, numbers as PosteriorMeans has them."""
    regular_file(path, "expected posterior means: sample them first", missing="there are none yet")
    ours: Mapping[str, str] = {field.ours: field.theirs for field in OF_STRUCT}
    rows: Rows = {}
    with opened_hdf5(path) as root:
        names = root.names()
        for field in OF_FILES:
            if field.theirs in names and field.ours in ours:
                values = numbers(root, field.theirs, len(field.axes)).astype(np.float64)
                rows[ours[field.ours]] = _rates(values, info) if field.ours == RATES else values
        if "rates" not in rows:
            raise UserError(f"{root.where}: `output_dist_params`, the rates, are missing")
        for name in COSTS:
            if name in names:
                rows[name] = numbers(root, name, 1).astype(np.float64)
            else:
                rows[name] = np.full(len(rows["rates"]), np.nan)
    return rows


def _rates(parameters: np.ndarray, info: InputInfo) -> np.ndarray:
    """Spikes/s; of a Gaussian observation, whose log-variances stand behind, its means."""
    channels = info.counts.shape[0]
    if channels and parameters.shape[2] == 2 * channels:
        return parameters[:, :, :channels]
    return parameters * 1000 / info.bin_ms
