"""Files that are never half-written, and fingerprints of what they hold.

Everything is written to a hidden neighbour and renamed when complete, so a reader sees the old file or
the new one, whatever interrupts the writer.
"""

import contextlib
import errno
import glob
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lfads.ending import at_sudden_end
from lfads.makers import is_gone, mark

PathLike = str | os.PathLike[str]

SECONDS_TO_KEEP_LEFTOVERS = 3600

PART = re.compile(
    r"\.(?P<of>.+)\.((?P<machine>[0-9a-f]{6})-(?P<process>\d{1,19})-[0-9a-f]{8}|[a-z0-9_]{8})(?P<suffix>\.[^.]*)?",
    re.DOTALL,
)
"""Names of files that are not whole yet; of earlier versions, they do not say which process writes."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Of errors: the disk is full, or what one user or one file may take of it."""

ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):(?P<slashes>/+)(?P<rest>.*)", re.DOTALL)
"""Schemes have two letters at least: drives of Windows have one."""


def address_of(place: PathLike) -> str | None:
    """The address that a place is; None for a path of this machine.

    A `Path` has lost one of the slashes, which is mended.

    >>> address_of(Path("s3://bucket/run")), address_of("runs/first"), address_of("C:/runs")
    ('s3://bucket/run', None, None)
    """
    found = ADDRESS.match(os.fspath(place))
    if found is None:
        return None
    slashes = "//" if len(found["slashes"]) == 1 else found["slashes"]
    if found["scheme"] in ("file", "local"):
        slashes = "///"
    return f"{found['scheme']}:{slashes}{found['rest']}"


class CannotWrite(OSError):
    """A file or folder cannot be written; the message says which and what to do."""


@contextlib.contextmanager
def written_beside(path: PathLike) -> Iterator[Path]:
    """A path beside `path` to write to; renamed to `path` at success, removed at failure.

    Raises
    ------
    CannotWrite
        If the folder cannot be made or written to, or the disk is full.
    """
    path = Path(path)
    refuse_other_kinds(path)
    beside = part_beside(path)
    with at_sudden_end(partial(beside.unlink, missing_ok=True)):
        try:
            os.makedirs(path.parent, exist_ok=True)  # noqa: PTH103 - mkdir recurses on long paths
            _remove_leftovers(path)
            os.close(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except (OSError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or "the path is too long"
            raise CannotWrite(
                f"cannot write {path}: {reason}. Choose a folder that you may write to."
            ) from error
        yield from _renamed_when_written(beside, path)


def _renamed_when_written(beside: Path, path: Path) -> Iterator[Path]:
    """The part to write to, which then takes the place of the file, or is removed."""
    try:
        yield beside
        flush_to_disk(beside)
        beside.chmod(0o666 & ~_umask())
        os.replace(beside, path)
        _flush_folder(path.parent)
    except OSError as error:
        if error.filename not in (None, str(beside), str(path)):  # of another file
            raise
        raise _cannot_write(path, error, _room_for(beside, error)) from error
    finally:
        beside.unlink(missing_ok=True)


def append_text(path: Path, text: str, advice: str) -> None:
    """Append to a text file; if that fails, none of it stays.

    Parameters
    ----------
    path
        Of the file, which is made if it is not there.
    text
        Whole lines.
    advice
        What else the message says: how the work goes on.

    Raises
    ------
    CannotWrite
        If the folder cannot be written to, or the disk is full or broken.
    """
    size = None
    try:
        with path.open("ab") as file:
            size = file.tell()
            file.write(text.encode())
    except OSError as error:
        if size is not None:
            with contextlib.suppress(OSError):
                os.truncate(path, size)
        raise _cannot_write(path, error, then=f" {advice}") from error


def _cannot_write(path: Path, error: OSError, room: str = "", then: str = "") -> CannotWrite:
    """What is said where a disk is full or broken."""
    if error.errno not in NO_ROOM:
        return CannotWrite(
            f"cannot write {path}: {error.strerror or error}; nothing was written. Is the disk still "
            f"there, and may you write to it?{then}"
        )
    return CannotWrite(
        f"cannot write {path}: {error.strerror}{room}; nothing was written. Make "
        f"room, or choose a folder on another disk.{then}"
    )


def _room_for(beside: Path, error: OSError) -> str:
    """How much there was to write to, where a disk is full."""
    if error.errno != errno.ENOSPC:
        return ""
    try:
        about = beside.stat()
        room = shutil.disk_usage(beside.parent).free + getattr(about, "st_blocks", 0) * 512
    except OSError:
        return ""
    return f": it takes more than the {room / 2**20:.3g} MiB that were free"


def refuse_address(place: PathLike) -> None:
    """Raise where only a path of this machine will do."""
    if address := address_of(place):
        raise CannotWrite(
            f"cannot write {address}: it must be a path of this machine, since only runs can be kept "
            "elsewhere"
        )


def refuse_other_kinds(path: Path) -> None:
    """Raise unless `path` is free or a regular file: a folder or device is never replaced."""
    refuse_address(path)
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "not a regular file"
        raise CannotWrite(f"cannot write {path}: it is {kind}. Choose the name of a file.")


def part_beside(path: Path) -> Path:
    """A hidden name beside a file under which it is written first; it says which process does."""
    return path.with_name(f".{path.name}.{mark()}-{secrets.token_hex(4)}{path.suffix}")


def part_of(path: Path) -> str | None:
    """The name of the file that a hidden one is the beginning of; None for others."""
    found = PART.fullmatch(path.name)
    if found is None or (found["suffix"] or "") != Path(found["of"]).suffix:
        return None
    return found["of"]


def is_leftover(path: Path) -> bool:
    """Whether a file or folder was half-made by a process that is known to have ended since."""
    found = PART.fullmatch(path.name)
    if found is None or found["machine"] is None:
        return False
    return is_gone(found["machine"], int(found["process"]))


def _remove_leftovers(path: Path) -> None:
    """Remove what writers of this file that were killed left beside it.

    Of writers on other machines it is not known whether they were: theirs go after an hour.
    """
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*"):
        with contextlib.suppress(FileNotFoundError):  # another process removes it, too
            is_old = time.time() - leftover.stat().st_mtime > SECONDS_TO_KEEP_LEFTOVERS
            if leftover.is_file() and (is_old or is_leftover(leftover)):
                leftover.unlink()


def flush_to_disk(path: Path) -> None:
    """Let a file outlast a loss of power as it is now."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Let new names in a folder outlast a loss of power, where that can be asked for."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # some network file systems refuse it
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: PathLike, text: str) -> None:
    """Write a text file in one piece."""
    with written_beside(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_json(path: PathLike, value: Mapping[str, Any]) -> None:
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
