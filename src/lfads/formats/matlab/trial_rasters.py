"""Trials of counts from one matrix a trial: arrays of structs (`dat(n).spikes`), or cells of matrices."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.formats.matlab.finds import Find, is_vector, records_of, shape_of
from lfads.formats.matlab.objects import left_out, require_readable
from lfads.formats.matlab.raster_axes import Beside, axis_of
from lfads.formats.matlab.trial_columns import as_column, as_series, one_a_row
from lfads.formats.matlab.values import Cell, Shape, unreadable_in
from lfads.guarded.memory import require_memory

WIDTHS = ("bin_width_s", "bin_width", "bin_size", "binwidth", "binsize", "binwidth_s")
"""Fields, in small letters, that say how wide a bin is."""

AS_KEYS = ("condition", "split")
"""Fields that are no mere columns of the trials."""

_NOT_AREA = re.compile(r"_?(spikes?|spike_?raster|raster|counts|binned)_?(?=\d*$|_)", re.IGNORECASE)


@dataclass(frozen=True, eq=False, kw_only=True)
class Rasters:
    """Counts of all trials, and what belongs to them.

    Parameters
    ----------
    arrays
        By the keys of `.npz` files: `spikes`, `trial_length`, `trial_table/NAME`, …
    layout
        How the matrices were read, in words.
    remarks
        What was decided and could be otherwise.
    not_used
        Fields that have no place in a data set.
    """

    arrays: Mapping[str, np.ndarray]
    layout: str
    remarks: tuple[str, ...] = ()
    not_used: tuple[str, ...] = ()


def rasters_of(
    finds: Sequence[Find], value: Any, where: str, outside: Mapping[str, Shape] | None = None
) -> Rasters:
    """Trials of counts from a variable.

    Parameters
    ----------
    finds
        The matrices of each trial; several where areas have a field each.
    value
        The variable.
    where
        The file, for messages.
    outside
        Shapes of the other variables of the file.

    Raises
    ------
    UserError
        If matrices of trials do not go together.
    """
    variable = finds[0].place[0]
    for key in finds[0].place[1:-1]:
        value = value[key]
    records = records_of(value) or ()
    beside: Mapping[str, Any] = {}
    last = [find.place[-1] for find in finds]
    if records:
        groups = {key: [record.get(key) for record in records] for key in last}
    else:
        beside, value = (value, value[last[0]]) if len(finds[0].place) > 1 else ({}, value)
        groups = {last[0]: list(value)}
    names = {key: ".".join((*find.place[:-1], key)) for key, find in zip(last, finds, strict=True)}
    shapes = Beside(
        _shapes(records[0] if records else {}, last), dict(outside or {}) | _shapes(beside, last)
    )
    axes = {key: axis_of(names[key], items, shapes, where) for key, items in groups.items()}
    trials = {
        key: [_oriented(item, axes[key].time) for item in items] for key, items in groups.items()
    }
    lengths = _lengths(trials, names, where)
    arrays: dict[str, Any] = {"spikes": _cube(trials, names, lengths, where)}
    if len(set(lengths.tolist())) > 1:
        arrays["trial_length"] = lengths
    if records:
        arrays |= _areas(trials)
    companions, not_used = (
        _companions(records, last, lengths, variable, where)
        if records
        else _beside(beside, last[0], arrays["spikes"].shape, ".".join(finds[0].place[:-1]))
    )
    order = {
        key: "time × neuron" if axis.time == 0 else "neuron × time" for key, axis in axes.items()
    }
    return Rasters(
        arrays=arrays | companions | _grid_columns(value.shape),
        layout=", ".join(f"`{names[key]}` ({order[key]})" for key in last),
        remarks=tuple(axis.doubt for axis in axes.values() if axis.doubt),
        not_used=tuple(not_used),
    )


def bin_width_in(fields: Mapping[str, Any]) -> float | None:
    """Seconds of a bin that a field says; None where none does, or its unit is not plain."""
    for name, value in fields.items():
        if name.lower() in WIDTHS and np.size(value) == 1 and not isinstance(value, str):
            width = float(np.asarray(value, np.float64).reshape(-1)[0])
            if 0 < width < 1:
                return width
    return None


def _oriented(item: Any, time: int) -> np.ndarray:
    """One trial, time × neuron; an empty one has no bins."""
    array = np.asarray(item)
    return array if time == 0 else array.T


def _lengths(
    trials: Mapping[str, Sequence[np.ndarray]], names: Mapping[str, str], where: str
) -> np.ndarray:
    """Bins of each trial, which areas must agree on."""
    each = {key: [len(one) if one.size else 0 for one in items] for key, items in trials.items()}
    first = next(iter(each))
    for key, lengths in each.items():
        if lengths != each[first]:
            raise UserError(
                f"{where}: `{names[first]}` and `{names[key]}` must have the same bins in every trial; "
                "they differ. Save those that belong together"
            )
    lengths = np.array(each[first], np.int64)
    if not lengths.all():
        empty = int(np.argmin(lengths)) + 1
        raise UserError(
            f"{where}: `{names[first]}` of trial {empty} is empty: delete such trials, "
            f"`{names[first].split('.')[0]}({empty}) = []`"
        )
    return lengths


def _cube(
    trials: Mapping[str, Sequence[np.ndarray]],
    names: Mapping[str, str],
    lengths: np.ndarray,
    where: str,
) -> np.ndarray:
    """Counts as `trial time neuron`, zeros behind the end of each trial."""
    highest = max(float(one.max()) for items in trials.values() for one in items)
    dtype = np.uint8 if highest < 2**8 else np.uint16 if highest < 2**16 else np.float64
    num_neurons = [items[0].shape[1] for items in trials.values()]
    shape = (len(lengths), int(lengths.max()), sum(num_neurons))
    room = float(np.prod(shape)) * np.dtype(dtype).itemsize
    require_memory(room, f"{where}: trials of shape {shape}", "give fewer trials, or wider bins")
    cube = np.zeros(shape, dtype)
    start = 0
    for (key, items), number in zip(trials.items(), num_neurons, strict=True):
        for trial, one in enumerate(items):
            if (one < 0).any() or (one != np.round(one)).any():
                raise UserError(
                    f"{where}: `{names[key]}` of trial {trial + 1} must hold counts, whole numbers from "
                    "0 on"
                )
            cube[trial, : len(one), start : start + number] = one
        start += number
    return cube


def _areas(trials: Mapping[str, Sequence[np.ndarray]]) -> dict[str, np.ndarray]:
    """The area of each neuron, where names of fields say it: `M1_spikes`."""
    areas = {key: _NOT_AREA.sub("", key) for key in trials}
    if not any(areas.values()) and len(trials) == 1:
        return {}
    labels = [
        label for key, items in trials.items() for label in [areas[key] or key] * items[0].shape[1]
    ]
    return {"neuron_table/area": np.array(labels)}


def _grid_columns(shape: Sequence[int]) -> dict[str, np.ndarray]:
    """Row and column of each trial, where trials are a matrix: `trial(n, k)`."""
    if is_vector(tuple(shape)):
        return {}
    places = np.unravel_index(np.arange(int(np.prod(shape))), tuple(shape), order="F")
    return {
        f"trial_table/{name}": place + 1
        for name, place in zip(("row", "column"), places, strict=False)
    }


def _shapes(fields: Mapping[str, Any], taken: Sequence[str]) -> dict[str, Shape]:
    """Shapes of the matrices of numbers, and of what is no such, but for those that are taken."""
    return {key: shape_of(value) for key, value in fields.items() if key not in taken}


def _beside(
    fields: Mapping[str, Any], taken: str, shape: tuple[int, ...], name: str
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Columns from the fields of the struct that a cell of matrices lies in; and those that are none."""
    found: dict[str, np.ndarray] = {}
    not_used: list[str] = []
    for key, value in fields.items():
        of_trials, of_neurons = (one_a_row(value, shape[axis]) for axis in (0, 2))
        if key == taken or (key.lower() in WIDTHS and bin_width_in({key: value}) is not None):
            continue
        if of_trials is not None:
            found[key if key in AS_KEYS else f"trial_table/{key}"] = of_trials
        elif of_neurons is not None:
            found[f"neuron_table/{key}"] = of_neurons
        else:
            not_used.append(f"`{name}.{key}`")
    return found, not_used


def _companions(
    records: Sequence[Mapping[str, Any]],
    last: Sequence[str],
    lengths: np.ndarray,
    variable: str,
    where: str,
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Columns of the trials and series over time from the other fields; and those that are neither."""
    found: dict[str, np.ndarray] = {}
    not_used: list[str] = []
    for key in records[0] if records else ():
        if key in last or (key.lower() in WIDTHS and bin_width_in(records[0]) is not None):
            continue
        items = [record.get(key) for record in records]
        unread = list(unreadable_in(Cell(items, (len(items), 1))))
        require_readable(unread if key in AS_KEYS else (), where)
        column, series = as_column(items), as_series(items, lengths)
        if column is not None:
            found[key if key in AS_KEYS else f"trial_table/{key}"] = column
        elif series is not None:
            found[f"behavior/{key}"] = series
        elif unread:
            not_used.append(left_out(replace(unread[0], name=f"{variable}.{key}")))
        else:
            not_used.append(f"`{variable}.{key}`")
    return found, not_used
