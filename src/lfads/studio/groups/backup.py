"""A copy of a studio's folder as it stands at one moment, while it runs: for backups and before upgrades.

Tables are copied by SQLite's own backup, so that none is caught within a change. Files of jobs are never
changed in place (they are written beside and renamed, or only grow), so that they are copied as they are.
"""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path
from typing import NamedTuple

from lfads.checks import UserError, reason_of

TABLES = (".sqlite",)
LEFT_OUT = ("-wal", "-shm", "-journal")
NOT_COPIED = ("looks", "alive", "supervisor")
"""What is made again by itself, and locks."""

BEGINNINGS = (".removed-", ".new-", "open-")


class Copied(NamedTuple):
    """What a backup holds."""

    files: int
    bytes: int


def back_up(place: Path, out: Path) -> Copied:
    """Copy a studio's folder; opened with `--folder`, the copy is the studio as it was.

    Parameters
    ----------
    place
        Folder of the studio's jobs.
    out
        A folder that is not there yet; complete, or not there.

    Raises
    ------
    UserError
        If there is no studio, `out` is taken or within it, or cannot be written to.
    """
    place, out = place.absolute(), out.absolute()
    if not place.is_dir():
        raise UserError(f"there is no folder of jobs to back up at {place}")
    if out.exists():
        raise UserError(f"a backup needs a folder that is not there yet; {out} is")
    if out.resolve().is_relative_to(place.resolve()):
        raise UserError(f"a backup cannot lie in the folder that it is of; got {out}")
    beside = out.with_name(f".{out.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        copied = _copied(place, beside)
        beside.rename(out)
    except (OSError, sqlite3.Error) as error:
        raise UserError(f"the backup {out} could not be written: {reason_of(error)}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return copied


def _copied(place: Path, out: Path) -> Copied:
    """Tables come first: a job that they know has its folder by then."""
    files, num_bytes = 0, 0
    out.parent.mkdir(parents=True, exist_ok=True)
    out.mkdir(mode=0o700)
    for folder, names, found in os.walk(place):
        inside = Path(folder)
        names[:] = sorted(name for name in names if _is_kept(name, inside))
        target = out / inside.relative_to(place)
        if target != out:
            target.mkdir(mode=inside.stat().st_mode & 0o777)
        for name in sorted(found, key=lambda one: (not one.endswith(TABLES), one)):
            if not _is_kept(name, inside) or name.endswith(LEFT_OUT):
                continue
            with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                _copy(inside / name, target / name)
                files, num_bytes = files + 1, num_bytes + (target / name).lstat().st_size
    return Copied(files, num_bytes)


def _is_kept(name: str, inside: Path) -> bool:
    if name in NOT_COPIED and (name != "looks" or inside.name == "studio"):
        return False
    return not name.startswith(BEGINNINGS)


def _copy(path: Path, target: Path) -> None:
    if path.is_symlink() or not path.name.endswith(TABLES):
        shutil.copy2(path, target, follow_symlinks=False)
        return
    source, copy = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True), sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        source.close()
        copy.close()
    target.chmod(path.stat().st_mode & 0o777)
