"""Data that the studio knows: uploaded files, and those of a folder that is offered and never written to.

A file is stored under a name of ours; what the user calls it is text to show, and never part of a path.
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Protocol, runtime_checkable

from lfads.checks import NotThere, UserError, first_of
from lfads.files import write_json
from lfads.format_versions import unversioned, versioned
from lfads.paths import printable

SUFFIXES = (".h5", ".hdf5", ".npz", ".mat", ".nwb")
FORMAT_VERSION = 1
MOST_OFFERED = 500
MOST_BYTES = 2**40
LONGEST_NAME = 200
ROOM_LEFT_BYTES = 2**30
"""Of the disk, that uploads leave free."""

ABOUT, PART = "about.json", "part"
_ID = re.compile(r"[ef]-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class Item:
    """A file of data, or the folder of a sorter.

    Parameters
    ----------
    id
        Of our making.
    name
        As its user calls it; to be shown only.
    path
        Where it lies.
    size_bytes
        Of the file.
    offered
        Of the folder that is only read; otherwise uploaded.
    """

    id: str
    name: str
    path: Path
    size_bytes: int
    offered: bool


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that comes in pieces.

    Parameters
    ----------
    id
        Of our making.
    name, key
        As its user calls it, and what tells it from others of that name, as the browser says it.
    size_bytes
        That it will have.
    begun_at
        Seconds since 1970.
    """

    id: str
    name: str
    key: str
    size_bytes: int
    begun_at: float


@runtime_checkable
class Room(Protocol):
    """What limits the files of a shelf."""

    def taking(self, name: str, num_bytes: int) -> AbstractContextManager[None]:
        """Within it a file of so many bytes is begun; a UserError where there is no room."""
        ...

    def changed(self) -> None:
        """Told that files have come, or are gone."""
        ...


class Shelf:
    """The data of a studio.

    Parameters
    ----------
    place
        Folder of the uploads, new or ours.
    offered
        Folder that is read only; None for none.
    room
        Asked before files come, and told once they have; None if the disk alone limits them.
    """

    def __init__(self, place: Path, offered: Path | None = None, room: Room | None = None) -> None:
        if offered is not None and not offered.is_dir():
            raise UserError(f"the data that are offered must lie in a folder; got {offered}")
        self.place, self.offered = place, None if offered is None else offered.resolve()
        self._room = room

    def items(self) -> list[Item]:
        """Uploaded files, the newest first, then folders of sorters and files that are offered, by name."""
        return [*self._uploaded(), *self._folders(), *self._offered()]

    def get(self, name: str) -> Item:
        """The file of an id.

        Raises
        ------
        UserError
            If there is none.
        """
        for item in self.items() if _ID.fullmatch(name) else ():
            if item.id == name:
                return item
        raise NotThere("these data are not here, or not any more")

    def begin(self, name: str, size_bytes: int, key: str) -> Upload:
        """An upload; the one that was broken off, if it is of the same file.

        Raises
        ------
        UserError
            If it is no file of data, too large, or there is no room for it.
        """
        shown = shown_name(name)
        if not 0 < size_bytes <= MOST_BYTES:
            raise UserError(f"a file must have 1 byte to 1 TiB; `{shown}` has {size_bytes}")
        for upload in self.unfinished():
            if (upload.name, upload.size_bytes, upload.key) == (shown, size_bytes, key):
                return upload
        suffix_of(shown)
        with self.taking(shown, size_bytes):
            return self._begun(shown, size_bytes, key)

    def taking(self, name: str, size_bytes: int) -> AbstractContextManager[None]:
        """Within it there is room for a file; a UserError where there is none."""
        room = self._room
        return contextlib.nullcontext() if room is None else room.taking(name, size_bytes)

    def _begun(self, shown: str, size_bytes: int, key: str) -> Upload:
        self.place.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.place).free
        if size_bytes + ROOM_LEFT_BYTES > free:
            raise UserError(
                f"`{shown}` has {size_bytes / 1e9:.1f} GB; the disk has room for "
                f"{max(0, free - ROOM_LEFT_BYTES) / 1e9:.1f} GB"
            )
        upload = Upload(
            id=f"e-{secrets.token_hex(6)}", name=shown, key=key[:LONGEST_NAME],
            size_bytes=size_bytes, begun_at=time.time(),
        )  # fmt: skip
        folder = self.place / upload.id
        folder.mkdir()
        (folder / PART).touch()
        write_json(folder / ABOUT, versioned(asdict(upload), FORMAT_VERSION))
        return upload

    def reserve(self, name: str, key: str) -> Path:
        """Where a file that is made of others goes: data once it is there. The same key, the same place.

        The id is the name of the folder.
        """
        digest = hashlib.blake2b(f"{name}\n{key}".encode(), digest_size=6).hexdigest()
        made = Upload(
            id=f"e-{digest}", name=shown_name(name), key=key[:LONGEST_NAME], size_bytes=0,
            begun_at=time.time(),
        )  # fmt: skip
        path = self._path(made)
        with self.taking(made.name, 0):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path.parent / ABOUT, versioned(asdict(made), FORMAT_VERSION))
        return path

    def upload(self, name: str) -> Upload:
        """The upload of an id that is not finished.

        Raises
        ------
        UserError
            If there is none.
        """
        for upload in self.unfinished():
            if upload.id == name:
                return upload
        raise NotThere("there is no such upload, or it is finished: choose the file again")

    def part(self, upload: Upload) -> Path:
        """Where its pieces are put together."""
        return self.place / upload.id / PART

    def unfinished(self) -> list[Upload]:
        """Uploads that were broken off, or go on."""
        return [u for u in self.known() if (self.place / u.id / PART).is_file()]

    def finish(self, upload: Upload) -> Item:
        """Take an upload that is complete for data.

        Raises
        ------
        UserError
            If it is not complete.
        """
        part = self.part(upload)
        if (here := part.stat().st_size) != upload.size_bytes:
            raise UserError(f"`{upload.name}` has {upload.size_bytes} bytes; {here} have come")
        part.rename(self._path(upload))
        self._changed()
        return self.get(upload.id)

    def remove(self, name: str) -> None:
        """Delete an upload, finished or not; never a file of the folder that is offered.

        Raises
        ------
        UserError
            If it is none.
        """
        if name not in [upload.id for upload in self.known()]:
            raise NotThere("only what was uploaded here can be removed")
        shutil.rmtree(self.place / name)
        self._changed()

    def _changed(self) -> None:
        if self._room is not None:
            self._room.changed()

    def known(self) -> list[Upload]:
        """Everything that came, or is made here, finished or not."""
        found = []
        for path in self.place.glob(f"e-*/{ABOUT}"):
            with contextlib.suppress(
                OSError, json.JSONDecodeError, UnicodeError, TypeError, AttributeError
            ):
                said = json.loads(path.read_text(encoding="utf-8"))
                found.append(Upload(**unversioned(printable(path), said, FORMAT_VERSION)))
        return sorted(found, key=lambda upload: -upload.begun_at)

    def _path(self, upload: Upload) -> Path:
        return self.place / upload.id / f"{upload.id}{suffix_of(upload.name)}"

    def _uploaded(self) -> Iterator[Item]:
        for upload in self.known():
            path = self._path(upload)
            if path.is_file():
                size = path.stat().st_size
                yield Item(
                    id=upload.id, name=upload.name, path=path, size_bytes=size, offered=False
                )

    def _folders(self) -> Iterator[Item]:
        """Folders of sorters, which are recordings as they are."""
        if self.offered is None:
            return
        from lfads.recordings.folders.sorters import sorters_within  # takes a moment

        for path in sorters_within(self.offered):
            inside = path.resolve()
            if inside.is_relative_to(self.offered):
                name = inside.relative_to(self.offered).as_posix()
                name = self.offered.name if name == "." else name
                size = sum(file.stat().st_size for file in path.iterdir() if file.is_file())
                yield self._read_only(name, path, size)

    def _read_only(self, name: str, path: Path, size_bytes: int) -> Item:
        digest = hashlib.blake2b(os.fsencode(name), digest_size=6).hexdigest()
        return Item(id=f"f-{digest}", name=name, path=path, size_bytes=size_bytes, offered=True)

    def _offered(self) -> Iterator[Item]:
        if self.offered is None:
            return
        found = (
            Path(folder) / name
            for folder, folders, names in os.walk(self.offered)
            for name in sorted(names)
            if not folders.sort() and name.lower().endswith(SUFFIXES)
        )
        for number, path in enumerate(found):
            if number >= MOST_OFFERED:
                return
            inside = path.resolve()
            if inside.is_file() and inside.is_relative_to(self.offered):
                name = path.relative_to(self.offered).as_posix()
                yield self._read_only(name, path, inside.stat().st_size)


def shown_name(name: str) -> str:
    r"""What a user calls a file, as one short line without the folders before it.

    >>> shown_name("../../monday.h5"), shown_name("a\nb.npz")
    ('monday.h5', 'a b.npz')
    """
    words = "".join(c if c.isprintable() else " " for c in name.replace("\\", "/"))
    return PurePath(words).name[-LONGEST_NAME:]


def suffix_of(name: str) -> str:
    """The ending that says what a file is.

    Raises
    ------
    UserError
        If it is none that `lfads` reads.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(
            f"a file of data ends in {first_of(SUFFIXES)}; got `{name}`. Save it as one of them"
        )
    return suffix
