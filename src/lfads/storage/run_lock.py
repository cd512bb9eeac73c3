"""One process at a time trains in a folder: a hidden file there says which, and that it lives.

On one machine the lock of that file decides (flock; msvcrt on Windows), which goes with its process. Where
files have no locks, as at addresses and on some disks that machines share, its owner counts on in the file
as long as it lives. Who finds the mark of another machine watches it for a minute: if nothing moves, its
owner is gone, and the folder is taken over. An owner that was taken for gone, since its machine slept,
notices it before it writes again.
"""

import contextlib
import json
import logging
import os
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lfads.checks import UserError, reason_of
from lfads.ending import at_sudden_end
from lfads.files import CannotWrite, is_leftover, part_of
from lfads.makers import is_gone, machine
from lfads.paths import printable
from lfads.storage.lock_places import MarkedFile, Place

FILE_NAME = ".in-use.json"

WRITTEN = frozenset({
    "best", "best.npz", "config.toml", "epochs.jsonl", "last.npz", "metrics.jsonl", "population.csv",
    "summary.json",
})  # fmt: skip
"""What nobody but the owner of a folder writes there."""

DEPTH = 4
"""Of a run's folder: `SESSION/others/checkpoints/last.npz`."""

BEAT_S = 10.0
"""An owner counts on so often."""

GONE_S = 60.0
"""Of another machine, an owner that does not count for so long is gone."""

SETTLE_S = 2.0
"""Where there are no locks, two that begin together find out by then which of them wrote last."""

_LENGTH = 512


@dataclass(frozen=True)
class Owner:
    """Who trains in a folder; `count` goes up while it lives."""

    host: str
    machine: str
    process: int
    token: str
    what: str
    count: int = 0

    def __str__(self) -> str:
        return printable(f"process {self.process} on {self.host} ({self.what})")


class Lock:
    """A folder that belongs to this process; as a tracker of searches it raises once it does not any more.

    Parameters
    ----------
    place
        Of the mark.
    name
        What users call the folder.
    what
        Is done there, in a word.
    """

    def __init__(self, place: Place, name: str, what: str) -> None:
        self.place, self.name = place, name
        host = socket.gethostname()[:64]
        self.own = Owner(host, machine(), os.getpid(), secrets.token_hex(8), what[:64])
        self.lost_to: Owner | None = None
        self.is_ours = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name="lfads-lock", daemon=True)

    def take(self) -> None:
        """Make it ours, or raise a UserError if it is another's."""
        found = _owner(self.place)
        if found is not None and not self._is_known_to_be_gone(found):
            logging.getLogger(__name__).warning(
                "%s is marked as in use by %s; waiting up to %.0f s to see whether it still is",
                self.name, found, GONE_S,
            )  # fmt: skip
            if _lives(self.place):
                raise UserError(in_use(self.name, found))
        self.is_ours = True
        try:
            self.place.write(_content(self.own))
        except OSError as error:
            raise CannotWrite(f"cannot write {self.name}: {reason_of(error)}") from error
        if not self.place.is_locked:
            time.sleep(SETTLE_S)
            found = _owner(self.place)
            if found is not None and found.token != self.own.token:
                self.lost_to = found
                raise UserError(in_use(self.name, found))
        self._thread.start()

    def release(self) -> None:
        """Give it back."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(BEAT_S)
        with contextlib.suppress(Exception):  # a store that is away: the mark stands still
            self.forget()

    def forget(self) -> None:
        """Remove the mark, if it is ours."""
        if self.is_ours and self.lost_to is None:
            self.place.remove()
        else:
            self.place.close()

    def check(self) -> None:
        """A UserError if another process took the folder over."""
        if self.lost_to is not None:
            raise UserError(
                f"{self.name} was taken over by {self.lost_to}, which could not see that this process "
                "lives: it ends here, and leaves the folder as it is"
            )

    def start(self, *_: Any) -> None:
        """Nothing has been written yet."""

    def epochs(self, generation: int, epoch: int, last_epoch: int) -> None:
        """Before the generation is written down."""
        self.check()

    def generation(self, rows: Any, best: Any) -> None:
        """After it was."""
        self.check()

    def end(self, stopped_by: str) -> None:
        """Nothing is left to do."""

    def _is_known_to_be_gone(self, found: Owner) -> bool:
        same = found.machine == self.own.machine
        return same and (self.place.is_locked or is_gone(found.machine, found.process))

    def _live(self) -> None:
        while not self._ended.wait(BEAT_S):
            with contextlib.suppress(Exception):  # a disk or a store that is away comes back
                found = _owner(self.place)
                if found is not None and found.token != self.own.token:
                    self.lost_to = found
                    return
                self.own = replace(self.own, count=self.own.count + 1)
                self.place.write(_content(self.own))


@contextlib.contextmanager
def owned(folder: Path, what: str) -> Iterator[Lock]:
    """Within the block no other process trains in a folder of this machine; what killed ones left goes.

    Raises
    ------
    UserError
        If another process trains there.
    CannotWrite
        If the folder cannot be written to.
    """
    path, is_new = folder / FILE_NAME, not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = MarkedFile(path)
    except BlockingIOError:
        raise UserError(in_use(str(folder), _owner_in(path))) from None
    except OSError as error:
        raise CannotWrite(
            f"cannot write {path}: {error.strerror}. Choose a folder that you may write to."
        ) from error
    try:
        with held(place, str(folder), what) as lock, at_sudden_end(lock.forget):
            _clean(folder)
            yield lock
    finally:
        if is_new:
            with contextlib.suppress(OSError):  # it is not empty
                folder.rmdir()


@contextlib.contextmanager
def held(place: Place, name: str, what: str) -> Iterator[Lock]:
    """Within the block a place is marked as that of this process. Errors as in `owned`."""
    lock = Lock(place, name, what)
    try:
        lock.take()
    except BaseException:
        lock.release()
        raise
    try:
        yield lock
    finally:
        lock.release()


def is_abandoned(path: Path) -> bool:
    """Whether a file or folder, in a folder that is ours, was half-made by a process that has ended.

    What belongs to trainings alone was, on whatever machine, since otherwise the folder would not be ours.
    """
    return is_leftover(path) or part_of(path) in WRITTEN


def _clean(folder: Path) -> None:
    """Remove what processes that were killed left half-made."""
    hidden = [path for depth in range(DEPTH) for path in folder.glob("*/" * depth + ".*")]
    for path in filter(is_abandoned, hidden):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    for path in [path for path in hidden if path.name == FILE_NAME and path.parent != folder]:
        with contextlib.suppress(OSError):  # it is another's
            mark = MarkedFile(path)
            if mark.is_locked:
                mark.remove()
            else:
                mark.close()


def in_use(name: str, owner: Owner | None) -> str:
    """That a folder is another's, in words."""
    who = "another process" if owner is None else str(owner)
    return f"{name} is in use by {who}: wait until that has ended, or choose another folder"


def _lives(place: Place) -> bool:
    """Whether the mark of an owner changes within a while."""
    before, until = place.read(), time.monotonic() + GONE_S
    while time.monotonic() < until:
        time.sleep(min(BEAT_S, GONE_S) / 5)
        now = place.read()
        if now != before:
            return now is not None
    return False


def _owner_in(path: Path) -> Owner | None:
    try:
        return _parsed(path.read_bytes())
    except OSError:
        return None


def _owner(place: Place) -> Owner | None:
    return _parsed(place.read())


def _parsed(content: bytes | None) -> Owner | None:
    """None where nobody, or nothing that can be read, is marked."""
    try:
        found = Owner(**json.loads(content or b""))
    except (ValueError, TypeError, RecursionError):
        return None
    kinds = [type(value) for value in asdict(found).values()]
    return found if kinds == [str, str, int, str, str, int] else None


def _content(owner: Owner) -> bytes:
    return json.dumps(asdict(owner)).encode().ljust(_LENGTH) + b"\n"
