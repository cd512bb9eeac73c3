"""Streams of a Redis server: an entry for each bin, or for some spikes.

Bins: `values` and `inputs` (float32, little-endian, one after another), `trial`, `bin` and `time_s`, Unix
time of the bin's end on the sender's clock. Spikes: `times_s` (float64), `neurons` (int32), `until_s`,
`begins`. `KEY:about` holds JSON: `kind`, `neurons`, `inputs`, `bin_width_s`. Results: `rates`, `factors`,
`inferred_inputs`, `decoded` (float32), `trial`, `bin`, `filled`, `time_s`.

An entry is kept until about 10,000 later ones have come, so that a receiver that was away finds it.
"""

import contextlib
import json
import math
import time
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.closed_loop.packets import (
    About,
    BinSent,
    Broken,
    Inferred,
    Names,
    Packet,
    SourceKind,
    SpikesSent,
    parts_of,
)
from lfads.closed_loop.wires import EXTRA, ClockOffset, Place, SteadyUnixClock, WireBroken
from lfads.guarded.texts import json_object

KINDS: dict[str, SourceKind] = {"counts": "counts", "events": "events"}
KEPT, AT_ONCE = 10_000, 1000
SECONDS_TO_CONNECT, SECONDS_TO_ANSWER, SECONDS_TO_TAKE, LONGEST_BLOCK_S = 5.0, 1.0, 0.1, 0.25
"""The last must be shorter than the second; a bin that a server does not take in time is dropped."""

SECONDS_BETWEEN_TRIES, SECONDS_BETWEEN_LOOKS = 0.2, 1.0


def connected(place: Place, seconds_to_answer: float = SECONDS_TO_ANSWER) -> Any:
    """A connection; a UserError if the package is not installed, or no server answers."""
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise UserError(f"Redis streams need the package redis: {EXTRA}") from None
    client = redis.Redis.from_url(
        place.server,
        socket_timeout=seconds_to_answer,
        socket_connect_timeout=SECONDS_TO_CONNECT,
        retry=Retry(NoBackoff(), 1, (redis.ConnectionError,)),  # a server that was away meanwhile
    )
    try:
        client.ping()
    except redis.RedisError as error:
        raise UserError(
            f"no Redis server answers at {place.shown_server}: {error}. Start it, or check the address"
        ) from None
    client.connection_pool.connection_kwargs["socket_connect_timeout"] = seconds_to_answer
    return client


class RedisSource:
    """Packets of a stream, from now on."""

    def __init__(self, place: Place, connect_s: float) -> None:
        self._client, self._place = connected(place), place
        self._errors = _errors()
        self._clock, self._offset = SteadyUnixClock(), ClockOffset()
        self.clock_offset_s = math.nan
        self._is_broken = False
        self._last = self._last_id(connect_s) or "0-0"
        self.about = self._about(About("counts", None))
        self._looked_s = -math.inf  # another sender may begin with the first entry

    def _last_id(self, connect_s: float) -> Any:
        """Where the stream ends now, None for one that began since; a UserError if there is none."""
        until_s, is_new = time.monotonic() + connect_s, False
        while not (self._client.exists(self._place.name) or self._client.exists(self._about_key)):
            if time.monotonic() > until_s:
                raise UserError(
                    f"{self._place}: there is no such key within {connect_s:g} s. Start its sender, or "
                    "check the name"
                )
            time.sleep(SECONDS_BETWEEN_TRIES)
            is_new = True
        return None if is_new else self._end()

    def _end(self) -> Any:
        kind = self._client.type(self._place.name)
        if kind == b"none":
            return None
        if kind != b"stream":
            raise UserError(f"{self._place}: this key is not a stream, but a {kind.decode()}")
        return self._client.xinfo_stream(self._place.name)["last-generated-id"]

    @property
    def _about_key(self) -> str:
        return f"{self._place.name}:about"

    def _about(self, unsaid: About) -> About:
        """What the sender says now; `unsaid` where it has said nothing yet."""
        self._looked_s = time.monotonic()
        text = self._client.get(self._about_key)
        if text is None:
            return unsaid
        where = f"{self._place}: `{self._about_key}`"
        found = json_object(text, where, "Let its sender write it again")
        try:
            kind = KINDS[found.get("kind", "counts")]
            neurons = tuple(str(name) for name in found.get("neurons", ()))
            width = found.get("bin_width_s")
            width_s = None if width is None else float(width)
            inputs = tuple(str(name) for name in found.get("inputs", ()))
        except (KeyError, TypeError, ValueError):
            raise UserError(
                f"{where} must say `kind` (counts or events), `neurons`, `inputs` (names) and `bin_width_s`"
            ) from None
        return About(kind, len(neurons) or None, neurons, inputs, width_s)

    def begin(self) -> None:
        """What was added since it was opened is received as well."""

    def receive(self, timeout_s: float) -> list[Packet]:
        """What has come."""
        if self._is_broken:
            return self._try_again(timeout_s)
        block = max(1, round(1000 * min(timeout_s, LONGEST_BLOCK_S)))
        try:
            found = self._client.xread({self._place.name: self._last}, count=AT_ONCE, block=block)
            return self._packets_of(found)
        except self._errors:
            self._is_broken = True
            return [Broken(self.now_s(), is_back=False)]

    def _packets_of(self, found: Any) -> list[Packet]:
        """Of what was read, up to where another sender begins, if something came before it."""
        if not found:
            return []
        streams = found.items() if isinstance(found, dict) else found
        entries = [
            entry for _, of in streams for entry in (of[0] if isinstance(found, dict) else of)
        ]
        packets: list[Packet] = []
        for id_, fields in entries:
            if self._may_be_of_another(fields):
                try:
                    about = self._about(self.about)
                except self._errors:
                    if packets:
                        return packets
                    raise
                if about != self.about and packets:
                    return packets
                self.about = about
            packets.append(self._packet(fields))
            self._last = id_
        return packets

    def _may_be_of_another(self, fields: dict[bytes, bytes]) -> bool:
        """Whether a sender may have begun anew with this entry: at a trial, or if it names none."""
        first = fields.get(b"bin", fields.get(b"begins"))
        if first is not None:
            return first == (b"0" if b"bin" in fields else b"1")
        return time.monotonic() > self._looked_s + SECONDS_BETWEEN_LOOKS

    def _try_again(self, timeout_s: float) -> list[Packet]:
        time.sleep(min(timeout_s, SECONDS_BETWEEN_TRIES))
        try:
            end, self.about = self._end(), self._about(self.about)
        except self._errors:
            return []
        self._is_broken = False
        if end is None or _as_pair(end) < _as_pair(self._last):  # a server that forgot
            self._last = "0-0"
        return [Broken(self.now_s(), is_back=True)]

    def _packet(self, fields: dict[bytes, bytes]) -> Packet:
        now_s = self.now_s()
        try:
            if self.about.kind == "events":
                times_s = np.frombuffer(fields[b"times_s"], "<f8")
                neurons = np.frombuffer(fields[b"neurons"], "<i4").astype(np.int64)
                until_s = float(fields.get(b"until_s", b"nan"))
                begins = bool(int(fields.get(b"begins", b"0")))
                stamps = [s for s in (until_s, *times_s[-1:].tolist()) if not math.isnan(s)]
                offset_s = self._on_our_clock(stamps[0], now_s) - stamps[0] if stamps else 0.0
                return SpikesSent(times_s, neurons, now_s, until_s, begins, offset_s)
            values = np.frombuffer(fields[b"values"], "<f4")
            inputs = np.frombuffer(fields.get(b"inputs", b""), "<f4")
            number, trial = (int(fields[n]) if n in fields else None for n in (b"bin", b"trial"))
            sent_s = self._on_our_clock(float(fields.get(b"time_s", b"nan")), now_s)
        except (KeyError, ValueError) as error:
            raise UserError(
                f"{self._place}: an entry is not as it should be ({error}): bins have `values` and "
                "`inputs` (float32, little-endian), `trial`, `bin`, `time_s`; spikes `times_s` (float64) "
                "and `neurons` (int32)"
            ) from None
        return BinSent(values, inputs, number, trial, sent_s, now_s)

    def _on_our_clock(self, sent_s: float, now_s: float) -> float:
        if math.isnan(sent_s):
            return sent_s
        mapped = self._offset.received(sent_s, now_s)
        self.clock_offset_s = -self._offset.offset_s
        return mapped

    def now_s(self) -> float:
        """Unix time."""
        return self._clock.now_s()

    def has_ended(self) -> bool:
        """A stream may always go on."""
        return False

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


class RedisSink:
    """Inferred bins as entries; while the server does not answer they are dropped, and that is said."""

    def __init__(self, place: Place) -> None:
        self._client, self._place = connected(place, SECONDS_TO_TAKE), place
        self._errors, self._next_try_s = _errors(), 0.0

    def begin(self, names: Names) -> None:
        """Say what will come, in `KEY:about`.

        Raises
        ------
        UserError
            If the key holds something else, or the server takes nothing.
        """
        about = {part: list(names.of(part)) for part in names.parts}
        about |= {"unit_of_rates": names.unit, "bin_width_s": names.bin_width_s}
        _announce(self._client, self._place, about)
        self._clock = SteadyUnixClock()

    def now_s(self) -> float:
        """Unix time."""
        return self._clock.now_s()

    def send(self, made: Inferred) -> None:
        """Send a bin, stamped now if it came without a stamp."""
        if time.monotonic() < self._next_try_s:
            raise WireBroken
        fields: dict[str, Any] = {n: v.astype("<f4").tobytes() for n, v in parts_of(made).items()}
        fields |= {"trial": made.trial, "bin": made.number, "filled": int(made.is_filled)}
        fields["time_s"] = repr(self.now_s() if math.isnan(made.sent_s) else float(made.sent_s))
        try:
            self._client.xadd(self._place.name, fields, maxlen=KEPT, approximate=True)
        except self._errors as error:
            hangs = isinstance(error, _errors()[1])  # then each try takes time of the loop
            wait_s = SECONDS_BETWEEN_LOOKS if hangs else SECONDS_BETWEEN_TRIES
            self._next_try_s = time.monotonic() + wait_s
            raise WireBroken from None

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


class RedisFeed:
    """A recording as entries."""

    def __init__(self, place: Place) -> None:
        self._client, self._place = connected(place), place
        self._clock, self._errors = SteadyUnixClock(), _errors()

    def begin(self, about: About) -> None:
        """Say what will come, in `KEY:about`."""
        own = {"kind": about.kind, "neurons": about.neurons, "inputs": about.inputs}
        own |= {"bin_width_s": about.bin_width_s}
        _announce(self._client, self._place, own)

    def now_s(self) -> float:
        """Unix time."""
        return self._clock.now_s()

    def send_bin(
        self, trial: int, number: int, values: np.ndarray, external: np.ndarray, at_s: float
    ) -> None:
        """Send a bin; while the server does not answer it is lost, as a recording system's would be."""
        fields = {
            "values": values.astype("<f4").tobytes(),
            "inputs": external.astype("<f4").tobytes(),
            "trial": trial,
            "bin": number,
            "time_s": repr(at_s),
        }
        self._add(fields)

    def send_spikes(
        self, times_s: np.ndarray, neurons: np.ndarray, until_s: float, begins: bool
    ) -> None:
        """Send spikes, together in one entry."""
        fields = {
            "times_s": times_s.astype("<f8").tobytes(),
            "neurons": neurons.astype("<i4").tobytes(),
            "until_s": repr(until_s),
            "begins": int(begins),
        }
        self._add(fields)

    def _add(self, fields: dict[str, Any]) -> None:
        with contextlib.suppress(*self._errors):
            self._client.xadd(self._place.name, fields, maxlen=KEPT, approximate=True)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


def _announce(client: Any, place: Place, about: dict[str, Any]) -> None:
    """Write what will come to `KEY:about`; a UserError if nothing can be written there."""
    import redis

    try:
        kind = client.type(place.name)
        if kind not in (b"none", b"stream"):
            raise UserError(
                f"{place}: this key is not a stream, but a {kind.decode()}: name another"
            )
        client.set(f"{place.name}:about", json.dumps(about))
    except redis.RedisError as error:
        raise UserError(f"{place}: the server takes nothing ({error})") from None


def _errors() -> tuple[type[Exception], ...]:
    """What is raised while no server answers, or takes nothing: out of memory, or a replica."""
    import redis

    return redis.ConnectionError, redis.TimeoutError, redis.ResponseError


def _as_pair(id_: bytes | str) -> tuple[int, int]:
    text = id_.decode() if isinstance(id_, bytes) else id_
    first, _, second = text.partition("-")
    return int(first), int(second or 0)
