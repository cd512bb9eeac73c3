"""Jobs of a place: submit, list, follow, cancel, restart, remove, serve."""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.files import PathLike, address_of
from lfads.jobs.alive import is_held
from lfads.jobs.asking import made_whole
from lfads.jobs.engine import Engine
from lfads.jobs.folder import ALIVE, LOG, REMOVED, STOP, inputs_of, result_of
from lfads.jobs.gate import Gate
from lfads.jobs.job import ENDED, ON_A_MACHINE, Job, Needs, State
from lfads.jobs.local import LocalEngine
from lfads.jobs.progress import last_sign_at, words_of
from lfads.jobs.slots import Slots, of_this_machine
from lfads.jobs.store import Changed, Store
from lfads.jobs.supervisor import LOCK, Supervisor, serve

USUAL_GROUP = "local"


class Jobs:
    """A queue of `lfads` commands in a folder, which survives the death of everything that runs them.

    A job is a folder with what was asked, its log and its result. `serve` runs them, on this machine or
    on a Ray cluster; whoever kills it, a job's process or the machine loses nothing: the next `serve`
    resumes what was broken off, with the same numbers as if nothing had happened.

    Parameters
    ----------
    place
        The folder, new or of jobs.
    group
        Whose jobs are, that are asked for without saying it.
    gate
        Asked whether a job may be taken, where people share a machine.
    needs
        What a job takes that does not say it.

    Raises
    ------
    UserError
        If it cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> jobs = Jobs(tempfile.mkdtemp())
    >>> job = jobs.submit("reproduce", ["lorenz"], options=["--quick"])
    >>> job.state, [each.id == job.id for each in jobs.list()]
    ('queued', [True])
    >>> jobs.cancel(job.id).state
    'cancelled'
    """

    def __init__(
        self,
        place: PathLike,
        *,
        group: str = USUAL_GROUP,
        gate: Gate | None = None,
        needs: Needs | None = None,
    ) -> None:
        if address_of(place):
            raise UserError(
                f"jobs are kept in a folder of this machine or of a disk that machines share; got {place}"
            )
        self.place = Path(place).absolute()
        self._store = Store(self.place)
        self._group, self._gate, self._needs = group, gate, needs or Needs()

    @property
    def is_shared(self) -> bool:
        """Whether others use the same machine, whose jobs are not seen here."""
        return self._gate is not None

    def submit(
        self,
        command: str,
        inputs: Sequence[PathLike] = (),
        *,
        settings: Mapping[str, Any] | None = None,
        options: Sequence[str] = (),
        out: str = "",
        needs: Needs | None = None,
        group: str | None = None,
        priority: int = 0,
        anew: bool = False,
        slots: Slots | None = None,
    ) -> Job:
        """Put a command into the queue.

        Parameters
        ----------
        command
            `train`, `search`, `adapt`, `leave-one-out`, `baseline`, `infer`, `evaluate`, `report`,
            `analyse`, `compare`, `export`, `null`, `calibrate` or `reproduce`.
        inputs
            Its files, runs and names, in order. `job:ID` stands for what the job of that id writes.
        settings
            Tables of settings, as in config.toml, for commands that train.
        options
            Further words of the command.
        out
            Address where the result shall be kept; in the job's folder by default.
        needs
            What it takes, and may not exceed.
        group
            Whose it is; that of the queue by default.
        priority
            Higher first.
        anew
            Make a new job also where one is there that asks for the same.
        slots
            What jobs may take together where it shall run: this machine by default. A training that cannot
            fit there is refused.

        Returns
        -------
        Job
            The new one, or the one that is there.

        Raises
        ------
        UserError
            If it is no job, a file is not there, settings do not fit the data, or it cannot fit.
        """
        needs, slots = needs or self._needs, slots or of_this_machine()
        group = self._group if group is None else group
        if self._gate is not None:
            self._gate.admit(command, inputs, settings or {}, options)
        asked, expected = made_whole(
            command, inputs, settings or {}, options, out,
            id_of=lambda name: self.get(name).id, cores=slots.taken_by(needs).cores,
        )  # fmt: skip
        if expected is not None and not needs.memory_bytes:
            needs = replace(needs, memory_bytes=expected.memory_bytes)
        if (there := self._store.find(group, asked.identity())) is not None and not anew:
            return there
        if needs.memory_bytes > slots.memory_bytes > 0 and not needs.gpus:
            raise UserError(f"the job does not fit: {slots.why_never(needs)}")
        if self._gate is not None:
            self._gate.room(None if expected is None else expected.minutes)
        name = command.replace(" ", "-")
        job = Job(
            id=f"{name}-{secrets.token_hex(4)}", group=group, asked=asked, priority=priority,
            needs=needs, submitted_at=time.time(),
            predicted_minutes=None if expected is None else expected.minutes,
        )  # fmt: skip
        self._store.add(job)
        return job

    def list(self, *, states: Sequence[State] | None = None, group: str | None = None) -> list[Job]:
        """Jobs by priority, then in the order in which they came."""
        return self._store.jobs(states, group)

    def get(self, name: str) -> Job:
        """A job by its id, or by how its id begins.

        Raises
        ------
        UserError
            If there is none, or there are several.
        """
        return self._store.get(name)

    def progress(self, job: Job) -> str:
        """How far a job has come, in words; empty if that is not known."""
        return words_of(self.place / job.id, job.asked, inputs_of(self.place, job))

    def last_sign_at(self, job: Job) -> float | None:
        """When something last came of it, in seconds since 1970; None if nothing has."""
        return last_sign_at(self.place / job.id, job.asked, inputs_of(self.place, job))

    def result(self, job: Job) -> Path | str | None:
        """Where its result is, or will be; None of a command that writes into a run that it was given."""
        return result_of(self.place, job)

    def folder(self, job: Job) -> Path:
        """Of the job."""
        return self.place / job.id

    def tail(self, name: str, *, follow: bool = False, poll_s: float = 0.5) -> Iterator[str]:
        """The job's log in pieces; `follow` goes on until the job has ended."""
        job = self.get(name)
        path, at = self.place / job.id / LOG, 0
        while True:
            ended = self.get(job.id).state in ENDED
            if path.is_file():
                with path.open("rb") as file:
                    file.seek(at)
                    new = file.read()
                at += len(new)
                if new:
                    yield new.decode(errors="replace")
            if not follow or ended:
                return
            time.sleep(poll_s)

    def cancel(self, name: str) -> Job:
        """End a job, or take it out of the queue; a training keeps a checkpoint.

        Raises
        ------
        UserError
            If it has ended.
        """

        def cancelled(job: Job) -> Job:
            if job.state in ENDED:
                raise UserError(f"{job.id} is {job.state}: there is nothing to cancel")
            if job.state == "queued":
                values = {"reason": "before it began", "ended_at": time.time()}
                return self._store.change(job, state="cancelled", **values)
            (self.place / job.id / STOP).touch()
            return job if job.state == "stopping" else self._store.change(job, state="stopping")

        return self._changed(name, cancelled)

    def restart(self, name: str, *, needs: Needs | None = None) -> Job:
        """Queue a job again that has ended; what resumes goes on from its checkpoint.

        Raises
        ------
        UserError
            If it has not ended.
        """

        def queued(job: Job) -> Job:
            if job.state not in ENDED:
                raise UserError(f"{job.id} is {job.state}: cancel it first")
            if self._gate is not None:
                self._gate.room(None)
            (self.place / job.id / STOP).unlink(missing_ok=True)
            return self._store.change(
                job, state="queued", reason="restarted", ended_at=None, needs=needs or job.needs,
                seconds=0.0, stuck=0, furthest=-1.0,
            )  # fmt: skip

        return self._changed(name, queued)

    def refit(self, name: str, needs: Needs) -> Job:
        """Give a job that waits other needs, as on a machine with fewer cores; of others a UserError."""

        def refitted(job: Job) -> Job:
            if job.state != "queued":
                raise UserError(f"{job.id} is {job.state}: only a job that waits can ask for less")
            return self._store.change(job, needs=needs)

        return self._changed(name, refitted)

    def remove(self, name: str) -> None:
        """Delete a job that does not run, with its folder and result.

        Raises
        ------
        UserError
            If it runs.
        """

        def removed(job: Job) -> Job:
            if job.state in ON_A_MACHINE or is_held(self.place / job.id / ALIVE):
                raise UserError(
                    f"{job.id} is {job.state}: cancel it first, and wait until it has ended"
                )
            self._store.remove(job, away)
            return job

        away = self.place / f"{REMOVED}{secrets.token_hex(4)}"
        self._changed(name, removed)
        shutil.rmtree(away, ignore_errors=True)

    def serve(
        self,
        engine: Engine | None = None,
        *,
        slots: Slots | None = None,
        until_empty: bool = False,
        say: Callable[[str], None] = lambda text: None,
        goes_on: Callable[[], bool] | None = None,
    ) -> None:
        """Run jobs, side by side as far as they fit; for ever, if not told otherwise.

        Parameters
        ----------
        engine
            What runs them: processes of this machine by default.
        slots
            What they may take together: this machine by default.
        until_empty
            Return once all have ended.
        say
            Told what happens.
        goes_on
            Asked before each look; False ends it. Jobs that run live on.
        """
        supervisor = Supervisor(
            self._store, engine or LocalEngine(), slots or of_this_machine(), say
        )
        serve(supervisor, until_empty=until_empty, waiting=goes_on)

    def supervisor(
        self,
        engine: Engine,
        slots: Slots,
        *,
        say: Callable[[str], None] = lambda text: None,
        took: Callable[[Job, float], None] = lambda job, seconds: None,
    ) -> Supervisor:
        """What looks at these jobs and starts them, for who serves several queues (`jobs.sharing`).

        Parameters
        ----------
        engine, slots, say
            As of `serve`.
        took
            Told of each attempt that has ended, and for how many seconds it ran.
        """
        return Supervisor(self._store, engine, slots, say, took)

    def _changed(self, name: str, change: Callable[[Job], Job]) -> Job:
        """Change a job, again if somebody else did so in between."""
        while True:
            job = self.get(name)
            try:
                return change(job)
            except Changed:
                continue

    def is_served(self) -> bool:
        """Whether a process of this machine runs the jobs now."""
        return is_held(self.place / LOCK)

    def lives(self, job: Job) -> bool:
        """Whether a process of this machine does the job now."""
        return is_held(self.place / job.id / ALIVE)
