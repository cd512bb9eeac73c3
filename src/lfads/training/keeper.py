"""The checkpoints of a run: the last state, the best weights, and where the run stood."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

from lfads.checks import UserError
from lfads.training.checkpoint import read_checkpoint, write_checkpoint
from lfads.training.schedules import Course
from lfads.training.sharding import is_first_process
from lfads.training.step import TrainState


def on_host(tree: PyTree) -> PyTree:
    """A copy that the next epoch does not write over."""
    return jax.tree.map(np.array, jax.device_get(tree))


class Keeper:
    """Writes and reads the checkpoints of a run."""

    def __init__(self, folder: Path, header: dict[str, Any]) -> None:
        self.folder, self.header = folder, header

    def write(self, state: TrainState, best: PyTree, course: Course) -> None:
        """Write `best.npz` and `last.npz`."""
        if not is_first_process():
            return
        header = {**self.header, "course": {k: repr(v) for k, v in asdict(course).items()}}
        write_checkpoint(self.folder / "best.npz", {"model": best}, header)
        write_checkpoint(self.folder / "last.npz", {"state": state, "model": best}, header)

    def read(self, template: TrainState) -> tuple[TrainState, PyTree, Course]:
        """State, best weights and course of `last.npz`; errors as in `read_checkpoint`."""
        templates = {"state": template, "model": template.parameters}
        trees, header = read_checkpoint(self.folder / "last.npz", templates)
        try:
            written = header["course"]
            course = Course(**{k: type(v)(written[k]) for k, v in asdict(Course()).items()})
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"{self.folder / 'last.npz'} does not say where the run stood: it is not a checkpoint "
                "to resume from, or it is damaged"
            ) from error
        return trees["state"], trees["model"], course
