"""A search that ends in time for its results: it stops between generations, by how long they took."""

import time
from collections.abc import Sequence
from pathlib import Path

from lfads.config import SearchSettings
from lfads.search.record import MemberRow
from lfads.training.defaults import Derived
from lfads.training.tracking import read_metrics

SHARE_FOR_RESULTS = 0.1
MOST_FOR_RESULTS_S = 900.0
"""Of the time of a job: what is left for inference, report and archive."""


class TimeIsUp(Exception):
    """There is no time for a further generation; what was done before is saved."""


class Deadline:
    """A tracker of a search that breaks it off.

    Parameters
    ----------
    folder
        Of the search: what earlier processes took counts.
    most_s
        Of the job, results included.
    """

    def __init__(self, folder: Path, most_s: float) -> None:
        self.most_s = most_s - min(SHARE_FOR_RESULTS * most_s, MOST_FOR_RESULTS_S)
        self.before_s = trained_s(folder)
        self.began = self.generation_began = time.monotonic()
        self.epochs_each, self.epochs_of_first = 1, 1
        self.longest_s = 0.0

    @property
    def left_s(self) -> float:
        """Seconds that the search has."""
        return self.most_s - self.before_s - (time.monotonic() - self.began)

    def start(
        self, config: SearchSettings, derived: Sequence[Derived], first_generation: int
    ) -> None:
        """The first generation begins."""
        self.epochs_each = config.search.epochs_per_generation
        self.epochs_of_first = config.training.ramp_epochs + self.epochs_each
        if self.left_s <= 0:
            raise TimeIsUp
        self.generation_began = time.monotonic()

    def epochs(self, generation: int, epoch: int, last_epoch: int) -> None:
        """Break off within a generation, which is lost, once time is over."""
        if self.left_s <= 0 and epoch < last_epoch:
            raise TimeIsUp

    def generation(self, rows: Sequence[MemberRow], best: MemberRow) -> None:
        """Break off before a generation for which there is no time."""
        now = time.monotonic()
        # The first one holds the ramp, too, and takes longer than those that follow.
        epochs = self.epochs_of_first if rows[0].generation == 1 else self.epochs_each
        took_s = (now - self.generation_began) * self.epochs_each / epochs
        self.longest_s = max(self.longest_s, took_s)
        self.generation_began = now
        if self.left_s < self.longest_s:
            raise TimeIsUp

    def end(self, stopped_by: str) -> None:
        """Nothing is left to do."""


def trained_s(folder: Path) -> float:
    """What a search has taken so far, as its epochs say."""
    seconds = [record.get("seconds", 0.0) for record in read_metrics(folder / "epochs.jsonl")]
    return float(max(seconds, default=0.0))
