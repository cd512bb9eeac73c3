"""Files that are never half-written, and fingerprints of what they hold.

Everything is written to a hidden neighbour and renamed when complete, so a reader sees the old file or
the new one, whatever interrupts the writer.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np


class CannotWrite(OSError):
    """A file or folder cannot be written; the message says which and what to do."""


@contextlib.contextmanager
def written_beside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A path beside `path` to write to; renamed to `path` at success, removed at failure.

    Raises
    ------
    CannotWrite
        If the folder cannot be made or written to.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent
        )
        os.close(handle)
    except OSError as error:
        raise CannotWrite(
            f"cannot write {path}: {error.strerror}. Choose a folder that you may write to."
        ) from error
    beside = Path(name)
    try:
        yield beside
        _flush_to_disk(beside)
        beside.chmod(0o666 & ~_umask())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _flush_to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file in one piece."""
    with written_beside(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], value: Mapping[str, Any]) -> None:
    """Write a JSON file in one piece."""
    write_text(path, json.dumps(value, indent=2, allow_nan=True) + "\n")


def fingerprint(arrays: Mapping[str, np.ndarray]) -> str:
    """A digest of named arrays: names, dtypes, shapes and values.

    >>> import numpy as np
    >>> fingerprint({"a": np.arange(3)}) == fingerprint({"a": np.arange(3)})
    True
    """
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}:{array.dtype.str}:{array.shape};".encode())
        if array.dtype.kind == "U":
            digest.update("\0".join(array.ravel().tolist()).encode())
        else:
            digest.update(array.tobytes())
    return digest.hexdigest()
