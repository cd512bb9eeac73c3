"""The library's own HDF5 file: one group a session, written and read without loss.

Attributes at the root: `format` = "lfads", `format_version`, `bin_width_s`, `start_s`. In
`/sessions/NAME`: `spikes`, `trial_length`, `trial_index`, `split`, `held_out_neurons` (indices),
`num_forward_bins`, and where there are any `observed`, `condition`, `external_inputs`,
`behavior/NAME`, `true_rates_hz`, `true_latents`, `true_inputs`, `trial_table/NAME`.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.files import written_beside
from lfads.formats.contents import FileContents, SessionArrays, as_count, as_scalar
from lfads.formats.guarded import GuardedGroup
from lfads.paths import printable

FORMAT = "lfads"
FORMAT_VERSION = 1

UNNAMED = "session"
"""Name of a session that was given none: when it is read alone it has that of its file."""

_ARRAYS = (
    "spikes", "split", "trial_length", "trial_index", "condition", "external_inputs",
    "true_rates_hz", "true_latents", "true_inputs",
)  # fmt: skip


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
        If there is a file already and it is not to be overwritten.
    lfads.files.CannotWrite
        If the folder cannot be written to.
    """
    path = Path(path)
    if path.is_file() and not overwrite:
        raise UserError(
            f"{printable(path)} exists already: give another name, or `overwrite=True` to replace it"
        )
    with written_beside(path) as beside, h5py.File(beside, "w", track_order=True) as file:
        file.attrs["format"] = FORMAT
        file.attrs["format_version"] = FORMAT_VERSION
        file.attrs["bin_width_s"] = dataset.bin_width_s
        file.attrs["start_s"] = dataset.start_s
        if dataset.prepared:
            file.attrs["prepared"] = json.dumps(dict(dataset.prepared))
        sessions = file.create_group("sessions", track_order=True)
        for session in dataset.sessions:
            group = sessions.create_group(session.name, track_order=True)
            _write_session(group, session, dataset.num_forward_bins)
    return path


def _write_session(group: h5py.Group, session: Session, num_forward_bins: int) -> None:
    for key in _ARRAYS:
        _put(group, key, getattr(session, key))
    if session.observed is not None:
        _put(group, "observed", session.observed.astype(np.uint8))
    group["held_out_neurons"] = np.flatnonzero(session.held_out_neurons).astype(np.int64)
    group["num_forward_bins"] = num_forward_bins
    _put_all(group, "behavior", session.behavior)
    _put_all(group, "trial_table", session.trial_table)


def _put_all(group: h5py.Group, name: str, arrays: Mapping[str, np.ndarray]) -> None:
    if arrays:
        inner = group.create_group(name, track_order=True)
        for key, array in arrays.items():
            _put(inner, key, array)


def _put(group: h5py.Group, key: str, array: np.ndarray | None) -> None:
    if array is None:
        return
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
        If a newer version of the library wrote it, or something is missing.
    """
    version = as_count(root.attribute("format_version"), "format_version", path)
    if version > FORMAT_VERSION:
        raise UserError(
            f"{path}: format version {version} is newer than this `lfads` reads (version "
            f"{FORMAT_VERSION}): update with `pip install --upgrade lfads`"
        )
    groups = root.group("sessions")
    names = groups.names()
    if not names:
        raise UserError(f"{path}: `sessions` holds no session")
    forward = {
        name: as_count(groups.group(name).optional("num_forward_bins"), "num_forward_bins", path)
        for name in names
    }
    if len(set(forward.values())) > 1:
        raise UserError(f"{path}: `num_forward_bins` must agree between sessions; got {forward}")
    return FileContents(
        path=path,
        layout="lfads",
        sessions=tuple(
            _read_session(groups.group(name), printable(path.stem) if names == [UNNAMED] else name)
            for name in names
        ),
        bin_width_s=as_scalar(root.attribute("bin_width_s"), "bin_width_s", path),
        num_forward_bins=forward[names[0]],
        start_s=as_scalar(root.attribute("start_s"), "start_s", path) or 0.0,
        prepared=_prepared(root.attribute("prepared"), path),
    )


def _read_session(group: GuardedGroup, name: str) -> SessionArrays:
    return SessionArrays(
        name=name,
        spikes=group.array("spikes"),
        split=group.optional("split"),
        trial_length=group.optional("trial_length"),
        trial_index=group.optional("trial_index"),
        observed=group.optional("observed"),
        held_out_neurons=group.optional("held_out_neurons"),
        condition=group.optional("condition"),
        external_inputs=group.optional("external_inputs"),
        behavior=_read_all(group, "behavior"),
        true_rates_hz=group.optional("true_rates_hz"),
        true_latents=group.optional("true_latents"),
        true_inputs=group.optional("true_inputs"),
        trial_table=_read_all(group, "trial_table"),
    )


def _read_all(group: GuardedGroup, name: str) -> dict[str, np.ndarray]:
    if name not in group:
        return {}
    inner = group.group(name)
    return {key: inner.array(key) for key in inner.names()}


def _prepared(text: Any, path: Path) -> dict[str, Any]:
    """How the trials were cut from a recording; empty if the file does not say it."""
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise UserError(f"{printable(path)}: attribute `prepared` is damaged; delete it")
    return found
