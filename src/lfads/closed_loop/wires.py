"""What a wire is: something that packets come from, or that bins go to; and how users name one.

`lsl:NAME` is a stream of Lab Streaming Layer, `redis://HOST:PORT/KEY` a stream of a Redis server, anything
else a file.
"""

import time
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, runtime_checkable
from urllib.parse import urlsplit

import numpy as np

from lfads.checks import UserError
from lfads.closed_loop.packets import About, Inferred, Names, Packet
from lfads.paths import printable

WireKind = Literal["lsl", "redis", "file"]
EXPECTED = "`lsl:NAME`, `redis://HOST:PORT/KEY`, or a file"
EXTRA = "`pip install 'lfads[closed-loop]'`"


class WireBroken(Exception):
    """A wire out is broken for now."""


@runtime_checkable
class Source(Protocol):
    """Where packets come from."""

    about: About
    clock_offset_s: float
    """By how much the sender's clock is ahead of ours, as well as it is known; NaN if it is not."""

    def begin(self) -> None:
        """From now on, what is sent is received."""
        ...

    def receive(self, timeout_s: float) -> list[Packet]:
        """What has come, waiting for the first of it at most so long."""
        ...

    def now_s(self) -> float:
        """The time on the clock that packets are stamped by."""
        ...

    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@runtime_checkable
class Sink(Protocol):
    """Where inferred bins go."""

    def begin(self, names: Names) -> None:
        """Say what will come."""
        ...

    def now_s(self) -> float:
        """The time on the clock that it stamps by; NaN of a file, which keeps the source's stamps."""
        ...

    def send(self, made: Inferred) -> None:
        """Send a bin; `WireBroken` if it cannot be now."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@runtime_checkable
class Feed(Protocol):
    """Where a recording is replayed to; times are those of its `now_s`."""

    def begin(self, about: About) -> None:
        """Say what will come."""
        ...

    def now_s(self) -> float:
        """The time on the clock that it stamps by."""
        ...

    def send_bin(
        self, trial: int, number: int, values: np.ndarray, external: np.ndarray, at_s: float
    ) -> None:
        """Send a bin that ended at a time."""
        ...

    def send_spikes(
        self, times_s: np.ndarray, neurons: np.ndarray, until_s: float, begins: bool
    ) -> None:
        """Send spikes in their order, and that there were no others until then."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Place(NamedTuple):
    """A wire as a user names it, taken apart: the name of a stream, its server; or a file."""

    kind: WireKind
    name: str
    server: str = ""

    def __str__(self) -> str:
        return {"lsl": f"the LSL stream `{self.name}`", "file": printable(self.name)}.get(
            self.kind, f"the Redis stream `{self.name}` at {self.shown_server}"
        )

    @property
    def shown_server(self) -> str:
        """The server without a password."""
        parts = urlsplit(self.server)
        return f"{parts.hostname}:{parts.port or 6379}"


def place_of(text: str, parameter: str) -> Place:
    """A wire as a user names it.

    Raises
    ------
    UserError
        If it names none.

    Examples
    --------
    >>> str(place_of("redis://:secret@localhost:6379/spikes", "from"))
    'the Redis stream `spikes` at localhost:6379'
    """
    scheme, colon, rest = text.partition(":")
    if scheme == "lsl" and colon:
        if not rest.strip("/"):
            raise UserError(f"`{parameter}=`: `lsl:` needs the name of a stream; got {text!r}")
        return Place("lsl", rest.strip("/"))
    if scheme in ("redis", "rediss") and colon:
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            port, parts = None, urlsplit("")
        key = parts.path.strip("/")
        if not parts.hostname or not key:
            raise UserError(
                f"`{parameter}=` must be `redis://HOST:PORT/KEY`, the key of a stream; got "
                f"{text.rpartition('@')[2]!r}"
            )
        return Place("redis", key, f"{parts.scheme}://{parts.netloc or f'{parts.hostname}:{port}'}")
    if colon and len(scheme) > 1 and rest.startswith("//"):
        raise UserError(f"`{parameter}=` must be {EXPECTED}; got {text.rpartition('@')[2]!r}")
    return Place("file", str(Path(text)))


class SteadyUnixClock:
    """Unix time that never jumps: taken once, and counted on by a steady clock."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def now_s(self) -> float:
        """The time."""
        return time.monotonic() + self._offset_s


FALLEN_BACK_S = 2.0
"""A stamp that is older than this, as far as offsets tell, is of a clock that was set back."""


class ClockOffset:
    """How far a sender's clock is behind ours, from the fastest packets of the last while.

    A delay cannot be told from an offset, so what is found holds the shortest delay. Two windows follow a
    drift: the minimum over the present one and that before.
    """

    def __init__(self, window_s: float = 30.0) -> None:
        self._window_s = window_s
        self._least, self._before, self._until_s = np.inf, np.inf, -np.inf

    def received(self, sent_s: float, now_s: float) -> float:
        """A stamp of the sender, on our clock."""
        if now_s > self._until_s:
            self._before, self._least = self._least, np.inf
            self._until_s = now_s + self._window_s
        if now_s - sent_s > self.offset_s + FALLEN_BACK_S:
            self._least = self._before = np.inf
        self._least = min(self._least, now_s - sent_s)
        return sent_s + self.offset_s

    @property
    def offset_s(self) -> float:
        """What is added to a stamp of the sender."""
        return float(min(self._least, self._before))
