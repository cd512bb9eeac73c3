"""The commands of the queue: submit, list, show, tail, cancel, restart, remove, serve."""

import sys
import time
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from lfads.checks import UserError, many
from lfads.cli.answer import Answer, aligned
from lfads.cli.engines import GIB, bytes_of, engine_of, slots_of
from lfads.cli.flags import FolderOfJobs, Switch, Whole, place_of_jobs
from lfads.cli.shown_jobs import described, unserved

Name = Annotated[str, Parameter(help="The job's id, or how it begins.")]
HELP = "A queue of commands that survives: what runs them may be killed, and loses nothing."


def submit(
    *words: Annotated[str, Parameter(allow_leading_hyphen=True)],
    folder: FolderOfJobs = None,
    group: str = "local",
    priority: Annotated[int, Parameter(allow_leading_hyphen=True)] = 0,
    cores: Whole = 0,
    gpus: Whole = 0,
    memory_gib: float = 0.0,
    max_memory_gib: float = 0.0,
    max_hours: float = 0.0,
    max_idle_hours: float = 0.0,
    anew: Switch = False,
) -> Answer:
    """Put a command into the queue: `lfads jobs submit train data.h5`. Flags of the job stand before it.

    Parameters
    ----------
    words
        The command as it would be typed, without --out and --resume. `job:ID` stands for the result of
        another job.
    group
        Whose it is: within a group, asking for the same twice gives the job that is there.
    priority
        Higher first.
    cores
        That it has for itself; all of the machine's if not given.
    gpus
        That it has for itself, where those of the machine are shared out (`lfads jobs serve --gpus`).
    memory_gib
        That it is expected to take; of a training derived from its sizes.
    max_memory_gib
        More than this ends it.
    max_hours
        It is ended, with a checkpoint, after so long a time of running.
    max_idle_hours
        It is stopped, and resumed, where nothing came of it for so long.
    anew
        Make a new job also where one asks for the same.
    """
    from lfads.cli.submitted import parsed, submitted
    from lfads.jobs.job import Needs

    name, command, given = parsed(words)
    asked = submitted(name, command, given)
    needs = Needs(
        cores=cores, gpus=gpus, memory_bytes=bytes_of(memory_gib, "--memory-gib"),
        max_memory_bytes=bytes_of(max_memory_gib, "--max-memory-gib"), max_hours=max_hours,
        max_idle_hours=max_idle_hours,
    )  # fmt: skip
    jobs, began = _jobs(folder), time.time()
    job = jobs.submit(
        asked.command, asked.inputs, settings=asked.settings, options=asked.options, out=asked.out,
        needs=needs, group=group, priority=priority, anew=anew,
    )  # fmt: skip
    text = f"{job.id}: {job.state}"
    if job.submitted_at < began:
        text += "; it asks for the same and is there already. `--anew` makes a new one"
        if job.state in ("failed", "cancelled"):
            text += f", `lfads jobs restart {job.id}` goes on with it, with other limits if you give them"
    if job.predicted_minutes is not None:
        memory = job.needs.memory_bytes / GIB
        text += (
            f"; about {job.predicted_minutes:.1f} minutes and {memory:.1f} GiB of memory expected"
        )
    return Answer(described(jobs, job), text + unserved(jobs))


def list_jobs(
    *, folder: FolderOfJobs = None, group: str | None = None, state: str | None = None
) -> Answer:
    """List the jobs.

    Parameters
    ----------
    group
        Only those of one group.
    state
        Only those that are queued, running, stopping, done, failed or cancelled.
    """
    from lfads.jobs.job import STATES

    if state is not None and state not in STATES:
        raise UserError(f"--state must be one of {', '.join(STATES)}; got {state}")
    jobs = _jobs(folder)
    found = jobs.list(states=None if state is None else (state,), group=group)
    values = [described(jobs, job) for job in found]
    rows = [
        ("job", "state", "what", "how far"),
        *((v["id"], v["state"], v["what"], v["how_far"]) for v in values),
    ]
    text = aligned(rows) + unserved(jobs) if values else f"no jobs in {jobs.place}"
    return Answer({"jobs": values, "served": jobs.is_served()}, text)


def show(job: Name, /, *, folder: FolderOfJobs = None) -> Answer:
    """Show one job: what was asked, where it stands, and where its result is."""
    jobs = _jobs(folder)
    found = jobs.get(job)
    values = described(jobs, found)
    rows = [
        (key.replace("_", " "), str(value))
        for key, value in values.items()
        if value not in (None, "")
    ]
    return Answer(values, aligned(rows))


def tail(job: Name, /, *, folder: FolderOfJobs = None, follow: Switch = False) -> Answer:
    """Print the log of a job.

    Parameters
    ----------
    follow
        Go on until the job has ended.
    """
    pieces = _jobs(folder).tail(job, follow=follow)
    if not follow:
        log = "".join(pieces)
        return Answer({"log": log}, log.rstrip("\n"))
    for piece in pieces:
        sys.stdout.write(piece)
        sys.stdout.flush()
    return Answer({}, "")


def cancel(job: Name, /, *, folder: FolderOfJobs = None) -> Answer:
    """End a job; a training keeps a checkpoint, from which restart goes on."""
    return _told(folder, job, lambda jobs: jobs.cancel(job))


def restart(
    job: Name,
    /,
    *,
    folder: FolderOfJobs = None,
    cores: Whole | None = None,
    max_memory_gib: float | None = None,
    max_hours: float | None = None,
    max_idle_hours: float | None = None,
) -> Answer:
    """Queue a job again that has ended; a training goes on from its checkpoint.

    Parameters
    ----------
    cores, max_memory_gib, max_hours, max_idle_hours
        Other limits than before.
    """
    from dataclasses import replace

    memory = None if max_memory_gib is None else bytes_of(max_memory_gib, "--max-memory-gib")
    given = {
        "cores": cores, "max_memory_bytes": memory, "max_hours": max_hours,
        "max_idle_hours": max_idle_hours,
    }  # fmt: skip
    changed = {name: value for name, value in given.items() if value is not None}

    def again(jobs: Any) -> Any:
        return jobs.restart(job, needs=replace(jobs.get(job).needs, **changed))

    return _told(folder, job, again)


def remove(job: Name, /, *, folder: FolderOfJobs = None) -> Answer:
    """Delete a job that does not run, with its log and its result."""
    jobs = _jobs(folder)
    found = jobs.get(job)
    jobs.remove(found.id)
    return Answer({"removed": found.id}, f"removed {found.id}")


def serve(
    *,
    folder: FolderOfJobs = None,
    engine: Literal["local", "ray"] = "local",
    address: str | None = None,
    cores: Whole | None = None,
    gpus: Whole = 0,
    memory_gib: float | None = None,
    until_empty: Switch = False,
) -> Answer:
    """Run the jobs, for ever or until none is left. It may be killed: the next one goes on.

    Parameters
    ----------
    engine
        local: processes of this machine; ray: jobs of a Ray cluster.
    address
        Of the cluster's dashboard, such as http://127.0.0.1:8265.
    cores
        That jobs may take together; all of this machine by default.
    gpus
        That are shared out: each job sees as many as it asked for, by CUDA_VISIBLE_DEVICES, and no others.
        With 0 jobs see what this process sees.
    memory_gib
        That jobs may be expected to take together; most of this machine's by default.
    until_empty
        Return once every job has ended.
    """
    from lfads.terminal.saying import say

    runs, slots = engine_of(engine, address), slots_of(cores, gpus, memory_gib)
    jobs = _jobs(folder)
    say(
        f"serves {jobs.place} with {many(slots.cores, 'core')}; Ctrl-C ends this, and lets jobs run on"
    )
    before = {job.id for job in jobs.list(states=("failed",))}
    jobs.serve(runs, slots=slots, until_empty=until_empty, say=say)
    ended = jobs.list()
    failed = [job.id for job in ended if job.state == "failed" and job.id not in before]
    waiting = [job.id for job in ended if job.state == "queued"]
    text = f"{many(len(ended), 'job')}, {len(failed)} failed, {len(waiting)} waiting"
    return Answer(
        {"jobs": len(ended), "failed": failed, "waiting": waiting}, text, 1 if failed else 0
    )


COMMANDS: dict[str, Callable[..., Answer]] = {
    "submit": submit, "list": list_jobs, "show": show, "tail": tail, "cancel": cancel,
    "restart": restart, "remove": remove, "serve": serve,
}  # fmt: skip


def begin_of_command(words: Sequence[str], commands: Container[str]) -> int:
    """Where the command begins that is submitted, after the flags of the job with their values.

    >>> begin_of_command(["jobs", "submit", "--group", "train", "--anew", "train", "x"], {"train"})
    5
    """
    for place in range(2, len(words)):
        value = (
            words[place - 1].startswith("--")
            and words[place - 1] != "--anew"
            and "=" not in words[place - 1]
        )
        if words[place] in commands and not value:
            return place
    return len(words)


def _jobs(folder: Path | None) -> Any:
    from lfads.jobs.queue import Jobs

    return Jobs(place_of_jobs(folder))


def _told(folder: Path | None, name: str, change: Callable[[Any], Any]) -> Answer:
    jobs = _jobs(folder)
    job = change(jobs)
    reason = f": {job.reason}" if job.reason else ""
    return Answer(described(jobs, job), f"{job.id}: {job.state}{reason}")
