"""A run on a wire: packets in, bins made of them and inferred, results out, until it is told to stop."""

import contextlib
import dataclasses
import gc
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lfads.checks import UserError
from lfads.closed_loop.bins_as_sent import BinsAsSent
from lfads.closed_loop.bins_of_spikes import BinsOfSpikes
from lfads.closed_loop.engines import Engine, Which, engine_of
from lfads.closed_loop.exported import decoder_of
from lfads.closed_loop.fitting import Wanted, names_of_neurons, places_of, said_of
from lfads.closed_loop.loop import Loop
from lfads.closed_loop.network import network_of, require_causal
from lfads.closed_loop.opening import open_sink, open_source
from lfads.closed_loop.packets import (
    About,
    BinSent,
    Inferred,
    Names,
    Packet,
    Ready,
    SpikesSent,
)
from lfads.closed_loop.tally import Tally
from lfads.closed_loop.wires import Sink, Source, WireBroken, place_of
from lfads.runs.baseline_run import BaselineRun
from lfads.runs.fits import network_after_training, session_asked_for
from lfads.runs.places import open_trained_run
from lfads.runs.trained_run import Run

LONGEST_WAIT_S = 0.1
"""How often it is asked whether to stop."""


@dataclass(frozen=True)
class Choices:
    """How a loop runs.

    Parameters
    ----------
    wait_s
        How long after it should have come a bin is given up; None to wait for the next one (spikes: 0).
    longest_gap_s
        What is filled at most; after more, a new initial condition is inferred.
    seconds
        After which it ends; None for never.
    idle_s
        Without any packet, after which it ends, once there was one; None for never.
    """

    wait_s: float | None = None
    longest_gap_s: float = 0.1
    seconds: float | None = None
    idle_s: float | None = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not None and not 0 <= value < 1e9:
                raise UserError(f"`{field.name}=` must be seconds, 0 or more; got {value!r}")


class Streaming:
    """A run, ready to infer what comes from a wire.

    Parameters
    ----------
    run
        Causal.
    session
        Whose neurons come, by name, if the run has several.
    decoder
        Series of behaviour that is decoded; None for none.
    engine
        `c`, `onnx` or `jax`; `auto` for C where there is a compiler, and JAX otherwise.
    num_samples
        Posterior samples that are averaged; 0 for the posterior's means.

    Raises
    ------
    UserError
        If the run is not causal, keeps no such decoder, or the engine is not there.
    """

    def __init__(
        self,
        run: Run,
        *,
        session: str | None = None,
        decoder: str | None = None,
        engine: Which = "auto",
        num_samples: int = 0,
    ) -> None:
        number = session_asked_for(session, run.trained, run.place)
        name = list(run.data["sessions"])[number]
        model = network_after_training(session, run.trained, run.place)
        require_causal(model, run.place)
        num_neurons, num_inputs = model.shapes.num_neurons, model.shapes.num_external_inputs
        self.decoder = None if decoder is None else decoder_of(run, name, num_neurons, decoder)
        self.width_s = float(run.data["bin_width_s"])
        stream = run.stream(num_samples=num_samples, session=session)
        self.engine: Engine = engine_of(
            engine, lambda: network_of(model, self.width_s, run.place), stream, num_samples
        )
        for _ in range(stream.first_bin + 2):  # what is compiled at the first call is compiled now
            self.engine.step(np.zeros(num_neurons, np.float32), np.zeros(num_inputs, np.float32))
        self.is_counts = model.observation.kind == "counts"
        neurons = names_of_neurons(run, name)
        self.wanted = Wanted(num_neurons, neurons, num_inputs, self.width_s)
        self.names = Names(
            neurons=neurons or tuple(f"neuron {k}" for k in range(num_neurons)),
            factors=tuple(f"factor {k}" for k in range(model.config.num_factors)),
            inferred_inputs=tuple(
                f"inferred input {k}" for k in range(model.config.num_inferred_inputs)
            ),
            decoded=() if self.decoder is None else self.decoder.channels,
            unit="spikes/s" if self.is_counts else str(run.data.get("unit") or "as recorded"),
            bin_width_s=self.width_s,
        )

    def run(
        self,
        source: Source,
        sink: Sink,
        choices: Choices,
        place: object,
        is_over: Callable[[], bool] = lambda: False,
    ) -> Tally:
        """Infer what comes until the source ends, time is up, or it is over; what was counted.

        Raises
        ------
        UserError
            If what comes does not fit the run.
        """
        tally = Tally()
        about, wanted = source.about, self.wanted
        take = self._taken_by(about, place, tally)
        width_s = self.width_s if self.is_counts else 1.0
        loop = Loop(
            self.engine, wanted.num_neurons, wanted.num_inputs, width_s, self.decoder, tally
        )
        if about.kind == "events":
            wait_s, gap_s = choices.wait_s or 0.0, choices.longest_gap_s
            bins = BinsOfSpikes(self.width_s, wanted.num_neurons, wait_s, gap_s, tally)
        else:
            gap = int(choices.longest_gap_s / self.width_s + 1e-9)
            bins = BinsAsSent(self.width_s, gap, choices.wait_s, tally)
        sink.begin(self.names)
        later_s = sink.now_s() - source.now_s()  # both go on steadily
        with _without_pauses():
            source.begin()
            began_s, last_s = source.now_s(), np.inf
            while not (source.has_ended() or is_over()):
                now_s = source.now_s()
                if choices.seconds is not None and now_s - began_s >= choices.seconds:
                    break
                if choices.idle_s is not None and now_s - last_s >= choices.idle_s:
                    break
                due_s = bins.next_due_s()
                wait_s = LONGEST_WAIT_S if due_s is None else min(LONGEST_WAIT_S, due_s - now_s)
                packets = source.receive(max(0.0, wait_s))
                if source.about != about:
                    about = _of_one_kind(source.about, about, place)
                    take = self._taken_by(about, place, tally)
                for packet in packets:
                    last_s = source.now_s()
                    for ready in bins.accept(take(packet)):
                        _infer(ready, loop, sink, source, tally, later_s)
                for ready in bins.due(source.now_s()):
                    _infer(ready, loop, sink, source, tally, later_s)
        tally.clock_offset_s = source.clock_offset_s
        return tally

    def _taken_by(self, about: About, place: object, tally: Tally) -> Callable[[Packet], Packet]:
        """Puts packets in the network's order; a UserError if what comes is not what it takes."""
        places = places_of(about, self.wanted, place)
        tally.notes += [n for n in said_of(about, self.wanted, places) if n not in tally.notes]
        return _taken_by(places, self.wanted, about.num_values, place)


def _of_one_kind(about: About, before: About, place: object) -> About:
    """What another sender says of its values, if they are of the same kind."""
    if about.kind != before.kind:
        raise UserError(f"{place} held {before.kind}, and holds {about.kind} now: start again")
    return about


def _infer(
    ready: Ready, loop: Loop, sink: Sink, source: Source, tally: Tally, later_s: float
) -> None:
    """Infer and send a bin; the clock of the sink is `later_s` ahead of the source's."""
    made = loop.infer(ready)
    if made is None:
        return
    has_clock = math.isfinite(ready.sent_s - source.clock_offset_s)  # which a file has not
    try:
        sink.send(
            made if math.isnan(later_s) else _stamped(made, later_s if has_clock else math.nan)
        )
        tally.sent += 1
    except WireBroken:
        tally.unsent += 1
    if ready.values is not None:
        tally.latency.add(source.now_s() - ready.arrived_s)
        if has_clock:
            tally.on_wire.add(ready.arrived_s - ready.sent_s)


def _stamped(made: Inferred, later_s: float) -> Inferred:
    return dataclasses.replace(made, sent_s=made.sent_s + later_s)


def _taken_by(
    places: np.ndarray | None, wanted: Wanted, num_there: int | None, place: object
) -> Callable[[Packet], Packet]:
    """Puts the values of a packet in the network's order, and refuses those of other sizes."""
    there = num_there or wanted.num_neurons

    def take(packet: Packet) -> Packet:
        if isinstance(packet, BinSent):
            if (packet.values.size, packet.external.size) != (there, wanted.num_inputs):
                raise UserError(
                    f"{place} sent a bin of {packet.values.size} values and {packet.external.size} "
                    f"measured inputs; expected {there} and {wanted.num_inputs}"
                )
            if places is not None:
                return dataclasses.replace(packet, values=packet.values[places])
        elif isinstance(packet, SpikesSent) and places is not None:
            return dataclasses.replace(
                packet, neurons=of_network[np.clip(packet.neurons, -1, there)]
            )
        return packet

    of_network = np.full(there + 2, -1, np.int64)  # the last two: there is no such neuron
    if places is not None:
        of_network[places] = np.arange(places.size)
    return take


@contextlib.contextmanager
def _without_pauses() -> Iterator[None]:
    """No collection of garbage, which would stop the loop for milliseconds; the loop leaves none."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def stream(
    run: Run | BaselineRun | str | Path,
    from_: str,
    to: str,
    *,
    session: str | None = None,
    decoder: str | None = None,
    engine: Which = "auto",
    num_samples: int = 0,
    choices: Choices | None = None,
    connect_s: float = 10.0,
    overwrite: bool = False,
    is_over: Callable[[], bool] = lambda: False,
    told: Callable[[str], None] = lambda _: None,
) -> Tally:
    """Infer what comes from one wire, and send it to another; see `Streaming`.

    Parameters
    ----------
    run
        Causal.
    from_, to
        `lsl:NAME`, `redis://HOST:PORT/KEY`, or a file: of trials, and of lines of JSON (`.jsonl`).
    session, decoder, engine, num_samples
        As in `Streaming`.
    choices
        How long to wait, what to fill, when to end.
    connect_s
        How long to look for the source.
    overwrite
        Replace a file of results.
    is_over
        Asked often whether to end.
    told
        Is told once everything is ready.

    Raises
    ------
    UserError
        If the run is not causal, a wire is not there, or what comes does not fit the run.
    """
    where_from, where_to = place_of(from_, "from"), place_of(to, "to")
    if where_from == where_to:
        raise UserError(
            f"`from=` and `to=` are both {where_from}: results would come in as data; name another"
        )
    opened = open_trained_run(run)
    ready = Streaming(
        opened, session=session, decoder=decoder, engine=engine, num_samples=num_samples
    )
    source = open_source(where_from, connect_s, session, ready.width_s)
    with contextlib.closing(source):
        places_of(source.about, ready.wanted, where_from)  # before a file is begun
        with contextlib.closing(open_sink(where_to, overwrite)) as sink:
            told(f"{opened.place}: {where_from} → {where_to}, by {ready.engine.name}")
            return ready.run(source, sink, choices or Choices(), where_from, is_over)
