"""A population as a checkpoint keeps it: all members after a generation, and the rows that they added."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lfads.checks import UserError
from lfads.search.members import Kept
from lfads.search.record import MemberRow, row_from
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
    """Read a checkpoint; older ones lack the best weights of members."""
    try:
        trees, header = read_checkpoint(path, {"population": template})
        population = trees["population"]
    except UserError:
        older = {name: getattr(template, name) for name in Population._fields if name != "kept"}
        trees, header = read_checkpoint(path, {"population": older})
        found = template._replace(**trees["population"])
        score, epochs = found.smoothed.astype(np.float32), [row["epoch"] for row in header["rows"]]
        kept = Kept(found.states.average, score, np.array(epochs, np.int32), score)
        population = found._replace(kept=kept)
    rows = [row_from(row) for row in header["rows"]]
    return Saved(population, int(header["generation"]), float(header["seconds"]), rows)
