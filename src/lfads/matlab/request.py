"""What MATLAB asks for: `request.json` and, if arrays go with it, `data.mat`, in a folder of their own.

`request.json` holds `command`, `arguments` (texts, lists of texts, true and false, and structs of these;
or a list of words as on the command line), and `sizes`, the size of each array. Numbers travel as text, so
that none is rounded, infinite ones as well.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError, many
from lfads.formats.matlab.file import read_matlab
from lfads.formats.matlab.values import Cell, StructArray, Unreadable, in_words, unreadable_in
from lfads.paths import printable, regular_file

FORMAT_VERSION = 1
REQUEST, ARRAYS = "request.json", "data.mat"
_FIELDS = {"format_version", "command", "arguments", "sizes", "bytes_as_text"}
_MOST_BYTES = 2**26


class Request(NamedTuple):
    """A command with its arguments and arrays.

    Parameters
    ----------
    command
        Its name.
    arguments
        By name, or words as on the command line.
    arrays
        By name.
    bytes_as_text
        Whether a character of text is a byte of UTF-8, as in Octave, not a unit of UTF-16.
    """

    command: str
    arguments: dict[str, Any] | list[str]
    arrays: dict[str, Any]
    bytes_as_text: bool = False


def read_request(folder: Path) -> Request:
    """The request in a folder.

    Raises
    ------
    UserError
        If there is none, it is of another version, or arrays are complex, objects, or of other sizes.
    """
    path = regular_file(folder / REQUEST, "the toolbox writes it")
    if path.stat().st_size > _MOST_BYTES:
        raise UserError(f"{printable(path)}: is larger than a request can be")
    try:
        asked = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{printable(path)}: is no JSON: {error}") from error
    if not isinstance(asked, dict) or not set(asked) <= _FIELDS:
        raise UserError(f"{printable(path)}: must hold {', '.join(sorted(_FIELDS))}, no more")
    if asked.get("format_version") != FORMAT_VERSION:
        raise UserError(
            f"the toolbox speaks version {asked.get('format_version')} of this exchange, and this Python "
            f"version {FORMAT_VERSION}: use the toolbox that `lfads matlab path` names"
        )
    command, arguments = asked.get("command"), asked.get("arguments") or {}
    if not isinstance(command, str) or not isinstance(arguments, dict | list):
        raise UserError(
            f"{printable(path)}: `command` must be text, `arguments` a struct or a list"
        )
    arrays = _arrays(folder / ARRAYS, asked.get("sizes") or {})
    return Request(command, arguments, arrays, bool(asked.get("bytes_as_text")))


def _arrays(path: Path, sizes: Mapping[str, Any]) -> dict[str, Any]:
    if not path.exists():
        if sizes:
            raise UserError(
                f"{printable(path)}: is not there, and {many(len(sizes), 'array')} should be"
            )
        return {}
    arrays = read_matlab(path)
    for name, value in arrays.items():
        _refuse_unreadable(name, value)
    if arrays.keys() != sizes.keys():
        raise UserError(
            f"{printable(path)}: holds {', '.join(arrays)}; {', '.join(sizes)} should be there"
        )
    for name, value in arrays.items():
        shape = shape_of(value)
        said = tuple(int(size) for size in np.ravel(sizes[name]))
        if isinstance(value, Cell) and all(isinstance(one, str) for one in value):
            continue  # rows of characters
        if shape is not None and math.prod(shape) != math.prod(said):
            raise UserError(f"`{name}` arrived as {in_words(shape)}, and was {in_words(said)}")
    return arrays


def _refuse_unreadable(name: str, value: Any) -> None:
    for found in [value] if isinstance(value, Unreadable) else unreadable_in(value):
        what = "complex numbers" if found.kind == "complex" else f"of class {found.kind}"
        advice = {
            "complex": "give `real(x)` or `abs(x)`",
            "string": "give `cellstr(x)`",
        }.get(found.kind, "give plain numbers, text, cells and structs")
        raise UserError(f"`{found.name or name}` is {what}, which cannot be sent: {advice}")


def shape_of(value: Any) -> tuple[int, ...] | None:
    """The shape of what was read, where it has kept one."""
    if isinstance(value, np.ndarray | Cell | StructArray):
        return tuple(value.shape)
    return None
