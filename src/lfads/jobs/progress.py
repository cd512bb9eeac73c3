"""How far a job has come and when something last came of it, from what its command keeps.

That is its heartbeat: epochs of a training, generations of a search, batches of an inference. A run at an
address is worked on in a copy in the job's folder, so that it can be seen, too.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lfads.files import address_of
from lfads.jobs.asked import OF_SERVICES, OUT, Asked
from lfads.jobs.folder import LOG
from lfads.paths import batches_beside
from lfads.storage.sending import whole_files
from lfads.storage.unsent import PREFIX

COPIES = "copies"
"""Of a job's folder, where copies of runs at addresses are."""

RECORDS = ("metrics.jsonl", "epochs.jsonl")

INTO_RUNS = {"null": "null-*", "calibrate": "calibration"}
"""Commands that train in the folder of the run that they are given, and where there."""


class Sign(NamedTuple):
    """What shows that a command lives: another one than before says so."""

    steps: float
    log_bytes: int


def steps_of(folder: Path, asked: Asked, inputs: Sequence[str]) -> float:
    """How far the job of a folder has come; grows as long as its command lives.

    Parameters
    ----------
    folder
        Of the job.
    asked
        Of the job.
    inputs
        Those of `asked`, with runs in the place of jobs.
    """
    places = places_of(folder, asked, inputs)
    return float(sum(_steps(path) for place in places for path in whole_files(place)))


def words_of(folder: Path, asked: Asked, inputs: Sequence[str]) -> str:
    """How far it has come, in words; empty where they are not known."""
    for place in places_of(folder, asked, inputs):
        if words := _words(asked.command, place):
            return words
    return ""


def sign_of(folder: Path, asked: Asked, inputs: Sequence[str]) -> Sign:
    """What shows now that the command of a job lives."""
    log = folder / LOG
    size = log.stat().st_size if log.is_file() else 0
    return Sign(steps_of(folder, asked, inputs), size)


def last_sign_at(folder: Path, asked: Asked, inputs: Sequence[str]) -> float | None:
    """When something last came of a job, by the times of its files, in seconds since 1970."""
    files = [path for place in places_of(folder, asked, inputs) for path in whole_files(place)]
    return max((_changed_at(path) for path in [folder / LOG, *files]), default=0.0) or None


def places_of(folder: Path, asked: Asked, inputs: Sequence[str]) -> list[Path]:
    """Folders in which a job's command keeps what it has done so far."""
    copies = sorted((folder / COPIES).glob(f"{PREFIX}*"))
    if asked.command in INTO_RUNS and inputs:
        runs = copies if address_of(inputs[0]) else [Path(inputs[0])]
        within = INTO_RUNS[asked.command]
        return [
            place for run in runs for way in (within, f"best/{within}") for place in run.glob(way)
        ]
    name = OUT[asked.command]
    if not name or asked.out:
        return copies
    place = folder / name
    return [batches_beside(place)] if asked.command == "infer" else [place]


def works_at_address(asked: Asked, inputs: Sequence[str]) -> bool:
    """Whether a job's command reads or writes a run at an address."""
    return any(address_of(word) for word in (asked.out, *inputs) if word)


def _steps(path: Path) -> int:
    """A file is a step, and so is every line of a record."""
    return 1 + (_lines(path) if path.name in RECORDS else 0)


def _words(command: str, place: Path) -> str:
    if command in ("search", *OF_SERVICES):
        folder = place / "search" if command in OF_SERVICES else place
        generation = _last(folder / "population.csv").partition(",")[0]
        return f"generation {generation}" if generation.isdigit() else ""
    if command == "infer":
        batches = sum(1 for _ in whole_files(place))
        return f"batch {batches}" if batches else ""
    epochs = _lines(place / "metrics.jsonl")
    return f"epoch {epochs}" if epochs else ""


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(1 for line in file if line.endswith(b"\n"))
    except OSError:
        return 0


def _last(path: Path) -> str:
    """The last line of a file; empty if it has none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""
