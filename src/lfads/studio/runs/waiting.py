"""Why a job is where it is, in one sentence: nobody looks at a wheel that turns."""

import time

from lfads.checks import UserError
from lfads.jobs.job import ON_A_MACHINE, Job
from lfads.jobs.queue import Jobs

STARTING_S = 120.0


def sentence(jobs: Jobs, job: Job) -> str:
    """What a job waits for, or how far it is; what ended it if it has ended."""
    match job.state:
        case "queued":
            return _why_queued(jobs, job)
        case "running":
            return _how_far(jobs, job)
        case "stopping":
            return "It was asked to end, and keeps a checkpoint first, which may take some minutes."
        case "done":
            return "It ended well."
        case "failed":
            return f"It failed: {job.reason}."
        case "cancelled":
            return "It was cancelled; restarted, a training goes on from its checkpoint."


def _why_queued(jobs: Jobs, job: Job) -> str:
    if not jobs.is_served():
        return "Nothing serves this queue at the moment; the studio tries to within seconds."
    for name in job.asked.needed_jobs():
        try:
            other = jobs.get(name)
        except UserError:
            return f"It needs the result of {name}, which is gone."
        if other.state != "done":
            return f"It waits for the result of {other.id}, which is {other.state}."
    ahead = [other for other in jobs.list() if other.state in ON_A_MACHINE]
    if ahead:
        return f"It waits for room on this machine: {ahead[0].id} is {ahead[0].state}."
    again = f" ({job.reason})" if job.reason else ""
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
