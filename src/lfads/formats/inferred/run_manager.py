"""`PosteriorMeans` of lfads-run-manager, the MATLAB interface to LFADS in TensorFlow 1.

The variable `pm`, a struct with the fields of that class, or an array of structs of several
sessions: arrays are `neuron × time × trial`, rates spikes/s, times milliseconds, indices count from
1. Trials are in the order of the source. Fields that only its training knows are empty.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.formats.inferred.in_hdf5 import clock_of
from lfads.formats.inferred.layout import RATES, Inferred, of_trial, over_time
from lfads.formats.inferred.tensorflow1 import KIND
from lfads.formats.matlab.values import Cell, StructArray
from lfads.results.mat import begins_with_struct, write_version_5
from lfads.results.mat_contents import readable_names

NAME = "run_manager"
VARIABLE = "pm"
FORMAT = "lfads run_manager"
FIELDS = (
    over_time("inferred_inputs", "controller_outputs", "input"),
    over_time("factors", "factors", "factor"),
    of_trial("initial_condition_mean", "post_g0_mean", "latent"),
    of_trial("initial_condition_std", "post_g0_logvar", "latent", "log_variance"),
    of_trial("generator_initial_state", "generator_ics", "unit"),
    over_time("generator_states", "generator_states", "unit"),
    over_time(RATES, "rates", "neuron"),
)
EMPTY = ("costs", "nll_bound_vaes", "nll_bound_iwaes", "params", "rawCounts", "externalInputs")
_MS = 1000.0


class RunManager:
    """`PosteriorMeans` of lfads-run-manager: a MATLAB struct `pm`, spikes/s, `neuron × time × trial`."""

    suffixes = (".mat",)
    by_name_alone = True

    def files(self, sessions: Mapping[str, xr.Dataset]) -> dict[str, Mapping[str, xr.Dataset]]:
        """One for all."""
        return {"posterior_means.mat": sessions}

    def write(self, sessions: Mapping[str, xr.Dataset], path: Path) -> None:
        """Write the file of all sessions."""
        structs = [_struct(name, session) for name, session in sessions.items()]
        write_version_5({VARIABLE: _array_of(structs)}, path)

    def is_own(self, path: Path) -> bool:
        """Whether the file begins with such a struct."""
        return begins_with_struct(path, VARIABLE, FORMAT)


def _struct(name: str, session: xr.Dataset) -> dict[str, Any]:
    """The fields of one session, trials in the order of the source."""
    order = np.argsort(session["trial_index"].values, kind="stable")
    sorted_ = session.isel(trial=order)
    train = sorted_["split"].values.astype(str) == "train"
    number = np.arange(1, len(order) + 1, dtype=np.float64)
    clock = clock_of(session)
    found: dict[str, Any] = {
        "format": FORMAT,
        "kind": KIND,
        "session": name,
        "time": (session["time"].values * _MS).astype(np.float64),
        "binWidthMs": float(clock["bin_width_s"]) * _MS,
        "firstBin": float(clock["first_bin"]) + 1,
        "trainInds": number[train],
        "validInds": number[~train],
        "testInds": number[sorted_["split"].values.astype(str) == "test"],
        "trialIndex": sorted_["trial_index"].values.astype(np.float64) + 1,
        "datasetIndexByTrial": np.ones(len(order)),
        "heldOut": session["held_out"].values.astype(bool),
        "conditionIds": _conditions(sorted_),
    }
    for field in FIELDS:
        values = np.zeros((0, 0))
        if field.ours in session:
            rows = sorted_[field.ours].transpose(*field.axes).values.astype(np.float64)
            values = rows.T if field.becomes == "same" else (2 * np.log(rows)).T
        found[field.theirs] = values
    return found | {field: np.zeros((0, 0)) for field in EMPTY}


def _conditions(session: xr.Dataset) -> Any:
    if "condition" not in session.coords:
        return np.zeros((0, 0))
    values = session["condition"].values
    return values.astype(np.float64) if values.dtype.kind in "biuf" else values.astype(str).tolist()


def _array_of(structs: Sequence[Mapping[str, Any]]) -> Any:
    """One struct, or a row of structs with the same fields."""
    if len(structs) == 1:
        return structs[0]
    row = np.empty((1, len(structs)), [(name, object) for name in structs[0]])
    for place, one in enumerate(structs):
        for name, value in one.items():
            cells = value
            if isinstance(value, list):
                cells = np.empty((len(value), 1), object)
                cells[:, 0] = value
            row[0, place][name] = cells
    return row


def is_run_manager(variables: Mapping[str, Any]) -> bool:
    """Whether variables of a file are such results."""
    found = variables.get(VARIABLE)
    return isinstance(found, dict) and {"rates", "trainInds", "validInds"} <= set(found)


def read_posterior_means(variables: Mapping[str, Any], path: Path) -> list[Inferred]:
    """What a file holds, trials of each session with the split that their indices say.

    Raises
    ------
    UserError
        If rates are missing, or indices do not belong to them.
    """
    found = variables[VARIABLE]
    if not isinstance(found, StructArray):
        return [_inferred(found, path, path.stem)]
    number = found.num_items
    structs = [{name: cell[place] for name, cell in found.items()} for place in range(number)]
    names = [str(one.get("session") or f"{path.stem}_{k + 1}") for k, one in enumerate(structs)]
    taken = readable_names(names)
    return [_inferred(one, path, str(name)) for one, name in zip(structs, taken, strict=True)]


def _inferred(struct: Mapping[str, Any], path: Path, name: str) -> Inferred:
    rates = _axes(struct.get("rates"), 3)
    if rates is None:
        raise UserError(f"{path}: `{VARIABLE}.rates` must be neuron × time × trial; it is missing")
    trials = rates.shape[2]
    variables = {}
    for field in FIELDS:
        values = _axes(struct.get(field.theirs), len(field.axes))
        if values is not None:
            if values.shape[-1] != trials:
                raise UserError(
                    f"{path}: `{VARIABLE}.{field.theirs}` must have {trials} trials along its last axis; "
                    f"got {values.shape}"
                )
            variables[field.ours] = field.read(values.T)
    time_ms, width_ms = np.ravel(struct.get("time", ())), np.ravel(struct.get("binWidthMs", ()))
    width = (
        float(width_ms[0])
        if width_ms.size
        else float(np.median(np.diff(time_ms)))
        if time_ms.size > 1
        else None
    )
    first = np.ravel(struct.get("firstBin", ()))
    first_bin = int(first[0]) - 1 if first.size else None
    start = float(time_ms[0]) / _MS if time_ms.size else None
    if start is not None and width is not None and first_bin:
        start -= first_bin * width / _MS
    held_out = np.ravel(struct.get("heldOut", ()))
    index = np.ravel(struct.get("trialIndex", ()))
    return Inferred(
        name=str(struct.get("session") or name),
        layout="lfads-run-manager",
        variables=variables,
        split=_splits(struct, trials, path),
        rates_per="second",
        trial_index=(index - 1).astype(np.int64) if index.size == trials else np.arange(trials),
        held_out=held_out.astype(bool) if held_out.size == rates.shape[0] else None,
        bin_width_s=None if width is None else width / _MS,
        start_s=start,
        first_bin=first_bin,
        condition=_condition(struct.get("conditionIds"), trials),
    )


def _axes(values: Any, number: int) -> np.ndarray | None:
    """An array of numbers with so many axes; MATLAB drops trailing ones of one."""
    if not isinstance(values, np.ndarray) or not values.size or values.dtype.kind not in "biuf":
        return None
    missing = number - values.ndim
    return values.reshape(*values.shape, *[1] * missing) if missing >= 0 else None


def _splits(struct: Mapping[str, Any], trials: int, path: Path) -> np.ndarray:
    split = np.full(trials, "valid", dtype="<U5")
    for name, field in (("train", "trainInds"), ("test", "testInds")):
        places = np.ravel(np.asarray(struct.get(field, ()), np.float64)).astype(np.int64) - 1
        if places.size and (places.min() < 0 or places.max() >= trials):
            raise UserError(
                f"{path}: `{VARIABLE}.{field}` must be numbers of trials from 1 to {trials}; got "
                f"{places.min() + 1} to {places.max() + 1}"
            )
        split[places] = name
    return split


def _condition(values: Any, trials: int) -> np.ndarray | None:
    if isinstance(values, Cell):
        found = np.array([str(one) for one in values], dtype=str)
    else:
        found = np.ravel(np.asarray(values if isinstance(values, np.ndarray) else ()))
    return found if len(found) == trials else None
