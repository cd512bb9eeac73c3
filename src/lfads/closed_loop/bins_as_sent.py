"""Bins in their order, of a source that sends them: missing ones are noticed, late ones left out.

A source counts its bins from 0 in each trial, or stamps them; of one that does neither every bin is taken
to follow the last. Bins that are missing are handed on empty, so that the network's time goes on; after a
gap that is too long a new initial condition is inferred.
"""

import math

from lfads.closed_loop.packets import BinSent, Broken, Packet, Ready, SpikesSent
from lfads.closed_loop.tally import Tally

BEGAN = "at the beginning"
TRIAL = "of the source"
WITHIN = "within a trial of the source"
GAP = "after a gap"
AGAIN = "of a source that began anew"


class BinsAsSent:
    """Makes bins of packets of bins.

    Parameters
    ----------
    bin_width_s
        Of the network.
    longest_gap
        Bins that are filled at most.
    wait_s
        How long after it should have come a bin is given up; None to wait for the next one.
    tally
        Counts what happens.
    """

    def __init__(
        self, bin_width_s: float, longest_gap: int, wait_s: float | None, tally: Tally
    ) -> None:
        self._width_s, self._longest_gap, self._wait_s = bin_width_s, longest_gap, wait_s
        self._tally = tally
        self._trial, self._number, self._next = -1, -1, 0
        self._last: BinSent | None = None
        self._filled_in_a_row = 0
        self._why = BEGAN

    def accept(self, packet: Packet) -> list[Ready]:
        """The bins that a packet completes, in order."""
        if isinstance(packet, Broken):
            self._broke(packet)
            return []
        if isinstance(packet, SpikesSent):
            raise TypeError("bins are expected; got spikes")
        if (last := self._last) is None:
            is_first = self._why == BEGAN and packet.number
            return [self._begun(packet, WITHIN if is_first else self._why)]
        if why := self._why_anew(packet, last):
            return [self._begun(packet, why)]
        number = self._number_of(packet, last)
        if number < self._next:
            self._left_out(packet, last, number)
            return []
        gap = number - self._next + self._filled_in_a_row
        self._tally.longest_gap = max(self._tally.longest_gap, gap)
        if gap > self._longest_gap:
            return [self._begun(packet, GAP)]
        before = [self._empty(packet.arrived_s) for _ in range(number - self._next)]
        return [*before, self._ready(packet, number)]

    def due(self, now_s: float) -> list[Ready]:
        """Bins that are given up by now, empty."""
        given_up = []
        while (at_s := self.next_due_s()) is not None and now_s >= at_s:
            self._filled_in_a_row += 1
            self._tally.longest_gap = max(self._tally.longest_gap, self._filled_in_a_row)
            given_up.append(self._empty(now_s))
        return given_up

    def next_due_s(self) -> float | None:
        """When the next bin is given up; None if it never is."""
        if self._wait_s is None or self._last is None or self._filled_in_a_row >= self._longest_gap:
            return None
        return self._last.arrived_s + (1 + self._filled_in_a_row) * self._width_s + self._wait_s

    def _broke(self, packet: Broken) -> None:
        if packet.is_back:
            self._tally.came_back += 1
        else:
            self._tally.lost += 1
            if (
                self._last is not None and self._last.number is None
            ):  # nothing tells what is missing
                self._last, self._why = None, AGAIN

    def _why_anew(self, packet: BinSent, last: BinSent) -> str:
        """Why a trial begins with this bin; empty if it goes on, or the bin is an old one."""
        trial, before = packet.trial, last.trial
        is_older = packet.sent_s <= last.sent_s  # False where it is not known
        is_newer = packet.sent_s > last.sent_s + self._width_s / 2
        if trial is not None and before is not None and trial != before:
            if trial > before:
                return WITHIN if packet.number else TRIAL
            return "" if is_older else AGAIN
        if packet.number is not None and packet.number <= self._number:
            return AGAIN if is_newer or (packet.number == 0 and not is_older) else ""
        return ""

    def _number_of(self, packet: BinSent, last: BinSent) -> int:
        """Of the bin in the trial that goes on; negative for one of a trial before."""
        if packet.trial != last.trial:
            return -1
        if packet.number is not None:
            return packet.number
        if math.isnan(packet.sent_s) or math.isnan(last.sent_s):
            return self._next
        passed = (packet.sent_s - last.sent_s) / self._width_s
        # Stamps may jitter by most of a bin before one is taken to be missing.
        return self._number + (-1 if passed < 0 else max(1, int(passed + 0.25)))

    def _left_out(self, packet: BinSent, last: BinSent, number: int) -> None:
        if number == self._number:
            self._tally.repeated += 1
            return
        self._tally.late += 1
        by_s = packet.arrived_s - last.arrived_s - (number - self._number) * self._width_s
        self._tally.latest_s = max(self._tally.latest_s, by_s)

    def _begun(self, packet: BinSent, why: str) -> Ready:
        self._trial += 1
        self._why = TRIAL
        self._tally.began[why] += 1
        return self._ready(packet, packet.number or 0)._replace(began=why)

    def _ready(self, packet: BinSent, number: int) -> Ready:
        self._last, self._number, self._next, self._filled_in_a_row = packet, number, number + 1, 0
        return Ready(
            self._trial_of(packet), number, packet.values, packet.external, packet.sent_s, packet.arrived_s
        )  # fmt: skip

    def _empty(self, now_s: float) -> Ready:
        last, number = self._last, self._next
        if last is None:
            raise ValueError("no bin has come yet")
        self._next += 1
        self._tally.filled += 1
        sent_s = last.sent_s + (number - self._number) * self._width_s
        return Ready(self._trial_of(last), number, None, None, sent_s, now_s)

    def _trial_of(self, packet: BinSent) -> int:
        return self._trial if packet.trial is None else packet.trial
