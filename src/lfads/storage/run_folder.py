"""Runs that are kept elsewhere: `s3://`, `gs://` and whatever else fsspec knows.

A run is worked on in a folder of this machine. What is kept elsewhere is fetched into a temporary one
first, and what has changed is sent back as the work goes on, a file in one piece.
"""

import logging
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from lfads.checks import UserError, reason_of
from lfads.ending import do_at_sudden_end
from lfads.files import PathLike, address_of
from lfads.paths import printable
from lfads.storage.lock_places import MarkedAddress
from lfads.storage.run_lock import FILE_NAME, Lock, held, owned
from lfads.storage.sending import Sender, nothing, states_of
from lfads.storage.stores import SECONDS_PER_FILE, file_system, seconds_for, told_if_slow
from lfads.storage.unsent import PREFIX, Unsent, note, taken
from lfads.waiting import within


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
        self._found: dict[str, Any] = {}
        self._sender: Sender | None = None
        self._system: Any
        self._system, self._root = file_system(address) if address else (None, "")
        if address:
            self._fetch_first()

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
            self._fetch_again()
            with self._checked(lock):
                yield lock

    @contextmanager
    def _checked(self, lock: Lock) -> Iterator[None]:
        """Within the block, and while what it wrote is sent, it is asked whether this is still ours."""
        if self._sender is not None:
            self._sender.check = lock.check
        try:
            yield
        finally:
            with suppress(Exception):  # what cannot be sent now is, or is named, at the end
                self.send()
            if self._sender is not None:
                self._sender.check = nothing

    def _fetch_first(self) -> None:
        """Fetch what is there; or take what an earlier command could not send, if that is what counts."""
        with self._reached(), told_if_slow("listing what is there", self.place):
            self._found = self._listed()
        left = taken(self.place)
        if left is not None and not left[1].is_still_so(_sizes(self._found, self._root)):
            note(*left)
            logging.getLogger(__name__).warning(
                "%s has changed since a command could not send all of its files there: they are in %s, "
                "which is left as it is",
                printable(self.place), left[0],
            )  # fmt: skip
            left = None
        path = Path(tempfile.mkdtemp(prefix=PREFIX)) if left is None else left[0]
        self.path = path
        self._remove = weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)
        weakref.finalize(self, do_at_sudden_end(partial(_end, weakref.ref(self))))
        sender = Sender(path, self.place, self._system, self._root)
        if left is None:
            self._fetch(sender)
        else:
            sender.sent, sender.there = dict(left[1].sent), dict(left[1].there)
            sender.in_doubt = set(left[1].in_doubt)
            logging.getLogger(__name__).warning(
                "%s: goes on with what an earlier command could not send there",
                printable(self.place),
            )
        self._sender = sender  # from here on it is known what was sent

    def _fetch_again(self) -> None:
        """Fetch what another process has written since."""
        with self._reached(), told_if_slow("listing what is there", self.place):
            found = self._listed()
        if found == self._found or self._sender is None:
            return
        if not self._sender.is_all_sent():
            self.keep()
            raise UserError(
                f"{self.place} is written to by another process. What was not sent there before is in "
                f"{self.path}"
            )
        self._found = found
        self._fetch(self._sender)

    def _listed(self) -> dict[str, Any]:
        """What is known of every file where the run is kept, without its owner's mark."""

        def listed() -> dict[str, Any]:
            self._system.invalidate_cache()
            return self._system.find(self._root, detail=True)

        found = within(SECONDS_PER_FILE, listed, "listing what is there")
        return {name: about for name, about in found.items() if not name.endswith(FILE_NAME)}

    def _fetch(self, sender: Sender) -> None:
        sizes = _sizes(self._found, self._root)
        with self._reached():
            for name, size in sizes.items():
                target = self.path / name
                target.parent.mkdir(parents=True, exist_ok=True)
                source, to = f"{self._root}/{name}", str(target)
                with told_if_slow(f"reading {name}", self.place):
                    get = partial(self._system.get_file, source, to)
                    within(seconds_for(size), get, f"reading {name}")
        sender.sent, sender.there, sender.in_doubt = states_of(self.path), sizes, set()

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except UserError:
            raise
        except Exception as error:  # every kind of storage has errors of its own
            raise UserError(
                f"{self.place} cannot be read: {reason_of(error)}. Are the address and the "
                "credentials right?"
            ) from error

    def push(self) -> None:
        """Send what has changed since it was fetched or sent to where the run is kept, and wait for it.

        Raises
        ------
        UserError
            If that fails; the folder on this machine is then left where it is.
        """
        try:
            self.send()
        except BaseException as error:
            self.keep()
            if not isinstance(error, Exception):  # Ctrl-C has ended the wait
                raise
            raise UserError(
                f"{self.place} cannot be written: {reason_of(error)}. Nothing is lost: the run is in "
                f"{self.path}, and the next command that uses this address sends the rest"
            ) from error

    def begin_to_send(self) -> None:
        """Send what has changed while the work goes on. What fails is told, and tried again by `push`."""
        if self._sender is not None:
            self._sender.begin()

    def send(self) -> None:
        """`push`, with the errors of the storage as they come."""
        if self._sender is not None:
            self._sender.finish()

    def keep(self) -> None:
        """Leave the folder on this machine when this object goes, with a note of what was not sent."""
        if self._sender is not None:
            self._remove.detach()
            sender = self._sender
            doubt = tuple(sorted(sender.in_doubt))
            note(self.path, Unsent(self.place, sender.sent, sender.there, doubt))

    def end_suddenly(self) -> None:
        """Remove the copy, unless it holds what was not sent: then its place is named."""
        if self._sender is None or self._sender.is_all_sent():
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            self._sender.end_suddenly()
            self.keep()
            os.write(2, f"lfads: what was not sent to {self.place} is in {self.path}\n".encode())


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
    except BaseException as error:
        folder.keep()
        if not isinstance(error, Exception):  # Ctrl-C has ended the wait
            raise
        return f". It could not be sent there, and is in {folder.path}"
    return ""


def _inside(root: str, found: str) -> PurePosixPath:
    """The path of a file below the root, which it must not leave."""
    inside = PurePosixPath(found.removeprefix(root).lstrip("/"))
    if inside.is_absolute() or ".." in inside.parts or not inside.parts:
        raise UserError(f"{found} lies outside of {root}: refused")
    return inside


def _sizes(found: dict[str, Any], root: str) -> dict[str, int]:
    """Sizes of files by their names below the root."""
    return {str(_inside(root, name)): int(about.get("size") or 0) for name, about in found.items()}
