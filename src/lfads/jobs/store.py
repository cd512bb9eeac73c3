"""The table of jobs: SQLite beside the folders. Every change of state is one transaction.

The table is what counts; folders hold each job as it stands, so that a table that is lost or damaged is
made again from them. Nothing here depends on the time of day.
"""

import contextlib
import json
import shutil
import sqlite3
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lfads.checks import UserError, reason_of
from lfads.files import SECONDS_TO_KEEP_LEFTOVERS
from lfads.jobs.folder import NEW, REMOVED, jobs_in, write_job, write_new
from lfads.jobs.job import FOLLOWS, Job, State, job_of

FILE_NAME = "jobs.sqlite"
PATIENCE_S = 30.0
"""Another process may have the table for so long."""

_TABLE = """CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, owner TEXT NOT NULL,
    identity TEXT NOT NULL, state TEXT NOT NULL, priority INTEGER NOT NULL, job TEXT NOT NULL)"""


class Changed(Exception):
    """Somebody else has changed the job in between."""


class Store:
    """Jobs of a place: a folder with a table and a folder for each job."""

    def __init__(self, place: Path) -> None:
        self.place = place
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"jobs need a folder that can be written to; {place} is none: {reason_of(error)}"
            ) from error
        self._lock = threading.RLock()
        self._table: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._tidy()
        self.take_in()

    def add(self, job: Job) -> None:
        """A new job: its folder, then its row."""
        write_new(self.place / job.id, job)
        self._done(lambda table: _insert(table, job))

    def find(self, group: str, identity: str) -> Job | None:
        """The newest job of a group that asks for the same."""
        query = "SELECT job FROM jobs WHERE owner = ? AND identity = ? ORDER BY number DESC LIMIT 1"
        rows = self._rows(query, (group, identity))
        return job_of(json.loads(rows[0][0])) if rows else None

    def get(self, name: str) -> Job:
        """A job by its id, or by how its id begins.

        Raises
        ------
        UserError
            If there is none, or several begin so.
        """
        exact = self._rows("SELECT job FROM jobs WHERE id = ?", (name,))
        rows = exact or [
            row for row in self._rows("SELECT job FROM jobs ORDER BY number", ())
            if name and json.loads(row[0])["id"].startswith(name)
        ]  # fmt: skip
        if len(rows) != 1:
            what = "no job" if not rows else f"{len(rows)} jobs, not one,"
            raise UserError(
                f"there is {what} whose id is or begins with {name!r} in {self.place}: "
                "`lfads jobs list` shows those there are"
            )
        return job_of(json.loads(rows[0][0]))

    def jobs(self, states: Sequence[State] | None = None, group: str | None = None) -> list[Job]:
        """Jobs by priority, then in the order in which they came."""
        rows = self._rows("SELECT job FROM jobs ORDER BY priority DESC, number", ())
        found = [job_of(json.loads(row[0])) for row in rows]
        return [
            job for job in found
            if (states is None or job.state in states) and (group is None or job.group == group)
        ]  # fmt: skip

    def change(self, job: Job, **values: Any) -> Job:
        """The job with other values, in folder and table, if nobody has changed it since it was read.

        Raises
        ------
        Changed
            If its state or attempt is another one by now.
        """
        after = replace(job, **values)
        if after.state != job.state and after.state not in FOLLOWS[job.state]:
            raise ValueError(f"a job that is {job.state} cannot become {after.state}")

        def changed(table: sqlite3.Connection) -> None:
            if not _is_as_read(table, job):
                raise Changed(job.id)
            write_job(self.place / job.id, after)
            _update(table, after)

        self._done(changed)
        return after

    def remove(self, job: Job, away: Path | None = None) -> None:
        """Take a job out of the table, if nobody has changed it since it was read.

        Parameters
        ----------
        job
            As it was read.
        away
            Where its folder is moved to, if it has one.

        Raises
        ------
        Changed
            If its state or attempt is another one by now.
        """

        def forgotten(table: sqlite3.Connection) -> None:
            if _is_as_read(table, job) is False:
                raise Changed(job.id)
            folder = self.place / job.id
            if away is not None and folder.exists():
                folder.rename(away)
            table.execute("DELETE FROM jobs WHERE id = ?", (job.id,))

        self._done(forgotten)

    def take_in(self) -> list[Job]:
        """Put into the table what only folders know: their process, or the machine, died before it did.

        A folder without a row becomes one; where a folder has seen a later attempt, it is right.
        """
        rows = [job_of(json.loads(row[0])) for row in self._rows("SELECT job FROM jobs", ())]
        known = {job.id: job for job in rows}
        there = list(jobs_in(self.place))
        new = [job for job in there if job.id not in known]
        later = [job for job in there if job.id in known and job.attempt > known[job.id].attempt]

        def put(table: sqlite3.Connection) -> None:
            for job in new:
                _insert(table, job)
            for job in later:
                _update(table, job)

        if new or later:
            self._done(put)
        return [*new, *later]

    def _tidy(self) -> None:
        """Take out rows whose folder is gone, and folders that were half made or half removed."""
        rows = [job_of(json.loads(row[0])) for row in self._rows("SELECT job FROM jobs", ())]
        for job in rows:
            if not (self.place / job.id).exists():
                self.remove(job)
        for folder in (
            *self.place.glob(f"{REMOVED}*"),
            *filter(_is_old, self.place.glob(f"{NEW}*")),
        ):
            shutil.rmtree(folder, ignore_errors=True)

    def _rows(self, query: str, values: Sequence[Any]) -> list[Any]:
        return self._done(lambda table: table.execute(query, values).fetchall(), writes=False)

    def _done(self, do: Callable[[sqlite3.Connection], Any], *, writes: bool = True) -> Any:
        """Something done in one transaction; once more if the table had to be made again for it."""
        with self._lock:
            for again in (True, False):
                try:
                    return _in_transaction(self._opened(), do, writes)
                except sqlite3.OperationalError as error:
                    raise UserError(
                        f"the table of jobs {self.place / FILE_NAME} cannot be used: {error}. If it stays "
                        "locked, see which process has it; if the disk is full, make room"
                    ) from error
                except sqlite3.DatabaseError:
                    if not again:
                        raise
                    if self._table is not None:
                        self._table.close()
                    self._keep(self._made_again(self.place / FILE_NAME))
        return None

    def _opened(self) -> sqlite3.Connection:
        """The table, open; opened anew if its file is another one by now."""
        path = self.place / FILE_NAME
        if self._table is not None and _file_of(path) == self._file:
            return self._table
        try:
            table = _connected(path)
        except sqlite3.OperationalError as error:
            raise UserError(f"the table of jobs {path} cannot be opened: {error}") from error
        except sqlite3.DatabaseError:
            table = self._made_again(path)
        self._keep(table)
        return table

    def _keep(self, table: sqlite3.Connection) -> None:
        """Keep the table open: closing it each time takes most of a change's time."""
        self._table, self._file = table, _file_of(self.place / FILE_NAME)
        weakref.finalize(self, table.close)

    def _made_again(self, path: Path) -> sqlite3.Connection:
        """A table from the folders, in the place of one that is damaged, which is kept beside."""
        aside = path.with_name(f"{FILE_NAME}.damaged")
        path.replace(aside)
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        table = _connected(path)
        table.execute("BEGIN IMMEDIATE")
        for job in jobs_in(self.place):
            _insert(table, job)
        table.execute("COMMIT")
        warnings.warn(
            f"the table of jobs {path} was damaged and has been made again from the jobs' folders; the "
            f"damaged one is {aside.name}",
            stacklevel=5,
        )
        return table


def _in_transaction(
    table: sqlite3.Connection, do: Callable[[sqlite3.Connection], Any], writes: bool
) -> Any:
    table.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    try:
        result = do(table)
        table.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            table.execute("ROLLBACK")
        raise
    return result


def _is_as_read(table: sqlite3.Connection, job: Job) -> bool | None:
    """Whether state and attempt are still those that were read; None if the job is gone."""
    row = table.execute("SELECT job FROM jobs WHERE id = ?", (job.id,)).fetchone()
    if row is None:
        return None
    now = job_of(json.loads(row[0]))
    return (now.state, now.attempt) == (job.state, job.attempt)


def _update(table: sqlite3.Connection, job: Job) -> None:
    table.execute(
        "UPDATE jobs SET state = ?, priority = ?, job = ? WHERE id = ?",
        (job.state, job.priority, json.dumps(job.to_dict()), job.id),
    )


def _file_of(path: Path) -> tuple[int, int]:
    """Which file a path is."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return found.st_dev, found.st_ino


def _is_old(folder: Path) -> bool:
    """Whether nobody can be making it any more."""
    try:
        return abs(time.time() - folder.stat().st_mtime) > SECONDS_TO_KEEP_LEFTOVERS
    except OSError:
        return False


def _connected(path: Path) -> sqlite3.Connection:
    new = not path.exists()
    table = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
    try:
        if new:
            table.execute("PRAGMA journal_mode = WAL")
        # After a power cut the last changes may be missing here; folders have them, and are flushed.
        table.execute("PRAGMA synchronous = NORMAL")
        if (
            new
            or not table.execute("SELECT name FROM sqlite_master WHERE name = 'jobs'").fetchall()
        ):
            table.execute(_TABLE)
    except BaseException:
        table.close()
        raise
    return table


def _insert(table: sqlite3.Connection, job: Job) -> None:
    table.execute(
        "INSERT OR IGNORE INTO jobs (id, owner, identity, state, priority, job) VALUES (?, ?, ?, ?, ?, ?)",
        (job.id, job.group, job.asked.identity(), job.state, job.priority, json.dumps(job.to_dict())),
    )  # fmt: skip
