"""Where the single trials of a job come from: a posterior that was kept, or the weights of its run."""

from dataclasses import dataclass
from pathlib import Path

from lfads.checks import UserError
from lfads.jobs.asked import OF_JOB, OUT
from lfads.jobs.folder import inputs_of
from lfads.jobs.job import Job
from lfads.jobs.queue import Jobs
from lfads.paths import best_folder
from lfads.studio.results.results import RUNS

POSTERIOR = "posterior.nc"
_WEIGHTS = ("checkpoints/best.npz", "baseline.json")


@dataclass(frozen=True, kw_only=True)
class Source:
    """What trials are laid out from.

    Parameters
    ----------
    path
        A posterior, or what a run keeps: another state of this file is another source.
    words
        Of the command that lays them out, beside that.
    inferred
        Whether a few trials are inferred for it.
    """

    path: Path
    words: tuple[str, ...]
    inferred: bool


def source_of(jobs: Jobs, job: Job) -> Source:
    """Where a job's trials come from.

    Raises
    ------
    UserError
        If it has none, or none yet.
    """
    found = source_if_there(jobs, job)
    if found is not None:
        return found
    if job.asked.command not in (*RUNS, "infer"):
        raise UserError("this job infers no trials: look at those of its run")
    if job.asked.out:
        raise UserError(f"its result is kept at {job.asked.out}, and cannot be looked at from here")
    raise UserError(
        "there is nothing to show yet: the first trials can be seen once the run has kept weights, which "
        "its log says"
    )


def source_if_there(jobs: Jobs, job: Job) -> Source | None:
    """The same, None if there is nothing yet."""
    command, folder = job.asked.command, jobs.folder(job)
    if job.asked.out:
        return None
    if command == "infer":
        inputs = inputs_of(jobs.place, job)
        path = folder / POSTERIOR
        words = ("--run", inputs[0], *(["--data", *inputs[1:]] if inputs[1:] else []))
        return Source(path=path, words=words, inferred=False) if path.is_file() else None
    if command not in RUNS:
        return None
    run = best_folder(folder / OUT[command])
    kept = run / POSTERIOR
    if not kept.is_file():
        kept = _inferred_since(jobs, job) or kept
    words = ("--run", str(run))
    if kept.is_file():
        return Source(path=kept, words=words, inferred=False)
    weights = [run / name for name in _WEIGHTS if (run / name).is_file()]
    return Source(path=weights[0], words=words, inferred=True) if weights else None


def _inferred_since(jobs: Jobs, job: Job) -> Path | None:
    """What a later job inferred of a run's own data; of a run that still trains, nothing is taken."""
    if job.state != "done":
        return None
    asked = (f"{OF_JOB}{job.id}",)
    done = [one for one in jobs.list(states=("done",)) if one.asked.command == "infer"]
    of_this = [one for one in done if one.asked.inputs == asked and not one.asked.out]
    later = [one for one in of_this if (one.ended_at or 0.0) >= (job.ended_at or 0.0)]
    paths = [jobs.folder(one) / POSTERIOR for one in later]
    return next((path for path in reversed(paths) if path.is_file()), None)
