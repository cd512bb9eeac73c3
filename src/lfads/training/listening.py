"""Trackers that may fail, and those that are shown weights or figures beside the numbers.

What listens never ends a training: a tracker that raises is named in a warning and told no more.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from jaxtyping import PyTree

from lfads.checks import UserError, reason_of
from lfads.config import RunSettings
from lfads.training.defaults import Derived
from lfads.training.tracking import EpochRecord, Tracker


@runtime_checkable
class SeesWeights(Protocol):
    """A tracker that may look at the weights after an epoch."""

    def weights(self, copied: Callable[[], PyTree], epoch: int) -> None:
        """Called after `epoch`, with what copies the averaged weights to the host when it is called."""
        ...


@runtime_checkable
class TakesFigures(Protocol):
    """A tracker that wants figures of single trials.

    `figures_every` says after how many epochs; 0 for never. `figure` is given a `matplotlib` figure.
    """

    figures_every: int

    def figure(self, name: str, figure: Any, epoch: int) -> None:
        """Called with a figure of the weights after `epoch`."""
        ...


class Guarded:
    """A tracker whose errors are warnings.

    Mistakes that the user can mend (`UserError`) are raised before the first epoch, while nothing is lost.

    Parameters
    ----------
    tracker
        Told until it fails.
    """

    def __init__(self, tracker: Tracker) -> None:
        self.tracker, self.listens = tracker, True
        own = f"the tracker {type(tracker).__name__}", "it is told no more"
        self.what, self.then = getattr(tracker, "if_it_fails", own)

    def start(self, config: RunSettings, derived: Sequence[Derived], first_epoch: int) -> None:
        """Before the first epoch."""
        self._tell("at the start", self.tracker.start, config, derived, first_epoch, mendable=True)

    def epoch(self, record: EpochRecord) -> None:
        """After every epoch."""
        self._tell(f"after epoch {record.epoch}", self.tracker.epoch, record)

    def weights(self, copied: Callable[[], PyTree], epoch: int) -> None:
        """After every epoch, if it asks for weights."""
        if isinstance(self.tracker, SeesWeights):
            self._tell(f"after epoch {epoch}", self.tracker.weights, copied, epoch)

    def end(self, stopped_by: str) -> None:
        """After the last epoch."""
        self._tell("at the end", self.tracker.end, stopped_by)

    def _tell(
        self, when: str, call: Callable[..., None], *what: Any, mendable: bool = False
    ) -> None:
        if not self.listens:
            return
        try:
            call(*what)
        except Exception as error:  # disks, networks and trackers of others may raise anything
            if mendable and isinstance(error, UserError):
                raise
            self.listens = False
            warnings.warn(
                f"{self.what} failed {when} ({type(error).__name__}: {reason_of(error)}): {self.then}, and "
                "training goes on",
                stacklevel=2,
            )
