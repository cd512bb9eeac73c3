"""The library's own HDF5 file: one group a session, written and read without loss.

Attributes at the root: `format` = "lfads", `format_version`, `bin_width_s`, `start_s`. In
`/sessions/NAME`: `num_forward_bins`, and what there is of `lfads.data.session.FIELDS`, each under its name:
`held_out_neurons` as indices, what is kept by name in a group, such as `behavior/NAME`.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lfads.checks import UserError, first_of
from lfads.data.dataset import Dataset
from lfads.data.session import ARRAYS, FIELDS, STORED, Session
from lfads.files import written_beside
from lfads.format_versions import check_version
from lfads.formats.contents import FileContents, SessionArrays, as_count, as_scalar, as_text
from lfads.formats.guarded import GuardedGroup
from lfads.formats.unread import shape_of_values, warn_of_unread
from lfads.guarded.texts import json_object
from lfads.paths import printable, refuse_to_replace
from lfads.streams import raised_at_end

FORMAT = "lfads"
FORMAT_VERSION = 1
BY_NAME = tuple(f.name for f in FIELDS if f.by_name)

TARGETS = "targets"
"""Attribute that names a group which is no session, such as what a benchmark scores trials with."""

OF_SESSION = ("num_forward_bins",)
"""What a session's group holds beside arrays."""

TEXTS = ("unit", "observation")
"""Attributes of text that a data set may have."""

SUFFIXES = (".h5", ".hdf5", "")
"""Of files that `write` writes; they are read under any name."""

UNNAMED = "session"
"""Name of a session that was given none: when it is read alone it has that of its file."""


def write(dataset: Dataset, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a data set to one HDF5 file, in one piece.

    Parameters
    ----------
    dataset
        What to write.
    path
        The file; folders on the way to it are made.
    overwrite
        Replace a file that lies there.

    Returns
    -------
    Path
        Where it lies.

    Raises
    ------
    UserError
        If the name is that of another kind of file, or there is a file already that is not to be
        overwritten.
    lfads.files.CannotWrite
        If the folder cannot be written to, or the disk is full.

    Examples
    --------
    >>> path = lfads.write(dataset, folder / "monday.h5")
    >>> lfads.read(path)
    Dataset(Session('monday': 50 trials, 12 bins, 5 neurons); 20 ms bins)
    """
    path = Path(path)
    refuse_other_suffix(path)
    refuse_to_replace(path, overwrite=overwrite)
    with (
        written_beside(path) as beside,
        raised_at_end(beside, "w+b") as stream,
        h5py.File(stream, "w", track_order=True) as file,
    ):
        file.attrs["format"] = FORMAT
        file.attrs["format_version"] = FORMAT_VERSION
        file.attrs["bin_width_s"] = dataset.bin_width_s
        file.attrs["start_s"] = dataset.start_s
        for name in TEXTS:
            if text := getattr(dataset, name):
                file.attrs[name] = text
        if dataset.prepared:
            file.attrs["prepared"] = json.dumps(dict(dataset.prepared))
        sessions = file.create_group("sessions", track_order=True)
        for session in dataset.sessions:
            group = sessions.create_group(session.name, track_order=True)
            _write_session(group, session, dataset.num_forward_bins)
    return path


def refuse_other_suffix(path: Path) -> None:
    """Raise where the name of a file to write says that it is something else than HDF5."""
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(
            f"{printable(path)}: data are written as HDF5, and `{path.suffix}` names another kind of file: "
            f"choose a name such as {printable(path.with_suffix(SUFFIXES[0]).name)}; {SUFFIXES[0]} and "
            f"{SUFFIXES[1]} are known"
        )


def _write_session(group: h5py.Group, session: Session, num_forward_bins: int) -> None:
    group["num_forward_bins"] = num_forward_bins
    for name, value in session.held().items():
        if isinstance(value, Mapping):
            inner = group.create_group(name, track_order=True)
            for key, array in value.items():
                _put(inner, key, array)
        elif name == "held_out_neurons":
            _put(group, name, np.flatnonzero(value).astype(np.int64))
        else:
            _put(group, name, value.astype(np.uint8) if name == "observed" else value)


def _put(group: h5py.Group, key: str, array: np.ndarray) -> None:
    if array.dtype.kind == "U":
        group.create_dataset(key, data=array.astype(object), dtype=h5py.string_dtype())
    elif array.size:
        group.create_dataset(key, data=array, compression="gzip", compression_opts=1, shuffle=True)
    else:
        group.create_dataset(key, data=array)


def read_lfads_hdf5(root: GuardedGroup, path: Path) -> FileContents:
    """Contents of a file that `write` wrote.

    Raises
    ------
    UserError
        If it has another version, or something is missing.
    """
    version = as_count(root.attribute("format_version"), "format_version", path)
    check_version(printable(path), version, FORMAT_VERSION, "Write the file again")
    groups = root.group("sessions")
    names = groups.names()
    if not names:
        raise UserError(f"{printable(path)}: `sessions` holds no session")
    forward, sessions, unread = dict[str, int](), list[SessionArrays](), root.unread()
    for name in names:
        group = groups.group(name)
        forward[name] = as_count(group.optional("num_forward_bins"), "num_forward_bins", path)
        called = printable(path.stem) if names == [UNNAMED] else name
        sessions.append(_read_session(group, called))
        unread |= {key: shape for key, shape in group.unread().items() if key not in OF_SESSION}
        if 0 in (shape_of_values(sessions[-1].arrays) or ()):
            break  # the check refuses it: more of them, perhaps thousands, need not be read
    if len(set(forward.values())) > 1:
        said = first_of(f"{number} in {name}" for name, number in forward.items())
        raise UserError(
            f"{printable(path)}: `num_forward_bins` must agree between sessions; got {said}"
        )
    unread.pop(as_text(root.attribute(TARGETS), TARGETS, path), None)
    warn_of_unread(
        printable(path), unread, unread, shape_of_values(sessions[0].arrays), known=ARRAYS
    )
    return FileContents(
        path=path,
        layout="lfads",
        sessions=tuple(sessions),
        bin_width_s=as_scalar(root.attribute("bin_width_s"), "bin_width_s", path),
        num_forward_bins=forward[names[0]],
        start_s=as_scalar(root.attribute("start_s"), "start_s", path) or 0.0,
        prepared=_prepared(root.attribute("prepared"), path),
        **{name: as_text(root.attribute(name), name, path) for name in TEXTS},
    )


def _read_session(group: GuardedGroup, name: str) -> SessionArrays:
    there = set(group.names())
    held = [key for key in ARRAYS if key in there]
    if not set(held) & set(STORED.values()):
        held.append("spikes")  # of which a message says that it is missing
    return SessionArrays(name=name, arrays={key: _get(group, key) for key in held})


def _get(group: GuardedGroup, key: str) -> Any:
    if key not in BY_NAME and not (key == "signals" and group.shape(key) is None):
        return group.array(key)
    inner = group.group(key)
    return {key: inner.array(key) for key in inner.names()}


def _prepared(text: Any, path: Path) -> dict[str, Any]:
    """How the trials were cut from a recording; empty if the file does not say it."""
    if text is None:
        return {}
    where = f"{printable(path)}: attribute `prepared`"
    if not isinstance(text, str):
        raise UserError(f"{where} must be text. Delete it")
    return json_object(text, where, "Delete it")
