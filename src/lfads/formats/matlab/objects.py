"""Objects of MATLAB (strings, tables, dates), which the package mat-io knows how to decode.

It runs in a process of its own, `lfads.formats.matlab.child`, once a file: it parses bytes by compiled code
that a damaged file could bring down. What it finds comes back as files of arrays and one of JSON.
"""

import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lfads.checks import UserError
from lfads.formats.matlab.values import Cell, StructArray, Unreadable, unreadable_in
from lfads.guarded.links import what_lies_outside
from lfads.guarded.memory import memory_limit_bytes
from lfads.guarded.sound import opened
from lfads.paths import printable

DECODED = ("string", "categorical", "table", "timetable", "datetime", "duration")
"""Classes of objects that become text, numbers or columns."""

SAVE_AS = {
    "string": "cellstr({})",
    "categorical": "cellstr({})",
    "datetime": "cellstr({})",
    "duration": "seconds({})",
    "table": "table2struct({}, 'ToScalar', true)",
    "timetable": "table2struct(timetable2table({}), 'ToScalar', true)",
    "complex": "abs({})",
}
"""What to save in MATLAB instead of an object of a class."""

LIMIT_S = 600
"""Seconds that decoding may take."""


def decoded(found: dict[str, Any], path: Path) -> dict[str, Any]:
    """Values of a file with the objects in them decoded, where mat-io is there and knows them.

    Raises
    ------
    UserError
        If the process that decodes them ends without an answer: the file is damaged.
    """
    names = [
        name
        for name, value in found.items()
        if any(one.kind in DECODED for one in unreadable_in(value))
    ]
    if not names or not is_installed():
        return found
    _refuse_what_lies_outside(path)
    with tempfile.TemporaryDirectory(prefix="lfads-") as folder:
        objects = _run(path.absolute(), Path(folder), names)
    return {name: _with(value, objects) for name, value in found.items()}


def _refuse_what_lies_outside(path: Path) -> None:
    """A UserError if a file of version 7.3 leads out of itself: mat-io would follow."""
    if not h5py.is_hdf5(path):
        return
    with opened(path) as file:
        said = what_lies_outside(file)
    if said:
        raise UserError(f"{printable(path)}: {said}; this is refused. Save the values in the file")


def is_installed() -> bool:
    """Whether mat-io is there."""
    found = importlib.util.find_spec("matio")
    return found is not None and found.origin is not None  # else a folder that bears the name


def what_it_is(one: Unreadable) -> str:
    """What a value that could not be read is."""
    if one.kind == "complex":
        return "complex numbers"
    kind = one.kind.replace("_", " ").removesuffix(" object")
    return f"a MATLAB {kind}" if one.kind == "function_handle" else f"a MATLAB {kind} object"


def remedy(one: Unreadable) -> str:
    """What to do so that it can be read."""
    if one.kind not in SAVE_AS:
        return "only MATLAB reads it: save its values as numbers or text"
    save = f"save `{SAVE_AS[one.kind].format(one.name)}`"
    if one.kind in DECODED and not is_installed():
        return f"`pip install 'lfads[matlab]'` reads it, or {save}"
    return save


def left_out(one: Unreadable) -> str:
    """An entry for `Recording.left_out`."""
    return f"`{one.name}` ({what_it_is(one)}; {remedy(one)})"


def require_readable(values: Iterable[Any], where: str) -> None:
    """A UserError that names what could not be read, anywhere within values that are wanted."""
    reasons = [
        f"`{one.name}` is {what_it_is(one)}: {remedy(one)}"
        for value in values
        for one in unreadable_in(value)
    ]
    if reasons:
        raise UserError(f"{where}: {'; '.join(reasons[:3])}")


def _run(path: Path, folder: Path, names: list[str]) -> dict[str, Any]:
    """What the process finds: values by their place in the file."""
    command = [
        sys.executable, "-P", "-m", "lfads.formats.matlab.child",
        str(memory_limit_bytes()), str(path), str(folder), *names,
    ]  # fmt: skip
    places = os.pathsep.join(
        place for place in sys.path if place
    )  # where this process imports from
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=LIMIT_S, check=False,
            env=os.environ | {"PYTHONPATH": places},
        )  # fmt: skip
        status = done.returncode
    except subprocess.TimeoutExpired:
        status = -1
    answer = folder / "objects.json"
    if status or not answer.is_file():
        raise UserError(
            f"{printable(path)}: is damaged, or larger than memory: the reader of MATLAB's objects "
            f"({', '.join(f'`{name}`' for name in names[:5])}) ended without an answer. Save it again in "
            "MATLAB with `-v7.3`"
        )
    listed = json.loads(answer.read_text(encoding="utf-8"))
    return {name: _loaded(value, name, folder) for name, value in listed.items()}


def _loaded(value: Any, name: str, folder: Path) -> Any:
    """An array, text, a cell of texts or a struct from what the child wrote of it."""
    if value is None:
        return Unreadable("table column", name)
    if isinstance(value, Mapping):
        return {key: _loaded(inside, f"{name}.{key}", folder) for key, inside in value.items()}
    array = np.load(folder / f"{int(value)}.npy", allow_pickle=False)
    if array.dtype.kind != "U":
        return array
    if array.size == 1:
        return str(array.reshape(-1)[0])
    return Cell(array.ravel(order="F").tolist(), array.shape)


def _with(value: Any, objects: Mapping[str, Any]) -> Any:
    """A value whose unreadable parts are replaced by those that were decoded."""
    if isinstance(value, Unreadable):
        return objects.get(value.name, value)
    if isinstance(value, StructArray):
        return StructArray({k: _with(cell, objects) for k, cell in value.items()}, value.shape)
    if isinstance(value, Mapping):
        return {k: _with(inside, objects) for k, inside in value.items()}
    if isinstance(value, Cell) and len(value) == math.prod(value.shape):
        return Cell((_with(item, objects) for item in value), value.shape)
    return value
