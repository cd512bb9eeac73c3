"""Weights & Biases: offline unless asked otherwise, in the run's folder, without a question."""

import io
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.config import RunSettings
from lfads.files import write_text
from lfads.terminal.trackers.scalars import (
    FIGURES_EVERY,
    epochs_between_figures,
    library,
    png_of,
    scalars_of,
)
from lfads.training.defaults import Derived
from lfads.training.tracking import EpochRecord

MODES = ("offline", "online")


class WandB:
    """Curves, settings and single trials for Weights & Biases; offline, until `wandb sync` sends them.

    Parameters
    ----------
    folder
        Of the run; what is logged stands in `wandb` in it.
    project
        To log to.
    name
        Of the run; that of its folder if empty.
    mode
        `offline`: nothing is sent until `wandb sync`; or `online`, which needs `wandb login` before.
    figures_every
        Epochs between figures of single trials; 0 for none.
    """

    def __init__(
        self,
        folder: Path,
        project: str = "lfads",
        name: str = "",
        mode: str = "offline",
        figures_every: int = FIGURES_EVERY,
    ) -> None:
        if mode not in MODES:
            raise UserError(f"`mode` must be {' or '.join(MODES)}; got {mode!r}")
        self.folder, self.project, self.name, self.mode = folder, str(project), str(name), mode
        self.figures_every = epochs_between_figures(figures_every)
        # The library would report its own errors to its makers as soon as it is imported.
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        self._wandb = library("wandb", "wandb")
        if mode == "online" and not self._wandb.login(prompt=False):
            raise UserError(
                "mode=online needs a login, which is not asked for here: run `wandb login` once, or set "
                "WANDB_API_KEY; without a mode it logs offline"
            )
        self._run: Any = None

    def start(self, config: RunSettings, derived: Sequence[Derived], first_epoch: int) -> None:
        """Begin to log, or go on with what a resumed run has logged."""
        online = self.mode == "online"
        self._run = self._wandb.init(
            dir=str(self.folder),
            project=self.project,
            name=self.name or self.folder.name,
            id=self._id(first_epoch),
            mode=self.mode,
            resume="allow" if online else None,
            reinit="create_new",
            config=config.to_dict(),
            settings=self._wandb.Settings(
                silent=True, console="off", disable_git=True, save_code=False
            ),
        )

    def epoch(self, record: EpochRecord) -> None:
        """Log the numbers of an epoch."""
        self._run.log(scalars_of(asdict(record)), step=record.epoch)

    def figure(self, name: str, figure: Any, epoch: int) -> None:
        """Log a figure."""
        image = library("PIL.Image", "Pillow").open(io.BytesIO(png_of(figure)))
        self._run.log({name: self._wandb.Image(image)}, step=epoch)

    def end(self, stopped_by: str) -> None:
        """Write what is left."""
        self._run.summary["stopped_by"] = stopped_by
        self._run.finish()

    def _id(self, first_epoch: int) -> str:
        """That of a run is kept, so that it stays one when it is resumed."""
        path = self.folder / "wandb" / "lfads-run-id.txt"
        if first_epoch > 1 and path.is_file():
            return path.read_text(encoding="utf-8").strip()
        found = secrets.token_hex(4)
        write_text(path, found + "\n")
        return found
