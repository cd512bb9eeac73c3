"""Starts jobs, sees how they end, and queues again what was broken off, to be resumed.

All that it knows is in the table and in the folders: it may be killed at any time, and the next one goes
on. Jobs live on without it.
"""

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from lfads.checks import UserError, first_of, reason_of
from lfads.jobs.alive import Held
from lfads.jobs.engine import Engine, NotNow
from lfads.jobs.folder import ALIVE, LOG, STOP, TAKEN, Ended, inputs_of, log_of, read_ended
from lfads.jobs.job import ON_A_MACHINE, Job
from lfads.jobs.progress import steps_of
from lfads.jobs.slots import Slots, gpu_ids
from lfads.jobs.store import Changed, Store

LOCK = "supervisor"
MOST_LOST = 3
"""Attempts in a row that end without having come further; after that a job has failed."""

LOOK_S = 0.5
INTERRUPTED = (130, 143, -2, -15)
"""Exit statuses of a command that somebody interrupted; it goes on where it was."""

MISTAKE = 2


@dataclass
class Supervisor:
    """Runs the jobs of a place on an engine.

    Parameters
    ----------
    store
        The table of jobs.
    engine
        What runs them.
    slots
        What they may take together.
    say
        Told what happens, in sentences.
    took
        Told of each attempt that has ended, and for how many seconds it ran.
    """

    store: Store
    engine: Engine
    slots: Slots
    say: Callable[[str], None]
    took: Callable[[Job, float], None] = lambda job, seconds: None

    def __post_init__(self) -> None:
        self._gpus = gpu_ids(self.slots.gpus, os.environ)

    def step(self) -> bool:
        """Look once at every job, start what fits; whether anything is left to do."""
        self.look()
        running = self.running()
        ready = self.ready()
        for job in ready.jobs:
            if not self.slots.fits(job.needs, running):
                break  # a smaller one would keep this one waiting for ever
            if (started := self.start(job, running)) is not None:
                running.append(started)
        return len(self.store.jobs(("queued", *ON_A_MACHINE))) > ready.num_unfit

    def look(self) -> None:
        """See how jobs that run stand, and what follows for those that have ended."""
        for job in self.running():
            with contextlib.suppress(Changed):
                self._look_at(job)

    def running(self) -> list[Job]:
        """Jobs on a machine."""
        return self.store.jobs(ON_A_MACHINE)

    def ready(self) -> "Ready":
        """Jobs that may start as soon as there is room; the others wait, and say why, or fail."""
        found, unfit = [], 0
        for job in self.store.jobs(("queued",)):
            with contextlib.suppress(Changed):
                others = [self._other(name) for name in job.asked.needed_jobs()]
                if bad := [o for o in others if o is None or o.state in ("failed", "cancelled")]:
                    which = first_of([o.id for o in bad if o is not None] or ["a job that is gone"])
                    self._end(job, "failed", f"it needs the result of {which}, which has none")
                elif any(o is not None and o.state != "done" for o in others):
                    continue
                elif why := self.slots.why_never(job.needs):
                    self._wait(job, f"it does not fit here: {why}")
                    unfit += 1
                else:
                    found.append(job)
        return Ready(found, unfit)

    def start(self, job: Job, running: Sequence[Job]) -> Job | None:
        """Start a job beside those that run; None where that cannot be, and then it says why."""
        try:
            return self._start(job, running)
        except Changed:
            return None

    def hold(self, why: str, *, instead_of: str = "") -> None:
        """Say of all jobs that wait why they do; with `instead_of`, of those that said so until now."""
        for job in self.store.jobs(("queued",)):
            if job.reason != why and instead_of in ("", job.reason):
                with contextlib.suppress(Changed):
                    self.store.change(job, reason=why)

    def stop(self, why: str) -> None:
        """Have all jobs that run end, each with a checkpoint."""
        for job in self.store.jobs(("running",)):
            with contextlib.suppress(Changed):
                (self.store.place / job.id / STOP).touch()
                self.store.change(job, state="stopping", reason=why)
                self.say(f"{job.id} is stopped: {why}")

    def _other(self, name: str) -> Job | None:
        try:
            return self.store.get(name)
        except UserError:
            return None

    def _free_gpus(self, job: Job, running: Sequence[Job]) -> tuple[str, ...] | None:
        """Which GPUs a job is given; None where its engine says that, or none are shared out."""
        if self.engine.assigns_gpus or not self._gpus:
            return None
        taken = {name for other in running for name in other.gpu_ids or ()}
        return tuple(name for name in self._gpus if name not in taken)[: job.needs.gpus]

    def _start(self, job: Job, running: Sequence[Job]) -> Job | None:
        folder, gpus = self.store.place / job.id, self._free_gpus(job, running)
        if gpus is not None and len(gpus) < job.needs.gpus:  # others are shared out than before
            self._wait(job, "jobs that run have the GPUs that it needs")
            return None
        (folder / STOP).unlink(missing_ok=True)
        started = self.store.change(
            job, state="running", attempt=job.attempt + 1, engine=self.engine.name, reason="",
            started_at=time.time(), ended_at=None, gpu_ids=gpus,
        )  # fmt: skip
        try:
            self.engine.start(folder, started)
        except NotNow as error:
            self._wait(started, str(error))
            return None
        except (UserError, OSError) as error:
            self._end(started, "failed", f"it could not be started: {reason_of(error)}")
            return None
        self.say(f"{job.id}: {'goes on' if job.attempt else 'begins'}")
        return started

    def _wait(self, job: Job, why: str) -> None:
        """Leave a job in the queue, or put it back, and say once why."""
        if job.state != "queued" or job.reason != why:
            self.store.change(job, state="queued", reason=why)
            self.say(f"{job.id} waits: {why}")

    def _look_at(self, job: Job) -> None:
        folder = self.store.place / job.id
        if (ended := read_ended(folder, job.attempt)) is not None:
            self._after(job, ended)
        elif self.engine.life(folder, job) == "gone":
            # It may have ended between the two looks.
            if (ended := read_ended(folder, job.attempt)) is not None:
                self._after(job, ended)
            else:
                self.took(job, _seconds_seen(folder, job))
                self._lost(job, "its process was killed, or its machine stopped")

    def _after(self, job: Job, ended: Ended) -> None:
        """What follows from how an attempt ended."""
        took = job.seconds + ended.seconds
        self.took(job, ended.seconds)
        if ended.status == 0:
            self._end(job, "done", "", took)
        elif job.state == "stopping" or ended.reason == "stop":
            why = job.reason or "as was asked"
            self._end(job, "cancelled", f"{why}; `restart` goes on from its checkpoint", took)
        elif ended.reason == "idle":
            idle = f"{job.needs.max_idle_hours:g} h"
            self._lost(
                job, f"nothing came of it for {idle}, so that it was stopped", took, ended.steps
            )
        elif ended.reason:
            self._end(job, "failed", _limit_in_words(job, ended, took), took)
        elif ended.status == MISTAKE:
            self._end(job, "failed", _last_error(log_of(self.store.place / job.id)), took)
        elif ended.status in INTERRUPTED:
            self._lost(job, "it was interrupted from outside", took, ended.steps)
        else:
            how = f"signal {-ended.status}" if ended.status < 0 else f"exit status {ended.status}"
            self._lost(job, f"it ended by {how}", took, ended.steps)

    def _lost(self, job: Job, why: str, seconds: float | None = None, steps: float = 0.0) -> None:
        """Queue a job again, unless it has come no further in several attempts.

        The folder is locked meanwhile, so that a process that was slow to begin does not begin now.
        """
        folder = self.store.place / job.id
        try:
            held = Held(folder / ALIVE)
        except BlockingIOError:
            return  # it has just begun
        try:
            self._queued_again(job, why, job.seconds if seconds is None else seconds, steps)
        finally:
            held.give_back()

    def _queued_again(self, job: Job, why: str, seconds: float, steps: float) -> None:
        if job.state == "stopping":
            self._end(job, "cancelled", f"{job.reason or 'as was asked'}; {why}", seconds)
            return
        inputs = inputs_of(self.store.place, job)
        got = max(steps, steps_of(self.store.place / job.id, job.asked, inputs))
        stuck = 1 if got > job.furthest else job.stuck + 1
        if stuck > MOST_LOST:
            self._end(
                job,
                "failed",
                f"{why}, {stuck} times in a row at the same place; see its log",
                seconds,
            )
            return
        self.store.change(
            job, state="queued", reason=f"{why}; it is resumed", seconds=seconds, stuck=stuck,
            furthest=max(got, job.furthest),
        )  # fmt: skip
        self.say(f"{job.id}: {why}; it is resumed")

    def _end(self, job: Job, state: str, reason: str, seconds: float | None = None) -> None:
        values: dict[str, Any] = {"state": state, "reason": reason, "ended_at": time.time()}
        values["seconds"] = job.seconds if seconds is None else seconds
        self.store.change(job, **values)
        self.say(f"{job.id}: {state}{f', {reason}' if reason else ''}")


class Ready(NamedTuple):
    """Jobs that may start, in their order, and how many never fit here."""

    jobs: list[Job]
    num_unfit: int


def _seconds_seen(folder: Path, job: Job) -> float:
    """For how long a process that was killed is known to have run."""
    seen = [path.stat().st_mtime for path in (folder / LOG, folder / TAKEN) if path.is_file()]
    return max(0.0, max(seen, default=0.0) - (job.started_at or 0.0)) if job.started_at else 0.0


def serve(
    supervisor: Supervisor, *, until_empty: bool = False, waiting: Callable[[], bool] | None = None
) -> None:
    """Run jobs until nothing is left, or for ever.

    One process serves a place at a time; another waits until it is gone.

    Parameters
    ----------
    supervisor
        What looks at the jobs.
    until_empty
        Return once every job has ended.
    waiting
        Asked before each look; False ends it.
    """
    goes_on = waiting or (lambda: True)
    held = _held(supervisor.store.place / LOCK, supervisor.say, goes_on)
    if held is None:
        return
    try:
        for job in supervisor.store.take_in():
            supervisor.say(f"{job.id}: found")
        trouble = ""
        while goes_on():
            try:
                left, trouble = supervisor.step(), ""
            except (UserError, OSError) as error:  # such as a disk that is full: jobs run on
                if str(error) != trouble:
                    supervisor.say(f"waits, since {reason_of(error)}")
                left, trouble = True, str(error)
            if until_empty and not left:
                return
            time.sleep(LOOK_S)
    finally:
        held.give_back()


def _held(path: Path, say: Callable[[str], None], goes_on: Callable[[], bool]) -> Held | None:
    told = False
    while goes_on():
        try:
            return Held(path)
        except BlockingIOError:
            if not told:
                say(f"another process serves {path.parent}; this one waits until it is gone")
            told = True
            time.sleep(LOOK_S)
    return None


def _limit_in_words(job: Job, ended: Ended, seconds: float) -> str:
    if ended.reason == "hours":
        return f"it ran for {seconds / 3600:.3g} h, more than the {job.needs.max_hours:g} h it may"
    took, may = ended.peak_memory_bytes / 2**30, job.needs.max_memory_bytes / 2**30
    return f"it took {took:.2f} GiB of memory, more than the {may:.2f} GiB it may"


def _last_error(log: str) -> str:
    errors = [line for line in log.splitlines() if line.startswith("lfads: error: ")]
    said = errors[-1].removeprefix("lfads: error: ") if errors else "see its log"
    return said[:500]
