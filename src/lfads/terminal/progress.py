"""Progress of trainings and inference on stderr: a bar on a terminal, plain lines elsewhere."""

import math
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Table
from rich.text import Text

from lfads.config import RunSettings
from lfads.terminal.saying import error_console
from lfads.training.defaults import Derived
from lfads.training.folder import ENDED
from lfads.training.tracking import EpochRecord, gain_in_words

SECONDS_BETWEEN_LINES = 10.0


def say_start(console: Console, derived: Sequence[Derived], what: str, first: int) -> None:
    """Show what was derived from the data, and which epoch or generation is gone on from."""
    if derived:
        rows = [(rf"\[{d.table}] {d.name}", str(d.value), d.reason) for d in derived]
        console.print(titled("derived from the data", ("setting", "value", "because"), rows))
    if first > 1:
        console.print(f"continuing after {what} {first - 1}")


def titled(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table below its title."""
    table = Table(*columns, title=title, title_justify="left", box=None, padding=(0, 2))
    for row in rows:
        table.add_row(*row)
    return table


class Clock:
    """Time left, from what is done after the first epoch or generation, in which all is compiled.

    It is never more than a budget leaves.

    Parameters
    ----------
    max_hours
        The budget, if there is one.
    """

    def __init__(self, max_hours: float | None = None) -> None:
        self.began = self.last_line = time.monotonic()
        self.budget_s = math.inf if max_hours is None else 3600 * max_hours
        self.first: tuple[float, int] | None = None

    def left(self, done: int, total: int, spent_s: float | None = None) -> str:
        """Time left, in words; empty until it is known.

        Parameters
        ----------
        done, total
            Epochs or generations.
        spent_s
            Of the budget: what a run that goes on had spent before counts. The clock's own by default.
        """
        now = time.monotonic()
        seconds = self.budget_s - (self.elapsed_s() if spent_s is None else spent_s)
        if self.first is None:
            self.first = (now, done)
        elif done > self.first[1]:
            began, first = self.first
            seconds = min(seconds, (now - began) / (done - first) * (total - done))
        return f"{max(seconds, 0) / 60:.1f} min left at most" if math.isfinite(seconds) else ""

    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    def is_time_for_a_line(self) -> bool:
        """Whether the last line was said long ago."""
        return time.monotonic() - self.last_line >= SECONDS_BETWEEN_LINES

    def line_is_said(self) -> None:
        """Now."""
        self.last_line = time.monotonic()


class EpochProgress:
    """A tracker that shows what was derived, then the losses and the time left."""

    def __init__(self) -> None:
        self.console = error_console()
        self.bar: Progress | None = None
        self.task: Any = None
        self.num_epochs = 0
        self.clock = Clock()
        self.record: EpochRecord | None = None

    def start(self, config: RunSettings, derived: Sequence[Derived], first_epoch: int) -> None:
        """Show what was derived from the data."""
        say_start(self.console, derived, "epoch", first_epoch)
        self.num_epochs, ramp = config.training.num_epochs or 0, config.training.ramp_epochs
        if self.num_epochs <= ramp:
            self.console.print(
                f"{self.num_epochs} epochs end while the weights of KL and L2 terms still rise ({ramp} "
                f"epochs): a short but whole training is \\[training] decay_epochs = {self.num_epochs}"
            )
        self.clock = Clock(config.training.max_hours)
        if not self.console.is_terminal:
            self.console.print("compiling the first epoch …")
            return
        self.bar = Progress(
            TextColumn("epoch {task.completed:.0f}/{task.total:.0f}"),
            BarColumn(bar_width=12),
            Standing(self.clock),
            console=self.console,
        )
        self.bar.start()
        self.task = self.bar.add_task(
            "training", total=self.num_epochs, completed=first_epoch - 1, standing=""
        )

    def epoch(self, record: EpochRecord) -> None:
        """Move the bar, or print a line now and then."""
        is_first, self.record = self.record is None, record
        left = self.clock.left(record.epoch, self.num_epochs, record.seconds)
        if self.bar is not None:  # a narrow terminal cuts what stands last
            words = (bits_of(record), left, nats_of(record))
            self.bar.update(
                self.task, completed=record.epoch, standing="  ".join(filter(None, words))
            )
        elif is_first or self.clock.is_time_for_a_line():
            what = (f"epoch {record.epoch}/{self.num_epochs}", losses(record), left)
            self.console.print("  ".join(filter(None, what)))
            self.clock.line_is_said()

    def end(self, stopped_by: str) -> None:
        """Say why the run ended."""
        if self.bar is not None:
            self.bar.stop()
        last = self.record and f" after epoch {self.record.epoch}: {losses(self.record)}"
        self.console.print(f"{ENDED[stopped_by]}{last or ''}")


class Standing(ProgressColumn):
    """Where a training stands; while the first epoch is compiled, for how long it has been."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def render(self, task: Task) -> Text:
        """In words."""
        words = task.fields["standing"] or f"compiling, {self.clock.elapsed_s():.0f} s"
        return Text(words, no_wrap=True, overflow="ellipsis")


def losses(record: EpochRecord) -> str:
    """The losses of an epoch in a few words."""
    return f"{nats_of(record)}  {bits_of(record)}"


def nats_of(record: EpochRecord) -> str:
    """The likelihoods of an epoch."""
    return f"train {record.train_nll:.4f}  valid {record.valid_nll:.4f} nats/sample"


def bits_of(record: EpochRecord) -> str:
    """What validation trials gained."""
    return f"valid {gain_in_words(record.valid_bits_per_spike, record.valid_bits_per_sample)}"


class BatchProgress:
    """Told trials done and their number; shows them on a terminal, nothing elsewhere.

    Parameters
    ----------
    done, of
        What is done to what, in words.
    """

    def __init__(self, done: str = "inferred", of: str = "trials") -> None:
        self.console = error_console()
        self.done, self.of = done, of

    def __call__(self, done: int, total: int) -> None:
        """Show where inference stands."""
        if self.console.is_terminal:
            end = "\n" if done == total else "\r"
            self.console.print(f"{self.done}: {done}/{total} {self.of}", end=end)
