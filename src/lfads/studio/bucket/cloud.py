"""A bucket of NeuroCAAS as a studio shows it: what is in it, looked up beside, and what is sent to it.

A bucket far away answers in seconds or not at all; pages show what was seen last, and when.
"""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from lfads.checks import UserError, reason_of
from lfads.files import PathLike
from lfads.neurocaas.buckets import Bucket
from lfads.neurocaas.found_jobs import find_job, jobs_of
from lfads.neurocaas.layout import CONFIGS, INPUTS, Folder
from lfads.neurocaas.opened import open_bucket
from lfads.neurocaas.sending import Sending
from lfads.neurocaas.standing import Standing, standing_of
from lfads.neurocaas.submitting import check_group

FRESH_S = 4.0
FIRST_S = 3.0
"""A page waits so long for the first look."""

MOST_JOBS = 20
MOST_TRANSFERS = 20


@dataclass(frozen=True)
class DataSet:
    """A file, or a folder of sessions, that a job can be given.

    Parameters
    ----------
    key
        In the bucket; of a folder it ends in a slash.
    name
        For people.
    num_bytes
        Its size.
    num_files
        In a folder; 1 of a file.
    modified_at
        In seconds since 1970.
    """

    key: str
    name: str
    num_bytes: int
    num_files: int
    modified_at: float


@dataclass(frozen=True)
class Seen:
    """What a bucket had of a group when it was looked at.

    Parameters
    ----------
    data, configs
        To choose from, those written last first.
    jobs
        Those written last first; `older` are not among them.
    at
        When, on the clock of this process; 0 before the first look.
    problem
        Why the last look failed; empty if it did not.
    """

    data: tuple[DataSet, ...] = ()
    configs: tuple[DataSet, ...] = ()
    jobs: tuple[Standing, ...] = ()
    older: int = 0
    at: float = 0.0
    problem: str = ""

    @property
    def age_s(self) -> float:
        """Since then."""
        return time.monotonic() - self.at


@dataclass
class Transfer:
    """A file on its way to the bucket."""

    name: str
    done: int = 0
    of: int = 0
    state: str = "waits"
    said: str = ""

    @property
    def percent(self) -> int:
        """How far it is."""
        return 100 * self.done // self.of if self.of else 0


@dataclass
class Cloud:
    """A bucket, and the group whose folder of it is shown.

    Parameters
    ----------
    bucket
        That jobs are submitted to.
    group
        Its folder.
    """

    bucket: Bucket
    group: str
    transfers: list[Transfer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._seen = Seen()
        self._looker = ThreadPoolExecutor(1, thread_name_prefix="bucket")
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="sends")
        self._look: Future[None] | None = None
        self._ended: dict[str, Standing] = {}

    def seen(self) -> Seen:
        """What the bucket has; looked at anew beside, if that is long ago."""
        with self._lock:
            if self._look is None and (not self._seen.at or self._seen.age_s > FRESH_S):
                self._look = self._looker.submit(self._look_now)
            look, first = self._look, not self._seen.at
        if look is not None and first:
            wait([look], FIRST_S)
        return self._seen

    def look_anew(self) -> None:
        """What was seen is no longer so: something was sent."""
        with self._lock:
            if self._seen.at:
                self._seen = replace(self._seen, at=time.monotonic() - FRESH_S - 1)

    def job(self, name: str) -> Standing:
        """How a job of the group stands, now.

        Raises
        ------
        UserError
            If there is none of the name.
        """
        if "/" in name:
            raise UserError(f"there is no job {name} of {self.group}")
        return standing_of(self.bucket, find_job(self.bucket, name, self.group))

    def send(self, files: Mapping[str, Path]) -> None:
        """Send files to the group's inputs, by their names there, one after another."""
        for name, path in files.items():
            transfer = Transfer(name, of=path.stat().st_size)
            with self._lock:
                self.transfers = [transfer, *self.transfers][:MOST_TRANSFERS]
            self._sender.submit(self._send, transfer, path)

    @property
    def is_sending(self) -> bool:
        """Whether a file is on its way."""
        return any(one.state in ("waits", "running") for one in self.transfers)

    def _send(self, transfer: Transfer, path: Path) -> None:
        def heard(done: int, of: int) -> None:
            transfer.done, transfer.of = done, of

        transfer.state = "running"
        try:
            sending = Sending(self.bucket, False, lambda text: None, lambda key: heard)
            sending.data(path, f"{self.group}/{INPUTS}/{transfer.name}")
            transfer.state, transfer.done = "done", transfer.of
        except (UserError, OSError) as error:
            transfer.state, transfer.said = "failed", reason_of(error)
        self.look_anew()

    def _look_now(self) -> None:
        before = self._seen
        try:
            seen = self._found()
        except Exception as error:  # of this machine or the bucket: the page says it
            seen = replace(before, problem=reason_of(error))
        with self._lock:
            self._seen = replace(seen, at=time.monotonic())
            self._look = None

    def _found(self) -> Seen:
        folders = jobs_of(self.bucket, self.group)
        return Seen(
            data=data_sets(self.bucket, f"{self.group}/{INPUTS}/"),
            configs=data_sets(self.bucket, f"{self.group}/{CONFIGS}/"),
            jobs=tuple(self._standing(folder) for folder in folders[:MOST_JOBS]),
            older=max(0, len(folders) - MOST_JOBS),
        )

    def _standing(self, folder: Folder) -> Standing:
        """How a job stands; one that has ended is not asked for again."""
        if (known := self._ended.get(folder.prefix)) is not None:
            return known
        found = standing_of(self.bucket, folder)
        if found.has_ended:
            self._ended[folder.prefix] = found
        return found


def cloud_at(place: PathLike, group: str) -> Cloud:
    """The bucket at an address, or a folder of the same layout, with a group's folder.

    Raises
    ------
    UserError
        If it is neither, or no group can have the name.
    """
    bucket = open_bucket(place)
    check_group(bucket, group)
    return Cloud(bucket, group)


def data_sets(bucket: Bucket, prefix: str) -> tuple[DataSet, ...]:
    """Files below a folder, and its own folders, each as one; those written last first."""
    found: dict[str, DataSet] = {}
    for one in bucket.entries(prefix):
        name, slash, _ = one.key.removeprefix(prefix).partition("/")
        before = found.get(name + slash, DataSet(f"{prefix}{name}{slash}", name + slash, 0, 0, 0.0))
        found[name + slash] = DataSet(
            before.key, before.name, before.num_bytes + one.num_bytes, before.num_files + 1,
            max(before.modified_at, one.modified_at),
        )  # fmt: skip
    return tuple(sorted(found.values(), key=lambda one: (-one.modified_at, one.name)))
