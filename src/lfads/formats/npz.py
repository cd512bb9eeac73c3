"""Arrays saved by NumPy: `.npz` with named arrays, `.npy` with `spikes` alone.

Nothing pickled is opened. The size that an array's header declares is compared with the file and
with the memory that is available before anything is allocated.
"""

import math
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.data.session import ARRAYS, FIELDS, STORED
from lfads.formats.contents import FileContents, SessionArrays, as_count, as_scalar, as_text
from lfads.formats.headers import DAMAGED, header_at, headers_of
from lfads.formats.no_spikes import no_spikes
from lfads.formats.others import about_sorters_file
from lfads.formats.unread import Shape, warn_of_unread
from lfads.guarded.memory import CHECKED, Budget
from lfads.guarded.messages import COPY_AGAIN, RAISED, one_message, quoted
from lfads.paths import printable

OF_FILE = ("session", "bin_width_s", "num_forward_bins", "start_s", "unit", "observation")
KEYS = {name: (name,) for name in (*ARRAYS, *OF_FILE)} | {
    f.name: (f.name, *f.also) for f in FIELDS if f.also
}
BY_NAME = tuple(f.name for f in FIELDS if f.by_name)
_KNOWN = [spelling for spellings in KEYS.values() for spelling in spellings]
_OF_ARRAYS = [spelling for spelling in _KNOWN if spelling not in OF_FILE]


def read_npy(path: Path) -> FileContents:
    """Contents of a `.npy` file: `spikes`, and nothing else."""
    if said := about_sorters_file(path):
        raise UserError(f"{printable(path)}: {said}")
    with _reading(path), path.open("rb") as stream:
        spikes = _array(
            stream, "spikes", path.stat().st_size, Budget(printable(path), times=CHECKED)
        )
    session = SessionArrays(name=printable(path.stem), arrays={"spikes": spikes})
    return FileContents(path=path, layout="npy", sessions=(session,))


def read_npz(path: Path) -> FileContents:
    """Contents of an `.npz` file; `spikes` is needed, the rest as in `Session`.

    `conditions`, `mask` and `true_rates` (spikes/s) are other names of `condition`, `observed` and
    `true_rates_hz`. Behaviour is one array `behavior`, or several `behavior/NAME`; columns of tables are
    `trial_table/NAME`, `neuron_table/NAME`.

    Raises
    ------
    UserError
        If `spikes` is missing, an array holds Python objects, or the file is damaged.
    """
    shapes = _shapes(path)
    arrays = arrays_of(path, lambda names: wanted(names, path, "an .npz", shapes))
    return contents_of(arrays, path, "npz")


def contents_of(found: dict[str, np.ndarray], path: Path, layout: str) -> FileContents:
    """Contents of a file from its arrays, by the keys of `read_npz`."""
    said = {key: found.get(key) for key in OF_FILE}
    arrays: dict[str, Any] = {}
    for key, array in found.items():
        of, _, name = key.partition("/")
        if name:
            arrays.setdefault(of, {})[name] = array
        elif key not in OF_FILE:
            arrays[key] = array
    name = said["session"]
    session = SessionArrays(
        name=printable(path.stem) if name is None else _name(name, path), arrays=arrays
    )
    return FileContents(
        path=path,
        layout=layout,
        sessions=(session,),
        bin_width_s=as_scalar(said["bin_width_s"], "bin_width_s", path),
        start_s=as_scalar(said["start_s"], "start_s", path) or 0.0,
        num_forward_bins=as_count(said["num_forward_bins"], "num_forward_bins", path),
        unit=as_text(said["unit"], "unit", path),
        observation=as_text(said["observation"], "observation", path),
    )


def arrays_of(
    path: Path,
    choose: Callable[[list[str]], dict[str, str]] | None = None,
    *,
    kind: str = "a NumPy file",
    advice: str = COPY_AGAIN,
) -> dict[str, np.ndarray]:
    """Arrays of an archive by key; all of them, by their names, unless some are chosen.

    Parameters
    ----------
    path
        Of the archive.
    choose
        From the names in the archive to the name of each key that is wanted; others stay unread.
    kind
        What the file should be, for messages.
    advice
        What to do if it is damaged.

    Raises
    ------
    UserError
        If an array holds Python objects or more than memory, or the file is damaged.
    """
    budget = Budget(printable(path), times=CHECKED)
    arrays: dict[str, np.ndarray] = {}
    with _reading(path, kind, advice), zipfile.ZipFile(path) as archive:
        members = _members(archive)
        if not members:
            raise UserError(
                f"{printable(path)}: a zip archive without arrays; expected .npz from `np.savez`"
            )
        chosen = {name: name for name in members} if choose is None else choose(list(members))
        for key, name in chosen.items():
            info = members[name]
            with archive.open(info) as stream:
                arrays[key] = _array(stream, name, info.file_size, budget)
    return arrays


def _shapes(path: Path) -> dict[str, Shape | None]:
    """Shapes of the arrays in an archive, as far as they can be read; None for pickled objects."""
    found = headers_of(path).items()
    return {name: None if header.dtype.hasobject else header.shape for name, header in found}


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The arrays of an archive by name."""
    return {
        info.filename.removesuffix(".npy"): info
        for info in archive.infolist()
        if info.filename.endswith(".npy")
    }


def wanted(
    names: list[str], path: Path, form: str, shapes: Mapping[str, Shape | None] | None = None
) -> dict[str, str]:
    """Which name of the file stands for which key; one warning names all that stand for none.

    Parameters
    ----------
    names
        Of all arrays; what lies within a group or struct is `GROUP/NAME`.
    path
        Of the file.
    form
        What the file is, with its article, such as `a .mat file`.
    shapes
        Of the arrays by name, as far as they are known: they tell what an unread array could be.

    Raises
    ------
    UserError
        If `spikes`, which a file of this form needs, is missing, or a key is there under two names.
    """
    shapes = shapes or {}
    if not set(STORED.values()) & {name.partition("/")[0] for name in names}:
        raise no_spikes(path, sorted(names), form, shapes)
    chosen: dict[str, str] = {}
    for key, spellings in KEYS.items():
        present = [s for s in spellings if s in names]
        if len(present) > 1:
            raise UserError(
                f"{printable(path)}: expected one of {quoted(present)}; the file has both"
            )
        if present:
            chosen[key] = present[0]
    for of in (*BY_NAME, "signals"):
        inside = [name for name in names if name.startswith(f"{of}/")]
        if inside and of in chosen:
            raise UserError(
                f"{printable(path)}: expected one array `{of}`, or several `{of}/NAME`; the file has both"
            )
        chosen |= {name: name for name in inside}
    values = next((shapes.get(chosen[key]) for key in STORED.values() if key in chosen), None)
    warn_of_unread(
        printable(path), set(names) - set(chosen.values()), shapes,
        values if values and len(values) == 3 else None, known=_OF_ARRAYS,
        of_file=OF_FILE, joint="." if ".mat" in form else "/",
    )  # fmt: skip
    return chosen


def _array(stream: Any, key: str, size_bytes: int, budget: Budget) -> np.ndarray:
    shape, dtype = header_at(stream)
    if dtype.hasobject:
        raise UserError(
            f"{budget.where}: `{key}` holds pickled Python objects, which can run code when opened "
            "and are refused. Save arrays of numbers or text"
        )
    num_bytes = math.prod(shape) * dtype.itemsize
    budget.spend(num_bytes, key, shape)
    if min(shape, default=0) < 0 or num_bytes > size_bytes - stream.tell():
        raise UserError(
            f"{budget.where}: `{key}` declares shape {shape}, more than the file holds: it may be "
            "damaged or cut short. Copy or download the file again"
        )
    stream.seek(0)
    return np.lib.format.read_array(stream, allow_pickle=False)


def _reading(
    path: Path, kind: str = "a NumPy file", advice: str = COPY_AGAIN
) -> AbstractContextManager[None]:
    return one_message(printable(path), kind, (*RAISED, *DAMAGED), advice)


def _name(array: np.ndarray, path: Path) -> str:
    if array.size != 1 or array.dtype.kind not in "US":
        raise UserError(
            f"{printable(path)}: `session` must be one name; got {array.dtype} {array.shape}"
        )
    value = array.reshape(())[()]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
