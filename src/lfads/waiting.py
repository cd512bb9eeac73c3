"""Calls that may never return, of stores and of other processes: given up after a while."""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NoAnswer(TimeoutError):
    """What was called did not return in time; `call` is the thread that still waits for it."""

    def __init__(self, what: str, seconds: float, call: threading.Thread) -> None:
        super().__init__(f"no answer within {seconds:.0f} s ({what})")
        self.call = call


def within(seconds: float, do: Callable[[], T], what: str) -> T:
    """What a call returns, or its error, where it may know no limit of time.

    Parameters
    ----------
    seconds
        That it may take.
    do
        Called in a thread of its own, which is left alone if it takes longer.
    what
        Is done, in words.

    Raises
    ------
    NoAnswer
        If it takes longer.

    Examples
    --------
    >>> within(5.0, lambda: 3, "counting")
    3
    """
    found: list[T] = []
    failed: list[BaseException] = []

    def call() -> None:
        try:
            found.append(do())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=call, name="lfads-store", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise NoAnswer(what, seconds, thread)
    return found[0]
