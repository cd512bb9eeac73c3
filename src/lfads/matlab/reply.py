"""What MATLAB is told: `reply.json` and, if arrays go back, `result.mat`, in the folder of the request.

`reply.json`, which is written last, holds `status`, `values`, `text`, `sizes`, `files` (arrays in files of
their own, of version 7.3, with their place in the result) and, of a mistake, `error` with `identifier`,
`message` and `traceback`.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lfads.files import write_text, written_beside
from lfads.matlab.arrays import plain, sizes_of
from lfads.matlab.request import FORMAT_VERSION

REPLY, RESULT = "reply.json", "result.mat"
MOST_BYTES = 2**31 - 2**20
"""Of an array in a file of version 7."""
LOWERED = "LFADS_MATLAB_MOST_BYTES"
"""Variable of the environment that lowers it."""


class Reply(NamedTuple):
    """What a command answers: values, arrays, and words."""

    values: Mapping[str, Any]
    arrays: Mapping[str, Any] = {}
    text: str = ""
    status: int = 0


class Failure(NamedTuple):
    """Why a command came to nothing."""

    identifier: str
    message: str
    status: int = 2
    traceback: str = ""


def write_reply(folder: Path, reply: Reply, *, bytes_as_text: bool = False) -> None:
    """Write arrays, then what was answered.

    Parameters
    ----------
    folder
        Of the request.
    reply
        What was answered.
    bytes_as_text
        As in the request.

    Raises
    ------
    UserError
        If an array is of a class that MATLAB lacks.
    """
    files: list[dict[str, Any]] = []
    if reply.arrays:
        most = int(os.environ.get(LOWERED) or MOST_BYTES)
        kept = dict(_without_large(reply.arrays, [], most, folder, files))
        with written_beside(folder / RESULT) as beside:
            write_version_7(
                {name: plain(value, bytes_as_text) for name, value in kept.items()}, beside
            )
    _write(folder, {
        "status": reply.status, "values": reply.values, "text": reply.text,
        "sizes": sizes_of(reply.arrays), "files": files,
    })  # fmt: skip


def write_failure(folder: Path, failure: Failure) -> None:
    """Write why nothing is answered."""
    error = failure._asdict()
    status = error.pop("status")
    _write(
        folder,
        {"status": status, "values": {}, "text": "", "sizes": {}, "files": [], "error": error},
    )


def _write(folder: Path, contents: Mapping[str, Any]) -> None:
    whole = {"format_version": FORMAT_VERSION, **contents}
    write_text(folder / REPLY, json.dumps(whole, default=_as_json))


def _as_json(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value)


def write_version_7(variables: Mapping[str, Any], path: Path) -> None:
    """Write variables, as `plain` makes them."""
    from scipy.io import savemat

    savemat(path, dict(variables), appendmat=False, do_compression=True, long_field_names=True)


def _without_large(
    values: Mapping[str, Any],
    place: list[str],
    most: int,
    folder: Path,
    files: list[dict[str, Any]],
) -> Iterator[tuple[str, Any]]:
    """Values whose large arrays were written to files of their own, and are empty in their places."""
    from lfads.results.mat73 import write_version_73

    for name, value in values.items():
        here = [*place, name]
        if type(value) is dict:
            yield name, dict(_without_large(value, here, most, folder, files))
        elif isinstance(value, np.ndarray) and value.nbytes > most:
            file = f"result_{len(files) + 1}.mat"
            with written_beside(folder / file) as beside:
                write_version_73({"x": value}, beside)
            files.append({"file": file, "place": here, "class": _class_of(value)})
            yield name, np.zeros((0, 0))
        else:
            yield name, value


def _class_of(array: np.ndarray) -> str:
    """MATLAB's name of a class of numbers."""
    kind = f"{array.dtype.kind}{array.dtype.itemsize}"
    return {"f8": "double", "f4": "single", "b1": "logical"}.get(kind, array.dtype.name)
