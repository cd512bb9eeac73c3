"""A bucket of a store that fsspec knows, such as `s3://name`; `storage/stores` says how long to wait."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from lfads.checks import UserError, reason_of
from lfads.files import written_beside
from lfads.neurocaas.buckets import Away, Entry, Heard
from lfads.storage.lock_places import MarkedAddress, Place
from lfads.storage.stores import SECONDS_PER_FILE, file_system, seconds_for, told_if_slow
from lfads.waiting import NoAnswer, within

T = TypeVar("T")

WITHOUT_FOLDERS = ("s3", "s3a", "gs", "gcs", "abfs", "az", "memory")
"""Stores that know keys alone; what makes folders there would make buckets."""


class StoredBucket:
    """Files of a bucket by key.

    Parameters
    ----------
    address
        Such as `s3://name`, or `s3://name/folder`.

    Raises
    ------
    UserError
        If there is no library for such an address.
    """

    def __init__(self, address: str) -> None:
        self.place = address.rstrip("/")
        self._system, self._root = file_system(self.place)
        self._root = self._root.strip("/")
        self.name = self._root.rpartition("/")[2]
        self._has_no_folders = self.place.partition(":")[0].lower() in WITHOUT_FOLDERS
        self._stuck: NoAnswer | None = None
        if not self.name:
            raise UserError(f"expected a bucket, such as s3://name; got {address}")

    def folders(self) -> list[str]:
        """Names of the folders at its top."""

        def listed() -> list[Any]:
            self._system.invalidate_cache()
            return self._system.ls(self._root, detail=True)

        try:
            found = self._asked(listed, "listing it", SECONDS_PER_FILE)
        except FileNotFoundError:
            raise UserError(f"there is no bucket {self.place}: is its name right?") from None
        paths = [about["name"].strip("/") for about in found if about["type"] == "directory"]
        return sorted(path.rpartition("/")[2] for path in paths if path != self._root)

    def entries(self, prefix: str) -> list[Entry]:
        """All files whose keys begin so, from as many pages as the store makes of them."""
        inside = prefix.rpartition("/")[0]
        at = f"{self._root}/{inside}".rstrip("/")

        def listed() -> Mapping[str, Any]:
            self._system.invalidate_cache()
            return self._system.find(at, detail=True)

        try:
            found = self._asked(listed, f"listing {prefix}", SECONDS_PER_FILE)
        except FileNotFoundError:
            return []
        entries = [self._entry(name, about) for name, about in found.items()]
        return sorted(
            one for one in entries if one.key.startswith(prefix) and not one.key.endswith("/")
        )

    def read(self, key: str) -> bytes:
        """What a file holds."""
        return self._asked(
            lambda: self._system.cat_file(self._path(key)), f"reading {key}", SECONDS_PER_FILE
        )

    def write(self, key: str, content: bytes) -> None:
        """Write a file; stores take it in one piece."""
        put = partial(self._put, lambda: self._system.pipe_file(self._path(key), content), key)
        self._asked(put, f"writing {key}", seconds_for(len(content)))

    def fetch(self, key: str, path: Path, heard: Heard) -> None:
        """Copy a file to this machine."""
        about = self._asked(
            lambda: self._system.info(self._path(key)), f"looking at {key}", SECONDS_PER_FILE
        )
        size = int(about.get("size") or 0)
        with written_beside(path) as beside:
            get = partial(
                self._system.get_file, self._path(key), str(beside), callback=_callback(heard, size)
            )
            self._asked(get, f"reading {key}", seconds_for(size))
            if (got := beside.stat().st_size) != size:
                raise Away(f"{self.place}: of {key}, {got} of {size} bytes came")

    def send(self, path: Path, key: str, heard: Heard) -> None:
        """Copy a file of this machine to the bucket."""
        size = path.stat().st_size
        put = partial(
            self._system.put_file, str(path), self._path(key), callback=_callback(heard, size)
        )
        self._asked(partial(self._put, put, key), f"sending {key}", seconds_for(size))

    def remove(self, key: str) -> None:
        """Remove a file, if it is there."""
        try:
            self._asked(
                lambda: self._system.rm_file(self._path(key)), f"removing {key}", SECONDS_PER_FILE
            )
        except FileNotFoundError:
            return

    def mark(self, key: str) -> Place:
        """A file that its owner counts on in."""
        return MarkedAddress(self._system, self._path(key))

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"

    def _put(self, put: Callable[[], object], key: str) -> None:
        if self._stuck is not None and self._stuck.call.is_alive():
            raise self._stuck  # what it writes, if it ever does, must not come after what is newer
        if not self._has_no_folders:
            self._system.makedirs(self._path(key).rpartition("/")[0], exist_ok=True)
        put()

    def _asked(self, do: Callable[[], T], what: str, seconds: float) -> T:
        """What the store answers, within a time; every error of it but one is that it is away."""
        try:
            with told_if_slow(what, self.place, "It is tried again"):
                return within(seconds, do, what)
        except FileNotFoundError:
            raise
        except Exception as error:  # every kind of storage has errors of its own
            self._stuck = error if isinstance(error, NoAnswer) else self._stuck
            raise Away(f"{self.place} fails at {what}: {reason_of(error)}") from error

    def _entry(self, name: str, about: Mapping[str, Any]) -> Entry:
        """A file, from what the store says of it."""
        size, at = int(about.get("size") or 0), _time_of(about)
        key = name.strip("/").removeprefix(f"{self._root}/")
        key += "/" if name.endswith("/") else ""
        return Entry(key, size, f"{at:.3f}-{about.get('ETag', '')}-{size}", at)


def _time_of(about: Mapping[str, Any]) -> float:
    """When a file was written, in seconds since 1970; stores call it differently."""
    for name in ("LastModified", "updated", "last_modified", "mtime", "created"):
        value = about.get(name)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, str):
            return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
        if isinstance(value, int | float):
            return float(value)
    return 0.0


def _callback(heard: Heard, size: int) -> Any:
    """What fsspec tells of a copy that goes on."""
    base: Any = import_module("fsspec.callbacks").Callback

    class Passed(base):
        def call(self, hook_name: Any = None, **more: Any) -> None:
            heard(min(int(self.value), size), size)

    return Passed(size=size)
