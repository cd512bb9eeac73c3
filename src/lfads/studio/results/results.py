"""What jobs have written: files to give away, scores of runs, and what may follow."""

import io
import math
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from lfads.jobs.asked import OF_JOB, OUT
from lfads.jobs.job import Job
from lfads.jobs.queue import Jobs
from lfads.parts import parts

MOST_FILES = 500
PIECE_BYTES = 2**20
RUNS = ("train", "search", "adapt", "baseline")
ADAPTED = ("train", "search")
"""Commands whose networks new sessions can be fitted to."""

FOLLOW_UPS: Mapping[str, str] = {
    "report": "Write a report",
    "infer": "Infer rates and factors (posterior.nc)",
    "evaluate": "Score it",
    "null": "Null control: the same on data whose structure is destroyed",
    "calibrate": "Are its error bars right?",
}
"""Commands that take a run and need no choice."""


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """One run in the table of runs.

    Parameters
    ----------
    job
        That made it.
    epochs, best_epoch
        Trained, and the one that is kept; None where it has none.
    bits_per_spike
        On validation trials at the best epoch; NaN if that is not known.
    seconds
        Of training.
    """

    job: Job
    epochs: int | None
    best_epoch: int | None
    bits_per_spike: float
    seconds: float


def result_files(jobs: Jobs, job: Job) -> dict[str, Path]:
    """Files of a job's result by name; only those that lie in its folder."""
    name = OUT[job.asked.command]
    place = jobs.folder(job) / name
    if not name or job.asked.out or not place.exists():
        return {}
    if place.is_file():
        return {name: place}
    inside, found = place.resolve(), dict[str, Path]()
    for path in sorted(place.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(place).parts)
        if not hidden and path.is_file() and path.resolve().is_relative_to(inside):
            found[path.relative_to(place).as_posix()] = path
        if len(found) == MOST_FILES:
            break
    return found


def zipped(files: Mapping[str, Path], folder: str) -> Iterator[bytes]:
    """Files as one archive, piece by piece, so that a download begins at once.

    They are arrays mostly, and not made smaller.
    """
    made = _Pieces()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, path in files.items():
            with (
                path.open("rb") as file,
                archive.open(f"{folder}/{name}", "w", force_zip64=True) as entry,
            ):
                while some := file.read(PIECE_BYTES):
                    entry.write(some)
                    yield made.taken()
    yield made.taken()


class _Pieces(io.RawIOBase):
    """What an archive is written to, and taken from as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self._found = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, some: Any) -> int:
        self._found += some
        return len(some)

    def taken(self) -> bytes:
        found = bytes(self._found)
        self._found.clear()
        return found


def follow_ups(job: Job) -> dict[str, str]:
    """What may be done with a run, by command, in words; nothing with what is no run."""
    if job.state != "done" or job.asked.command not in RUNS:
        return {}
    analyses = {f"analyse {name}": f"Analysis: {name}" for name in parts("analyses")}
    exports = {f"export {name}": f"Export as {name}" for name in parts("formats")}
    return {**FOLLOW_UPS, **exports, **analyses}


class FollowUp(NamedTuple):
    """A command that follows from a run."""

    command: str
    inputs: list[str]
    options: list[str]


def follow_up(job: Job, command: str) -> FollowUp:
    """A command that follows, its inputs and its options; of a choice of `follow_ups`."""
    name, _, choice = command.partition(" ")
    run = f"{OF_JOB}{job.id}"
    if name == "export":
        return FollowUp(name, [run], ["--format", choice, "--overwrite"])
    return FollowUp(name, [run, *([choice] if choice else [])], [])


def run_rows(jobs: Jobs) -> list[RunRow]:
    """Every run that is done, the newest first."""
    done = jobs.list(states=("done",))
    rows = [_row(jobs, job) for job in done if job.asked.command in RUNS and not job.asked.out]
    return sorted(rows, key=lambda row: -(row.job.ended_at or 0.0))


def _row(jobs: Jobs, job: Job) -> RunRow:
    from lfads.training.folder import read_summary  # JAX comes with it
    from lfads.training.tracking import read_metrics

    folder = jobs.folder(job) / OUT[job.asked.command]
    folder = folder / "best" if (folder / "best").is_dir() else folder
    summary: Mapping[str, Any] = {}
    if (folder / "summary.json").is_file():
        summary = read_summary(folder)
    best = summary.get("best_epoch")
    at_best = [m for m in read_metrics(folder / "metrics.jsonl") if m["epoch"] == best]
    bits = at_best[0].get("valid_bits_per_spike") if at_best else None
    return RunRow(
        job=job, epochs=summary.get("epochs"), best_epoch=best,
        bits_per_spike=math.nan if bits is None else float(bits),
        seconds=float(summary.get("seconds", math.nan)),
    )  # fmt: skip
