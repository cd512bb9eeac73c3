"""The folder of a job: what was asked, its state, its log, its result; enough to know all of it again.

`job.json` is the job as it stands, so that the table of all jobs can be made again from the folders;
`config.toml` its settings, `log.txt` what its command said, `ended.json` how its last attempt ended,
`stop` asks it to end, `alive` is locked while one of its processes lives, `taken.json` says what they take.
"""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.config import to_toml
from lfads.files import write_json, write_text
from lfads.format_versions import unversioned, versioned
from lfads.guarded.texts import read_json
from lfads.jobs.asked import OF_JOB, OUT
from lfads.jobs.job import Job, job_of
from lfads.paths import printable

JOB, CONFIG, LOG, ENDED, STOP, ALIVE, TAKEN = (
    "job.json", "config.toml", "log.txt", "ended.json", "stop", "alive", "taken.json"
)  # fmt: skip
FORMAT_VERSION = 1
"""Of `job.json`."""

REMOVED, NEW = ".removed-", ".new-"
"""Beginnings of names of folders that are being removed, or made."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How an attempt ended.

    Parameters
    ----------
    attempt
        Which one.
    status
        Exit status of the command; below 0, the signal that ended it.
    reason
        Why it was ended from outside: `stop`, `hours`, `idle`, `memory`; empty if by itself.
    seconds
        It ran.
    peak_memory_bytes
        Most that it took; 0 where the system does not say it.
    steps
        How far it came, by what its command keeps.
    """

    attempt: int
    status: int
    reason: str = ""
    seconds: float = 0.0
    peak_memory_bytes: int = 0
    steps: float = 0.0


def write_new(folder: Path, job: Job) -> None:
    """Make the folder of a new job, in one piece."""
    beside = folder.with_name(f"{NEW}{folder.name}")
    beside.mkdir(parents=True)
    try:
        write_json(beside / JOB, versioned(job.to_dict(), FORMAT_VERSION))
        if job.asked.settings:
            write_text(beside / CONFIG, to_toml(dict(job.asked.settings)))
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def write_job(folder: Path, job: Job) -> None:
    """Put the job as it stands into its folder."""
    write_json(folder / JOB, versioned(job.to_dict(), FORMAT_VERSION))


def read_job(folder: Path) -> Job | None:
    """The job of a folder; None if there is none that can be read.

    Raises
    ------
    UserError
        If a newer version of `lfads` wrote it.
    """
    values = _read(folder / JOB)
    if values is None:
        return None
    values = unversioned(printable(folder / JOB), values, FORMAT_VERSION)
    try:
        return job_of(values)
    except (KeyError, TypeError, ValueError):
        return None


def jobs_in(place: Path) -> Iterator[Job]:
    """Jobs of all folders in a place, the oldest first."""
    found = [job for folder in sorted(place.iterdir()) if (job := _job_at(folder)) is not None]
    yield from sorted(found, key=lambda job: (job.submitted_at, job.id))


def _job_at(folder: Path) -> Job | None:
    if not folder.is_dir() or folder.name.startswith("."):
        return None
    return read_job(folder)


def write_ended(folder: Path, ended: Ended) -> None:
    """Keep how an attempt ended."""
    write_json(folder / ENDED, asdict(ended))


def read_ended(folder: Path, attempt: int) -> Ended | None:
    """How this attempt ended; None if it has not, or its process was killed before it could say so."""
    values = _read(folder / ENDED)
    if values is None or values.get("attempt") != attempt:
        return None
    with contextlib.suppress(TypeError):
        return Ended(**values)
    return None


def result_of(place: Path, job: Job) -> Path | str | None:
    """Where a job writes its result; None for one that writes beside a run that it was given."""
    name = OUT[job.asked.command]
    if not name:
        return None
    return job.asked.out or place / job.id / name


def inputs_of(place: Path, job: Job) -> list[str]:
    """The inputs of a job, with results of other jobs in the place of their names.

    A search's result is its best member.
    """
    found = []
    for word in job.asked.inputs:
        if not word.startswith(OF_JOB):
            found.append(word)
            continue
        other = read_job(place / word.removeprefix(OF_JOB))
        result = None if other is None else result_of(place, other)
        found.append(word if result is None else str(result))
    return found


def write_taken(folder: Path, memory_bytes: int, cpu_percent: float) -> None:
    """Keep what a job takes of its machine now."""
    write_json(folder / TAKEN, {"memory_bytes": memory_bytes, "cpu_percent": cpu_percent})


def read_taken(folder: Path) -> tuple[int, float]:
    """Bytes of memory that a job took when last looked at, and percent of a core; 0 where not known."""
    values = _read(folder / TAKEN) or {}
    with contextlib.suppress(TypeError, ValueError):
        return int(values.get("memory_bytes", 0)), float(values.get("cpu_percent", 0.0))
    return 0, 0.0


def log_of(folder: Path, num_bytes: int = 20_000) -> str:
    """The end of a job's log."""
    path = folder / LOG
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - num_bytes))
        return file.read().decode(errors="replace")


def _read(path: Path) -> dict[str, Any] | None:
    """The object in a file of JSON; None if there is none that can be read."""
    with contextlib.suppress(UserError):
        return read_json(path, "")
    return None
