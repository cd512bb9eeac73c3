"""Recordings in place of an experiment: replayed at their own pace onto a wire, or read as fast as it goes.

Spikes of a bin are replayed at even distances within it, since a recording of counts knows no more.
"""

import json
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lfads.checks import UserError
from lfads.closed_loop.packets import (
    NOTHING,
    About,
    BinSent,
    Inferred,
    Names,
    Packet,
    SourceKind,
    parts_of,
)
from lfads.closed_loop.wires import Feed
from lfads.data.session import Session
from lfads.paths import refuse_to_replace


class BinRecorded(NamedTuple):
    """A bin of a recording."""

    trial: int
    number: int
    values: np.ndarray
    external: np.ndarray


def bins_of(session: Session) -> Iterator[BinRecorded]:
    """Every bin, trial after trial; NaN where a sample is missing."""
    missing = None if session.observed is None else ~session.observed_bins()
    for trial, length in enumerate(session.trial_length.tolist()):
        values = session.values[trial].astype(np.float32)
        if missing is not None:
            values = np.where(missing[trial], np.float32(np.nan), values)
        measured = session.external_inputs
        external = None if measured is None else measured[trial].astype(np.float32)
        for number in range(length):
            yield BinRecorded(
                trial, number, values[number], NOTHING if external is None else external[number]
            )


def about_recording(session: Session, bin_width_s: float, kind: SourceKind) -> About:
    """What a feed says of a recording.

    Raises
    ------
    UserError
        If it cannot be replayed as spikes.
    """
    if kind == "events" and (session.kind != "counts" or session.num_external_inputs):
        what = "signals" if session.kind != "counts" else "measured inputs"
        raise UserError(f"a recording with {what} can be replayed as bins alone: `kind='counts'`")
    names = tuple(str(name) for name in session.neuron_table.get("name", ()))
    inputs = tuple(f"input {number}" for number in range(session.num_external_inputs))
    return About(kind, session.num_neurons, names, inputs, bin_width_s)


class RecordingSource:
    """A recording, bin after bin as fast as they are taken."""

    def __init__(self, session: Session, bin_width_s: float) -> None:
        self.about = about_recording(session, bin_width_s, "counts")
        self.clock_offset_s = math.nan
        self._bins, self._next = bins_of(session), None
        self._width_s, self._at = bin_width_s, 0
        self._next = next(self._bins, None)

    def begin(self) -> None:
        """Nothing is sent."""

    def receive(self, timeout_s: float) -> list[Packet]:
        """The next bin."""
        now = self._next
        if now is None:
            return []
        self._next, self._at = next(self._bins, None), self._at + 1
        sent_s = self._at * self._width_s
        return [BinSent(now.values, now.external, now.number, now.trial, sent_s, self.now_s())]

    def now_s(self) -> float:
        """A clock that does not jump."""
        return time.monotonic()

    def has_ended(self) -> bool:
        """Whether all bins were taken."""
        return self._next is None

    def close(self) -> None:
        """Nothing is held."""


class LinesSink:
    """A file with a line of JSON for each bin; the first says what will come."""

    def __init__(self, path: Path, overwrite: bool) -> None:
        refuse_to_replace(path, overwrite=overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8")

    def begin(self, names: Names) -> None:
        """Say what will come."""
        about = {part: list(names.of(part)) for part in names.parts}
        self._write({**about, "unit_of_rates": names.unit, "bin_width_s": names.bin_width_s})

    def now_s(self) -> float:
        """Stamps are kept as they come."""
        return math.nan

    def send(self, made: Inferred) -> None:
        """Write a bin; what is not finite is null."""
        about = {"trial": made.trial, "bin": made.number, "filled": made.is_filled}
        parts = {
            name: [value if math.isfinite(value) else None for value in values.tolist()]
            for name, values in parts_of(made).items()
        }
        stamp = None if math.isnan(made.sent_s) else made.sent_s
        self._write({**about, "time_s": stamp, **parts})

    def _write(self, values: dict[str, object]) -> None:
        self._file.write(json.dumps(values, allow_nan=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def replay(
    session: Session,
    bin_width_s: float,
    feed: Feed,
    *,
    kind: SourceKind = "counts",
    speed: float = 1.0,
    pause_s: float = 0.0,
    is_over: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Send a recording's bins, or its spikes, when they would have come; returns how many bins were sent.

    Parameters
    ----------
    session
        The recording.
    bin_width_s
        Of its bins.
    feed
        Where it goes, already begun.
    kind
        Bins of counts (or signals), or spikes.
    speed
        1 for its own pace, 2 for twice that.
    pause_s
        Between trials.
    is_over
        Asked before each bin.
    sleep
        Waits for some seconds.
    """
    width_s, number, begin_s, last = bin_width_s / speed, 0, feed.now_s(), -1
    for one in bins_of(session):
        if is_over():
            break
        if one.trial != last:
            begin_s = max(begin_s, feed.now_s()) + (pause_s if last >= 0 else 0.0)
            _wait_until(begin_s, feed, sleep)
            if kind == "events":
                feed.send_spikes(np.zeros(0), np.zeros(0, np.int64), begin_s, True)
            last = one.trial
        end_s = begin_s + (one.number + 1) * width_s
        _wait_until(end_s, feed, sleep)
        if kind == "counts":
            feed.send_bin(one.trial, one.number, one.values, one.external, end_s)
        else:
            neurons = np.repeat(np.arange(one.values.size), np.nan_to_num(one.values).astype(int))
            places = (np.arange(neurons.size) + 0.5) / max(1, neurons.size)
            feed.send_spikes(end_s - width_s * (1 - places), neurons, end_s, False)
        number += 1
        begin_s = end_s if _is_last(session, one) else begin_s
    return number


def _is_last(session: Session, one: BinRecorded) -> bool:
    return one.number + 1 == int(session.trial_length[one.trial])


def _wait_until(at_s: float, feed: Feed, sleep: Callable[[float], None]) -> None:
    left_s = at_s - feed.now_s()
    if left_s > 0:
        sleep(left_s)
