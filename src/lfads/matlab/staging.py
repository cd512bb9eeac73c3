"""Arrays of MATLAB as the file that a command reads: `prepare` and `show` take them like any MAT-file.

MATLAB drops axes of size 1 at the end; those of counts and signals are put back.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.data.session import STORED
from lfads.data.summary import sizes_in_words, sizes_of
from lfads.formats.hdf5 import refuse_other_suffix, write
from lfads.formats.read import read
from lfads.matlab.arrays import plain
from lfads.matlab.functions import Given
from lfads.matlab.reply import Reply, write_version_7
from lfads.matlab.request import ARRAYS, Request
from lfads.paths import refuse_to_replace

SOURCES = {"prepare": "source", "show": "path"}
"""Commands that take arrays, and the parameter that these stand for."""

WRITE_TRIALS = "write-trials"
AS_THEY_ARE = {"out", "bin_width_s", "overwrite"}
"""Arguments beside which trials of counts are written as they are."""


def staged(request: Request, folder: Path) -> Request:
    """A request in which arrays have become the file that its command reads.

    Raises
    ------
    UserError
        If the command takes no arrays, or a session's name cannot be that of a file.
    """
    if request.command not in SOURCES:
        raise UserError(
            f"`{request.command}` takes no arrays: `lfads.prepare` writes them to a file"
        )
    asked = dict(request.arguments) if isinstance(request.arguments, dict) else {}
    file = folder / f"{_name(asked.pop('session', 'session'))}.mat"
    arrays = {key: _whole(key, value) for key, value in request.arrays.items()}
    if any(arrays[key] is not request.arrays[key] for key in arrays):
        write_version_7({key: plain(value) for key, value in arrays.items()}, file)
    else:
        (folder / ARRAYS).rename(file)
    if request.command == "prepare" and _are_as_wanted(arrays, asked):
        return Request(WRITE_TRIALS, {"source": str(file), **asked}, {}, request.bytes_as_text)
    source = SOURCES[request.command]
    return Request(request.command, {source: str(file), **asked}, {}, request.bytes_as_text)


def _are_as_wanted(arrays: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether these are trials of counts or signals, in the bins that are asked for."""
    if not any(isinstance(arrays.get(key), np.ndarray) for key in STORED.values()):
        return False
    width = arrays.get("bin_width_s")
    wanted = Given(asked, tuple(asked)).number("bin_width_s")
    is_same = width is None or wanted is None or np.array_equal(np.ravel(width), [wanted])
    return is_same and set(asked) <= AS_THEY_ARE


def _whole(key: str, values: Any) -> Any:
    """Counts or signals with all their axes; others as they are."""
    if key not in STORED.values() or not isinstance(values, np.ndarray) or values.ndim != 2:
        return values
    return values[:, :, None]


def _name(given: Any) -> str:
    """A session's name, which is that of its file for a while."""
    name = str(given)
    if not name or set(name) & set('/\\:*?"<>|\0\n') or name.startswith("."):
        raise UserError(f"`session=` must be a plain name, such as 'monday'; got {name!r}")
    return name


def write_trials(arguments: Mapping[str, Any], arrays: Mapping[str, Any]) -> Reply:
    """Write trials of counts or signals as they are."""
    given = Given(arguments, ("source", "out", "bin_width_s", "overwrite"))
    out, overwrite = Path(given.needed("out")), given.switch("overwrite")
    refuse_other_suffix(out)
    refuse_to_replace(out, overwrite=overwrite)
    source = given.needed("source")
    dataset = read(source, bin_width_s=given.number("bin_width_s"), for_inference=True)
    write(dataset, out, overwrite=overwrite)
    one = dataset.session
    return Reply(
        {"out": str(out), "sizes": sizes_of(one)}, {}, f"wrote {out}: {sizes_in_words(one)}"
    )
