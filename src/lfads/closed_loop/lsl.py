"""Streams of Lab Streaming Layer (pylsl, whose wheel has liblsl).

Bins have a channel for each neuron, then for each measured input, `trial` and `bin`; streams of other
programs may have neurons alone. Spikes have one channel, the place of the neuron; -1 says that all spikes
before the stamp were sent, -2 that a trial begins then. Stamps are put on our clock by liblsl's correction.
"""

import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError, first_of
from lfads.closed_loop.packets import (
    About,
    BinSent,
    Broken,
    Inferred,
    Names,
    Packet,
    SpikesSent,
    parts_of,
)
from lfads.closed_loop.wires import EXTRA

UNTIL, BEGINS = -1, -2
TRIAL, BIN = "trial", "bin"
CONFIGURED = ("lsl_api.cfg", "~/lsl_api/lsl_api.cfg", "/etc/lsl_api/lsl_api.cfg")
SECONDS_TO_OPEN, SECONDS_BETWEEN_LOOKS, SECONDS_KEPT = 10.0, 0.05, 60
SECONDS_TO_LINGER = 0.3


def package() -> Any:
    """Pylsl, told to keep to itself what we say better; a UserError says how to install it."""
    try:
        import pylsl
    except (ImportError, OSError, RuntimeError):
        raise UserError(f"Lab Streaming Layer needs pylsl and its liblsl: {EXTRA}") from None
    has_own = os.environ.get("LSLAPICFG") or any(Path(p).expanduser().is_file() for p in CONFIGURED)
    if not has_own:
        pylsl.set_config_content("[log]\nlevel = -3\n")
    return pylsl


class LSLSource:
    """Packets of a stream that is found by its name."""

    def __init__(self, name: str, connect_s: float) -> None:
        self._lsl, self._name = package(), name
        self._broken = (self._lsl.util.LostError, self._lsl.util.TimeoutError)
        found = self._lsl.resolve_byprop("name", name, 1, connect_s)
        if not found:
            there = sorted({info.name() for info in self._lsl.resolve_streams(1.0)})
            raise UserError(
                f"no LSL stream is named `{name}` within {connect_s:g} s; there is "
                f"{first_of(f'`{one}`' for one in there) or 'none'}. Start its sender, or check the name"
            )
        self._resolver: Any = None
        self.clock_offset_s = math.nan
        try:
            self._inlet: Any = self._opened(found[0])
        except self._broken:
            raise self._gone() from None

    def _opened(self, found: Any) -> Any:
        inlet = self._lsl.StreamInlet(
            found,
            max_buflen=SECONDS_KEPT,
            recover=False,
            processing_flags=self._lsl.proc_clocksync,
        )
        info = inlet.info(SECONDS_TO_OPEN)
        self.about, self._names = about_of(info)
        self._num = self.about.num_values or 0
        self.clock_offset_s = -inlet.time_correction(SECONDS_TO_OPEN)
        self._uid = found.uid()  # one that did not answer in time is tried again
        return inlet

    def begin(self) -> None:
        """From now on a sender knows that somebody listens."""
        try:
            self._inlet.open_stream(SECONDS_TO_OPEN)
        except self._broken:
            raise self._gone() from None

    def _gone(self) -> UserError:
        return UserError(
            f"the LSL stream `{self._name}` was there, and went while it was opened: start its sender again"
        )

    def receive(self, timeout_s: float) -> list[Packet]:
        """What has come."""
        if self._inlet is None:
            return self._look_again(timeout_s)
        found: list[Packet] = []
        try:
            sample, stamp = self._inlet.pull_sample(timeout_s)
            while sample is not None:
                found.append(self._packet(sample, stamp))
                sample, stamp = self._inlet.pull_sample(0.0)
        except self._lsl.util.LostError:
            self._inlet.close_stream()
            self._inlet = None
            found.append(Broken(self.now_s(), is_back=False))
        return found

    def _look_again(self, timeout_s: float) -> list[Packet]:
        if self._resolver is None:
            self._resolver = self._lsl.ContinuousResolver(prop="name", value=self._name)
        there = [info for info in self._resolver.results() if info.uid() != self._uid]
        if not there:
            time.sleep(min(timeout_s, SECONDS_BETWEEN_LOOKS))
            return []
        before = self.about
        try:
            inlet = self._opened(there[0])
            inlet.open_stream(SECONDS_TO_OPEN)
        except self._broken:
            return []
        self._inlet, self._resolver = inlet, None
        if self.about != before:
            raise UserError(
                f"the LSL stream `{self._name}` came back with other channels or bins: start again"
            )
        return [Broken(self.now_s(), is_back=True)]

    def _packet(self, sample: list[Any], stamp: float) -> Packet:
        now_s = self.now_s()
        if self.about.kind == "events":
            return spikes_of(int(sample[0]), stamp, now_s)
        values = np.asarray(sample, np.float32)
        ends = self._num + len(self.about.inputs)
        places = self._names
        trial = int(sample[places[TRIAL]]) if TRIAL in places else None
        number = int(sample[places[BIN]]) if BIN in places else None
        return BinSent(values[: self._num], values[self._num : ends], number, trial, stamp, now_s)

    def now_s(self) -> float:
        """LSL's clock of this machine."""
        return self._lsl.local_clock()

    def has_ended(self) -> bool:
        """A stream may always come back."""
        return False

    def close(self) -> None:
        """Let go of the stream."""
        if self._inlet is not None:
            self._inlet.close_stream()


def spikes_of(neuron: int, stamp: float, now_s: float) -> SpikesSent:
    """A sample of a stream of spikes."""
    none, nothing = np.zeros(0), np.zeros(0, np.int64)
    if neuron in (UNTIL, BEGINS):
        return SpikesSent(none, nothing, now_s, stamp, begins=neuron == BEGINS)
    return SpikesSent(np.array([stamp]), np.array([neuron], np.int64), now_s)


def about_of(info: Any) -> tuple[About, dict[str, int]]:
    """What a stream says of itself, and the places of its channels `trial` and `bin`."""
    width = info.desc().child_value("bin_width_s")
    rate = info.nominal_srate()
    width_s = float(width) if width else 1 / rate if rate > 0 else None
    labels = info.get_channel_labels() or [None] * info.channel_count()
    labels = [label or "" for label in labels]
    kinds = info.get_channel_types() or [None] * len(labels)
    if info.channel_count() == 1 and info.desc().child_value("kind") == "events":
        names = info.desc().child("neurons")
        own, node = [], names.child("neuron")
        while not node.empty():
            own.append(node.child_value())
            node = node.next_sibling("neuron")
        return About("events", len(own) or None, tuple(own), (), width_s), {}
    extra = {label: k for k, label in enumerate(labels) if kinds[k] == "number"}
    inputs = tuple(label for k, label in enumerate(labels) if kinds[k] == "input")
    neurons = labels[: len(labels) - len(extra) - len(inputs)]
    named = tuple(neurons) if all(neurons) and len(set(neurons)) == len(neurons) else ()
    return About("counts", len(neurons), named, inputs, width_s), extra


def _let_arrive(outlet: Any) -> None:
    if outlet is not None and outlet.have_consumers():
        time.sleep(SECONDS_TO_LINGER)


class LSLSink:
    """Inferred bins as a stream: all parts side by side, then `trial`, `bin` and `filled`."""

    def __init__(self, name: str) -> None:
        self._lsl, self._name = package(), name
        self._outlet: Any = None

    def begin(self, names: Names) -> None:
        """Open the stream."""
        labels = [(label, part) for part in names.parts for label in names.of(part)]
        labels += [(label, "number") for label in (TRIAL, BIN, "filled")]
        info = self._lsl.StreamInfo(
            self._name, "lfads", len(labels), self._lsl.IRREGULAR_RATE, "double64", f"lfads-{self._name}"
        )  # fmt: skip
        info.set_channel_labels([label for label, _ in labels])
        info.set_channel_types([part for _, part in labels])
        about = info.desc()
        about.append_child_value("bin_width_s", repr(names.bin_width_s))
        about.append_child_value("unit_of_rates", names.unit)
        self._outlet = self._lsl.StreamOutlet(info, 0, SECONDS_KEPT)

    def now_s(self) -> float:
        """LSL's clock of this machine."""
        return self._lsl.local_clock()

    def send(self, made: Inferred) -> None:
        """Send a bin, stamped as it came; now, if it came without a stamp."""
        numbers = [made.trial, made.number, made.is_filled]
        sample = np.concatenate([*parts_of(made).values(), numbers], dtype=np.float64)
        stamp = 0.0 if math.isnan(made.sent_s) else made.sent_s
        self._outlet.push_sample(sample, stamp)

    def close(self) -> None:
        """Close the stream, once the last samples are on their way."""
        _let_arrive(self._outlet)
        self._outlet = None


class LSLFeed:
    """A recording as a stream."""

    def __init__(self, name: str) -> None:
        self._lsl, self._name = package(), name
        self._outlet: Any = None

    def begin(self, about: About) -> None:
        """Open the stream."""
        width_s = about.bin_width_s or 0.0
        if about.kind == "events":
            labels, kinds, form, rate = ["neuron"], ["neuron"], "int32", self._lsl.IRREGULAR_RATE
        else:
            number = about.num_values or len(about.neurons)
            labels = [*(about.neurons or [""] * number), *about.inputs, TRIAL, BIN]
            kinds = ["neuron"] * number + ["input"] * len(about.inputs) + ["number"] * 2
            form, rate = "double64", 1 / width_s
        info = self._lsl.StreamInfo(
            self._name, "spikes", len(labels), rate, form, f"lfads-replay-{self._name}"
        )
        info.set_channel_labels(labels)
        info.set_channel_types(kinds)
        own = info.desc()
        own.append_child_value("kind", about.kind)
        own.append_child_value("bin_width_s", repr(width_s))
        if about.kind == "events":
            names = own.append_child("neurons")
            for name in about.neurons:
                names.append_child_value("neuron", name)
        self._outlet = self._lsl.StreamOutlet(info, 0, SECONDS_KEPT)

    def now_s(self) -> float:
        """LSL's clock of this machine."""
        return self._lsl.local_clock()

    def wait_for_receivers(self, timeout_s: float) -> bool:
        """Whether somebody listens within a time."""
        return bool(self._outlet.wait_for_consumers(timeout_s))

    def send_bin(
        self, trial: int, number: int, values: np.ndarray, external: np.ndarray, at_s: float
    ) -> None:
        """Send a bin."""
        sample = np.concatenate([values, external, [trial, number]], dtype=np.float64)
        self._outlet.push_sample(sample, at_s)

    def send_spikes(
        self, times_s: np.ndarray, neurons: np.ndarray, until_s: float, begins: bool
    ) -> None:
        """Send spikes, each a sample."""
        for at_s, neuron in zip(times_s.tolist(), neurons.tolist(), strict=True):
            self._outlet.push_sample([neuron], at_s, False)
        self._outlet.push_sample([BEGINS if begins else UNTIL], until_s)

    def close(self) -> None:
        """Close the stream, once the last samples are on their way."""
        _let_arrive(self._outlet)
        self._outlet = None
