"""Jobs of a place, in a table and in their folders. Every change of state is one transaction.

The table is what counts; folders hold each job as it stands, so that a table that is lost or damaged is
made again from them. Nothing here depends on the time of day.
"""

import json
import shutil
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lfads.checks import NotThere, UserError, reason_of
from lfads.files import SECONDS_TO_KEEP_LEFTOVERS
from lfads.jobs.folder import NEW, REMOVED, jobs_in, write_job, write_new
from lfads.jobs.job import FOLLOWS, STATES, Job, State, job_of
from lfads.jobs.table import Table


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
        self._table = Table(place, self._put_all)
        self._tidy()
        self.take_in()

    def add(self, job: Job) -> None:
        """A new job: its folder, then its row."""
        write_new(self.place / job.id, job)
        self._table.done(lambda table: _insert(table, job))

    def find(self, group: str, identity: str) -> Job | None:
        """The newest job of a group that asks for the same."""
        found = self._jobs(
            "WHERE owner = ? AND identity = ? ORDER BY number DESC LIMIT 1", group, identity
        )
        return found[0] if found else None

    def get(self, name: str) -> Job:
        """A job by its id, or by how its id begins.

        Raises
        ------
        NotThere
            If there is none.
        UserError
            If several begin so.
        """
        found = self._jobs("WHERE id = ?", name) or [
            job for job in self._jobs("ORDER BY number") if name and job.id.startswith(name)
        ]
        if len(found) != 1:
            what = "no job" if not found else f"{len(found)} jobs, not one,"
            kind = UserError if found else NotThere
            raise kind(
                f"there is {what} whose id is or begins with {name!r} in {self.place}: "
                "`lfads jobs list` shows those there are"
            )
        return found[0]

    def jobs(self, states: Sequence[State] | None = None, group: str | None = None) -> list[Job]:
        """Jobs by priority, then in the order in which they came."""
        wanted = STATES if states is None else states
        marks = ", ".join("?" * len(wanted))
        found = self._jobs(f"WHERE state IN ({marks}) ORDER BY priority DESC, number", *wanted)
        return [job for job in found if group is None or job.group == group]

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

        self._table.done(changed)
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

        self._table.done(forgotten)

    def take_in(self) -> list[Job]:
        """Put into the table what only folders know: their process, or the machine, died before it did.

        A folder without a row becomes one; where a folder has seen a later attempt, it is right.
        """
        known = {job.id: job for job in self._jobs()}
        there = list(jobs_in(self.place))
        new = [job for job in there if job.id not in known]
        later = [job for job in there if job.id in known and job.attempt > known[job.id].attempt]

        def put(table: sqlite3.Connection) -> None:
            for job in new:
                _insert(table, job)
            for job in later:
                _update(table, job)

        if new or later:
            self._table.done(put)
        return [*new, *later]

    def _tidy(self) -> None:
        """Take out rows whose folder is gone, and folders that were half made or half removed."""
        for job in self._jobs():
            if not (self.place / job.id).exists():
                self.remove(job)
        for folder in (
            *self.place.glob(f"{REMOVED}*"),
            *filter(_is_old, self.place.glob(f"{NEW}*")),
        ):
            shutil.rmtree(folder, ignore_errors=True)

    def _jobs(self, which: str = "", *values: str) -> list[Job]:
        """Jobs of the table; `which` says, in SQL, which ones in which order."""
        return self._table.done(lambda table: _read(table, which, *values), writes=False)

    def _put_all(self, table: sqlite3.Connection) -> None:
        """Put the jobs of all folders into a new table."""
        for job in jobs_in(self.place):
            _insert(table, job)


def _read(table: sqlite3.Connection, which: str, *values: str) -> list[Job]:
    rows = table.execute(f"SELECT job FROM jobs {which}", values).fetchall()
    return [job_of(json.loads(row[0])) for row in rows]


def _is_as_read(table: sqlite3.Connection, job: Job) -> bool | None:
    """Whether state and attempt are still those that were read; None if the job is gone."""
    found = _read(table, "WHERE id = ?", job.id)
    return (found[0].state, found[0].attempt) == (job.state, job.attempt) if found else None


def _update(table: sqlite3.Connection, job: Job) -> None:
    table.execute(
        "UPDATE jobs SET state = ?, priority = ?, job = ? WHERE id = ?",
        (job.state, job.priority, json.dumps(job.to_dict()), job.id),
    )


def _is_old(folder: Path) -> bool:
    """Whether nobody can be making it any more."""
    try:
        return abs(time.time() - folder.stat().st_mtime) > SECONDS_TO_KEEP_LEFTOVERS
    except OSError:
        return False


def _insert(table: sqlite3.Connection, job: Job) -> None:
    table.execute(
        "INSERT OR IGNORE INTO jobs (id, owner, identity, state, priority, job) VALUES (?, ?, ?, ?, ?, ?)",
        (job.id, job.group, job.asked.identity(), job.state, job.priority, json.dumps(job.to_dict())),
    )  # fmt: skip
