"""What a server does at each look: it sees submissions, and takes each a step further until it has ended.

All that it knows stands in the bucket and in its work folder. A bucket that is away is waited out.
"""

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from lfads.checks import UserError, reason_of
from lfads.jobs.job import ENDED as JOB_ENDED
from lfads.jobs.job import Job
from lfads.neurocaas.buckets import Away, Entry, entry_of
from lfads.neurocaas.environment import begun, fetched
from lfads.neurocaas.initialization import initialized
from lfads.neurocaas.layout import BILLING, INPUTS, NO_GROUPS, SUBMISSIONS, SUBMITTED
from lfads.neurocaas.record import Record
from lfads.neurocaas.server import STEPS, Server, broken, refused
from lfads.neurocaas.validation import validated
from lfads.neurocaas.watching import Written, cleared, closed, shown, watched

SETTLE_S = 3.0
"""What is no submission may still be written: it is looked at again for so long."""

LARGEST_BYTES = 2**20
"""Of a submission; a larger file is none."""

MOST_TRIES = 20
"""Of what fails for a reason of this machine, before a submission's jobs are begun."""

AT_STAKE = ("running", "closing")
"""Stages whose results would be lost, or whose end would never be told, if they were not tried again."""

LONGEST_WAIT_S = 300.0
LOG = logging.getLogger(__name__)
Beside = Callable[[str, Callable[[], None]], object]


class Service:
    """Takes submissions of a bucket through their steps, a look at a time.

    Parameters
    ----------
    server
        What it works with.
    say
        Told what happens.

    Attributes
    ----------
    open
        Submissions that have not ended, by their names.
    is_unsettled
        Whether the last look found some that may still be written.
    ended
        Submissions that ended.
    """

    def __init__(self, server: Server, say: Callable[[str], None]) -> None:
        self.server = replace(server, open_hours=self._open_hours)
        self.say = say
        self.open: dict[str, Record] = {}
        self.is_unsettled = False
        for record in server.records.all():
            if record.stage != "ended":
                self.open[record.id] = record
            elif (server.records.folder(record) / INPUTS).exists():  # killed before it was done
                cleared(server, record)
        self.ended: list[Record] = []
        self._written = Written(server)
        self._told: dict[str, str] = {}
        self._doubtful: dict[str, float] = {}
        self._tries: dict[str, int] = {}
        self._again_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def look(self, beside: Beside | None = None) -> None:
        """See what is new, and take every submission that has not ended as far as it goes now.

        Parameters
        ----------
        beside
            Does something for a submission of a name in another thread; otherwise it is done here.

        Raises
        ------
        Away
            If the bucket does not answer; what is open goes on all the same.
        """
        try:
            self._take_new()
        finally:
            for name in list(self.open):
                if beside is None:
                    self.advance(name)
                else:
                    beside(name, lambda name=name: self.advance(name))

    def advance(self, name: str) -> None:
        """Take a submission as far as it goes now."""
        while self._step(name):
            pass

    def _step(self, name: str) -> bool:
        """Take a submission a step further; what fails is tried again, or ends it with its reason.

        Returns
        -------
        bool
            Whether it has come further, and more may be done.
        """
        record = self.open.get(name)
        if record is None or time.monotonic() < self._again_at.get(name, 0.0):
            return False
        try:
            after = self._next(record)
        except Exception as error:  # such a submission waits or ends, all others go on
            failed = self._failed(record, error)
            if failed is None:
                return self._wait(record, error)
            after = failed
        return after != record and self._keep(record, after)

    def _failed(self, record: Record, error: Exception) -> Record | None:
        """How a submission ends by what failed; None if it is tried again."""
        at_stake = record.stage in AT_STAKE
        if isinstance(error, Away):
            return None
        if isinstance(error, UserError):
            why = f"{_step_of(record)} failed"
            return None if at_stake else refused(record, error, why)
        few = self._tries.get(record.id, 0) < MOST_TRIES
        if isinstance(error, OSError) and (at_stake or few):  # of this machine: a disk that is full
            return None
        return None if record.stage == "closing" else self._broken(record, error)

    def _next(self, record: Record) -> Record:
        server = self.server
        if record.stage == "claimed":
            shown(server, self._written, record)
            with self._lock:  # two submissions do not reserve the same hours
                after = replace(validated(server, record), stage="valid")
                self.open[after.id] = after
                return after
        if record.stage == "valid":
            shown(server, self._written, record)
            return replace(fetched(server, record), stage="fetched")
        if record.stage == "fetched":
            shown(server, self._written, record)
            return replace(begun(server, record), stage="running")
        if record.stage == "running":
            shown(server, self._written, record)
            return watched(server, self._written, record)
        return closed(server, self._written, record)

    def _keep(self, record: Record, after: Record) -> bool:
        """Keep a record that has changed on the disk."""
        try:
            self.server.records.put(after)
        except OSError as error:
            self.open[record.id] = record
            return self._wait(record, error)
        self._tries.pop(after.id, None)
        self._again_at.pop(after.id, None)
        for line in after.lines[len(record.lines) :]:
            self.say(f"{after.results}: {line.partition(chr(9))[0]}")
        if after.stage != "ended":
            self.open[after.id] = after
            return True
        self.ended.append(after)
        with contextlib.suppress(OSError):  # what stays goes when the server begins again
            cleared(self.server, after)
        self.say(f"{after.results}: ended{', with failures' if after.has_failed else ''}")
        del self.open[after.id]
        return False

    def _take_new(self) -> None:
        """Step 1 of each submission that was not seen before; what may still be written is left."""
        self.is_unsettled = False
        for group in self.server.bucket.folders():
            if group in NO_GROUPS:
                if group != BILLING:
                    self._say_once(group, f"{group}/ is not served: no group can have this name")
                continue
            for entry in self._submissions(group):
                identity = f"{entry.key}@{entry.version}"
                if not entry.key.endswith(SUBMITTED) or self.server.records.knows(identity):
                    continue
                try:
                    self._take(group, entry, identity)
                except Away:
                    raise
                except (
                    Exception
                ) as error:  # one that cannot even be answered keeps no other waiting
                    self._say_once(identity, f"{entry.key} waits, since {reason_of(error)}")

    def _submissions(self, group: str) -> list[Entry]:
        """Files of a group; one whose folder cannot be read keeps no other waiting."""
        prefix = f"{group}/{SUBMISSIONS}/"
        try:
            return self.server.bucket.entries(prefix)
        except Away:
            raise
        except OSError as error:
            self._say_once(prefix, f"{prefix} cannot be read: {reason_of(error)}")
            return []

    def _take(self, group: str, entry: Entry, identity: str) -> None:
        text = self._text(entry)
        if text is None or (not _is_json(text) and self._is_young(identity)):
            self.is_unsettled = True
            return
        record = initialized(self.server, identity, group, text, entry, time.time())
        self.server.records.put(record)
        if record.stage == "ended":
            return
        self.open[record.id] = record
        for line in record.lines:
            self.say(f"{record.results}: {line.partition(chr(9))[0]}")

    def _text(self, entry: Entry) -> str | None:
        """What a submission says; None if it is being written at this moment."""
        bucket = self.server.bucket
        if entry.num_bytes > LARGEST_BYTES:
            return f"a file of {entry.num_bytes:,} bytes"
        try:
            content = bucket.read(entry.key)
        except FileNotFoundError:
            return None
        now = entry_of(bucket, entry.key)
        if now is None or now.version != entry.version:
            return None
        return content.decode("utf-8-sig", "replace")  # Windows begins with a mark

    def _is_young(self, identity: str) -> bool:
        """Whether a file was seen for the first time a moment ago."""
        since = self._doubtful.setdefault(identity, time.monotonic())
        return time.monotonic() - since < SETTLE_S

    def _say_once(self, about: str, text: str) -> None:
        if self._told.get(about) != text:
            self._told[about] = text
            self.say(text)

    def _wait(self, record: Record, error: Exception) -> bool:
        """Try again after a while, which grows: it has come no further."""
        tries = self._tries[record.id] = self._tries.get(record.id, 0) + 1
        wait_s = min(LONGEST_WAIT_S, 2.0**tries)
        self._again_at[record.id] = time.monotonic() + wait_s
        self.say(f"{record.results}: waits {wait_s:g} s, since {reason_of(error)}")
        return False

    def _broken(self, record: Record, error: Exception) -> Record:
        """A submission that ends by a mistake of the server; its jobs end, too."""
        LOG.error("%s fails", record.results, exc_info=error)
        for one in record.datasets:
            job = self.server.job(one.job)
            if job is not None and job.state not in JOB_ENDED:
                with contextlib.suppress(UserError):  # it has just ended
                    self.server.jobs.cancel(job.id)
        return broken(record, reason_of(error))

    def _open_hours(self, asking: Record) -> float:
        """Hours that other submissions of a group may still use."""
        others = [
            one for one in list(self.open.values())  # others come and end, in other threads
            if one.group == asking.group and one.id != asking.id and one.stage != "claimed"
        ]  # fmt: skip
        return sum((max(one.reserved_hours, self._used(one)) for one in others), 0.0)

    def _used(self, record: Record) -> float:
        """Hours that jobs of a submission have run; those that ended are counted elsewhere."""
        ids = {one.job for one in record.datasets if one.status == "INITIALIZING" and one.job}
        jobs = [job for job in self.server.jobs.list(group=record.group) if job.id in ids]
        return sum(map(_ran_s, jobs), 0.0) / 3600


def _ran_s(job: Job) -> float:
    """Seconds that a job has run, also now."""
    runs = job.state not in JOB_ENDED and job.state != "queued" and job.started_at is not None
    return job.seconds + (max(0.0, time.time() - (job.started_at or 0.0)) if runs else 0.0)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _step_of(record: Record) -> str:
    return STEPS[{"claimed": 2, "valid": 3}.get(record.stage, 4)]
