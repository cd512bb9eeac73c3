"""What is new in a folder, sent to where it is kept by a thread, beside what else the process does.

A picture of the folder is taken between two steps of the work, by hard links, so that what is sent fits
together. One picture is sent at a time, and one waits, whose place a newer one takes: of a file that
changes faster than the store takes it, the newest content is sent.
"""

import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import lfads.storage.stores as stores
from lfads.checks import first_of, reason_of
from lfads.paths import printable
from lfads.storage.stores import seconds_for, told_if_slow
from lfads.waiting import NoAnswer, within

State = tuple[int, int]
"""Of a file: when it was changed, in ns, and its size in bytes."""

SECONDS_BETWEEN_TELLING = 60.0
PREFIX = "lfads-sending-"


@dataclass(frozen=True)
class Picture:
    """A folder at one time: the names of its files, and those that are new, in a folder of their own."""

    folder: Path
    names: frozenset[str]
    new: Mapping[str, State]

    def remove(self) -> None:
        """Remove it."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Sender:
    """Sends what changes in a folder of this machine to where it is kept.

    Parameters
    ----------
    folder
        On this machine.
    place
        What users call where it is kept.
    system, root
        The file system of that, and the path on it.

    Attributes
    ----------
    check
        Called before files are sent; raises where the place is not ours any more.
    sent
        Files that are there as they are here.
    there
        Sizes of all files that are known to be there.
    in_doubt
        Files of which it is not known how much of them is there.
    """

    def __init__(self, folder: Path, place: str, system: Any, root: str) -> None:
        self.folder, self.place = folder, place
        self._system, self._root = system, root
        self.check: Callable[[], None] = nothing
        self.sent: dict[str, State] = {}
        self.there: dict[str, int] = {}
        self.in_doubt: set[str] = set()
        self._changed = threading.Condition()
        self._current: Picture | None = None
        self._waiting: Picture | None = None
        self._failure: Exception | None = None
        self._stuck: NoAnswer | None = None
        self._is_awaited = self._is_told = self._is_told_slow = False

    def begin(self) -> None:
        """Send what has changed, beside what this thread does next; its errors are told, not raised."""
        picture = picture_of(self.folder, self.sent)
        with self._changed:
            replaced, self._waiting = self._waiting, picture
            if self._current is None and picture is not None:
                self._current, self._waiting = picture, None
                threading.Thread(target=self._work, name="lfads-sender", daemon=True).start()
        if replaced is not None:
            replaced.remove()

    def finish(self) -> None:
        """Send what has changed, and wait until it is there; errors of the store come as they are."""
        self._is_awaited = True
        try:
            self.begin()
            self.wait()
        finally:
            self._is_awaited = False
        if self._failure is not None and not self.is_all_sent():
            raise self._failure

    def is_all_sent(self) -> bool:
        """Whether what is here is there."""
        return self.sent == states_of(self.folder)

    def end_suddenly(self) -> None:
        """Remove the pictures: the process ends now."""
        for picture in (self._current, self._waiting):
            if picture is not None:
                picture.remove()

    def _work(self) -> None:
        """Send pictures until there is none."""
        while (picture := self._current) is not None:
            try:
                self._send(picture)
                self._failure, self._is_told = None, False
            except Exception as error:  # every kind of storage has errors of its own
                self._failure = error
                self._tell(error)
            finally:
                picture.remove()
            with self._changed:
                self._current, self._waiting = self._waiting, None
                self._changed.notify_all()

    def _send(self, picture: Picture) -> None:
        if self._stuck is not None and self._stuck.call.is_alive():
            raise self._stuck  # what it sends, if it ever does, must not come after what is newer
        self.check()
        for name in sorted(set(self.sent) - picture.names):
            self._asked(self._remove, "removing", name, 0)
            del self.sent[name]
            self.there.pop(name, None)
        for name, state in in_order(picture.new.items()):
            if self.sent.get(name) != state:
                put = partial(self._put, str(picture.folder / name))
                self._asked(put, "sending", name, state[1])
                self.sent[name], self.there[name] = state, state[1]

    def _remove(self, target: str) -> None:
        with suppress(FileNotFoundError):  # it went, and the answer was lost
            self._system.rm_file(target)

    def _put(self, source: str, target: str) -> None:
        self._system.makedirs(target.rpartition("/")[0], exist_ok=True)
        self._system.put_file(source, target)

    def _asked(self, do: Callable[[str], object], what: str, name: str, size: int) -> None:
        """Something that is asked of the store about a file; says once if that is slow."""
        self.in_doubt.add(name)
        began = time.monotonic()
        is_silent = self._is_awaited or self._is_told_slow  # who waits is told another thing
        told = told_if_slow(f"{what} {name}", self.place, "The work goes on meanwhile")
        with nullcontext() if is_silent else told:
            try:
                within(seconds_for(size), partial(do, f"{self._root}/{name}"), f"{what} {name}")
            except NoAnswer as error:
                self._stuck = error
                raise
            finally:
                self._is_told_slow |= time.monotonic() - began >= stores.SECONDS_UNTIL_TOLD
        self.in_doubt.discard(name)

    def _tell(self, error: Exception) -> None:
        if not self._is_told and not self._is_awaited:
            logging.getLogger(__name__).warning(
                "%s cannot be written now (%s); the run goes on, and this is tried again",
                printable(self.place), reason_of(error),
            )  # fmt: skip
        self._is_told = True

    def wait(self) -> None:
        """Until all is sent, or has failed; says what is waited for."""
        tell_at = time.monotonic() + stores.SECONDS_UNTIL_TOLD
        with self._changed:
            while self._current is not None:
                self._changed.wait(min(1.0, stores.SECONDS_UNTIL_TOLD))
                if self._current is not None and time.monotonic() >= tell_at:
                    tell_at = time.monotonic() + SECONDS_BETWEEN_TELLING
                    logging.getLogger(__name__).warning(
                        "%s: waiting until it has taken %s. Ctrl-C ends the wait: what was not sent then "
                        "stays in %s, and is sent by the next command that uses this address",
                        printable(self.place), self._left(), self.folder,
                    )  # fmt: skip

    def _left(self) -> str:
        new = dict(self._current.new if self._current else {})
        new |= self._waiting.new if self._waiting else {}
        left = {
            name: state for name, state in in_order(new.items()) if self.sent.get(name) != state
        }
        size = sum(num_bytes for _, num_bytes in left.values()) / 2**20
        return f"{first_of(list(left), 3) or 'what was removed'} ({size:.3g} MiB)"


def picture_of(folder: Path, sent: Mapping[str, State]) -> Picture | None:
    """A picture of a folder; None where all was sent.

    Files are replaced, never written over, so that a link keeps what it shows; records, which grow, are
    copied.
    """
    states, known = states_of(folder), dict(sent)
    new = {name: state for name, state in states.items() if known.get(name) != state}
    if not new and not set(known) - set(states):
        return None
    beside = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder.parent))
    try:
        for name in new:
            target = beside / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not name.endswith(".jsonl"):
                with suppress(OSError):  # a disk without links
                    os.link(folder / name, target)
                    continue
            shutil.copy2(folder / name, target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return Picture(beside, frozenset(states), new)


def states_of(folder: Path) -> dict[str, State]:
    """Time and size of every file that is whole."""
    states = {}
    for path in whole_files(folder):
        about = path.stat()
        states[path.relative_to(folder).as_posix()] = (about.st_mtime_ns, about.st_size)
    return states


def whole_files(folder: Path) -> Iterator[Path]:
    """Files below a folder, but for those that are being written, whose names begin with a dot."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            yield path


def in_order(files: Iterable[tuple[str, State]]) -> list[tuple[str, State]]:
    """Files in the order in which they are sent, so that a run can go on from any part of them.

    A checkpoint comes after the records that it counts on, and before what is written again from it; what
    says that there is a search comes before its best run.
    """
    return sorted(files, key=lambda item: (_rank(item[0]), item[0].count("/"), item[0]))


def _rank(name: str) -> int:
    if name.endswith("config.toml"):
        return 0
    if name.endswith(".jsonl"):
        return 1
    return 2 if "checkpoints/" in name else 3


def nothing() -> None:
    """Of a place that nobody else writes to."""
