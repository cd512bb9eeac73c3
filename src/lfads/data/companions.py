"""What stands beside the spikes, brought into one form: names, masks, labels, series.

Each function notes a problem and returns a stand-in of the right kind, so that checking goes on.
"""

from typing import Any

import numpy as np

from lfads.checks import Problems, describe


def as_name(what: str, name: Any, problems: Problems) -> str:
    """A name that can also be the name of a group in a file."""
    if not isinstance(name, str) or not name or "/" in name or "\0" in name or set(name) == {"."}:
        problems.add(f"`{what}`: a name must be text without `/`; got {name!r}")
    return str(name)


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
    mask = np.asarray(values)
    if mask.shape != shape:
        problems.add(f"`{what}` must have shape {shape}; got {describe(mask)}")
        return None
    if mask.dtype.kind not in "biuf" or not bool(((mask == 0) | (mask == 1)).all()):
        problems.add(f"`{what}` must be True or False; got {describe(mask)}")
        return None
    return mask.astype(bool)


def as_whole(what: str, values: Any, size: int, problems: Problems) -> np.ndarray | None:
    """`size` whole numbers as int64."""
    array = np.asarray(values)
    whole = array.dtype.kind in "iu" or (
        array.dtype.kind == "f" and bool(np.all(np.isfinite(array) & (array == np.round(array))))
    )
    if array.shape != (size,) or not whole:
        problems.add(f"`{what}` must be {size} whole numbers; got {describe(array)}")
        return None
    return array.astype(np.int64)


def as_labels(what: str, values: Any, size: int, problems: Problems) -> np.ndarray:
    """`size` labels, text or int64."""
    array = _text(np.asarray(values))
    if array.shape != (size,):
        problems.add(
            f"`{what}` must hold one value for each of {size} trials; got {describe(array)}"
        )
        return np.zeros(size, dtype=np.int64)
    if array.dtype.kind == "U":
        return array
    whole = array.dtype.kind in "biu" or (
        array.dtype.kind == "f" and bool(np.all(np.isfinite(array) & (array == np.round(array))))
    )
    if not whole:
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
    array = np.asarray(values)
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
