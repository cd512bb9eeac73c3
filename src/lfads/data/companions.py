"""What stands beside the spikes, brought into one form: names, masks, labels, series.

Each `as_…` raises a UserError where something is wrong; `Problems.attempt` collects these.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from lfads.checks import Problems, UserError, describe, first_of, is_whole, many


def as_name(what: str, name: Any) -> str:
    """A name that can also be the name of a group in a file."""
    if not isinstance(name, str) or not name or "/" in name or "\0" in name or set(name) == {"."}:
        raise UserError(f"`{what}`: a name must be text without `/`; got {name!r}")
    return name


def as_array(what: str, values: Any) -> np.ndarray:
    """An array of whatever was given."""
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        ragged = isinstance(values, list | tuple) and "inhomogeneous" in str(error)
        got = (
            f"a list of {many(len(values), 'item')} whose lengths differ"
            if ragged
            else repr(values)
        )
        raise UserError(
            f"`{what}` must be one array, all of its rows equally long; got {got}"
        ) from error


def shape_of(values: Any) -> tuple[int, ...]:
    """Shape of an array or nested list; that of one value for lists of unequal length."""
    try:
        return np.shape(values)
    except ValueError:
        return ()


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


def as_length(what: str, value: Any, highest: int) -> int:
    """A number of bins from 0 to `highest`."""
    if not is_whole(value) or not 0 <= value <= highest:
        raise UserError(f"`{what}` must be a whole number from 0 to {highest}; got {value!r}")
    return int(value)


def as_mask(what: str, values: Any, shape: tuple[int, ...]) -> np.ndarray:
    """True and False (or 1 and 0) in the given shape."""
    mask = as_array(what, values)
    if mask.shape != shape:
        raise UserError(f"`{what}` must have shape {shape}; got {describe(mask)}")
    if not are_flags(mask):
        raise UserError(f"`{what}` must be True or False; got {describe(mask)}")
    return mask.astype(bool)


def are_flags(array: np.ndarray) -> bool:
    """Whether all values are True and False, or 1 and 0."""
    return array.dtype.kind in "biuf" and bool(((array == 0) | (array == 1)).all())


def as_whole(what: str, values: Any, size: int) -> np.ndarray:
    """`size` whole numbers as int64."""
    array = as_array(what, values)
    if array.shape != (size,) or array.dtype.kind == "b" or not are_int64(array):
        raise UserError(f"`{what}` must be {many(size, 'whole number')}; got {describe(array)}")
    return array.astype(np.int64)


def as_labels(what: str, values: Any, size: int, *, of: str = "trial") -> np.ndarray:
    """`size` labels, text or int64."""
    array = _text(as_array(what, values))
    if array.shape != (size,):
        raise UserError(
            f"`{what}` must hold one value for each of {many(size, of)}; got {describe(array)}"
        )
    if array.dtype.kind == "U":
        bad = [label for label in array.tolist() if "\0" in label]
        if bad:
            raise UserError(f"`{what}`: text cannot hold NUL (NetCDF ends there); got {bad[0]!r}")
        return array
    if not are_int64(array):
        raise UserError(
            f"`{what}` must be whole numbers or text; got {describe(array)}: number the labels "
            "with `np.unique(labels, return_inverse=True)[1]`"
        )
    return array.astype(np.int64)


def as_conditions(what: str, values: Any, num_trials: int) -> np.ndarray:
    """A label for each trial, text or int64; fractions, such as contrasts, become text."""
    array = as_array(what, values)
    if array.shape != (num_trials,) or array.dtype.kind != "f" or are_int64(array):
        return as_labels(what, array, num_trials)
    unknown = np.flatnonzero(~np.isfinite(array))
    if unknown.size:
        raise UserError(
            f"`{what}` must be known for each trial; got {array[unknown[0]]} in {unknown.size} of "
            f"{many(num_trials, 'trial')}: {first_of(unknown)} (counted from 0). Leave these trials out, "
            "or give them a label of their own, such as -1"
        )
    return number_labels(array)


def number_labels(numbers: np.ndarray) -> np.ndarray:
    """The shortest text that tells each number from every other of its type.

    >>> number_labels(np.array([0.0625, 1.0, np.nan])).tolist()
    ['0.0625', '1', 'nan']
    """
    return np.array([str(number).removesuffix(".0") for number in numbers + 0], dtype=str)


def in_order(labels: Iterable[str]) -> list[str]:
    """Labels as people count: by their numbers, wherever these stand in the text.

    >>> in_order(["10", "0.125", "0.0625", "-1"]), in_order(["left, 10", "left, 2"])
    (['-1', '0.0625', '0.125', '10'], ['left, 2', 'left, 10'])
    """
    texts = [str(label) for label in labels]
    try:
        return sorted(texts, key=float)
    except ValueError:
        return sorted(texts, key=_natural)


def _natural(text: str) -> list[tuple[bool, float, str]]:
    """A key that sorts digits within text as numbers."""
    parts = re.split(r"(\d+(?:\.\d+)?)", text)
    return [(True, 0.0, p) if k % 2 == 0 else (False, float(p), p) for k, p in enumerate(parts)]


def _text(array: np.ndarray) -> np.ndarray:
    """Bytes and objects that are all text, as text."""
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind == "O" and all(isinstance(item, str) for item in array.ravel()):
        return array.astype(str)
    return array


def as_series(what: str, values: Any, shape: tuple[int, int]) -> np.ndarray:
    """Numbers over trials and bins as floats, with any axes behind those; NaN where missing."""
    array = as_array(what, values)
    if array.dtype.kind not in "biuf":
        raise UserError(f"`{what}` must be numbers; got {describe(array)}")
    if array.shape[:2] != shape:
        raise UserError(
            f"`{what}` must start with the axes (trial, time) of `spikes`, {shape}; "
            f"got {describe(array)}"
        )
    if np.isinf(array).any():
        raise UserError(f"`{what}` must be finite, or NaN where missing; got inf")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def by_name(what: str, values: Any) -> Mapping[str, Any]:
    """A mapping, empty for None; of behaviour, one array alone is called `behavior`."""
    if values is None or isinstance(values, Mapping):
        return values or {}
    if what != "behavior":
        expected = "columns by name such as {'reward': [0, 1, …]}"
    elif hasattr(values, "shape") and hasattr(values, "dtype"):
        return {what: values}
    else:
        expected = "an array, or series by name such as {'hand_vel': array}"
    raise UserError(f"`{what}` must be {expected}; got {type(values).__name__}")


def each_by_name(
    what: str, values: Any, problems: Problems, check: Callable[..., np.ndarray], *args: Any
) -> dict[Any, Any]:
    """A mapping with what `check(what, value, *args)` makes of each value; mistakes are noted."""
    return {
        problems.attempt(as_name, what, key): problems.attempt(
            check, f"{what}[{key!r}]", value, *args
        )
        for key, value in (problems.attempt(by_name, what, values) or {}).items()
    }


def as_held_out(what: str, values: Any, num_neurons: int) -> np.ndarray:
    """True for held-out neurons, from a mask or indices; some neurons must be left to encode."""
    given = as_array(what, values)
    mask = np.zeros(num_neurons, dtype=bool)
    if given.size and given.dtype.kind == "b":
        mask = as_mask(what, given, (num_neurons,))
    elif given.size:
        indices = as_whole(what, given, given.size)
        outside = indices[(indices < 0) | (indices >= num_neurons)]
        if outside.size:
            raise UserError(
                f"`{what}` must be indices from 0 to {num_neurons - 1}; got {outside[0]}"
            )
        mask[indices] = True
    if mask.all():
        raise UserError(f"`{what}` must leave neurons to encode; all {num_neurons} are held out")
    return mask


def as_column(what: str, values: Any, size: int, of: str) -> np.ndarray:
    """One number or text for each trial or neuron."""
    column = _text(as_array(what, values))
    if column.dtype.kind == "U":
        return as_labels(what, column, size, of=of)
    if column.dtype.kind not in "biuf" or column.shape != (size,):
        raise UserError(
            f"`{what}` must hold one number or text for each of {many(size, of)}; "
            f"got {describe(column)}"
        )
    return column
