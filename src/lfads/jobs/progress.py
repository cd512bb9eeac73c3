"""How far a job has come, from what its command keeps: epochs of a training, generations of a search."""

from pathlib import Path
from typing import NamedTuple

from lfads.jobs.asked import OUT, Asked


class Progress(NamedTuple):
    """How far a job is: `steps` only grows; `words` say it, empty where nothing is known."""

    steps: float
    words: str


def progress_of(folder: Path, asked: Asked) -> Progress:
    """How far the job of a folder has come."""
    name = OUT[asked.command]
    place = folder / name if name and not asked.out else None
    if place is None or not place.is_dir():
        return Progress(0.0, "")
    counted = {
        "train": ("metrics.jsonl", "epoch"),
        "adapt": ("metrics.jsonl", "epoch"),
        "search": ("population.csv", "row"),
    }.get(asked.command)
    if counted is None:
        files = [path for path in place.rglob("*") if path.is_file()]
        lines = sum(_lines(path) for path in files if path.name == "metrics.jsonl")
        return Progress(float(len(files) + lines), "")
    file, unit = counted
    number = _lines(place / file) - (1 if unit == "row" else 0)
    if number <= 0:
        return Progress(0.0, "")
    if unit == "row":
        generation = _last(place / file).partition(",")[0]
        return Progress(float(number), f"generation {generation}")
    return Progress(float(number), f"epoch {number}")


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(1 for line in file if line.endswith(b"\n"))
    except OSError:
        return 0


def _last(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").splitlines()
    return lines[-1] if lines else ""
