"""What a folder holds, without what differs from one time to the next: whether two came out alike."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

TIMES = ("seconds", "created", "written")


def held_by(folder: Path) -> dict[str, Any]:
    """The content of every file by its name, hidden ones as well."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            try:
                found[name] = content_of(path)
            except Exception as error:  # it is damaged
                found[name] = f"{type(error).__name__}: {error}"
    return found


def content_of(path: Path) -> Any:
    """What can be compared, whatever file it is."""
    if path.suffix == ".npz":
        with np.load(path) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = arrays.pop("header.json", np.zeros(0, np.uint8)).tobytes()
        about = untimed(json.loads(header)) if header else None
        return about, {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in arrays.items()}
    if path.suffix == ".jsonl":
        return [untimed(json.loads(line)) for line in path.read_text().splitlines()]
    if path.suffix == ".json":
        return untimed(json.loads(path.read_text()))
    if path.suffix in (".nc", ".h5"):
        return arrays_in(path)
    if path.suffix == ".html":
        return "a page"
    return path.read_bytes()


def untimed(value: Any) -> Any:
    """The same without times, which differ."""
    if isinstance(value, dict):
        return {key: untimed(item) for key, item in value.items() if key not in TIMES}
    return [untimed(item) for item in value] if isinstance(value, list) else value


def arrays_in(path: Path) -> dict[str, bytes]:
    """Values of every array of an HDF5 file."""
    found: dict[str, bytes] = {}

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            values = np.asarray(item[()])
            text = values.dtype.hasobject  # of which the array holds addresses
            found[name] = repr(values.tolist()).encode() if text else values.tobytes()

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return found


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Names of files that differ or are in one of them alone."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
