"""What stands beside the spikes, brought into one form: names, masks, labels, series.

Each function notes a problem and returns a stand-in of the right kind, so that checking goes on.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lfads.checks import Problems, describe, many


def as_name(what: str, name: Any, problems: Problems) -> str:
    """A name that can also be the name of a group in a file."""
    if not isinstance(name, str) or not name or "/" in name or "\0" in name or set(name) == {"."}:
        problems.add(f"`{what}`: a name must be text without `/`; got {name!r}")
    return str(name)


def as_array(what: str, values: Any, problems: Problems) -> np.ndarray | None:
    """An array of whatever was given; None where lists inside it differ in length."""
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        ragged = isinstance(values, list | tuple) and "inhomogeneous" in str(error)
        got = (
            f"a list of {many(len(values), 'item')} whose lengths differ"
            if ragged
            else repr(values)
        )
        problems.add(f"`{what}` must be one array, all of its rows equally long; got {got}")
        return None


def is_finite_number(value: Any) -> bool:
    """Whether the value is one real number within the range of float64, no bool."""
    number = isinstance(value, int | float | np.integer | np.floating)
    if not number or isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def are_int64(array: np.ndarray) -> bool:
    """Whether all values are whole numbers that int64 holds."""
    if array.dtype.kind == "u":
        return not array.size or int(array.max()) < 2**63
    if array.dtype.kind != "f":
        return array.dtype.kind in "bi"
    with np.errstate(over="ignore"):
        values = array.astype(np.float64)
    return bool(np.all((np.abs(values) < 2.0**63) & (values == np.round(values))))


def as_length(what: str, value: Any, highest: int, problems: Problems) -> int:
    """A number of bins from 0 to `highest`."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not 0 <= value <= highest:
        problems.add(f"`{what}` must be a whole number from 0 to {highest}; got {value!r}")
        return 0
    return int(value)


def as_mask(
    what: str, values: Any, shape: tuple[int, ...], problems: Problems
) -> np.ndarray | None:
    """True and False (or 1 and 0) in the given shape."""
    mask = as_array(what, values, problems)
    if mask is None:
        return None
    if mask.shape != shape:
        problems.add(f"`{what}` must have shape {shape}; got {describe(mask)}")
        return None
    if mask.dtype.kind not in "biuf" or not bool(((mask == 0) | (mask == 1)).all()):
        problems.add(f"`{what}` must be True or False; got {describe(mask)}")
        return None
    return mask.astype(bool)


def as_whole(what: str, values: Any, size: int, problems: Problems) -> np.ndarray | None:
    """`size` whole numbers as int64."""
    array = as_array(what, values, problems)
    if array is None:
        return None
    if array.shape != (size,) or array.dtype.kind == "b" or not are_int64(array):
        problems.add(f"`{what}` must be {many(size, 'whole number')}; got {describe(array)}")
        return None
    return array.astype(np.int64)


def as_labels(
    what: str, values: Any, size: int, problems: Problems, *, of: str = "trial"
) -> np.ndarray:
    """`size` labels, text or int64."""
    array = as_array(what, values, problems)
    if array is None:
        return np.zeros(size, dtype=np.int64)
    array = _text(array)
    if array.shape != (size,):
        problems.add(
            f"`{what}` must hold one value for each of {many(size, of)}; got {describe(array)}"
        )
        return np.zeros(size, dtype=np.int64)
    if array.dtype.kind == "U":
        bad = [label for label in array.tolist() if "\0" in label]
        if bad:
            problems.add(f"`{what}`: text cannot hold NUL (NetCDF ends there); got {bad[0]!r}")
        return array
    if not are_int64(array):
        problems.add(
            f"`{what}` must be whole numbers or text; got {describe(array)}: number the labels "
            "with `np.unique(labels, return_inverse=True)[1]`"
        )
        return np.zeros(size, dtype=np.int64)
    return array.astype(np.int64)


def _text(array: np.ndarray) -> np.ndarray:
    """Bytes and objects that are all text, as text."""
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind == "O" and all(isinstance(item, str) for item in array.ravel()):
        return array.astype(str)
    return array


def as_series(what: str, values: Any, shape: tuple[int, int], problems: Problems) -> np.ndarray:
    """Numbers over trials and bins as floats, with any axes behind those; NaN where missing."""
    array = as_array(what, values, problems)
    if array is None:
        return np.zeros(shape)
    if array.dtype.kind not in "biuf":
        problems.add(f"`{what}` must be numbers; got {describe(array)}")
    elif array.shape[:2] != shape:
        problems.add(
            f"`{what}` must start with the axes (trial, time) of `spikes`, {shape}; "
            f"got {describe(array)}"
        )
    elif np.isinf(array).any():
        problems.add(f"`{what}` must be finite, or NaN where missing; got inf")
    else:
        return array if array.dtype.kind == "f" else array.astype(np.float64)
    return np.zeros(shape)


def series_by_name(behavior: Any, problems: Problems) -> Mapping[str, Any]:
    """Behaviour as a mapping; one array alone is called `behavior`."""
    alone = hasattr(behavior, "shape") and hasattr(behavior, "dtype")
    example = "an array, or series by name such as {'hand_vel': array}"
    return {"behavior": behavior} if alone else by_name("behavior", behavior, example, problems)


def by_name(what: str, values: Any, example: str, problems: Problems) -> Mapping[str, Any]:
    """A mapping, empty for None; `example` says what was expected."""
    if values is None or isinstance(values, Mapping):
        return values or {}
    problems.add(f"`{what}` must be {example}; got {type(values).__name__}")
    return {}


def as_held_out(held_out: Any, num_neurons: int, problems: Problems) -> np.ndarray:
    """True for held-out neurons, from a mask or indices; some neurons must be left to encode."""
    none = np.zeros(num_neurons, dtype=bool)
    if held_out is None:
        return none
    given = as_array("held_out_neurons", held_out, problems)
    if given is None or given.size == 0:
        return none
    if given.dtype.kind == "b":
        mask = as_mask("held_out_neurons", given, (num_neurons,), problems)
        mask = none if mask is None else mask
    else:
        indices = as_whole("held_out_neurons", given, given.size, problems)
        if indices is None:
            return none
        outside = (indices < 0) | (indices >= num_neurons)
        if outside.any():
            problems.add(
                f"`held_out_neurons` must be indices from 0 to {num_neurons - 1}; "
                f"got {indices[outside][0]}"
            )
        mask = none.copy()
        mask[indices[~outside]] = True
    problems.require(
        not mask.all(),
        f"`held_out_neurons` must leave neurons to encode; all {num_neurons} are held out",
    )
    return mask


def as_columns(
    what: str, values: Any, size: int, of: str, problems: Problems
) -> dict[str, np.ndarray]:
    """Columns by name with one number or text for each trial or neuron."""
    example = "columns by name such as {'reward': [0, 1, …]}"
    return {
        as_name(what, key, problems): as_column(f"{what}[{key!r}]", column, size, of, problems)
        for key, column in by_name(what, values, example, problems).items()
    }


def as_column(what: str, values: Any, size: int, of: str, problems: Problems) -> np.ndarray:
    """One number or text for each trial or neuron."""
    column = as_array(what, values, problems)
    if column is None:
        return np.zeros(size)
    column = _text(column)
    if column.dtype.kind == "U":
        return as_labels(what, column, size, problems, of=of)
    if column.dtype.kind not in "biuf" or column.shape != (size,):
        problems.add(
            f"`{what}` must hold one number or text for each of {many(size, of)}; "
            f"got {describe(column)}"
        )
    return column
