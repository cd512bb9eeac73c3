"""What goes back to MATLAB as arrays: sizes, and the values as SciPy writes them.

Classes are kept: double, single, integers, logical, char, cell, struct. Files of version 7 hold less than
2 GiB an array; larger ones go into files of version 7.3, one each.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.formats.matlab.values import Cell, StructArray


def plain(value: Any, bytes_as_text: bool = False) -> Any:
    """A value as `scipy.io.savemat` writes it: cells and struct arrays keep their shape.

    Parameters
    ----------
    value
        An array, text, None (an empty array), or lists and dictionaries of these.
    bytes_as_text
        Whether a character is a byte of UTF-8.

    Raises
    ------
    UserError
        If it is complex, or nothing that MATLAB has.
    """
    if isinstance(value, StructArray):
        made = np.empty(value.shape, [(key, object) for key in value])
        for key, cell in value.items():
            made[key] = plain(Cell(cell, value.shape), bytes_as_text)
        return made
    if isinstance(value, Mapping):
        return {str(key): plain(inside, bytes_as_text) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        shape = value.shape if isinstance(value, Cell) else (len(value), 1) if value else (0, 0)
        return Cell([plain(one, bytes_as_text) for one in value], shape).grid()
    if isinstance(value, str):
        return np.array([value.encode()]) if bytes_as_text and value else value
    if value is None:
        return np.zeros((0, 0))
    array = np.asarray(value)
    if array.dtype.kind in "US":
        texts = np.ravel(array.astype(str), order="F").tolist()
        return plain(Cell(texts, at_least_2d(array.shape)), bytes_as_text)
    if array.dtype.kind not in "biuf":
        raise UserError(f"arrays of {array.dtype} cannot be sent to MATLAB")
    return array.reshape(at_least_2d(array.shape))


def at_least_2d(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that MATLAB has for an array: a vector is a column.

    >>> at_least_2d(()), at_least_2d((3,)), at_least_2d((3, 1, 1))
    ((1, 1), (3, 1), (3, 1, 1))
    """
    return (1, 1) if not shape else (*shape, 1) if len(shape) == 1 else shape


def sizes_of(arrays: Mapping[str, Any]) -> dict[str, list[int]]:
    """Sizes by name, those within structs behind a dot; MATLAB drops axes of size 1 at the end."""
    found: dict[str, list[int]] = {}
    for name, value in arrays.items():
        if isinstance(value, StructArray | Cell):
            found[name] = list(value.shape)
        elif isinstance(value, Mapping):
            found |= {f"{name}.{key}": size for key, size in sizes_of(value).items()}
        elif isinstance(value, list | tuple):
            found[name] = [len(value), 1]
        elif isinstance(value, np.ndarray | np.generic):
            found[name] = list(at_least_2d(np.shape(value)))
    return found
