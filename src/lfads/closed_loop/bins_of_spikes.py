"""Bins of single spikes, which are counted on arrival.

A bin is closed once the source says that all of its spikes were sent, or, where it does not say, once the
clock says that it ended and a wait is over. Spikes of bins that are closed are late, and left out.
"""

import math

import numpy as np

from lfads.closed_loop.bins_as_sent import AGAIN, BEGAN, GAP, TRIAL
from lfads.closed_loop.packets import NOTHING, Broken, Packet, Ready, SpikesSent
from lfads.closed_loop.tally import Tally

TOLERANCE = 0.02
"""Of a bin: how much before its end it is closed, since clocks that are corrected move a little."""

MOST_SILENT_S = 10.0
"""After which a stamp is of a clock that jumped, or of a source that was away, not of silent neurons."""


class BinsOfSpikes:
    """Makes bins of spikes.

    Parameters
    ----------
    bin_width_s
        Of the network.
    num_neurons
        That there are.
    wait_s
        After a bin's end, before it is closed, of a source that does not say what it has sent.
    longest_gap_s
        What is filled at most with bins without a spike, or 10 s if that is more; then a trial begins.
    tally
        Counts what happens.
    """

    def __init__(
        self,
        bin_width_s: float,
        num_neurons: int,
        wait_s: float,
        longest_gap_s: float,
        tally: Tally,
    ) -> None:
        self._longest_gap = math.ceil(max(longest_gap_s, MOST_SILENT_S) / bin_width_s)
        self._width_s, self._num_neurons, self._wait_s = bin_width_s, num_neurons, wait_s
        self._tally = tally
        self._origin_s: float | None = None
        self._trial, self._next = -1, 0
        self._open: dict[int, np.ndarray] = {}
        self._says, self._offset_s = False, 0.0
        self._why = BEGAN

    def accept(self, packet: Packet) -> list[Ready]:
        """The bins that a packet completes, in order."""
        if isinstance(packet, Broken):
            if packet.is_back:
                self._tally.came_back += 1
            else:
                self._tally.lost += 1
                self._origin_s, self._why = None, AGAIN
            return []
        if not isinstance(packet, SpikesSent):
            raise TypeError("spikes are expected; got bins")
        self._offset_s = packet.offset_s
        if packet.begins:
            self._begin(packet.until_s, TRIAL if self._origin_s is not None else self._why)
        elif self._origin_s is None:
            known = [t for t in (*packet.times_s.tolist(), packet.until_s) if math.isfinite(t)]
            if not known:
                return []
            self._begin(known[0], self._why)
        elif why := self._why_anew(packet):
            self._begin(float(_known_times(packet)[0]), why)
        self._count(packet)
        if not math.isfinite(packet.until_s):
            return []
        self._says = True
        return self._closed(packet.until_s, packet.arrived_s)

    def due(self, now_s: float) -> list[Ready]:
        """Bins that have ended by now, of a source that does not say so itself."""
        if self._says or self._origin_s is None:
            return []
        until_s = now_s - self._offset_s - self._wait_s
        if self._place_of(until_s) - self._next > self._longest_gap:  # this machine was suspended
            self._begin(until_s, GAP)
        return self._closed(until_s, now_s)

    def next_due_s(self) -> float | None:
        """When the next bin ends, of a source that does not say so itself."""
        if self._says or self._origin_s is None:
            return None
        end_s = self._origin_s + (self._next + 1) * self._width_s
        return end_s + self._offset_s + self._wait_s

    def _why_anew(self, packet: SpikesSent) -> str:
        """Why a trial begins with spikes whose stamps do not go on from the last; empty if they do."""
        known = _known_times(packet)
        if not known.size:
            return ""
        off = self._place_of(float(known.min())) - self._next
        if off > self._longest_gap:
            return GAP
        return AGAIN if self._place_of(float(known.max())) - self._next < -self._longest_gap else ""

    def _place_of(self, at_s: float) -> int:
        """The bin of a time of the sender's clock."""
        assert self._origin_s is not None
        return math.floor((at_s - self._origin_s) / self._width_s + 1e-9)

    def _begin(self, at_s: float, why: str) -> None:
        self._origin_s, self._next, self._open = at_s, 0, {}
        self._trial += 1
        self._why = TRIAL
        self._began = why
        self._tally.began[why] += 1

    def _count(self, packet: SpikesSent) -> None:
        assert self._origin_s is not None
        tally = self._tally
        tally.spikes += packet.times_s.size
        has_time = np.isfinite(packet.times_s)
        known = (packet.neurons >= 0) & (packet.neurons < self._num_neurons) & has_time
        tally.unknown_spikes += int((~known).sum())
        since_s = np.where(has_time, packet.times_s, self._origin_s) - self._origin_s
        places = np.floor(since_s / self._width_s + 1e-9).astype(np.int64)
        is_late = places < self._next
        if (known & is_late).any():
            ends_s = self._origin_s + (places[known & is_late] + 1) * self._width_s
            tally.late += int((known & is_late).sum())
            by_s = packet.arrived_s - packet.offset_s - ends_s
            tally.latest_s = max(tally.latest_s, float(by_s.max()))
        for place, neuron in zip(
            places[known & ~is_late], packet.neurons[known & ~is_late], strict=True
        ):
            if int(place) not in self._open:
                self._open[int(place)] = np.zeros(self._num_neurons, np.float32)
            self._open[int(place)][neuron] += 1

    def _closed(self, until_s: float, now_s: float) -> list[Ready]:
        if self._origin_s is None:
            return []
        found = []
        ended = math.floor((until_s - self._origin_s) / self._width_s + TOLERANCE)
        while self._next < ended:
            counts = self._open.pop(self._next, None)
            counts = np.zeros(self._num_neurons, np.float32) if counts is None else counts
            end_s = self._origin_s + (self._next + 1) * self._width_s
            began = "" if self._next else self._began
            sent_s = end_s + self._offset_s
            found.append(Ready(self._trial, self._next, counts, NOTHING, sent_s, now_s, began))
            self._next += 1
        return found


def _known_times(packet: SpikesSent) -> np.ndarray:
    """Times of the spikes, or, without any, until when there were none."""
    times_s = packet.times_s if packet.times_s.size else np.array([packet.until_s])
    return times_s[np.isfinite(times_s)]
