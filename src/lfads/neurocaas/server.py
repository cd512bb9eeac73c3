"""What a server works with, and how a submission ends whose user, or whose server, made a mistake."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from lfads.checks import UserError
from lfads.jobs.job import Job, Needs
from lfads.jobs.queue import Jobs
from lfads.jobs.slots import Slots
from lfads.neurocaas.buckets import Bucket
from lfads.neurocaas.budgets import Billing
from lfads.neurocaas.limits import USUAL_HOURS
from lfads.neurocaas.record import Record, Records

STEPS = {
    1: "STEP 1/4 (Initialization)",
    2: "STEP 2/4 (Validation)",
    3: "STEP 3/4 (Environment Setup)",
    4: "STEP 4/4 (Initialize Processing)",
}

_SEVERAL = re.compile(r"(?P<where>.*: )?\d+ problems:")


def done(step: int) -> str:
    """The line of a step that went well.

    >>> done(1)
    '[Job Manager] STEP 1/4 (Initialization): DONE'
    """
    return f"[Job Manager] {STEPS[step]}: DONE"


@dataclass(frozen=True, kw_only=True)
class Server:
    """What steps work with.

    Parameters
    ----------
    bucket
        That is served.
    records
        Of submissions.
    jobs
        The queue.
    billing
        Hours that groups used.
    slots
        What jobs may take together.
    max_jobs
        That run at a time.
    hours
        That a job may run where nothing is said.
    open_hours
        That submissions of a group which have not ended may still use.
    """

    bucket: Bucket
    records: Records
    jobs: Jobs
    billing: Billing
    slots: Slots
    max_jobs: int = 1
    hours: float = USUAL_HOURS
    open_hours: Callable[[Record], float] = lambda record: 0.0

    def job(self, name: str) -> Job | None:
        """A job of the queue; None without a name, or if the queue does not know it any more."""
        try:
            return self.jobs.get(name) if name else None
        except UserError:
            return None

    def needs(self, record: Record) -> Needs:
        """Of each job of a submission."""
        return Needs(
            cores=max(1, self.slots.cores // self.max_jobs),
            gpus=self.slots.gpus // self.max_jobs,
            max_hours=record.hours,
        )


def refused(record: Record, error: UserError, why: str) -> Record:
    """A submission that ends with its user's mistakes: a line for each."""
    said = [f"INPUT ERROR: {line}" for line in mistakes_in(str(error))]
    ending = [f"[JOB TERMINATE REASON] '{why}'", "[Job Manager] Shutting down job."]
    return replace(_failed(record), stage="closing").said(*said, *ending)


def mistakes_in(message: str) -> list[str]:
    r"""A line for each mistake that a message names; clients show the first.

    >>> mistakes_in("submit.json: 2 problems:\n  - no data\n  - no config")
    ['submit.json: no data', 'submit.json: no config']
    """
    lines = [line.strip().removeprefix("- ") for line in message.splitlines() if line.strip()]
    head = _SEVERAL.fullmatch(lines[0]) if len(lines) > 1 else None
    return lines if head is None else [f"{head['where'] or ''}{line}" for line in lines[1:]]


def broken(record: Record, what: str) -> Record:
    """A submission that ends with a mistake of the server."""
    said = [f"INTERNAL ERROR. {what}", "[Job Manager] Shutting down job."]
    return replace(_failed(record), stage="closing").said(*said)


def _failed(record: Record) -> Record:
    """With every data set that has not ended as failed."""
    datasets = [
        one if one.status == "SUCCESS" else replace(one, status="FAILED") for one in record.datasets
    ]
    return replace(record, datasets=tuple(datasets))
