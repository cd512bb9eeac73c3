"""Checkpoints: the last state of a run, its best weights, and where it stood.

A file holds a JSON header and arrays keyed by their path in the tree. It is an uncompressed NumPy archive
(zip), so every array carries a checksum; it is written beside and renamed, and holds no pickle.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

from lfads.checks import UserError
from lfads.files import flush_to_disk, written_beside
from lfads.format_versions import check_version
from lfads.formats.headers import damaged_in, headers_of
from lfads.formats.npz import arrays_of
from lfads.guarded.messages import quoted
from lfads.guarded.texts import json_object
from lfads.paths import printable, regular_file
from lfads.training.headers import check_about
from lfads.training.schedules import Course
from lfads.training.sharding import is_first_process
from lfads.training.step import TrainState

FORMAT_VERSION = 1
MOST_HEADER_BYTES = 2**26
_HEADER = "header.json"
_RESTORE = "Restore it from a copy, or train again in another folder"


def checkpoint_in(folder: Path) -> Path:
    """Where a run keeps its last state, and a search its population."""
    return folder / "checkpoints" / "last.npz"


def write_checkpoint(
    path: str | os.PathLike[str], trees: Mapping[str, PyTree], header: Mapping[str, Any]
) -> None:
    """Write named trees of arrays and a header in one piece.

    Parameters
    ----------
    path
        File to write or replace.
    trees
        Trees by name.
    header
        Anything that JSON can hold.
    """
    arrays = {
        key: np.asarray(leaf) for name, tree in trees.items() for key, leaf in _leaves(name, tree)
    }
    text = json.dumps({"format": "lfads checkpoint", "format_version": FORMAT_VERSION, **header})
    arrays[_HEADER] = np.frombuffer(text.encode(), np.uint8)
    with written_beside(path) as beside, beside.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_header(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The header of a checkpoint. Errors as in `read_checkpoint`."""
    return _read(Path(path), {})[0]


def read_checkpoint(
    path: str | os.PathLike[str], templates: Mapping[str, PyTree]
) -> tuple[dict[str, PyTree], dict[str, Any]]:
    """Trees of the forms given, and the header.

    Raises
    ------
    UserError
        If the file is missing, damaged, of another format, or of other shapes than the templates.
    """
    path = Path(path)
    expected = {name: _leaves(name, tree) for name, tree in templates.items()}
    header, arrays = _read(path, {key: leaf for of in expected.values() for key, leaf in of})
    trees = {
        name: jax.tree.unflatten(
            jax.tree.structure(template), [arrays[key] for key, _ in expected[name]]
        )
        for name, template in templates.items()
    }
    return trees, header


def _leaves(name: str, tree: PyTree) -> list[tuple[str, Any]]:
    return [
        (name + "/" + jax.tree_util.keystr(path, simple=True, separator="/"), leaf)
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
    ]


def _read(path: Path, expected: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header, and arrays of the shapes that are expected; no others are read."""
    regular_file(path, "is this the folder of a run, and whole?", missing="there is no checkpoint")
    where, there = printable(path), headers_of(path)
    if damaged := damaged_in(path):
        raise UserError(f"{where}: is damaged: {quoted(damaged)} cannot be read. {_RESTORE}")
    if _HEADER in there and there[_HEADER].num_bytes > MOST_HEADER_BYTES:
        raise UserError(f"{where}: is damaged: its header is too long. {_RESTORE}")
    text = arrays_of(path, lambda _: {_HEADER: _HEADER}, kind="a checkpoint", advice=_RESTORE)
    header = json_object(text[_HEADER].tobytes(), f"{where}: its header", _RESTORE)
    if header.get("format") != "lfads checkpoint":
        raise UserError(f"{where} is not a checkpoint of this library")
    again = "Open it with the version that wrote it, or train again"
    check_version(where, header.get("format_version"), FORMAT_VERSION, again)
    check_about(header, f"{where}: its header", _RESTORE)
    for key, leaf in expected.items():
        if key not in there:
            raise UserError(f"{where} has no `{key}`: this checkpoint belongs to other settings")
        if (there[key].shape, there[key].dtype) != (leaf.shape, leaf.dtype):
            raise UserError(
                f"{where}: `{key}` has shape {there[key].shape}, the model expects {leaf.shape}: "
                "this checkpoint belongs to other settings or other data"
            )
    chosen = {key: key for key in expected}
    arrays = arrays_of(path, lambda _: chosen, kind="a checkpoint", advice=_RESTORE)
    return header, arrays


def on_host(tree: PyTree) -> PyTree:
    """A copy that the next epoch does not write over."""
    return jax.tree.map(np.array, jax.device_get(tree))


class Keeper:
    """Writes and reads the checkpoints of a run."""

    def __init__(self, folder: Path, header: dict[str, Any]) -> None:
        self.folder, self.header = folder, header

    def write(self, state: TrainState, best: PyTree, course: Course) -> None:
        """Write `best.npz` and `last.npz`, after the records that they count on."""
        if not is_first_process():
            return
        if (records := self.folder.parent / "metrics.jsonl").exists():
            flush_to_disk(records)
        header = {**self.header, "course": {k: repr(v) for k, v in asdict(course).items()}}
        write_checkpoint(self.folder / "best.npz", {"model": best}, header)
        write_checkpoint(self.folder / "last.npz", {"state": state, "model": best}, header)

    def read(self, template: TrainState) -> tuple[TrainState, PyTree, Course]:
        """State, best weights and course of `last.npz`; errors as in `read_checkpoint`."""
        templates = {"state": template, "model": template.parameters}
        trees, header = read_checkpoint(self.folder / "last.npz", templates)
        try:
            written = header["course"]
            course = Course(**{k: type(v)(written[k]) for k, v in asdict(Course()).items()})
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"{self.folder / 'last.npz'} does not say where the run stood: it is not a checkpoint "
                "to resume from, or it is damaged"
            ) from error
        return trees["state"], trees["model"], course
