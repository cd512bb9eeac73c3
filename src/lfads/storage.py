"""Runs that are kept elsewhere: `s3://`, `gs://` and whatever else fsspec knows.

A run is worked on in a folder of this machine. What is kept elsewhere is fetched into a temporary one
first, and what has changed is sent back as the work goes on, a file in one piece.
"""

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

from lfads.checks import UserError, reason_of
from lfads.ending import do_at_sudden_end
from lfads.files import PathLike, address_of
from lfads.lock_places import MarkedAddress
from lfads.run_lock import FILE_NAME, Lock, held, owned

PIECE_BYTES = 2**20
"""Of a file that is read where it is kept; about as much as arrives while a request is answered."""


class RunFolder:
    """The folder of a run on this machine, and where it is kept if that is elsewhere.

    Parameters
    ----------
    place
        A path, or an address that fsspec knows, such as `s3://bucket/run`.

    Attributes
    ----------
    path
        The folder on this machine; a temporary one for an address, which goes with this object.

    Raises
    ------
    UserError
        If what is kept elsewhere cannot be reached.
    """

    def __init__(self, place: PathLike) -> None:
        address = address_of(place)
        self.place, self.path = address or os.fspath(place), Path(place)
        self._sent: dict[str, tuple[int, int]] = {}
        self._found: dict[str, Any] = {}
        self._lock: Lock | None = None
        self._is_fetched = False
        self._system: Any
        self._system, self._root = file_system(address) if address else (None, "")
        if address:
            self.path = Path(tempfile.mkdtemp(prefix="lfads-run-"))
            self._remove = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
            weakref.finalize(self, do_at_sudden_end(partial(_end, weakref.ref(self))))
            self._fetch()
            self._is_fetched = True

    @property
    def is_remote(self) -> bool:
        """Whether the run is kept elsewhere."""
        return self._system is not None

    def name_of(self, path: Path) -> str:
        """Where users find this folder, or a file or folder in it."""
        if self._system is None or not path.is_relative_to(self.path):
            return str(path)
        inside = path.relative_to(self.path).parts
        return "/".join([self.place.rstrip("/"), *inside])

    @contextmanager
    def owned(self, what: str) -> Iterator[Lock]:
        """Within the block no other process trains here; `what` this one does, in a word.

        Raises
        ------
        UserError
            If another process does, or where it is kept cannot be reached.
        """
        if not self.is_remote:
            with owned(self.path, what) as lock:
                yield lock
            return
        with held(
            MarkedAddress(self._system, f"{self._root}/{FILE_NAME}"), self.place, what
        ) as lock:
            if self._listed() != self._found:  # another process has written since
                self._fetch()
            self._lock = lock
            try:
                yield lock
            finally:
                with suppress(Exception):  # what cannot be sent now is, or is named, at the end
                    self.send()
                self._lock = None

    def _listed(self) -> dict[str, Any]:
        """What is known of every file where the run is kept, without its owner's mark."""
        self._system.invalidate_cache()
        found = self._system.find(self._root, detail=True)
        return {name: about for name, about in found.items() if not name.endswith(FILE_NAME)}

    def _fetch(self) -> None:
        try:
            self._found = found = self._listed()
            targets = {name: self.path / _inside(self._root, name) for name in found}
            for name, target in targets.items():
                target.parent.mkdir(parents=True, exist_ok=True)
                self._system.get_file(name, str(target))
        except UserError:
            raise
        except Exception as error:  # every kind of storage has errors of its own
            raise UserError(
                f"{self.place} cannot be read: {reason_of(error)}. Are the address and the "
                "credentials right?"
            ) from error
        self._sent = self._states()

    def push(self) -> None:
        """Send what has changed since it was fetched or sent to where the run is kept.

        Raises
        ------
        UserError
            If that fails; the folder on this machine is then left where it is.
        """
        try:
            self.send()
        except Exception as error:
            self.keep()
            raise UserError(
                f"{self.place} cannot be written: {reason_of(error)}. Nothing is lost: the run is in "
                f"{self.path}"
            ) from error

    def keep(self) -> None:
        """Leave the folder on this machine when this object goes."""
        if self.is_remote:
            self._remove.detach()

    def send(self) -> None:
        """`push`, with the errors of the storage as they come."""
        if self._system is None:
            return
        if self._lock is not None:
            self._lock.check()
        states = self._states()
        for name in sorted(set(self._sent) - set(states)):
            self._system.rm_file(f"{self._root}/{name}")
            del self._sent[name]
        changed = [item for item in states.items() if self._sent.get(item[0]) != item[1]]
        for name, state in sorted(changed, key=lambda item: _rank(item[0])):
            parent = f"{self._root}/{name}".rpartition("/")[0]
            self._system.makedirs(parent, exist_ok=True)
            self._system.put_file(str(self.path / name), f"{self._root}/{name}")
            self._sent[name] = state

    def end_suddenly(self) -> None:
        """Remove the copy, unless it holds what was not sent: then its place is named."""
        if self._is_fetched and self._states() != self._sent:
            os.write(2, f"lfads: what was not sent to {self.place} is in {self.path}\n".encode())
        else:
            shutil.rmtree(self.path, ignore_errors=True)

    def _states(self) -> dict[str, tuple[int, int]]:
        """Time and size of every file that is whole."""
        states = {}
        for path in self.path.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                about = path.stat()
                name = path.relative_to(self.path).as_posix()
                states[name] = (about.st_mtime_ns, about.st_size)
        return states


def _end(folder: "weakref.ref[RunFolder]") -> None:
    if (found := folder()) is not None:
        found.end_suddenly()


@contextmanager
def run_folder(place: PathLike) -> Iterator[RunFolder]:
    """A run's folder to work in; what is new in it is sent to where it is kept at the end.

    Raises
    ------
    UserError
        If that cannot be reached. Messages name the address, not the folder on this machine.
    """
    folder = RunFolder(place)
    try:
        yield folder
    except BaseException as error:
        if not folder.is_remote:
            raise
        kept_here = _send_or_keep(folder)
        if not isinstance(error, UserError):
            raise
        said = str(error).replace(str(folder.path), folder.place)
        raise UserError(f"{said}{kept_here}") from error
    folder.push()


def _send_or_keep(folder: RunFolder) -> str:
    """What a run that failed has written, sent or left on this machine; then where that is, in words."""
    try:
        folder.send()
    except Exception:
        folder.keep()
        return f". It could not be sent there, and is in {folder.path}"
    return ""


def _rank(name: str) -> int:
    """The order in which files are sent, so that a run can go on from any part of them.

    A checkpoint comes after the records that it counts on, and before what is written again from it.
    """
    if name.endswith("config.toml"):
        return 0
    if name.endswith(".jsonl"):
        return 1
    return 2 if "checkpoints/" in name else 3


def file_system(place: str) -> tuple[Any, str]:
    """The file system of an address, and the path on it."""
    try:
        fsspec = import_module("fsspec")  # an extra: type checkers need not find it
    except ImportError:
        raise UserError(f"{place} needs fsspec: pip install 'lfads[remote]'") from None
    try:
        system, root = fsspec.core.url_to_fs(place)
    except (ImportError, ValueError) as error:
        raise UserError(f"{place} cannot be opened: {reason_of(error)}") from error
    return system, root.rstrip("/")


def opened_for_reading(address: str, where: str) -> Any:
    """A file that is kept elsewhere, of which only the pieces that are asked for are read.

    HDF5 jumps to and fro, so that pieces are kept: reading ahead, the default of fsspec, would fetch a file
    several times over.

    Parameters
    ----------
    address
        Of the file.
    where
        What users call it, for messages.

    Raises
    ------
    UserError
        If it cannot be reached.
    """
    system, path = file_system(address)
    try:
        return system.open(path, "rb", block_size=PIECE_BYTES, cache_type="blockcache")
    except Exception as error:  # every kind of storage has errors of its own
        raise UserError(
            f"{where} cannot be opened: {reason_of(error)}. Is the address right?"
        ) from error


def _inside(root: str, found: str) -> PurePosixPath:
    """The path of a file below the root, which it must not leave."""
    inside = PurePosixPath(found.removeprefix(root).lstrip("/"))
    if inside.is_absolute() or ".." in inside.parts or not inside.parts:
        raise UserError(f"{found} lies outside of {root}: refused")
    return inside
