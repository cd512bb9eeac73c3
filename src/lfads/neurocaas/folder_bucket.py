"""A plain folder in the layout of a bucket: keys are paths in it, and lead nowhere else."""

import os
from collections.abc import Iterator
from pathlib import Path

from lfads.checks import UserError
from lfads.files import part_of, written_beside
from lfads.neurocaas.buckets import Entry, Heard, is_safe
from lfads.paths import printable
from lfads.storage.lock_places import MarkedFile, Place

PIECE_BYTES = 2**22


class FolderBucket:
    """Files of a folder by their paths in it.

    Parameters
    ----------
    folder
        That is there.

    Raises
    ------
    UserError
        If it is not.
    """

    def __init__(self, folder: Path) -> None:
        folder = folder.expanduser().absolute()
        if not folder.is_dir():
            raise UserError(
                f"expected a bucket: a folder, or an address such as s3://name; there is no folder "
                f"{printable(folder)}"
            )
        self.root = folder.resolve()
        self.name, self.place = folder.name, str(folder)

    def folders(self) -> list[str]:
        """Names of the folders in it."""
        if not self.root.is_dir():
            raise UserError(f"there is no folder {printable(self.root)} any more")
        return sorted(
            one.name for one in self.root.iterdir() if one.is_dir() and not one.is_symlink()
        )

    def entries(self, prefix: str) -> list[Entry]:
        """All files whose keys begin so; those that are being written, and links, are none."""
        inside = prefix.rpartition("/")[0]
        if inside and (not is_safe(inside) or self._is_behind_link(self.root / inside)):
            return []
        found = (path for path in _files(self.root / inside) if _is_whole(path))
        entries = [self._entry(path) for path in found]
        return sorted(one for one in entries if one is not None and one.key.startswith(prefix))

    def read(self, key: str) -> bytes:
        """What a file holds."""
        return self._path(key).read_bytes()

    def write(self, key: str, content: bytes) -> None:
        """Write a file, in one piece."""
        with written_beside(self._path(key)) as beside:
            beside.write_bytes(content)

    def fetch(self, key: str, path: Path, heard: Heard) -> None:
        """Copy a file out of the folder."""
        _copy(self._path(key), path, heard)

    def send(self, path: Path, key: str, heard: Heard) -> None:
        """Copy a file into the folder."""
        _copy(path, self._path(key), heard)

    def remove(self, key: str) -> None:
        """Remove a file, if it is there."""
        self._path(key).unlink(missing_ok=True)

    def mark(self, key: str) -> Place:
        """A file with a lock."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return MarkedFile(path)
        except BlockingIOError as error:
            raise UserError(
                f"{self.place} is served by another process already: end that one first"
            ) from error

    def _path(self, key: str) -> Path:
        path = self.root / key
        if not is_safe(key) or self._is_behind_link(path):
            raise UserError(f"{printable(key)} leads out of {self.place}: expected a key within it")
        return path

    def _is_behind_link(self, path: Path) -> bool:
        """Whether it is a link, or in one: that of a group would lead to another group, too."""
        inside = path.relative_to(self.root).parents
        return any((self.root / part).is_symlink() for part in (path, *inside[:-1]))

    def _entry(self, path: Path) -> Entry | None:
        try:
            about = path.stat()
        except FileNotFoundError:  # it went meanwhile
            return None
        key = path.relative_to(self.root).as_posix()
        version = f"{about.st_mtime_ns}-{about.st_size}"
        return Entry(key, about.st_size, version, about.st_mtime)


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place) / name for name in names)


def _is_whole(path: Path) -> bool:
    return part_of(path) is None and not path.is_symlink() and path.is_file()


def _copy(source: Path, target: Path, heard: Heard) -> None:
    with source.open("rb") as file, written_beside(target) as beside, beside.open("wb") as copy:
        size, done = os.fstat(file.fileno()).st_size, 0
        while piece := file.read(PIECE_BYTES):
            copy.write(piece)
            done += len(piece)
            heard(done, size)
