"""An engine whose processes are entries of a table: each does at once what a test has planned for it."""

from collections.abc import Sequence
from pathlib import Path

from lfads.jobs.engine import Life
from lfads.jobs.folder import Ended, write_ended
from lfads.jobs.job import Job, Needs
from lfads.jobs.queue import Jobs
from lfads.jobs.slots import Slots
from lfads.jobs.supervisor import Supervisor

KILLED = "killed"
LIVES = "lives"
TWO_CORES = Slots(cores=2)


class Planned:
    """Gives the next outcome of its plan to each attempt: an exit status, KILLED, or LIVES."""

    name = "planned"
    assigns_gpus = False

    def __init__(self, plan: Sequence[int | str] = ()) -> None:
        self.plan, self.started = list(plan), list[tuple[str, int]]()
        self.living: set[tuple[str, int]] = set()

    def start(self, folder: Path, job: Job) -> None:
        self.started.append((job.id, job.attempt))
        outcome = self.plan.pop(0) if self.plan else 0
        if outcome == LIVES:
            self.living.add((job.id, job.attempt))
        elif isinstance(outcome, int):
            write_ended(folder, Ended(attempt=job.attempt, status=outcome, seconds=1.0))

    def life(self, folder: Path, job: Job) -> Life:
        return "alive" if (job.id, job.attempt) in self.living else "gone"


def jobs_at(place: Path, number: int = 1, **choices) -> Jobs:
    """A queue with some jobs that are quick to ask for."""
    jobs = Jobs(place)
    for count in range(number):
        jobs.submit("reproduce", [f"lorenz{count}"], **{"needs": Needs(cores=1), **choices})
    return jobs


def supervisor_of(jobs: Jobs, engine: Planned, slots: Slots = TWO_CORES) -> Supervisor:
    said: list[str] = []
    return Supervisor(jobs._store, engine, slots, said.append)


def states_of(jobs: Jobs) -> list[str]:
    return [job.state for job in jobs.list()]
