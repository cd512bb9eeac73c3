"""Progress on stderr: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from lfads.config import RunSettings
from lfads.training.defaults import Derived
from lfads.training.tracking import EpochRecord

SECONDS_BETWEEN_LINES = 10.0

REASONS = {
    "all_members": "all members trained",
    "num_generations": "all generations done",
    "converged": "the best score stopped improving",
    "num_epochs": "all epochs done",
    "patience": "the validation likelihood stopped improving",
    "max_hours": "the time budget is spent",
    "interrupted": "interrupted",
}


def say(text: str) -> None:
    """A line on stderr."""
    error_console().print(text)


def error_console() -> Console:
    """A console on stderr that never cuts plain output to a width."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else 120, highlight=False)


class EpochProgress:
    """A tracker that shows what was derived, then the losses and the time left."""

    def __init__(self) -> None:
        self.console = error_console()
        self.bar: Progress | None = None
        self.task: Any = None
        self.num_epochs = 0
        self.first_epoch = 1
        self.began = self.last_line = 0.0
        self.record: EpochRecord | None = None

    def start(self, config: RunSettings, derived: Sequence[Derived], first_epoch: int) -> None:
        """Show what was derived from the data."""
        if derived:
            self.console.print(derived_table(derived))
        if first_epoch > 1:
            self.console.print(f"continuing after epoch {first_epoch - 1}")
        self.num_epochs, ramp = config.training.num_epochs or 0, config.training.ramp_epochs
        if self.num_epochs <= ramp:
            self.console.print(
                f"{self.num_epochs} epochs end while the weights of KL and L2 terms still rise ({ramp} "
                f"epochs): a short but whole training is \\[training] decay_epochs = {self.num_epochs}"
            )
        self.first_epoch = first_epoch
        self.console.print("compiling the first epoch …")
        self.began = self.last_line = time.monotonic()
        if self.console.is_terminal:
            self.bar = Progress(
                TextColumn("epoch {task.completed:.0f}/{task.total:.0f}"),
                BarColumn(),
                TextColumn("{task.fields[losses]}"),
                TimeRemainingColumn(),
                console=self.console,
            )
            self.bar.start()
            self.task = self.bar.add_task(
                "training", total=self.num_epochs, completed=first_epoch - 1, losses=""
            )

    def epoch(self, record: EpochRecord) -> None:
        """Move the bar, or print a line now and then."""
        self.record = record
        if self.bar is not None:
            self.bar.update(self.task, completed=record.epoch, losses=losses(record))
            return
        now = time.monotonic()
        done = record.epoch - self.first_epoch
        if done == 0:
            self.began = now  # the first epoch was compiled, too: it says nothing of the others
        if done == 0 or now - self.last_line >= SECONDS_BETWEEN_LINES:
            self.last_line = now
            left = ""
            if done:
                minutes = (now - self.began) / done * max(self.num_epochs - record.epoch, 0) / 60
                left = f"  {minutes:.1f} min left at most"
            self.console.print(f"epoch {record.epoch}/{self.num_epochs}  {losses(record)}{left}")

    def end(self, stopped_by: str) -> None:
        """Say why the run ended."""
        if self.bar is not None:
            self.bar.stop()
        last = (
            ""
            if self.record is None
            else f" after epoch {self.record.epoch}: {losses(self.record)}"
        )
        self.console.print(f"{REASONS[stopped_by]}{last}")


def losses(record: EpochRecord) -> str:
    """The losses of an epoch in a few words."""
    return (
        f"train {record.train_nll:.4f}  valid {record.valid_nll:.4f} nats/sample  "
        f"valid {record.valid_bits_per_spike:.4f} bits/spike"
    )


def derived_table(derived: Sequence[Derived]) -> Table:
    """Settings that were derived, with their reasons."""
    table = Table(title="derived from the data", title_justify="left", box=None, padding=(0, 2))
    for column in ("setting", "value", "because"):
        table.add_column(column)
    for entry in derived:
        table.add_row(rf"\[{entry.table}] {entry.name}", str(entry.value), entry.reason)
    return table


class BatchProgress:
    """Told trials done and their number; shows them on a terminal, nothing elsewhere."""

    def __init__(self) -> None:
        self.console = error_console()

    def __call__(self, done: int, total: int) -> None:
        """Show where inference stands."""
        if self.console.is_terminal:
            end = "\n" if done == total else "\r"
            self.console.print(f"inferred: {done}/{total} trials", end=end)
