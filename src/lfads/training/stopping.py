"""Ctrl-C, termination signals and warnings of schedulers ask for a stop after the running epoch."""

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from lfads.ending import end_at_once, warnings_there_are

SAME_S = 0.5
"""Signals that follow one another so soon are one: `timeout` and job launchers send each twice."""

INSISTING = (signal.SIGINT, signal.SIGTERM)
"""Of which a second one ends the training at once."""


class StopRequest:
    """Whether a stop was asked for; `unit` is what ends before the stop."""

    def __init__(self, unit: str = "epoch") -> None:
        self.requested, self.unit = False, unit
        self.asked_s: float | None = None

    def ask(self) -> None:
        """Stop after the running epoch or generation."""
        self.requested = True
        with contextlib.suppress(Exception):  # what was interrupted may be writing to stderr itself
            logging.getLogger(__name__).warning(
                "stopping after this %s; Ctrl-C again stops at once, without a checkpoint of it",
                self.unit,
            )


@contextmanager
def stop_on_signals(unit: str = "epoch") -> Iterator[StopRequest]:
    """Within the block a signal asks for a stop; a second Ctrl-C or SIGTERM interrupts at once.

    SIGHUP, SIGUSR1 and SIGUSR2, with which terminals and schedulers warn, never do more than ask. Signals
    that are ignored, as under `nohup`, stay so; those three stay with a program that handles them itself.
    Outside the main thread all are left alone.
    """
    request = StopRequest(unit)
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if number in INSISTING:
            now, first = time.monotonic(), request.asked_s
            if first is not None and now - first > SAME_S:
                interrupt = before[number]
                if callable(interrupt):
                    interrupt(number, frame)
                raise KeyboardInterrupt
            request.asked_s = now if first is None else first
        if not request.requested:
            request.ask()

    own = (signal.SIG_DFL, end_at_once)
    left_alone = (signal.SIG_IGN, None)  # None: handled by a library in C
    watched = [n for n in INSISTING if signal.getsignal(n) not in left_alone]
    watched += [n for n in warnings_there_are() if signal.getsignal(n) in own]
    before = {number: signal.getsignal(number) for number in watched}
    for number in watched:
        signal.signal(number, handle)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
