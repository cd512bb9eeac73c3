"""What a training or a search writes, sent now and then to where its run is kept."""

import logging
import time
from typing import Any

from lfads.checks import reason_of
from lfads.storage.run_folder import RunFolder

SECONDS_BETWEEN_PUSHES = 30.0


class Pusher:
    """A tracker of trainings and searches that sends what they wrote, while they go on.

    What fails is told once, and tried again: the next time, or at the end.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.last = time.monotonic()

    def start(self, *_: Any, **__: Any) -> None:
        """Nothing has been written yet."""

    def epoch(self, record: Any) -> None:
        """Begin to send, now and then."""
        if time.monotonic() - self.last >= SECONDS_BETWEEN_PUSHES:
            self.generation((), None)

    def epochs(self, generation: int, epoch: int, last_epoch: int) -> None:
        """Nothing is written within a generation."""

    def generation(self, rows: Any, best: Any) -> None:
        """Begin to send what the generation wrote."""
        self.last = time.monotonic()
        try:
            self.folder.begin_to_send()
        except OSError as error:  # of this machine's disk
            logging.getLogger(__name__).warning(
                "%s cannot be written now (%s); the run goes on, and this is tried again",
                self.folder.place,
                reason_of(error),
            )

    def end(self, stopped_by: str) -> None:
        """The caller sends the last files, after the summary."""
