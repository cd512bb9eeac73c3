"""A population as a checkpoint keeps it: all members after a generation, and the rows that they added."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lfads.search.members import Kept
from lfads.search.record import MemberRow
from lfads.training.checkpoint import read_checkpoint, write_checkpoint
from lfads.training.step import TrainState


class Population(NamedTuple):
    """All members, in the host's memory. `parents` are those of the running generation."""

    states: TrainState
    kept: Kept
    values: dict[str, Float[np.ndarray, " member"]]
    smoothed: Float[np.ndarray, " member"]
    parents: Int[np.ndarray, " member"]


class Saved(NamedTuple):
    """What a checkpoint holds."""

    population: Population
    generation: int
    seconds: float
    rows: list[MemberRow]


def checkpoint_in(folder: Path) -> Path:
    """Where a search keeps its population."""
    return folder / "checkpoints" / "last.npz"


def write_saved(
    path: Path,
    population: Population,
    *,
    generation: int,
    seconds: float,
    rows: Sequence[MemberRow],
    header: dict[str, Any],
) -> None:
    """Write a checkpoint in one piece."""
    write_checkpoint(
        path,
        {"population": population},
        {
            **header,
            "generation": generation,
            "seconds": repr(seconds),
            "rows": [dataclasses.asdict(row) for row in rows],
        },
    )


def read_saved(path: Path, template: Population) -> Saved:
    """Read a checkpoint."""
    trees, header = read_checkpoint(path, {"population": template})
    rows = [MemberRow(**row) for row in header["rows"]]
    return Saved(trees["population"], int(header["generation"]), float(header["seconds"]), rows)
