"""Trials around one event as cubes: `spikes_EVENT` (neuron, time, trial) beside `conditionID_EVENT`, ….

Values may be spikes/s: counts divided by the width of a bin. That width is then the inverse of the smallest
value, of which all others must be multiples.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lfads.checks import UserError, many
from lfads.formats.matlab.finds import is_vector, shape_of
from lfads.formats.matlab.objects import require_readable
from lfads.formats.matlab.trial_rasters import Rasters
from lfads.formats.matlab.values import Cell, Variable, in_words

PREFIX = "spikes_"
LOWEST_HZ = 4.0
"""The least rate that one spike a bin is taken for: bins of a quarter of a second."""

_LABELS = re.compile(r"^condition(_?ids?)?$|^conds?$|^labels?$", re.IGNORECASE)


def events_in(variables: Sequence[Variable]) -> list[str]:
    """Events that a cube of spikes is named after."""
    return [
        variable.name.removeprefix(PREFIX)
        for variable in variables
        if variable.name.startswith(PREFIX)
        and len(variable.shape) == 3
        and variable.kind not in ("cell", "struct", "char")
    ]


def cubes_of(event: str, variables: Mapping[str, Any], where: str) -> Rasters:
    """Trials of counts from the variables whose names end with an event.

    Raises
    ------
    UserError
        If axes cannot be told, or values are neither counts nor multiples of one rate.
    """
    name = f"{PREFIX}{event}"
    require_readable([variables[name]], where)
    cube = np.asarray(variables[name], np.float64)
    beside = {
        key.removesuffix(f"_{event}"): value
        for key, value in variables.items()
        if key.endswith(f"_{event}") and key != name
    }
    cube, axes = _turned(name, cube, beside, where)
    known = np.isfinite(cube).all(axis=(1, 2))
    counts, width, remarks = _counts(name, cube[known], where)
    if not known.all():
        remarks.append(f"{many(int((~known).sum()), 'trial')} of `{name}` with NaN left out")
    arrays: dict[str, Any] = {"spikes": counts}
    if width is not None:
        arrays["bin_width_s"] = np.float64(width)
    not_used: list[str] = []
    for key, value in beside.items():
        place, array = _companion(key, value, cube.shape)
        if array is None:
            not_used.append(f"`{key}_{event}`")
        else:
            arrays[place] = array[known]
    return Rasters(
        arrays=arrays, layout=f"`{name}` ({axes})", remarks=tuple(remarks), not_used=tuple(not_used)
    )


def _turned(
    name: str, cube: np.ndarray, beside: Mapping[str, Any], where: str
) -> tuple[np.ndarray, str]:
    """The cube as trial, time, neuron; its axes as the file has them."""
    vectors = {max(shape) for shape in map(_shape, beside.values()) if is_vector(shape)}
    trial = [axis for axis, size in enumerate(cube.shape) if size in vectors]
    if len(trial) != 1 or trial[0] == 1:
        raise UserError(
            f"{where}: `{name}` is {in_words(cube.shape)}, and nothing in the file tells which axis is "
            "trials: save counts as `spikes` (trial, time, neuron), such as "
            f"`spikes = permute({name}, [3 2 1])`"
        )
    if trial[0] == 0:
        return cube, "trial × time × neuron"
    series = {size for value in beside.values() for size in _shape(value) if len(_shape(value)) > 1}
    if cube.shape[0] in series and cube.shape[1] not in series:
        return cube.transpose(2, 0, 1), "time × neuron × trial"
    return cube.transpose(2, 1, 0), "neuron × time × trial"


def _shape(value: Any) -> tuple[int, ...]:
    return value.shape if isinstance(value, Cell) else shape_of(value)


def _counts(
    name: str, values: np.ndarray, where: str
) -> tuple[np.ndarray, float | None, list[str]]:
    """Counts, and the width of a bin where the values are rates."""
    if not values.size or (values < 0).any():
        raise UserError(f"{where}: `{name}` must hold counts or rates from 0 on")
    above = values[values > 0]
    unit = float(above.min()) if above.size else 1.0
    if unit <= LOWEST_HZ and (values == np.round(values)).all():
        return values, None, []
    counts = np.round(values / unit)
    if unit <= LOWEST_HZ or not np.allclose(counts * unit, values, rtol=1e-6, atol=1e-9):
        raise UserError(
            f"{where}: `{name}` holds neither counts nor rates of whole counts a bin (its values are no "
            f"multiples of the smallest, {unit:g}): save the counts before they were smoothed"
        )
    width = float(np.round(1 / unit, 9))
    said = (
        f"`{name}` is read as spikes/s in bins of {1000 * width:g} ms: all its values are multiples of "
        f"{unit:g}"
    )
    return counts, width, [said]


def _companion(key: str, value: Any, shape: tuple[int, ...]) -> tuple[str, np.ndarray | None]:
    """Where a variable belongs, and its values with trials first."""
    num_trials, num_bins = shape[:2]
    place = "condition" if _LABELS.match(key) else f"trial_table/{key}"
    if isinstance(value, Cell):
        texts = value.is_vector and all(isinstance(item, str) for item in value)
        return place, np.array(list(value)) if texts and len(value) == num_trials else None
    found = shape_of(value)
    if is_vector(found) and max(found) == num_trials:
        return place, np.asarray(value).ravel()
    if len(found) == 3 and found[1:] == (num_bins, num_trials):
        return f"behavior/{key}", np.asarray(value).transpose(2, 1, 0)
    if len(found) == 3 and (found[0], found[2]) == (num_bins, num_trials):
        return f"behavior/{key}", np.asarray(value).transpose(2, 0, 1)
    if found == (num_bins, num_trials):
        return f"behavior/{key}", np.asarray(value).T[:, :, None]
    return place, None
