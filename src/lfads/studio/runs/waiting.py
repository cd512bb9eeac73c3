"""Why a job is where it is, in one sentence: nobody looks at a wheel that turns."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lfads.jobs.job import ON_A_MACHINE, Job
from lfads.jobs.queue import Jobs
from lfads.studio.groups.allowance import OF_GROUP

STARTING_S = 120.0


@dataclass(frozen=True)
class Queue:
    """A queue as it stood when it was looked at, for sentences on many of its jobs.

    Parameters
    ----------
    served
        Whether somebody runs its jobs.
    known
        All jobs by id.
    ahead
        The first of those that run; None if none does.
    """

    served: bool
    known: Mapping[str, Job]
    ahead: Job | None


def queue_of(jobs: Jobs, listed: Sequence[Job] | None = None) -> Queue:
    """The queue as it stands; `listed` are all its jobs, where they are at hand."""
    listed = jobs.list() if listed is None else listed
    ahead = [job for job in listed if job.state in ON_A_MACHINE]
    return Queue(jobs.is_served(), {job.id: job for job in listed}, ahead[0] if ahead else None)


def sentence(jobs: Jobs, job: Job, queue: Queue | None = None) -> str:
    """What a job waits for, or how far it is; what ended it if it has ended.

    `queue` is as of `queue_of`, for who asks for many.
    """
    match job.state:
        case "queued":
            return _why_queued(jobs, job, queue_of(jobs) if queue is None else queue)
        case "running":
            return _how_far(jobs, job)
        case "stopping":
            return "It was asked to end, and keeps a checkpoint first, which may take some minutes."
        case "done":
            return "It ended well."
        case "failed":
            return f"It failed: {job.reason}."
        case "cancelled" if job.reason.startswith(OF_GROUP):
            return f"It was stopped: {job.reason}."
        case "cancelled":
            return "It was cancelled; restarted, a training goes on from its checkpoint."


def _why_queued(jobs: Jobs, job: Job, queue: Queue) -> str:
    if job.reason.startswith(OF_GROUP):
        return f"It waits: {job.reason}."
    if not queue.served:
        return "Nothing serves this queue at the moment; the studio tries to within seconds."
    for name in job.asked.needed_jobs():
        other = queue.known.get(name)
        if other is None:
            return f"It needs the result of {name}, which is gone."
        if other.state != "done":
            return f"It waits for the result of {other.id}, which is {other.state}."
    again = f" ({job.reason})" if job.reason else ""
    if queue.ahead is not None:
        return f"It waits for room on this machine: {queue.ahead.id} is {queue.ahead.state}{again}."
    if jobs.is_shared:
        return f"It waits for room on this machine, and begins as soon as there is some{again}."
    return f"It begins within seconds{again}."


def _how_far(jobs: Jobs, job: Job) -> str:
    words, seconds = jobs.progress(job), time.time() - (job.started_at or time.time())
    expected = ""
    if job.predicted_minutes is not None:
        minutes = f"{job.predicted_minutes:.1f} minutes"
        expected = f" About {minutes} are expected in all, within a factor of two."
    if words:
        return f"It runs for {_in_words(seconds)}, and has come to {words}.{expected}"
    if seconds < STARTING_S:
        return (
            f"It runs for {_in_words(seconds)}: reading data and compiling come first, and take up to two "
            f"minutes.{expected}"
        )
    return f"It runs for {_in_words(seconds)}; what it says is below.{expected}"


def _in_words(seconds: float | int) -> str:
    """A duration, coarse enough that it does not change each time it is asked for.

    >>> _in_words(42), _in_words(600), _in_words(9000)
    ('40 s', '10 min', '2.5 h')
    """
    if seconds < 100:
        return f"{10 * (max(seconds, 0) // 10):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
