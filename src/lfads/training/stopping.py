"""Ctrl-C and termination signals become a request to stop after the running epoch."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Whether a stop was asked for; `unit` is what ends before the stop."""

    def __init__(self, unit: str = "epoch") -> None:
        self.requested, self.unit = False, unit

    def ask(self) -> None:
        """Stop after the running epoch or generation."""
        self.requested = True
        logging.getLogger(__name__).warning(
            "stopping after this %s; Ctrl-C again stops at once, without a checkpoint of it",
            self.unit,
        )


@contextmanager
def stop_on_signals(unit: str = "epoch") -> Iterator[StopRequest]:
    """Within the block the first Ctrl-C (or SIGTERM) asks for a stop, the second interrupts at once.

    Outside the main thread signals are left alone.
    """
    request = StopRequest(unit)
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if request.requested:
            raise KeyboardInterrupt
        request.ask()

    watched = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handle) for number in watched}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
